#include "orchestrator/engine/journal_writer.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <map>
#include <thread>

#include "state/memory_store.h"
#include "state/run.h"
#include "state/sqlite_store.h"
#include "tests/state/journal_script.h"
#include "tests/state/temp_dir.h"

namespace unjam::engine {
namespace {

namespace asio = boost::asio;
using state::AppendRequest;
using state::now_at;

// A store that stands still in its first write until told to go on, and notes how the requests came.
class SlowStore : public state::Store {
 public:
  explicit SlowStore(state::Store& real) : real_(real) {}

  StoreId id() const override { return real_.id(); }
  std::int64_t epoch() const override { return real_.epoch(); }
  Appended append(const RunId& run, std::int64_t expected, Now now, std::vector<state::EventBody> events,
                  const state::Claims& claims) override {
    return real_.append(run, expected, now, std::move(events), claims);
  }
  std::vector<Appended> append_many(std::vector<AppendRequest> requests) override {
    groups.push_back(requests.size());
    if (groups.size() == 1) {
      entered.set_value();
      go_on.get_future().wait();
    }
    return real_.append_many(std::move(requests));
  }
  Appended load(const RunId& run) const override { return real_.load(run); }
  Result<std::vector<state::RunRow>> runs() const override { return real_.runs(); }
  Result<std::vector<state::SlotRow>> slots() const override { return real_.slots(); }
  Result<std::vector<state::LockRow>> locks() const override { return real_.locks(); }
  Result<std::vector<state::EffectRow>> effects(Wall since) const override { return real_.effects(since); }

  std::vector<std::size_t> groups;
  std::promise<void> entered;
  std::promise<void> go_on;

 private:
  state::Store& real_;
};

AppendRequest creation(const std::string& run) {
  return {.run = RunId(run), .expected = 0, .now = now_at(1), .events = {state::created()}};
}

class JournalWriterTest : public testing::Test {
 protected:
  // Starts an append; its answer is in `answers` when the io_context has run.
  void start(JournalWriter& writer, AppendRequest request) {
    const std::string name = request.run.text + "@" + std::to_string(request.expected);
    asio::co_spawn(io, writer.append(std::move(request)), [this, name](std::exception_ptr, Appended answer) {
      EXPECT_TRUE(std::this_thread::get_id() == home) << "completes where it was asked";
      order.push_back(name);
      answers[name] = std::move(answer);
    });
  }

