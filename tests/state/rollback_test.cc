#include "state/rollback.h"

#include <gtest/gtest.h>

#include "tests/state/journal_script.h"

namespace unjam::state {
namespace {

Run folded(const JournalScript& script) {
  auto run = fold(RunId("r-1"), script.events());
  EXPECT_TRUE(run) << run.error().text();
  return run.value_or(Run{});
}

JournalScript begun() {
  return JournalScript().then(created());
}

RollbackLine only_line(const JournalScript& script) {
  const auto log = rollback_log(folded(script));
  EXPECT_EQ(log.size(), 1u);
  return log.empty() ? RollbackLine{} : log.front();
}

std::vector<std::string> owed_by(const JournalScript& script) {
  return owed(folded(script));
}

using Ids = std::vector<std::string>;

TEST(RollbackLog, OwesTheUndoOfWhatWasOrMayHaveBeenDone) {
  // given a drain that is open, done, unknown or failed, when asked, then its resume is owed
  const JournalScript open = begun().then(drain("i", "h"));
  EXPECT_EQ(only_line(open).debt, Debt::owed);
  for (const EffectPhase outcome : {EffectPhase::ok, EffectPhase::unknown, EffectPhase::failed}) {
    const JournalScript script = JournalScript(open).then(ended("i", outcome));
    EXPECT_EQ(only_line(script).debt, Debt::owed) << spell(outcome);
    EXPECT_EQ(owed_by(script), Ids{"i"}) << spell(outcome);
  }
}

TEST(RollbackLog, OwesNothingForWhatNeverHappened) {
  const JournalScript unsent = begun().then(drain("i", "h")).then(ended("i", EffectPhase::not_sent));
  EXPECT_EQ(only_line(unsent).debt, Debt::nothing_owed);
  EXPECT_TRUE(owed_by(unsent).empty());
  const JournalScript same = begun()
                                 .then(drain("i", "h"))
                                 .then(EffectEnded{.intent = "i",
                                                   .outcome = EffectPhase::failed,
                                                   .before = {{"policy", "open"}},
                                                   .after = {{"policy", "open"}}});
  EXPECT_EQ(only_line(same).debt, Debt::nothing_owed);
}

TEST(RollbackLog, TellsUndoneFromUndoFailedFromUnderWay) {
  // given a drain whose resume is under way, when it ends in each way, then the debt says so, and only ok pays it
  const JournalScript under_way = begun().then(drain("i", "h")).then(ended("i")).then(resume("j", "h", "i"));
  const auto debt = [&](const JournalScript& script) { return rollback_log(folded(script)).back().debt; };
  EXPECT_EQ(debt(under_way), Debt::owed);
  EXPECT_EQ(debt(JournalScript(under_way).then(ended("j"))), Debt::undone);
  EXPECT_EQ(debt(JournalScript(under_way).then(ended("j", EffectPhase::failed))), Debt::undo_failed);
  EXPECT_EQ(debt(JournalScript(under_way).then(ended("j", EffectPhase::unknown))), Debt::undo_failed);
  EXPECT_EQ(debt(JournalScript(under_way).then(ended("j", EffectPhase::not_sent))), Debt::owed);
  EXPECT_TRUE(owed_by(JournalScript(under_way).then(ended("j"))).empty());
  EXPECT_EQ(owed_by(JournalScript(under_way).then(ended("j", EffectPhase::failed))), Ids{"i"});
}

TEST(RollbackLog, IsPaidByALaterAttemptAfterAFailedOne) {
  JournalScript script = begun().then(drain("i", "h")).then(ended("i"));
  script.then(resume("j", "h", "i")).then(ended("j", EffectPhase::failed));
  script.then(resume("k", "h", "i")).then(ended("k"));
  const auto log = rollback_log(folded(script));
  EXPECT_EQ(log.back().debt, Debt::undone);
  EXPECT_EQ(log.front().debt, Debt::nothing_owed) << "an undo owes nothing itself";
}

TEST(RollbackLog, ListsTheNewestFirstAndEachStepOfAHostOnce) {
  // given two attempts on one hub and one on another, when asked what is owed, then the newest attempt stands for both
  JournalScript script = begun();
  script.then(drain("i1", "a")).then(ended("i1", EffectPhase::unknown));
  script.then(drain("i2", "a")).then(ended("i2"));
  script.then(drain("i3", "b")).then(ended("i3"));
  EXPECT_EQ(owed_by(script), (Ids{"i3", "i2"}));
  script.then(resume("j", "a", "i2")).then(ended("j"));
  EXPECT_EQ(owed_by(script), Ids{"i3"});
  const auto log = rollback_log(folded(script));
  ASSERT_EQ(log.size(), 4u);
  EXPECT_EQ(log.front().intent, "j");
  EXPECT_EQ(log.back().intent, "i1");
  EXPECT_EQ(log.back().debt, Debt::undone);
}

TEST(RollbackLog, DoesNotTakeALaterDrainForAnEarlierOne) {
  JournalScript script = begun().then(drain("i1", "a")).then(ended("i1"));
  script.then(drain("i2", "a")).then(ended("i2"));
  script.then(resume("j", "a", "i1")).then(ended("j"));
  EXPECT_EQ(owed_by(script), Ids{"i2"});
}

TEST(RollbackLog, SaysWhyAThingCannotBeUndone) {
  const RollbackLine booted = only_line(
      begun()
          .then(reboot("i", "h"))
          .then(EffectEnded{
              .intent = "i", .outcome = EffectPhase::ok, .before = {{"boot", "b-1"}}, .after = {{"boot", "b-2"}}}));
  EXPECT_EQ(booted.debt, Debt::cannot);
  EXPECT_EQ(booted.note, "a reboot cannot be undone; boot token before b-1, after b-2");
  Intent sync = reboot("i", "h");
  sync.action = "time.sync";
  const RollbackLine moved = only_line(begun().then(sync).then(
      EffectEnded{.intent = "i", .outcome = EffectPhase::ok, .outputs = {{"moved", "-600.25s"}}}));
  EXPECT_EQ(moved.note, "putting a wrong time back is not wanted; the clock was moved by -600.25s");
  EXPECT_NE(only_line(begun().then(reboot("i", "h"))).note.find("may or may not"), std::string::npos);
  EXPECT_TRUE(owed_by(begun().then(reboot("i", "h"))).empty());
}

TEST(RollbackLog, RecordsNudgesAndLeavesReadsOut) {
  Intent read = nudge("r", "h");
  read.effect = "read";
  const RollbackLine line = only_line(begun().then(nudge("i", "h")).then(ended("i")).then(read));
  EXPECT_EQ(line.debt, Debt::nothing_owed);
  EXPECT_EQ(line.note, "asks the system to do now what it would do anyway");
  EXPECT_EQ(line.at, now_at(2).wall);
}

}  // namespace
}  // namespace unjam::state
