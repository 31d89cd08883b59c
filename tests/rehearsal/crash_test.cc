// The same rehearsals with the journal on disk: killed at every point of a rolling reboot, and on a disk that fails or
// loses power. What takes long is done by unjam_crash (tests/crash): every call that can fail, and the flagship.
#include "tests/crash/on_disk.h"
#include "tests/rehearsal/rehearsal_run.h"

namespace unjam::rehearsal {
namespace {

const Evidence& sound() {
  static const auto evidence = rehearse(rolling(), calm());
  return evidence;
}

// Given the journal on disk and in memory, then the same scenario gives the same trace.
TEST(Crash, TheStoresAreTheSameToARehearsal) {
  for (const auto& scenario : {calm(), killed_at(calm(), Point::after_write, 17), killed_at(calm(), Point::on_host, 2)})
    EXPECT_EQ(trace(on_disk(rolling(), scenario)), trace(rehearse(rolling(), scenario)));
}

constexpr std::size_t kShares = 16;  // so that no test takes long

class CrashPoints : public testing::TestWithParam<std::size_t> {};

// Given a rolling reboot on SQLite, when the engine is killed before and after every single write, and before, during
// and after every single send, then each hub is rebooted once, is back in service, and the run is done.
TEST_P(CrashPoints, LoseNothingAndDoNothingTwice) {
  ASSERT_EQ(sound().run.ended->end, state::End::done);
  ASSERT_EQ(reboots(sound()), 2);
  const auto points = crash_points(sound());
  for (std::size_t i = GetParam(); i < points.size(); i += kShares) {
    const auto evidence = on_disk(rolling(), killed_at(calm(), points[i].point, points[i].nth));
    EXPECT_EQ(differs(evidence, sound()), "") << spell(points[i]) << "\n" << trace(evidence);
    EXPECT_EQ(evidence.processes, 2) << spell(points[i]);
  }
}
INSTANTIATE_TEST_SUITE_P(EverySingleOne, CrashPoints, testing::Range<std::size_t>(0, kShares));

// Given a disk of which the k-th read, write or sync fails, once or from then on, when the process has ended and is
// started again on a sound disk, then nothing was done after the error, the journal is whole, and each hub is rebooted
// once.
TEST(Crash, ACallOfTheDiskFails) {
  for (const auto call : {state::DiskCall::read, state::DiskCall::write, state::DiskCall::sync}) {
    const auto calls = calls_of(rolling(), calm(), call);
    ASSERT_GT(calls, 10);
    for (std::int64_t at = 3; at < calls; at += std::max<std::int64_t>(calls / 12, 1)) {
      const state::DiskFault fault{
          .call = call, .at = at, .for_ever = at % 2 == 0, .half = at % 3 == 0, .full = at % 5 == 0};
      const auto evidence = on_disk(rolling(), calm(), {.fault = fault});
      EXPECT_EQ(nothing_wrong(evidence, sound()), "") << static_cast<int>(call) << " " << at << "\n" << trace(evidence);
    }
  }
}

// Given a power cut at a sync, before or after it, when what was not synced is lost, all of it or parts, then nothing
// that was acknowledged is.
TEST(Crash, ThePowerFailsAtASync) {
  const auto syncs = calls_of(rolling(), calm(), state::DiskCall::sync);
  for (std::int64_t at = 2; at < syncs; at += std::max<std::int64_t>(syncs / 12, 1)) {
    const state::PowerCut cut{.at = at, .after = at % 2 == 0, .cut = static_cast<state::Cut>(at % 3)};
    const auto evidence = on_disk(rolling(), calm(), {.cut = cut});
    EXPECT_EQ(nothing_wrong(evidence, sound()), "") << at << "\n" << trace(evidence);
  }
}

}  // namespace
}  // namespace unjam::rehearsal
