#include "state/run.h"

#include <gtest/gtest.h>

#include "tests/state/journal_script.h"

namespace unjam::state {
namespace {

Mono at(std::int64_t seconds) {
  return now_at(seconds).mono;
}

Run folded(const JournalScript& script) {
  auto run = fold(RunId("r-1"), script.events());
  EXPECT_TRUE(run) << run.error().text();
  return run.value_or(Run{});
}

// The error of folding `script` and then `body`; empty if it folds.
std::string refused(JournalScript script, EventBody body) {
  EXPECT_TRUE(fold(RunId("r-1"), script.events()));
  const auto run = fold(RunId("r-1"), script.then(std::move(body)).events());
  if (run) return {};
  EXPECT_EQ(run.error().kind, ErrorKind::corrupt);
  return run.error().text();
}

JournalScript begun() {
  return JournalScript().then(created());
}
JournalScript with_step(const std::string& path) {
  return begun().then(StepStarted{.path = path});
}

TEST(Run, BeginsWithItsCreationAndNothingElse) {
  const auto run = folded(begun());
  EXPECT_EQ(run.phase, Phase::running);
  EXPECT_EQ(run.created.digest, "d1");
  EXPECT_EQ(run.created_at, now_at(1).wall);
  EXPECT_EQ(run.seq, 1);
  EXPECT_NE(refused(JournalScript(), StepStarted{.path = "a"}), "");
  EXPECT_NE(refused(begun(), created()), "");
}

TEST(Run, OfANewerFormatIsNotGuessedAt) {
  RunCreated newer = created();
  newer.format = kFormatVersion + 1;
  EXPECT_NE(refused(JournalScript(), newer).find("newer Unjam"), std::string::npos);
}

TEST(Run, RefusesAGapInItsNumbers) {
  auto events = begun().then(StepStarted{.path = "a"}).events();
  events[1].seq = 3;
  const auto run = fold(RunId("r-1"), events);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().kind, ErrorKind::corrupt);
  EXPECT_EQ(run.error().where, "run r-1, event 3");
}

TEST(Run, IsUnchangedByAnEventThatItRefuses) {
  // given a run with an open effect, when events arrive that do not fit, then nothing of it has moved
  const auto before = folded(with_step("s").then(drain("i-1", "h")).then(ended("i-1")));
  for (const EventBody& body :
       std::vector<EventBody>{ended("i-1"), ended("i-9"), StepStarted{.path = "s"}, resume("i-2", "h", "i-9"),
                              Looked{.path = "x", .verdict = "true"}}) {
    auto run = before;
    const Event event{.seq = 5, .wall = now_at(9).wall, .mono = at(9), .body = body};
    EXPECT_FALSE(apply(run, event));
    EXPECT_EQ(run.seq, 4);
    EXPECT_EQ(run.effects, before.effects);
    EXPECT_EQ(run.effect_order, before.effect_order);
    EXPECT_EQ(run.effects_by_intent.at("i-1").undone_by, "");
  }
}

TEST(Run, CountsHowLongALookHolds) {
  // given looks that are true, true, unknown, true, when folded, then the hold counts from the last change to true
  JournalScript script = with_step("s");
  script.then(Looked{.path = "s", .verdict = "true"}).then(Looked{.path = "s", .verdict = "true"});
  EXPECT_EQ(folded(script).steps.at("s").held_since, at(3));
  script.then(Looked{.path = "s", .verdict = "unknown", .reason = "h silent"});
  EXPECT_EQ(folded(script).steps.at("s").held_since, std::nullopt);
  EXPECT_EQ(folded(script).steps.at("s").last_reason, "h silent");
  script.then(Looked{.path = "s", .verdict = "true"});
  const StepRecord step = folded(script).steps.at("s");
  EXPECT_EQ(step.held_since, at(6));
  EXPECT_EQ(step.looks, 4);
  EXPECT_EQ(step.last_look, at(6));
  EXPECT_NE(refused(script, Looked{.path = "s", .verdict = "maybe"}), "");
}

TEST(Run, KnowsSinceWhenAGateIsShut) {
  // given a gate that is shut twice, opens, and shuts again, when folded, then it is shut since the last time it shut
  JournalScript script = with_step("s");
  script.then(GateAsked{.path = "s", .host = "h"}).then(GateAsked{.path = "s", .host = "h"});
  EXPECT_EQ(folded(script).steps.at("s").gate_first.at("h"), at(3));
  EXPECT_EQ(folded(script).steps.at("s").gate_last.at("h"), at(4));
  script.then(GateAsked{.path = "s", .host = "h", .open = true});
  EXPECT_FALSE(folded(script).steps.at("s").gate_first.contains("h"));
  EXPECT_TRUE(folded(script).steps.at("s").gates.at("h").open);
  script.then(GateAsked{.path = "s", .host = "h"});
  EXPECT_EQ(folded(script).steps.at("s").gate_first.at("h"), at(6));
}

TEST(Run, RefusesWhatDoesNotExistOrHasEnded) {
  const JournalScript over = with_step("s").then(StepEnded{.path = "s"});
  EXPECT_NE(refused(over, StepEnded{.path = "s"}).find("has ended already"), std::string::npos);
  EXPECT_NE(refused(over, StepStarted{.path = "s"}).find("started twice"), std::string::npos);
  EXPECT_NE(refused(over, Looked{.path = "s", .verdict = "true"}), "");
  EXPECT_NE(refused(begun(), HostsChosen{.path = "s"}).find("never started"), std::string::npos);
  EXPECT_NE(refused(begun(), SnapshotTaken{.path = "s"}), "");
  EXPECT_NE(refused(begun(), GateAsked{.path = "s"}), "");
  EXPECT_NE(refused(begun(), TurnStarted{.path = "s"}), "");
  EXPECT_NE(refused(begun(), TurnEnded{.path = "s"}), "");
  EXPECT_NE(refused(begun(), EffectAccepted{.intent = "i"}), "");
  EXPECT_NE(refused(begun(), EffectObserved{.intent = "i"}), "");
  EXPECT_NE(refused(begun(), ApprovalGiven{.path = "a"}), "");
  EXPECT_NE(refused(begun(), ApprovalDenied{.path = "a"}), "");
  EXPECT_NE(refused(begun(), ReadingTaken{.fact = "f", .host = "h", .effects = 1}), "");
  EXPECT_NE(refused(begun(), RunEnded{.end = End::none}), "");
  EXPECT_NE(refused(begun().then(PlayStarted{.path = "p"}), PlayStarted{.path = "p"}), "");
  const JournalScript turn = with_step("s").then(TurnStarted{.path = "s", .host = "h"});
  EXPECT_NE(refused(turn, TurnStarted{.path = "s", .host = "h"}), "");
}

TEST(Run, KeepsTheReadingsThatItTook) {
  JournalScript script = begun();
  script.then(
      ReadingTaken{.fact = "f", .host = "h", .effects = 0, .started_mono = 1500, .value = json::object{{"n", 1}}});
  script.then(ReadingTaken{.fact = "f", .host = "h", .effects = 0, .started_mono = 2500, .unknown = "silent"});
  const auto run = folded(script);
  const Reading reading = run.readings.at({"f", "h"});
  EXPECT_FALSE(reading.value);
  EXPECT_EQ(reading.unknown, "silent");
  EXPECT_EQ(reading.started, Mono{Millis(2500)});
  EXPECT_EQ(reading.taken, at(3));
  EXPECT_EQ(reading.seq, 3);
}

TEST(Run, CountsEffectsAboveReadAndPinsTheMachine) {
  JournalScript script = with_step("heal/roll/drain");
  Intent other_machine = nudge("i-2", "tyohub1");
  other_machine.fence = {{"machine", "m-2"}};
  Intent read = nudge("i-3", "tyohub1");
  read.effect = "read";
  Intent with_slot = drain("i-1", "tyohub1");
  with_slot.slot = true;
  const auto run = folded(script.then(with_slot).then(other_machine).then(read));
  EXPECT_EQ(run.effects, 2);
  EXPECT_EQ(run.machines.at("tyohub1"), "m-1");
  EXPECT_EQ(run.slots, std::set<std::string>{"tyohub1"});
  EXPECT_EQ(run.effect_order, (std::vector<std::string>{"i-1", "i-2", "i-3"}));
  EXPECT_EQ(run.steps.at("heal/roll/drain").intents.at("tyohub1"), "i-1");
  EXPECT_TRUE(folded(script.then(SlotsReleased{.hosts = {"tyohub1"}})).slots.empty());
}

TEST(Run, HasChangedSomethingOnlyByWhatMayHaveBeenSentAboveNudge) {
  EXPECT_FALSE(folded(begun().then(nudge("i", "h")).then(ended("i"))).changed());
  EXPECT_TRUE(folded(begun().then(drain("i", "h"))).changed());
  EXPECT_TRUE(folded(begun().then(drain("i", "h")).then(ended("i", EffectPhase::unknown))).changed());
  EXPECT_TRUE(folded(begun().then(drain("i", "h")).then(ended("i", EffectPhase::failed))).changed());
  const JournalScript unsent = begun().then(drain("i", "h")).then(ended("i", EffectPhase::not_sent));
  EXPECT_FALSE(folded(unsent).changed());
  EXPECT_FALSE(folded(JournalScript(unsent).then(resume("j", "h", "i"))).changed());
}

TEST(Run, FollowsAnEffectThroughItsPhases) {
  JournalScript script = begun().then(reboot("i", "h"));
  EXPECT_EQ(folded(script).effects_by_intent.at("i").phase, EffectPhase::intended);
  script.then(EffectAccepted{.intent = "i", .outputs = {{"boot", "b-1"}}});
  EXPECT_EQ(folded(script).effects_by_intent.at("i").phase, EffectPhase::accepted);
  EXPECT_NE(refused(script, ended("i", EffectPhase::not_sent)), "");
  script.then(EffectObserved{.intent = "i"}).then(EffectObserved{.intent = "i"});
  EXPECT_EQ(folded(script).effects_by_intent.at("i").observations, 2);
  EXPECT_EQ(folded(script).effects_by_intent.at("i").last_observed, at(5));
  script.then(EffectEnded{.intent = "i", .outcome = EffectPhase::ok, .after = {{"boot", "b-2"}}});
  const EffectRecord effect = folded(script).effects_by_intent.at("i");
  EXPECT_EQ(effect.phase, EffectPhase::ok);
  EXPECT_EQ(effect.after.at("boot"), "b-2");
  EXPECT_NE(refused(script, reboot("i", "h")), "");
}

TEST(Run, MaySendTheSameIntentAgainOnlyIfItSurelyNeverArrived) {
  const JournalScript unsent = begun().then(reboot("i", "h")).then(ended("i", EffectPhase::not_sent));
  Intent again = reboot("i", "h");
  again.attempt = 2;
  const auto run = folded(JournalScript(unsent).then(again));
  EXPECT_EQ(run.effects_by_intent.at("i").phase, EffectPhase::intended);
  EXPECT_EQ(run.effect_order.size(), 1u);
  EXPECT_NE(refused(begun().then(reboot("i", "h")), again), "");
  EXPECT_NE(refused(begun().then(reboot("i", "h")).then(ended("i", EffectPhase::unknown)), again), "");
}

TEST(Run, RefusesIntentsThatMakeNoSense) {
  Intent loud = nudge("i", "h");
  loud.effect = "loud";
  EXPECT_NE(refused(begun(), loud), "");
  EXPECT_NE(refused(begun(), nudge("", "h")), "");
  EXPECT_NE(refused(begun(), resume("j", "h", "i")), "");
  EXPECT_NE(refused(begun(), resume("j", "h", "j")), "");
}

TEST(Run, OnlyUndoesWhileItIsStopping) {
  JournalScript script = begun().then(drain("i", "h")).then(ended("i")).then(StopBegun{.cause = "failed", .path = "s"});
  EXPECT_EQ(folded(script).phase, Phase::stopping);
  EXPECT_NE(refused(script, nudge("j", "h")).find("new effect"), std::string::npos);
  const auto run = folded(script.then(resume("j", "h", "i")).then(ended("j")));
  EXPECT_TRUE(run.effects_by_intent.at("i").settled);
  EXPECT_EQ(run.effects_by_intent.at("i").undone_by, "j");
}

TEST(Run, KeepsTheFirstReasonToCancelButAnInterruptIsReplaced) {
  const auto cancel = [](const char* cause) { return CancelRequested{.cause = cause}; };
  EXPECT_EQ(folded(begun().then(cancel("cancel")).then(cancel("interrupt"))).cancelled->cause, "cancel");
  EXPECT_EQ(folded(begun().then(cancel("interrupt")).then(cancel("cancel"))).cancelled->cause, "cancel");
  const JournalScript interrupted = begun().then(cancel("interrupt"));
  EXPECT_FALSE(folded(JournalScript(interrupted).then(RunResumed{.epoch = 2})).cancelled);
}

TEST(Run, BindsAnApprovalToTheDigestThatWasAskedFor) {
  JournalScript script = begun().then(ApprovalAsked{.path = "a", .digest = "d1", .group = "ops", .count = 1});
  EXPECT_NE(refused(script, ApprovalGiven{.path = "a", .digest = "d2"}).find("another digest"), std::string::npos);
  const auto run = folded(script.then(ApprovalGiven{.path = "a", .digest = "d1", .by = {.uid = 2}}));
  ASSERT_EQ(run.approvals.at("a").given.size(), 1u);
  EXPECT_EQ(run.approvals.at("a").given[0].by.uid, 2);
}

TEST(Run, DoesNotCountTimeInWhichNobodyDroveIt) {
  // given a run that was left for an hour and taken up by a process whose clock began anew, when folded, then its steps
  // are as old as they were, nothing read before counts, and approvals have gone on to age
  JournalScript script = with_step("s");                                         // at 2
  script.then(Looked{.path = "s", .verdict = "true"});                           // at 3
  script.then(GateAsked{.path = "s", .host = "h"});                              // at 4
  script.then(ApprovalAsked{.path = "a", .digest = "d"});                        // at 5
  script.then(reboot("i", "h"));                                                 // at 6
  script.then(ReadingTaken{.fact = "f", .host = "h", .value = json::object{}});  // at 7
  auto run = folded(script);
  const Mono fresh{Millis(50)};
  const Event resumed{.seq = 8, .wall = now_at(3607).wall, .mono = fresh, .body = RunResumed{.epoch = 2}};
  ASSERT_TRUE(apply(run, resumed));
  EXPECT_EQ(run.epoch, 2);
  EXPECT_TRUE(run.readings.empty());
  const StepRecord& step = run.steps.at("s");
  EXPECT_EQ(fresh - step.started, Millis(5000));
  EXPECT_EQ(fresh - *step.last_look, Millis(4000));
  EXPECT_EQ(step.held_since, std::nullopt);
  EXPECT_EQ(fresh - step.gate_first.at("h"), Millis(3000));
  EXPECT_EQ(fresh - step.gate_last.at("h"), Millis(3000));
  EXPECT_EQ(fresh - run.effects_by_intent.at("i").at, Millis(1000));
  EXPECT_EQ(fresh - run.approvals.at("a").at, Millis(2000 + 3'600'000));
  const Event older{.seq = 9, .wall = now_at(3608).wall, .mono = fresh, .body = RunResumed{.epoch = 1}};
  EXPECT_FALSE(apply(run, older));
}

TEST(Run, MaySettleWhatItOwesAfterItHasEnded) {
  // given a run that ended stuck with a drained hub, when it is resumed, then it stops, settles and ends once more
  JournalScript script = begun().then(drain("i", "h")).then(ended("i")).then(LocksTaken{.locks = {"site:tokyo"}});
  script.then(StepStarted{.path = "undo"}).then(StepEnded{.path = "undo", .outcome = StepOutcome::failed});
  script.then(StuckNoted{.path = "s", .host = "h", .reason = "no answer"}).then(RunEnded{.end = End::stuck});
  const auto over = folded(script);
  EXPECT_EQ(over.phase, Phase::ended);
  EXPECT_TRUE(over.locks.empty());
  EXPECT_EQ(over.stuck.size(), 1u);
  EXPECT_NE(refused(script, resume("j", "h", "i")), "");

  script.then(RunResumed{.epoch = 2});
  const auto again = folded(script);
  EXPECT_EQ(again.phase, Phase::stopping);
  EXPECT_FALSE(again.ended);
  EXPECT_TRUE(again.stuck.empty());
  EXPECT_EQ(again.stop->cause, "rollback");
  script.then(StepStarted{.path = "undo"}).then(resume("j", "h", "i")).then(ended("j"));
  const auto settled = folded(script.then(RunEnded{.end = End::failed, .changed = true}));
  EXPECT_EQ(settled.phase, Phase::ended);
  EXPECT_TRUE(settled.effects_by_intent.at("i").settled);
}

}  // namespace
}  // namespace unjam::state
