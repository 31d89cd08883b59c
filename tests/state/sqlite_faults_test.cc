// What the store on disk does when the disk, the machine or a person harms it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "state/run.h"
#include "state/sqlite_store.h"
#include "tests/state/fault_vfs.h"
#include "tests/state/journal_script.h"
#include "tests/state/temp_dir.h"

namespace unjam::state {
namespace {

const RunId kRun{"r-1"};
constexpr std::int64_t kAppends = 12;

Result<std::unique_ptr<Store>> open_in(const std::string& dir, Access access,
                                       SqliteOptions options = {.ballast_bytes = 0}) {
  CountingTokens tokens;
  return open_sqlite_store(dir, access, tokens, options);
}

Result<std::vector<Event>> append_one(Store& store, std::int64_t expected) {
  std::vector<EventBody> bodies;
  if (expected == 0) {
    bodies.emplace_back(created());
  } else {
    bodies.emplace_back(Paged{.who = "oncall", .text = std::string(3000, 'x')});
  }
  return store.append(kRun, expected, now_at(expected), std::move(bodies));
}

// Opens `dir` on a sound disk and tells how many events of the run are there; the journal must be whole.
std::int64_t events_in(const std::string& dir) {
  const auto store = open_in(dir, Access::write);
  EXPECT_TRUE(store) << store.error().text();
  if (!store) return -1;
  const auto events = (*store)->load(kRun);
  if (!events) {
    EXPECT_EQ(events.error().kind, ErrorKind::not_found) << events.error().text();
    return 0;
  }
  EXPECT_TRUE(fold(kRun, *events));
  return std::ssize(*events);
}

class SqliteFaults : public testing::Test {
 protected:
  void SetUp() override { register_fault_vfs(); }
  void TearDown() override { disarm(); }

  struct Outcome {
    std::int64_t acknowledged = 0;
    bool failed = false;
  };

  // Appends on a disk that fails as told, until the first refusal; what follows must be refused for good.
  static Outcome append_on(const std::string& dir, DiskFault fault, SqliteOptions options) {
    options.vfs = kFaultVfs;
    auto store = open_in(dir, Access::write, options);
    EXPECT_TRUE(store) << store.error().text();
    if (!store) return {};
    arm(fault);
    Outcome outcome;
    for (std::int64_t i = 0; i < kAppends; ++i) {
      const auto done = append_one(**store, i);
      if (done) {
        ++outcome.acknowledged;
        continue;
      }
      outcome.failed = true;
      EXPECT_EQ(done.error().kind, ErrorKind::io) << done.error().text();
      EXPECT_NE(done.error().message.find("the state directory is not to be trusted"), std::string::npos);
      const auto later = append_one(**store, i);
      EXPECT_FALSE(later) << "a poisoned store took an event";
      break;
    }
    return outcome;  // and dies with the disk as it is
  }

