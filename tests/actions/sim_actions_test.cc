// Every action of the model fleet against its real contract: what it answers is what the scripts would have to.
#include <algorithm>
#include <set>

#include "actions/packs.h"
#include "actions/script_call.h"
#include "actions/sim/model_actions.h"
#include "tests/actions/sim_fixture.h"
#include "tests/source_tree.h"

namespace unjam::actions::sim {
namespace {

std::unique_ptr<Packs> shipped_packs() {
  playbooks::Diagnostics out;
  auto packs = load_packs({testing_support::source_dir() + "/actions/packs"}, out);
  for (const auto& diagnostic : out.all()) ADD_FAILURE() << playbooks::render(diagnostic);
  return packs;
}

struct Row {
  const char* action;
  const char* host;
  json::object inputs;
  bool all_outputs = true;  // some outputs exist only in some states
};

std::vector<Row> rows(const Rig& rig) {
  const json::array dcs = rig.wire_hosts("dc");
  const json::array senders = rig.wire_hosts("hub", "tokyo");
  json::array link;
  link.push_back(json::object{{"source", "osadc2"}, {"partition", "DC=lab,DC=example"}, {"code", 64}, {"safe", true}});
  return {{"host.boot", "tyodc1", {}},
          {"intent.look", "tyodc1", {{"intent", "i-none"}}, false},
          {"time.offset", "osahub1", {{"peers", dcs}}},
          {"ad.replication", "osadc2", {}},
          {"dc.health", "osadc2", {}},
          {"mail.queues", "tyohub1", rig.to("osaka")},
          {"mail.refusals", "osahub1", {{"of", senders}, {"within", 3'600'000}}},
          {"mail.fate", "tyohub1", {{"ids", json::array{"A00001"}}}},
          {"kerberos.check", "osahub2", {}},
          {"mail.offers", "osahub2", {}},
          {"probe.hub", "tyohub2", {}},
          {"service.health", "tyohub2", {{"service", "postfix"}}},
          {"host.facts", "tyohub2", {}},
          {"mail.retry", "tyohub1", rig.to("osaka")},
          {"mail.probe", "osahub1", rig.to("tokyo")},
          {"mail.probe", "tyohub1", rig.to("osaka"), false},
          {"mail.seed", "tyohub1", rig.to("osaka")},
          {"ad.replicate", "tyodc1", {{"links", link}}},
          {"time.sync", "tyodc1", {{"from", rig.wire_host("osadc2")}, {"max_step", 7'200'000}}},
          {"dc.restart", "tyodc1", {}},
          {"hub.flag", "osahub1", {}},
          {"hub.unflag", "osahub1", {}},
          {"hub.drain", "osahub1", {}},
          {"hub.resume", "osahub1", {}},
          {"balancer.leave", "osahub1", {}},
          {"balancer.join", "osahub1", {}},
          {"service.restart", "osahub2", {{"service", "postfix"}}},
          {"custom.script", "osahub2", {{"text", "true"}}},
          {"host.reboot", "tyohub1", {}}};
}

TEST(ModelActions, AnswerWhatTheirContractsDeclare) {
  // given a jam, so that lists and maps have something in them
  const auto packs = shipped_packs();
  ASSERT_NE(packs, nullptr);
  Rig rig(world_with({fault(FaultKind::stale_tickets, {"tyohub1"})}));
  for (const Row& row : rows(rig)) {
    SCOPED_TRACE(row.action);
    const playbooks::ActionSpec* spec = packs->find(row.action);
    ASSERT_NE(spec, nullptr);
    for (const auto& input : row.inputs) EXPECT_NE(spec->input(std::string(input.key())), nullptr) << input.key();
    // when called as the engine calls it
    const bool change = spec->effect >= playbooks::Effect::reversible;
    const json::object fence = change ? rig.fence_for(row.host, rig.next_intent()) : json::object{};
    const auto reply = rig.call(row.host, row.action, row.inputs, fence);
    // then the reply is an answer with exactly the declared outputs
    const Outcome outcome = classify(reply, "c0ffee", *spec);
    ASSERT_EQ(outcome.kind, Outcome::Kind::answered) << outcome.reason << outcome.refusal.text;
    const playbooks::Fields* fields = outcome.answer.outputs.as_record();
    ASSERT_NE(fields, nullptr);
    for (const auto& output : spec->outputs) {
      EXPECT_TRUE(!row.all_outputs || fields->contains(output.first)) << output.first;
    }
    if (spec->retry == playbooks::Retry::fenced) {
      EXPECT_EQ(rig.log().of(row.host, "permit").back().detail,
                fmt::format("intent={} epoch=1", fence.at("intent").as_string().c_str()));
    }
  }
}

TEST(ModelActions, RefuseAFencedActionWithoutAFence) {
  // given every change whose contract says that the host itself checks, when it comes without a fence, then nothing
  // happens
  const auto packs = shipped_packs();
  ASSERT_NE(packs, nullptr);
  Rig rig(world_with({}));
  for (const Row& row : rows(rig)) {
    const playbooks::ActionSpec* spec = packs->find(row.action);
    ASSERT_NE(spec, nullptr);
    if (spec->retry != playbooks::Retry::fenced && spec->retry != playbooks::Retry::once) continue;
    SCOPED_TRACE(row.action);
    const std::size_t before = rig.log().of(row.host).size();
    EXPECT_NE(rig.error(row.host, row.action, row.inputs).find("refused: fence"), std::string::npos);
    for (const LogEntry& entry : rig.log().of(row.host)) {
      if (entry.at.since_start < Millis(0)) continue;
      EXPECT_TRUE(entry.word == "refused" || entry.word == "accepted" || entry.word == "delivered") << entry.line();
    }
    EXPECT_GT(rig.log().of(row.host).size(), before);
  }
}

TEST(ModelActions, AreAllThatTheShippedPacksProvide) {
  // given every action that a shipped sh pack has a script for, then the model can do it too
  const auto packs = shipped_packs();
  ASSERT_NE(packs, nullptr);
  for (const char* pack : {"linux", "postfix", "samba"}) {
    for (const Provider& provider : packs->providers(pack)) {
      EXPECT_NE(find_model_action(provider.action), nullptr) << provider.action;
    }
  }
}

TEST(ModelActions, SayAbsentWhereTheirSoftwareIsNot) {
  Rig rig(world_with({}));
  for (const char* action : {"mail.queues", "probe.hub", "kerberos.check", "mail.probe"}) {
    EXPECT_EQ(rig.error("tyodc1", action).rfind("absent", 0), 0u) << action;
  }
  for (const char* action : {"ad.replication", "dc.health", "ad.replicate"}) {
    EXPECT_EQ(rig.error("tyohub1", action).rfind("absent", 0), 0u) << action;
  }
  EXPECT_EQ(rig.error("tyohub1", "no.such").rfind("absent", 0), 0u);
}

TEST(ModelActions, SyncByNoMoreThanTheStepAndFromNobodyElse) {
  Rig rig(world_with({fault(FaultKind::hub_clock, {"tyohub1"}), fault(FaultKind::peer_down, {"tyodc1"})}));
  const auto sync = [&](const std::string& from, std::int64_t step) {
    json::object inputs{{"from", rig.wire_host(from)}, {"max_step", step}};
    return rig.error("tyohub1", "time.sync", inputs, rig.fence_for("tyohub1", rig.next_intent()));
  };
  EXPECT_NE(sync("osadc2", 60'000).find("more than max_step"), std::string::npos);
  EXPECT_NE(sync("tyodc1", 7'200'000).find("no time from"), std::string::npos);
  EXPECT_NE(sync("tyohub1", 7'200'000).find("its own source"), std::string::npos);
  EXPECT_EQ(rig.log().count("tyohub1", "clock"), 1u);  // the fault's
  EXPECT_EQ(sync("osadc2", 7'200'000), "");
}

TEST(ModelActions, DrainKeepsNewMailAwayAndLetsWhatIsQueuedGo) {
  // given a drained hub with mail on it and a healed way
  Rig rig(world_with({fault(FaultKind::hub_clock, {"tyohub1"})}));
  ASSERT_GT(rig.stuck("tyohub1"), 0);
  rig.outputs("tyohub1", "hub.drain", {}, rig.fence_for("tyohub1", rig.next_intent()));
  const std::size_t before = rig.log().count("tyohub1", "accepted");
  rig.sync("tyohub1", "osadc2");
  rig.pass(minutes(10));
  // then it has sent what it had, and taken nothing
  EXPECT_EQ(rig.stuck("tyohub1"), 0);
  EXPECT_EQ(rig.log().count("tyohub1", "accepted"), before);
  rig.outputs("tyohub1", "hub.resume", {}, rig.fence_for("tyohub1", rig.next_intent()));
  rig.pass(minutes(10));
  EXPECT_GT(rig.log().count("tyohub1", "accepted"), before);
}

TEST(ModelActions, FateTellsOpenFromLost) {
  Rig rig(world_with({fault(FaultKind::stale_tickets, {"tyohub1", "tyohub2"})}));
  const json::value ids = rig.outputs("tyohub1", "mail.queues", rig.to("osaka")).at("ids");
  const auto count = static_cast<std::int64_t>(ids.as_array().size());
  json::object fate = rig.outputs("tyohub1", "mail.fate", {{"ids", ids}});
  EXPECT_EQ(fate.at("open").as_int64(), count);
  EXPECT_EQ(fate.at("lost").as_int64(), 0);
  // the other hub has never seen them
  EXPECT_EQ(rig.outputs("tyohub2", "mail.fate", {{"ids", ids}}).at("lost").as_int64(), count);
  rig.reboot("tyohub1");
  fate = rig.outputs("tyohub1", "mail.fate", {{"ids", ids}});
  EXPECT_EQ(fate.at("open").as_int64() + fate.at("lost").as_int64(), 0);
}

TEST(ModelActions, RefusalsHaveALastThatOnlyNewOnesMove) {
  Rig rig(world_with({fault(FaultKind::stale_tickets, {"tyohub1"})}));
  const json::object inputs{{"of", rig.wire_hosts("hub", "tokyo")}, {"within", 3'600'000}};
  const std::int64_t before = rig.outputs("osahub1", "mail.refusals", inputs).at("last").as_int64();
  EXPECT_GT(before, 0);
  rig.retry("tyohub1");
  EXPECT_GT(rig.outputs("osahub1", "mail.refusals", inputs).at("last").as_int64(), before);
  rig.reboot("tyohub1");
  const std::int64_t healed = rig.outputs("osahub1", "mail.refusals", inputs).at("last").as_int64();
  rig.pass(hours(2));
  const json::object later = rig.outputs("osahub1", "mail.refusals", inputs);
  EXPECT_EQ(later.at("last").as_int64(), healed);
  EXPECT_TRUE(later.at("sources").as_array().empty());  // older than `within`
}

}  // namespace
}  // namespace unjam::actions::sim