  asio::io_context io{1};
  std::thread::id home = std::this_thread::get_id();
  state::CountingTokens tokens;
  std::unique_ptr<state::Store> store =
      *state::open_memory_store(state::make_memory_journal(tokens), state::Access::write);
  std::map<std::string, Appended> answers;
  std::vector<std::string> order;
};

TEST_F(JournalWriterTest, WritesTogetherWhatCameWhileTheDiskWasBusy) {
  // given a store that is busy with one append, when ten more come, then they are one group
  SlowStore slow(*store);
  const auto writer = make_group_writer(slow);
  start(*writer, creation("first"));
  io.poll();
  slow.entered.get_future().wait();
  for (int i = 0; i < 10; ++i) start(*writer, creation("r-" + std::to_string(i)));
  io.poll();
  EXPECT_TRUE(answers.empty()) << "nothing is acknowledged before it is written";
  slow.go_on.set_value();
  io.run();
  EXPECT_EQ(slow.groups, (std::vector<std::size_t>{1, 10}));
  ASSERT_EQ(answers.size(), 11u);
  for (const auto& [name, answer] : answers) EXPECT_TRUE(answer) << name;
  EXPECT_EQ(order.front(), "first@0");
}

TEST_F(JournalWriterTest, KeepsTheOrderOfARun) {
  const auto writer = make_group_writer(*store);
  start(*writer, creation("r"));
  for (std::int64_t seq = 1; seq < 40; ++seq) {
    start(*writer, {.run = RunId("r"), .expected = seq, .now = now_at(seq), .events = {state::Paged{}}});
  }
  io.run();
  for (const auto& [name, answer] : answers) EXPECT_TRUE(answer) << name;
  EXPECT_EQ(store->load(RunId("r"))->size(), 40u);
}

TEST_F(JournalWriterTest, TellsEachRequestItsOwnFate) {
  const auto writer = make_group_writer(*store);
  start(*writer, creation("a"));
  start(*writer, {.run = RunId("nobody"), .expected = 3, .now = now_at(1), .events = {state::Paged{}}});
  start(*writer, creation("b"));
  io.run();
  EXPECT_TRUE(answers.at("a@0"));
  EXPECT_TRUE(answers.at("b@0"));
  ASSERT_FALSE(answers.at("nobody@3"));
  EXPECT_EQ(answers.at("nobody@3").error().kind, ErrorKind::not_found);
}

TEST_F(JournalWriterTest, WritesWhatIsQueuedBeforeItGoes) {
  // given appends that wait behind a busy store, when the writer is destroyed, then they are written and answered
  SlowStore slow(*store);
  auto writer = make_group_writer(slow);
  start(*writer, creation("a"));
  io.poll();
  slow.entered.get_future().wait();
  start(*writer, creation("b"));
  io.poll();
  slow.go_on.set_value();
  writer.reset();
  EXPECT_EQ(store->runs()->size(), 2u);
  io.run();
  EXPECT_EQ(answers.size(), 2u);
}

TEST_F(JournalWriterTest, RefusesMoreThanItsQueueHolds) {
  SlowStore slow(*store);
  const auto writer = make_group_writer(slow);
  start(*writer, creation("first"));
  io.poll();
  slow.entered.get_future().wait();
  for (std::size_t i = 0; i <= kMaxQueuedAppends; ++i) {
    start(*writer, {.run = RunId("x"), .expected = static_cast<std::int64_t>(i) + 5, .now = {}, .events = {}});
  }
  io.poll();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers.begin()->second.error().kind, ErrorKind::exhausted);
  slow.go_on.set_value();
  io.run();
  EXPECT_EQ(answers.size(), kMaxQueuedAppends + 2);
  for (const std::size_t group : slow.groups) EXPECT_LE(group, kMaxGroupedAppends);
}

TEST_F(JournalWriterTest, DoesTheSameInline) {
  const auto writer = make_inline_writer(*store);
  start(*writer, creation("a"));
  start(*writer, creation("a"));
  io.run();
  EXPECT_EQ(order.size(), 2u);
  EXPECT_EQ(answers.at("a@0").error().kind, ErrorKind::conflict) << "the second";
  EXPECT_EQ(store->runs()->size(), 1u);
}

// Creates a run and appends to it, each append after the one before.
asio::awaitable<int> write_run(JournalWriter& writer, RunId run, int appends) {
  int taken = 0;
  for (int seq = 0; seq < appends; ++seq) {
    AppendRequest request{.run = run, .expected = seq, .now = now_at(seq)};
    if (seq == 0) {
      request.events.emplace_back(state::created());
    } else {
      request.events.emplace_back(state::Paged{});
    }
    const Appended done = co_await writer.append(std::move(request));
    if (done) ++taken;
  }
  co_return taken;
}

TEST(GroupWriterOnDisk, KeepsManyRunsApart) {
  // given fifty runs written at once to a journal on disk, when a reader looks, then each is whole
  constexpr int kRuns = 50;
  constexpr int kAppends = 8;
  const TempDir dir;
  state::CountingTokens tokens;
  auto store = state::open_sqlite_store(dir.file("state"), state::Access::write, tokens, {.ballast_bytes = 0});
  ASSERT_TRUE(store) << store.error().text();
  asio::io_context io{1};
  int taken = 0;
  {
    const auto writer = make_group_writer(**store);
    for (int i = 0; i < kRuns; ++i) {
      asio::co_spawn(io, write_run(*writer, RunId("r-" + std::to_string(i)), kAppends),
                     [&taken](std::exception_ptr, int count) { taken += count; });
    }
    io.run();
  }
  EXPECT_EQ(taken, kRuns * kAppends);
  const auto reader = state::open_sqlite_store(dir.file("state"), state::Access::read, tokens);
  ASSERT_TRUE(reader) << reader.error().text();
  for (int i = 0; i < kRuns; ++i) {
    const RunId run("r-" + std::to_string(i));
    const auto events = (*reader)->load(run);
    ASSERT_TRUE(events) << events.error().text();
    EXPECT_EQ(events->size(), static_cast<std::size_t>(kAppends));
    EXPECT_TRUE(state::fold(run, *events));
  }
}

}  // namespace
}  // namespace unjam::engine
