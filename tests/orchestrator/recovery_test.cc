#include "orchestrator/engine/recovery.h"

#include <gtest/gtest.h>

namespace unjam::engine {
namespace {

using state::EffectPhase;

state::EffectRecord effect(const std::string& action, EffectPhase phase = EffectPhase::unknown) {
  state::EffectRecord out;
  out.intent.intent = "i1";
  out.intent.host = "tyohub1";
  out.intent.action = action;
  out.intent.fence = {{"machine", "m1"}, {"boot", "b1"}};
  out.phase = phase;
  return out;
}

Observation seen(const std::string& boot, const std::string& permit, const std::string& state) {
  Observation out;
  out.reached = true;
  out.machine = "m1";
  out.boot = boot;
  out.permit = permit;
  out.state = state;
  return out;
}

// Given a reboot whose answer was lost, when the host has a new token and its permit names the intent, then it is
// proven.
TEST(Recovery, ProvesARebootByTokenAndPermit) {
  const auto conclusion = conclude(effect("host.reboot"), seen("b2", "i1", "started"));
  ASSERT_TRUE(conclusion.ended);
  EXPECT_EQ(conclusion.ended->outcome, EffectPhase::ok);
  EXPECT_EQ(conclusion.ended->after.at("boot").as_string(), "b2");
}

// Given a new token under a permit of another intent, then somebody else rebooted it: that is a failure, not ours.
TEST(Recovery, DoesNotTakeSomebodyElsesRebootForOurs) {
  const auto conclusion = conclude(effect("host.reboot"), seen("b2", "i0", "absent"));
  ASSERT_TRUE(conclusion.ended);
  EXPECT_EQ(conclusion.ended->outcome, EffectPhase::failed);
}

// Given the same token and our permit, then it may still go down: nothing is concluded before the limit, nothing is
// sent again.
TEST(Recovery, WaitsWhileTheTokenIsTheSameAndThePermitIsOurs) {
  EXPECT_FALSE(conclude(effect("host.reboot", EffectPhase::accepted), seen("b1", "i1", "finished")).ended);
  EXPECT_FALSE(conclude(effect("host.reboot"), seen("b1", "i1", "started")).ended);
}

// Given no trace on the host, then it never started, and only then may it be sent again.
TEST(Recovery, ConcludesNotSentOnlyFromAHostWithoutATrace) {
  const auto conclusion = conclude(effect("host.reboot"), seen("b1", "", "absent"));
  ASSERT_TRUE(conclusion.ended);
  EXPECT_EQ(conclusion.ended->outcome, EffectPhase::not_sent);
  EXPECT_FALSE(conclude(effect("host.reboot", EffectPhase::accepted), seen("b1", "", "absent")).ended);
}

// Given another machine at the address, then nothing that it says counts.
TEST(Recovery, BelievesNoOtherMachine) {
  auto other = seen("b2", "i1", "finished");
  other.machine = "m2";
  EXPECT_FALSE(conclude(effect("host.reboot"), other).ended);
  EXPECT_FALSE(conclude(effect("hub.drain"), other).ended);
}

// Given a host that cannot be reached, then nothing is known.
TEST(Recovery, ConcludesNothingFromSilence) {
  Observation silent;
  silent.unreached = "no route";
  EXPECT_FALSE(conclude(effect("hub.drain"), silent).ended);
}

// Given a finished record, then its kept answer is the outcome, whether it worked, failed or was refused.
TEST(Recovery, ReadsTheAnswerThatTheHostKept) {
  auto finished = seen("b1", "i1", "finished");
  finished.answer = {{"outputs", {{"moved", "-600s"}}}, {"before", {{"offset", "600s"}}}, {"after", json::object{}}};
  const auto worked = conclude(effect("time.sync"), finished);
  ASSERT_TRUE(worked.ended);
  EXPECT_EQ(worked.ended->outcome, EffectPhase::ok);
  EXPECT_EQ(worked.ended->outputs.at("moved").as_string(), "-600s");

  finished.answer = {{"error", {{"kind", "failed"}, {"text", "no route to dc"}}}};
  EXPECT_EQ(conclude(effect("time.sync"), finished).ended->outcome, EffectPhase::failed);
  finished.answer = {{"error", {{"kind", "refused"}, {"text", "fence: boot"}}}};
  EXPECT_EQ(conclude(effect("time.sync"), finished).ended->outcome, EffectPhase::not_sent);
}

// Given a script that began and a host that has rebooted since, then it did not finish.
TEST(Recovery, CallsAScriptInterruptedWhenTheHostWentDown) {
  const auto conclusion = conclude(effect("hub.drain"), seen("b2", "i1", "started"));
  ASSERT_TRUE(conclusion.ended);
  EXPECT_EQ(conclusion.ended->outcome, EffectPhase::failed);
  EXPECT_FALSE(conclude(effect("hub.drain"), seen("b1", "i1", "started")).ended);
}

}  // namespace
}  // namespace unjam::engine