  // Fails each call in turn until the run gets through unharmed.
  static void fail_each(DiskFault fault, std::int64_t step = 1) {
    bool harmed = true;
    std::int64_t rounds = 0;
    for (fault.at = 1; harmed; fault.at += step, ++rounds) {
      ASSERT_LT(rounds, 500);
      const TempDir dir;
      const Outcome outcome = append_on(dir.file("state"), fault, {.ballast_bytes = 0});
      harmed = has_failed();
      disarm();
      const std::int64_t there = events_in(dir.file("state"));
      EXPECT_GE(there, outcome.acknowledged) << "call " << fault.at;
      EXPECT_LE(there, outcome.acknowledged + 1) << "call " << fault.at;
    }
    EXPECT_GT(rounds, 10) << "the fault was never met";
  }
};

TEST_F(SqliteFaults, LosesNothingAcknowledgedWhenAWriteFails) {
  // given a disk whose k-th write fails, for each k, when events are appended, then the store refuses from then on, and
  // after reopening every acknowledged event is there; the refused one may be
  fail_each({.call = DiskCall::write});
}

TEST_F(SqliteFaults, LosesNothingAcknowledgedWhenAWriteIsCutInHalf) {
  fail_each({.call = DiskCall::write, .for_ever = true, .half = true}, 3);
}

TEST_F(SqliteFaults, LosesNothingAcknowledgedWhenASyncFails) {
  fail_each({.call = DiskCall::sync});
}

TEST_F(SqliteFaults, LosesNothingAcknowledgedWhenEverySyncFailsFromThenOn) {
  fail_each({.call = DiskCall::sync, .for_ever = true});
}

TEST_F(SqliteFaults, LosesNothingAcknowledgedWhenTheDiskIsFull) {
  fail_each({.call = DiskCall::write, .for_ever = true, .full = true}, 2);
}

TEST_F(SqliteFaults, GivesUpItsBallastToEndWhatIsUnderWay) {
  // given a full disk and a ballast, when an event is appended, then it is written after all and the ballast is gone
  const TempDir dir;
  const std::string state = dir.file("state");
  const Space plenty{.free = 100 << 20, .total = 1 << 30};
  const Outcome outcome = append_on(state, {.call = DiskCall::write, .at = 20, .full = true},
                                    {.ballast_bytes = 1 << 20, .space = [&] { return Result<Space>(plenty); }});
  EXPECT_TRUE(has_failed());
  EXPECT_EQ(outcome.acknowledged, kAppends);
  EXPECT_FALSE(std::filesystem::exists(state + "/ballast"));
  disarm();
  EXPECT_EQ(events_in(state), kAppends);
}

TEST_F(SqliteFaults, RefusesWhatFollowsWhenTheCopyOfTheLogFailed) {
  // given events so large that the log is copied into the database, when a sync of that copy fails, then what was
  // acknowledged stands and what follows is refused
  bool met = false;
  for (std::int64_t at = 1; at < 20 && !met; ++at) {
    const TempDir dir;
    auto store = open_in(dir.file("state"), Access::write, {.ballast_bytes = 0, .vfs = kFaultVfs});
    ASSERT_TRUE(store);
    ASSERT_TRUE(append_one(**store, 0));
    const auto large = [&](std::int64_t seq) {
      return (*store)->append(kRun, seq, now_at(seq), {Paged{.text = std::string(3 << 20, 'x')}});
    };
    arm({.call = DiskCall::sync, .at = at});
    std::int64_t acknowledged = 1;
    while (acknowledged < 4 && large(acknowledged)) {
      ++acknowledged;
      if (!has_failed()) continue;
      met = true;
      const auto later = large(acknowledged);
      ASSERT_FALSE(later);
      EXPECT_EQ(later.error().kind, ErrorKind::io);
      break;
    }
    store->reset();
    disarm();
    EXPECT_GE(events_in(dir.file("state")), acknowledged);
  }
  EXPECT_TRUE(met) << "no sync of a copy was met";
}

TEST(SqliteSpace, BeginsNothingNewOnANearlyFullDisk) {
  // given less free space than the floor, when a run or an effect is to begin, then it is refused, but what ends or
  // undoes one is written
  const TempDir dir;
  Space space{.free = 300 << 20, .total = 4LL << 30};
  const auto asked = [&] { return Result<Space>(space); };
  auto opened = open_in(dir.file("state"), Access::write, {.ballast_bytes = 1 << 20, .space = asked});
  ASSERT_TRUE(opened);
  Store& store = **opened;
  EXPECT_TRUE(std::filesystem::exists(dir.file("state/ballast")));
  ASSERT_TRUE(store.append(kRun, 0, now_at(1), {created(), drain("i", "hub1")}));
  space.free = free_floor(space.total) - 1;
  const auto refused = store.append(kRun, 2, now_at(2), {drain("k", "hub2")});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::exhausted);
  EXPECT_NE(refused.error().message.find("only 204 MiB are free"), std::string::npos) << refused.error().message;
  EXPECT_EQ(store.append(RunId("r-2"), 0, now_at(2), {created()}).error().kind, ErrorKind::exhausted);
  EXPECT_TRUE(store.append(kRun, 2, now_at(3), {ended("i"), resume("j", "hub1", "i"), ended("j")}));
  space.free = free_floor(space.total);
  EXPECT_TRUE(store.append(kRun, 5, now_at(4), {drain("k", "hub2")}));
}

TEST(SqliteSpace, KeepsALargeFloorOnLargeDisksAndASmallOneOnSmall) {
  EXPECT_EQ(free_floor(std::int64_t{1} << 40), kFreeFloorBytes);
  EXPECT_EQ(free_floor(1000), 50);
}

// --- death of the process

constexpr int kKills = 12;
constexpr std::int64_t kMostEvents = 100'000;

// In a child: appends for ever and tells each number once it is acknowledged.
[[noreturn]] void append_until_killed(const std::string& dir, int told) {
  auto store = open_in(dir, Access::write);
  if (!store) ::_exit(1);
  const auto events = (*store)->load(kRun);
  for (std::int64_t seq = events ? std::ssize(*events) : 0; seq < kMostEvents; ++seq) {
    if (!append_one(**store, seq)) ::_exit(2);
    const std::int64_t now = seq + 1;
    if (::write(told, &now, sizeof now) != sizeof now) ::_exit(3);
  }
  ::_exit(4);
}

TEST(SqliteKill, KeepsEveryAcknowledgedEventOfAProcessThatWasKilled) {
  // given a process that is killed while it appends, again and again on the same journal, when opened, then every event
  // whose append had returned is there
  const TempDir dir;
  Rng rng(20261124);
  std::int64_t before = 0;
  for (int round = 0; round < kKills; ++round) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) append_until_killed(dir.file("state"), ends[1]);
    ::close(ends[1]);
    const std::int64_t enough = before + 1 + static_cast<std::int64_t>(rng.below(40));
    std::int64_t told = 0;
    std::int64_t number = 0;
    while (::read(ends[0], &number, sizeof number) == sizeof number) {
      told = number;
      if (told == enough) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
    before = events_in(dir.file("state"));
    EXPECT_GE(before, told);
    EXPECT_LE(before, told + 1);
  }
}

