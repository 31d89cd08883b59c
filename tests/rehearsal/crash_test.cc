// The same rehearsals with the journal on disk: killed at every point of a rolling reboot, and on a disk that fails.
#include "orchestrator/rehearsal/intents.h"
#include "orchestrator/rehearsal/stage.h"
#include "state/sqlite_store.h"
#include "tests/rehearsal/rehearsal_run.h"
#include "tests/state/fault_vfs.h"
#include "tests/state/temp_dir.h"

namespace unjam::rehearsal {
namespace {

using K = MishapKind;

class Crash : public testing::Test {
 protected:
  void SetUp() override { state::register_fault_vfs(); }
  void TearDown() override { state::disarm(); }

  // On SQLite, in a folder of its own. `before_each`: before a process opens the store.
  Evidence on_disk(const std::shared_ptr<const engine::Plan>& plan, const Scenario& scenario,
                   const std::function<void(int process)>& before_each = {}) {
    const TempDir dir;
    state::SqliteOptions options;
    options.ballast_bytes = 0;
    options.space = [] { return Result<state::Space>(state::Space{1LL << 40, 1LL << 40}); };
    options.vfs = state::kFaultVfs;
    int opened = 0;
    Setting setting;
    setting.store = [&](state::Access access) {
      if (access == state::Access::write && before_each) before_each(++opened);
      SeededTokens tokens(scenario.seed + 1);  // as the store in memory
      return state::open_sqlite_store(dir.path(), access, tokens, options);
    };
    return rehearse(plan, scenario, setting);
  }

  static std::int64_t reboots(const Evidence& evidence) {
    return std::ranges::count_if(evidence.hosts,
                                 [](const auto& one) { return one.word == "shutdown" && !done_by(one).empty(); });
  }
};

Scenario killed_at(Point point, std::int64_t nth) {
  auto scenario = calm();
  Mishap mishap;
  mishap.kind = K::killed;
  mishap.point = point;
  mishap.nth = nth;
  mishap.by = Millis{5'000};
  scenario.mishaps = {mishap};
  return scenario;
}

// Given the journal on disk and in memory, then the same scenario gives the same trace.
TEST_F(Crash, TheStoresAreTheSameToARehearsal) {
  for (const auto& scenario : {calm(), killed_at(Point::after_write, 17), killed_at(Point::on_host, 2)})
    EXPECT_EQ(trace(on_disk(rolling(), scenario)), trace(rehearse(rolling(), scenario)));
}

struct Share {  // every 4th time of a point, so that no test takes long
  Point point;
  std::int64_t first;
};

class CrashPoint : public Crash, public testing::WithParamInterface<Share> {};

// Given a rolling reboot on SQLite, when the engine is killed before and after every single write, and before, during
// and after every single send, then each hub is rebooted once, is back in service, and the run is done.
TEST_P(CrashPoint, LosesNothingAndDoesNothingTwice) {
  const auto [point, first] = GetParam();
  const auto undisturbed = rehearse(rolling(), calm());
  const auto times = point <= Point::after_write ? undisturbed.writes : undisturbed.sends;
  // The first write creates the run: before it there is none.
  for (std::int64_t nth = first + (point <= Point::after_write ? 2 : 1); nth <= times; nth += 4) {
    const auto evidence = on_disk(rolling(), killed_at(point, nth));
    EXPECT_EQ(told(judge(evidence)), "") << nth << "\n" << trace(evidence);
    ASSERT_TRUE(evidence.finished()) << nth;
    EXPECT_EQ(evidence.run.ended->end, state::End::done) << nth << "\n" << trace(evidence);
    EXPECT_EQ(reboots(evidence), 2) << nth;
    EXPECT_EQ(evidence.processes, 2) << nth;
  }
}

std::vector<Share> shares() {
  std::vector<Share> out;
  for (std::size_t point = 0; point < std::size(kPointWords); ++point)
    for (std::int64_t first = 0; first < 4; ++first) out.push_back({static_cast<Point>(point), first});
  return out;
}

std::string name_of(const testing::TestParamInfo<Share>& about) {
  constexpr const char* kNames[] = {"BeforeWrite", "AfterWrite", "BeforeSend", "OnHost", "AfterAnswer"};
  return kNames[static_cast<std::size_t>(about.param.point)] + std::to_string(about.param.first);
}

INSTANTIATE_TEST_SUITE_P(EverySingleOne, CrashPoint, testing::ValuesIn(shares()), name_of);

// Given a disk of which the k-th write or sync fails, once or from then on, when the process has ended and is started
// again on a sound disk, then nothing was done after the error, the journal is whole, and each hub is rebooted once.
TEST_F(Crash, AWriteOrASyncFails) {
  for (const auto call : {state::DiskCall::write, state::DiskCall::sync}) {
    for (std::int64_t at = 3; at < 240; at += 13) {
      for (const bool for_ever : {false, true}) {
        const state::DiskFault fault{
            .call = call, .at = at, .for_ever = for_ever, .half = at % 2 == 0, .full = at % 3 == 0};
        const auto evidence = on_disk(rolling(), calm(), [&](int process) {
          if (process == 1) state::arm(fault);
          if (process > 1) state::disarm();
        });
        state::disarm();
        if (evidence.journal.empty()) {  // the run could not even be created: nothing may have happened
          EXPECT_EQ(reboots(evidence), 0);
          continue;
        }
        const auto where = (call == state::DiskCall::write ? "write " : "sync ") + std::to_string(at);
        EXPECT_EQ(told(judge(evidence)), "") << where << "\n" << trace(evidence);
        if (evidence.processes > 1) {
          EXPECT_EQ(evidence.run.ended->end, state::End::done) << where;
        }
        EXPECT_LE(reboots(evidence), 2) << where;
      }
    }
  }
}

}  // namespace
}  // namespace unjam::rehearsal
