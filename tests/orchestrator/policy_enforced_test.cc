// Policy binds at run time, whatever the playbook says and whoever checked it. On the model fleet, judged by the hosts'
// own logs. Where `check` would refuse beforehand, the plan is made under a lax policy and then bound by the strict
// one: what a check that errs would let through.
#include <gmock/gmock.h>

#include "orchestrator/engine/policy_bounds.h"
#include "tests/orchestrator/model_run.h"

namespace unjam::engine {
namespace {

using state::End;
using testing::HasSubstr;

constexpr const char* kNobodyIsAsked = R"yaml(unjam: 1
policy: lax
healthy: { hub: probe.hub.serving, dc: dc.health.serving }
floors: [ { role: hub, per: site, min: 1 } ]
approvals: { disruptive: { count: 0 } }
)yaml";

constexpr const char* kGroups = "groups: { leads: [ aiko, ken ], owners: [ mei, ren ] }\n";

std::string lax(const std::string& more = {}) {
  return kNobodyIsAsked + more;
}

// `line` for the line of the lax policy that begins with the same key.
std::string lax_but(const std::string& line, const std::string& more = {}) {
  auto text = lax(more);
  const auto at = text.find("\n" + line.substr(0, line.find(':') + 1));
  if (at == std::string::npos) throw std::runtime_error("the lax policy has no line for " + line);
  return text.replace(at + 1, text.find('\n', at + 1) - at - 1, line);
}

PlanTexts under(const std::string& policy, PlanTexts texts) {
  texts.policy.text = policy;
  return texts;
}

PlanTexts rolling() {
  return demo_texts(source_path("playbooks/catalog/rolling-reboot-hubs.yaml"), {{"site", "tokyo"}});
}

PlanTexts flagship() {
  return demo_texts(source_path("playbooks/catalog/heal-intersite-queue.yaml"), {{"from", "tokyo"}, {"to", "osaka"}});
}

// Nudges all hubs twice, ten seconds apart.
PlanTexts nudging() {
  auto texts = demo_texts(source_path("playbooks/catalog/rolling-reboot-hubs.yaml"), {});
  texts.playbooks.front().text = R"yaml(unjam: 1
playbook: nudge-twice
summary: Retries the queues of all hubs twice
targets:
  hubs: hosts.filter(h, h.role == "hub")
facts:
  hub: { run: probe.hub, hosts: hubs }
steps:
  - once:  { run: mail.retry, hosts: hubs, with: { to: '"osaka"' }, limit: 1m }
  - rest:  { wait: 10s }
  - again: { run: mail.retry, hosts: hubs, with: { to: '"osaka"' }, limit: 1m }
  - well:  { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)yaml";
  return texts;
}

// The plan as the texts' own policy lets it through, bound by another one.
std::shared_ptr<Plan> slipped_through(const PlanTexts& texts, const std::string& policy) {
  const auto let_through = plan_of(texts);
  if (!let_through) throw std::runtime_error("the lax policy lets it not through");
  auto plan = std::make_shared<Plan>(*let_through);
  playbooks::Diagnostics faults;
  plan->policy =
      playbooks::load_policy(std::make_shared<playbooks::Source>("strict.yaml", policy), *plan->packs, faults);
  if (!plan->policy) throw std::runtime_error(playbooks::render(faults.all().front()));
  return plan;
}

// The run, once it ended; `approvers` say yes to whatever their group is asked.
const state::Run& ended(ModelRun& run, std::vector<std::string> approvers = {}) {
  run.on_event = [&run, approvers](const state::Event& event) {
    if (const auto* asked = std::get_if<state::ApprovalAsked>(&event.body))
      for (const auto& user : approvers) run.say(state::ApprovalGiven{asked->path, asked->digest, {-1, user, ""}});
  };
  const auto& over = run.go();
  if (!over.ended) throw std::runtime_error("the run has not ended\n" + run.story());
  return over;
}

// Every word of the journal: the story is cut short.
std::string told(const ModelRun& run) {
  std::string out;
  for (const auto& event : run.events()) out += state::encode(event.body) + "\n";
  return out;
}

void expect_untouched(const ModelRun& run) {
  for (const auto* word : {"permit", "boot", "drained", "flagged", "clock", "dc-restarted", "replicated", "retried"})
    EXPECT_EQ(run.logged_everywhere(word), 0u) << word << "\n" << run.story();
}

// Actions

// Given an action that policy does not allow, when the playbook runs it, then it is refused before the first intent.
TEST(PolicyBinds, AnActionThatItDoesNotAllowIsNotDone) {
  const auto plan = slipped_through(under(lax(), nudging()), lax("actions: [ hub.* ]\n"));
  const auto kept = keeps_to_policy(*plan);
  ASSERT_FALSE(kept);
  EXPECT_EQ(kept.error().kind, ErrorKind::denied);
  EXPECT_THAT(kept.error().text(), HasSubstr("policy lax does not allow mail.retry"));

  ModelRun run(plan, WorldSpec{});
  const auto& over = ended(run);
  EXPECT_EQ(over.ended->end, End::refused) << run.story();
  EXPECT_EQ(over.ended->cause, "policy");
  expect_untouched(run);
}

// Given a drain that is allowed and a reboot that is not, then no host is rebooted, and the drained one is put back:
// the undo of what is allowed always is.
TEST(PolicyBinds, WhatWasDoneBeforeItIsPutBack) {
  ModelRun run(slipped_through(under(lax(), rolling()), lax("actions: [ hub.drain ]\n")), WorldSpec{});
  const auto& over = ended(run);
  EXPECT_EQ(over.ended->end, End::failed) << run.story();
  EXPECT_EQ(run.logged_everywhere("boot"), 0u);
  EXPECT_EQ(run.logged_everywhere("drained"), 1u);
  EXPECT_EQ(run.logged_everywhere("resumed"), 1u);
}

// Limits

// Given a cooldown on a nudge, which no gate stands before, then the second one in it is refused on every host, by
// name.
TEST(PolicyBinds, LimitsHoldForActionsWithoutAGate) {
  for (const auto* rule : {"every: 10m", "at_most: 1 per 1h"}) {
    ModelRun run(under(lax(std::string("limits: [ { action: mail.retry, ") + rule + " } ]\n"), nudging()), WorldSpec{});
    const auto& over = ended(run);
    EXPECT_EQ(over.ended->end, End::refused) << run.story();
    EXPECT_THAT(over.ended->text, HasSubstr("limit of policy"));
    EXPECT_THAT(over.steps.at("again").detail, HasSubstr("limit mail.retry per host"));
    for (const auto* hub : {"tyohub1", "tyohub2", "osahub1", "osahub2"})
      EXPECT_EQ(run.logged(hub, "retried"), 1u) << hub;
  }
}

// Given a limit that counts a whole site, then of hosts that are nudged at once only as many are as it allows.
TEST(PolicyBinds, LimitsAreCountedInTheTransactionOfTheIntent) {
  ModelRun run(under(lax("limits: [ { action: mail.retry, per: site, at_most: 1 per 1h } ]\n"), nudging()),
               WorldSpec{});
  const auto& over = ended(run);
  EXPECT_EQ(over.ended->end, End::refused) << run.story();
  EXPECT_EQ(run.logged("tyohub1", "retried") + run.logged("tyohub2", "retried"), 1u);
  EXPECT_EQ(run.logged("osahub1", "retried") + run.logged("osahub2", "retried"), 1u);
}

// Given a limit that is not reached, then both rounds are done.
TEST(PolicyBinds, ALimitThatIsNotReachedIsInNobodysWay) {
  ModelRun run(under(lax("limits: [ { action: mail.retry, every: 5s, at_most: 2 per 1h } ]\n"), nudging()),
               WorldSpec{});
  EXPECT_EQ(ended(run).ended->end, End::done) << run.story();
  EXPECT_EQ(run.logged_everywhere("retried"), 8u);
}

// Given a limit of thirty days and a nudge by another run twenty days ago, then the decision itself counts it,
// and need not be stopped by the store's claim.
TEST(PolicyBinds, ALimitLooksBackAsFarAsItSays) {
  ModelRun run(under(lax("limits: [ { action: mail.retry, every: 30d } ]\n"), nudging()), WorldSpec{});
  state::RunCreated created;
  created.playbook = "other";
  const state::Intent before{
      .intent = "i-other", .path = "retry", .host = "tyohub1", .action = "mail.retry", .effect = "nudge"};
  const Now then{{}, kStart + -(kDay * 20)};
  ASSERT_TRUE(run.store().append(RunId{"r-other"}, 0, then,
                                 {created, before, state::EffectEnded{"i-other", state::EffectPhase::ok}}));
  const auto& over = ended(run);
  EXPECT_EQ(over.ended->end, End::refused) << run.story();
  EXPECT_THAT(over.steps.at("once").detail, HasSubstr("limit mail.retry per host"));
  EXPECT_THAT(run.story(), testing::Not(HasSubstr("\"claim\""))) << run.story();
  EXPECT_EQ(run.logged("tyohub1", "retried"), 0u);
}

// Approvals

// Given a policy that names who approves nudges, then nothing is nudged before they said yes.
TEST(PolicyBinds, NudgesThatItNamesWaitForAnApproval) {
  const auto texts = under(lax_but("approvals: { nudge: { by: leads, expires: 1h } }", kGroups), nudging());
  ModelRun silent(texts, WorldSpec{});
  const auto& over = ended(silent);
  EXPECT_EQ(over.ended->end, End::refused) << silent.story();
  EXPECT_EQ(over.ended->cause, "approval");
  expect_untouched(silent);

  ModelRun run(texts, WorldSpec{});
  EXPECT_EQ(ended(run, {"aiko"}).ended->end, End::done) << run.story();
  EXPECT_EQ(run.logged_everywhere("retried"), 8u);
}

// Given a policy that names other people for a milder effect of the plan, then all groups are asked, and before the
// first change.
TEST(PolicyBinds, EveryEffectThatItNamesIsAskedFor) {
  const auto texts =
      under(lax_but("approvals: { reversible: { by: owners, expires: 1h }, disruptive: { by: leads, expires: 1h } }",
                    kGroups),
            rolling());
  for (const auto* only : {"aiko", "mei"}) {
    ModelRun run(texts, WorldSpec{});
    EXPECT_EQ(ended(run, {only}).ended->cause, "approval") << run.story();
    expect_untouched(run);
  }
  ModelRun run(texts, WorldSpec{});
  EXPECT_EQ(ended(run, {"aiko", "mei"}).ended->end, End::done) << run.story();
  EXPECT_EQ(run.logged_everywhere("boot"), 2u);
}

// Given a rule that no effect of the plan meets but a milder one's, then that one holds although nobody need approve
// the strongest.
TEST(PolicyBinds, AMilderRuleHoldsWhereTheStrongestAsksNobody) {
  const auto texts = under(
      lax_but("approvals: { reversible: { by: owners, expires: 1h }, disruptive: { count: 0 } }", kGroups), rolling());
  ModelRun run(texts, WorldSpec{});
  EXPECT_EQ(ended(run).ended->cause, "approval") << run.story();
  expect_untouched(run);
}

// Given a policy that wants two people, then one who says yes twice, or who is of another group, does not do.
TEST(PolicyBinds, AsManyPeopleAsItWantsMustSayYes) {
  const auto texts =
      under(lax_but("approvals: { disruptive: { by: leads, count: 2, expires: 1h } }", kGroups), rolling());
  for (const auto& people : {std::vector<std::string>{"aiko", "aiko"}, {"aiko", "mei"}}) {
    ModelRun run(texts, WorldSpec{});
    EXPECT_EQ(ended(run, people).ended->cause, "approval") << run.story();
    expect_untouched(run);
  }
}

// Gates

// Given a policy that wants a gate before a nudge, and a playbook without one, then nothing is nudged.
TEST(PolicyBinds, AGateThatOnlyItWantsIsWantedAtRunTime) {
  ModelRun run(slipped_through(under(lax(), nudging()), lax("gates: { mail.retry: [ probe.hub.serving of host ] }\n")),
               WorldSpec{});
  const auto& over = ended(run);
  EXPECT_EQ(over.ended->end, End::refused) << run.story();
  EXPECT_EQ(over.ended->cause, "gate");
  expect_untouched(run);
}

// Given a gate that does not look at what policy wants it to look at, then it stays shut and says what it lacks.
TEST(PolicyBinds, AGateThatDoesNotLookStaysShut) {
  ModelRun run(slipped_through(under(lax(), rolling()), lax("gates: { host.reboot: [ mail.queues.stuck of host ] }\n")),
               WorldSpec{});
  EXPECT_EQ(ended(run).ended->end, End::refused) << run.story();
  EXPECT_THAT(told(run), HasSubstr("policy wants it to look at mail.queues.stuck"));
  expect_untouched(run);
}

// Given readings that may stay longer than policy lets them open a gate, when a turn has waited, then every host is
// read again before it is touched.
TEST(PolicyBinds, ReadingsOlderThanItAllowsOpenNoGate) {
  auto texts = under(lax(), rolling());
  auto& text = texts.playbooks.front().text;
  const auto put = [&](const std::string& what, const std::string& by) {
    const auto at = text.find(what);
    if (at == std::string::npos) throw std::runtime_error("the playbook has no " + what);
    text.replace(at, what.size(), by);
  };
  put("fresh: 30s", "fresh: 1h");
  put("- drain: ", "- rest: { wait: 20m }\n        - drain: ");
  ModelRun run(slipped_through(texts, lax("fresh: 30s\n")), WorldSpec{});
  EXPECT_EQ(ended(run).ended->end, End::done) << run.story();
  std::map<std::string, Mono> read;
  int drains = 0;
  for (const auto& event : run.events()) {
    if (const auto* reading = std::get_if<state::ReadingTaken>(&event.body);
        reading != nullptr && reading->fact == "hub")
      read[reading->host] = Mono{Millis{reading->started_mono}};
    const auto* intent = std::get_if<state::Intent>(&event.body);
    if (intent == nullptr || intent->action != "hub.drain") continue;
    ++drains;
    for (const auto& [host, at] : read) EXPECT_LE(event.mono - at, Millis{30'000}) << host;
  }
  EXPECT_EQ(drains, 2);
}

// Floors

// Given floors above the playbook's own, then its gate never opens.
TEST(PolicyBinds, ItsFloorsHoldBesideThePlaybooksOwn) {
  for (const auto* floor : {"{ role: hub, per: site, min: 2 }", "{ role: hub, per: organisation, min: 4 }"}) {
    ModelRun run(under(lax_but(std::string("floors: [ ") + floor + " ]"), rolling()), WorldSpec{});
    EXPECT_EQ(ended(run).ended->end, End::refused) << run.story();
    EXPECT_THAT(told(run), HasSubstr("policy floor hub per"));
    expect_untouched(run);
  }
}

// Given a rollout that has lost its gate on the way through the compiler, then what needs one is not done.
TEST(PolicyBinds, WithoutAGateNoHostIsTakenOutOfService) {
  auto plan = slipped_through(under(lax(), rolling()), lax());
  auto program = *plan->program;
  for (auto& node : program.machine.nodes) node.gate.reset();
  plan->program = std::make_shared<const playbooks::Program>(std::move(program));
  plan->root.program = plan->program.get();
  EXPECT_FALSE(keeps_to_policy(*plan));
  ModelRun run(plan, WorldSpec{});
  EXPECT_EQ(ended(run).ended->cause, "gate") << run.story();
  expect_untouched(run);
}

// Caps

// Given a cap below the step that the playbook asks for, then no clock is moved.
TEST(PolicyBinds, NoClockIsMovedFurtherThanItAllows) {
  ModelRun run(slipped_through(under(lax(), flagship()), lax("caps: { time.sync.max_step: 5m }\n")),
               world_with(FaultKind::hub_clock, {"tyohub1"}, std::chrono::minutes(10)));
  const auto& over = ended(run);
  EXPECT_EQ(over.ended->cause, "policy") << run.story();
  EXPECT_THAT(over.ended->text, HasSubstr("time.sync.max_step"));
  EXPECT_EQ(run.logged_everywhere("clock"), 0u);
  EXPECT_EQ(run.logged_everywhere("boot"), 0u);
}

// Locks

PlanTexts playing_elsewhere() {
  auto texts = rolling();
  texts.playbooks.front().name = source_path("playbooks/catalog/nudge-and-roll.yaml");
  texts.playbooks.front().text = R"yaml(unjam: 1
playbook: nudge-and-roll
summary: Nudges one site and rolls another
params:
  site: { type: site }
targets:
  hubs: hosts.filter(h, h.role == "hub" and h.site == params.site)
facts:
  hub: { run: probe.hub, hosts: hubs }
steps:
  - nudge: { run: mail.retry, hosts: hubs, with: { to: '"osaka"' }, limit: 1m }
  - roll:  { play: rolling-reboot-hubs, with: { site: '"osaka"' } }
  - well:  { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)yaml";
  return under(lax(), std::move(texts));
}

// Another run that holds the lock of osaka.
void hold_osaka(ModelRun& run) {
  state::RunCreated created;
  created.playbook = "other";
  state::Claims claims;
  claims.locks = state::LockClaim{{"site:osaka"}};
  ASSERT_TRUE(run.store().append(RunId{"r-other"}, 0, Now{{}, kStart}, {created}));
  ASSERT_TRUE(run.store().append(RunId{"r-other"}, 1, Now{{}, kStart}, {state::LocksTaken{{"site:osaka"}}}, claims));
}

// Given a played playbook whose hosts are of another site, then its lock is taken too, with all others and before the
// first change; and exactly the hosts that it may change are counted.
TEST(PolicyBinds, HostsOfAPlayedPlaybookAreLockedToo) {
  const auto plan = plan_of(playing_elsewhere());
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->locks, testing::ElementsAre("site:osaka", "site:tokyo"));
  EXPECT_THAT(plan->changeable, testing::ElementsAre("osahub1", "osahub2"));
  ModelRun run(plan, WorldSpec{});
  hold_osaka(run);
  const auto& over = ended(run);
  EXPECT_EQ(over.ended->end, End::refused) << run.story();
  EXPECT_EQ(over.ended->cause, "lock");
  expect_untouched(run);
}

// Given a plan that forgot the lock of a host, then nothing is done to that host.
TEST(PolicyBinds, NothingIsDoneToAHostWithoutItsLock) {
  auto plan = std::make_shared<Plan>(*plan_of(playing_elsewhere()));
  plan->locks = {"site:tokyo"};
  ModelRun run(plan, WorldSpec{});
  const auto& over = ended(run);
  EXPECT_EQ(over.ended->cause, "lock") << run.story();
  EXPECT_EQ(run.logged_everywhere("retried"), 2u);
  EXPECT_EQ(run.logged_everywhere("drained"), 0u);
  EXPECT_EQ(run.logged_everywhere("boot"), 0u);
}

// Given a parameter below what policy wants of it, then no plan is made, whoever calls.
TEST(PolicyBinds, AParameterBelowItsLeastIsRefused) {
  auto texts = under(lax("least: { rolling-reboot-hubs: { stay: 1m } }\n"), rolling());
  texts.params["stay"] = "30s";
  playbooks::Diagnostics faults;
  std::optional<Error> error;
  EXPECT_EQ(make_plan(texts, faults, error), nullptr);
  ASSERT_TRUE(error);
  EXPECT_THAT(error->text(), HasSubstr("below its least value 1m (policy)"));
}

}  // namespace
}  // namespace unjam::engine