// --- permissions

TEST(SqlitePermissions, AreAskedBeforeAnythingIsWritten) {
  // given directories that cannot or must not be written, when opened by an ordinary user, then each is denied
  const TempDir dir;
  ASSERT_EQ(::chmod(dir.path().c_str(), 0755), 0);
  std::filesystem::create_directory(dir.file("shared"));
  ASSERT_EQ(::chmod(dir.file("shared").c_str(), 0777), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::geteuid() == 0 && ::seteuid(65534) != 0) ::_exit(9);
    const auto kind = [](const std::string& path) {
      const auto store = open_in(path, Access::write);
      return store ? ErrorKind::invalid : store.error().kind;
    };
    if (::geteuid() != 65534) ::_exit(0);  // our own directory would be ours to write
    ::_exit(kind(dir.file("new")) == ErrorKind::denied && kind(dir.path()) == ErrorKind::denied ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const auto shared = open_in(dir.file("shared"), Access::write);
  ASSERT_FALSE(shared);
  EXPECT_EQ(shared.error().kind, ErrorKind::denied);
  EXPECT_NE(shared.error().message.find("others may write"), std::string::npos);
}

TEST(SqlitePermissions, KeepEveryFileToItsOwner) {
  const TempDir dir;
  const auto store = open_in(dir.file("state"), Access::write, {.ballast_bytes = 1 << 16});
  ASSERT_TRUE(store);
  ASSERT_TRUE(append_one(**store, 0));
  namespace fs = std::filesystem;
  EXPECT_EQ(fs::status(dir.file("state")).permissions(), fs::perms::owner_all);
  for (const auto& entry : fs::directory_iterator(dir.file("state"))) {
    EXPECT_EQ(entry.status().permissions() & (fs::perms::group_all | fs::perms::others_all), fs::perms::none) << entry;
  }
}

TEST(SqlitePermissions, SayWhatIsInTheWay) {
  const TempDir dir;
  std::ofstream(dir.file("file")) << "not a directory";
  EXPECT_EQ(open_in(dir.file("file"), Access::write).error().kind, ErrorKind::io);
  EXPECT_EQ(open_in(dir.file("no/such"), Access::write).error().kind, ErrorKind::not_found);
  EXPECT_EQ(open_in(dir.file("none"), Access::read).error().kind, ErrorKind::not_found);
  EXPECT_EQ(open_in(dir.path(), Access::read).error().kind, ErrorKind::not_found);
}

TEST(SqliteLock, NamesTheProcessThatOwnsTheDirectory) {
  const TempDir dir;
  const auto owner = open_in(dir.file("state"), Access::write);
  ASSERT_TRUE(owner);
  const auto second = open_in(dir.file("state"), Access::write);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos) << second.error().text();
}

}  // namespace
}  // namespace unjam::state
