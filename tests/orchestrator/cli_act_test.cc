#include "orchestrator/cli/act_playbook.h"
#include "playbooks/program.h"

namespace unjam::cli {
namespace {

using playbooks::ActionSpec;
using playbooks::Effect;
using testing::ElementsAre;
using testing::HasSubstr;

playbooks::Estate estate() {
  return {{"tokyo", "osaka"},
          {"hub", "dc"},
          {{"tyohub1", "tokyo", "hub", "10.0.0.1"},
           {"tyohub2", "tokyo", "hub", "10.0.0.2"},
           {"osahub1", "osaka", "hub", "10.0.1.1"},
           {"tyodc1", "tokyo", "dc", "10.0.0.9"}}};
}

playbooks::Policy policy() {
  playbooks::Policy out;
  out.healthy["hub"] = {"probe.hub", "serving"};
  out.floors.push_back({"hub", playbooks::Per::site, 1});
  return out;
}

ActionSpec restart() {
  ActionSpec spec;
  spec.name = "hub.restart";
  spec.effect = Effect::disruptive;
  spec.undo = "none";
  spec.floor_required = true;
  return spec;
}

TEST(Act, ChoosesHostsInTheOrderOfTheInventory) {
  // given expressions over the inventory, then the hosts they name come in its order; none, or no set, is an error
  const auto hubs = chosen_hosts(R"(hosts.filter(h, h.role == "hub" and h.site in ["osaka", "tokyo"]))", estate());
  ASSERT_TRUE(hubs) << hubs.error().text();
  EXPECT_THAT(*hubs, ElementsAre("tyohub1", "tyohub2", "osahub1"));
  EXPECT_FALSE(chosen_hosts(R"(hosts.filter(h, h.role == "web"))", estate())) << "an empty set is never all";
  EXPECT_FALSE(chosen_hosts("1 + 1", estate()));
  const auto typo = chosen_hosts("hosts.filter(h, h.rol == 1)", estate());
  ASSERT_FALSE(typo);
  EXPECT_THAT(typo.error().text(), HasSubstr("--on:1:"));
}

TEST(Act, ARestartBecomesARolloutUnderThePolicysFloor) {
  // given a disruptive action on one hub, then its peers of the site are counted by the floor, and it is looked at
  // after
  const auto made = act_playbook(restart(), {"hosts.filter(h, h.name == \"tyohub1\")", {}, ""}, {"tyohub1"}, estate(),
                                 std::make_unique<playbooks::Policy>(policy()).get());
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_THAT(made->pool, ElementsAre("tyohub1", "tyohub2"));
  EXPECT_THAT(made->text, HasSubstr("rollout: \"pool.filter(h, h in chosen)\""));
  EXPECT_THAT(made->text, HasSubstr("expect: health(host).serving"));
  EXPECT_THAT(made->text, HasSubstr("undo: none"));
}

TEST(Act, IsRefusedWhereAPlaybookIsNeeded) {
  // given what act must not do, then each is a refusal that points to a playbook
  const auto rules = policy();
  const auto refused = [&](ActionSpec spec, const playbooks::Policy* given,
                           const std::vector<std::string>& hosts = {"tyohub1"}) {
    const auto made = act_playbook(spec, {"hosts", {}, ""}, hosts, estate(), given);
    return !made && made.error().kind == ErrorKind::denied &&
           made.error().message.find("playbook") != std::string::npos;
  };
  EXPECT_TRUE(refused(restart(), nullptr)) << "no policy, no floor";
  EXPECT_TRUE(refused(restart(), &rules, {"tyodc1"})) << "no floor for this role";
  EXPECT_TRUE(refused(restart(), &rules, {"tyohub1", "tyodc1"})) << "two roles";
  auto spec = restart();
  spec.undo = "hub.resume";
  EXPECT_TRUE(refused(spec, &rules)) << "it would owe an undo";
  spec = restart();
  spec.gate.push_back({"time.offset", "offset", true});
  EXPECT_TRUE(refused(spec, &rules)) << "its contract has a gate";
  spec = restart();
  spec.proven.push_back({"from", {}});
  EXPECT_TRUE(refused(spec, &rules)) << "an input must be proven";
  spec = restart();
  spec.verify.push_back({"dc.health", "serving"});
  EXPECT_TRUE(refused(spec, &rules)) << "another verification";
  auto strict = policy();
  strict.gates["hub.restart"] = {{"probe.hub", "recovering"}};
  EXPECT_TRUE(refused(restart(), &strict)) << "policy wants a gate";
}

TEST(Act, ANudgeEndsWithALook) {
  // given a nudge on hosts of a role that policy calls healthy by a fact, then that is looked at; else it is refused
  ActionSpec spec;
  spec.name = "mail.retry";
  spec.effect = Effect::nudge;
  const auto rules = policy();
  const auto made = act_playbook(spec, {"hosts", {}, ""}, {"tyohub1", "tyohub2"}, estate(), &rules);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_THAT(made->text, HasSubstr("health1: { run: probe.hub, hosts: of_role1 }"));
  EXPECT_THAT(made->text, HasSubstr("expect: \"of_role1.all(h, health1(h).serving)\""));
  EXPECT_FALSE(act_playbook(spec, {"hosts", {}, ""}, {"tyohub1", "tyodc1"}, estate(), &rules)) << "a role without one";
  EXPECT_FALSE(act_playbook(spec, {"hosts", {}, ""}, {"tyohub1"}, estate(), nullptr)) << "no policy";
}

TEST(Act, InputsCannotBreakOutOfTheirPlace) {
  // given an input with quotes, braces and line breaks, then it stays one quoted scalar
  ActionSpec spec;
  spec.name = "host.note";
  spec.effect = Effect::read;
  spec.inputs = {{"text", playbooks::types::text()}};
  const auto made =
      act_playbook(spec, {"hosts", {{"text", "a\" }, hosts: all\n- x: { run: y"}}, ""}, {"tyohub1"}, estate(), nullptr);
  ASSERT_TRUE(made);
  EXPECT_FALSE(act_playbook(spec, {"hosts", {}, ""}, {"tyohub1"}, estate(), nullptr)) << "an input is missing";
  EXPECT_FALSE(act_playbook(spec, {"hosts", {{"text", "x"}, {"y", "z"}}, ""}, {"tyohub1"}, estate(), nullptr));
  EXPECT_THAT(made->text, HasSubstr(R"(text: "a\" }, hosts: all\n- x: { run: y")"));
}

}  // namespace
}  // namespace unjam::cli
