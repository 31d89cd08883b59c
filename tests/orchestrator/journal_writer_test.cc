#include "orchestrator/engine/journal_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <map>

#include "state/memory_store.h"
#include "state/run.h"
#include "state/sqlite_store.h"
#include "tests/orchestrator/runs_at_one_writer.h"
#include "tests/state/journal_script.h"
#include "tests/state/temp_dir.h"

namespace unjam::engine {
namespace {

using state::now_at;

template <typename Body>
bool has(const AppendRequest& request) {
  return std::ranges::any_of(request.events, [](const auto& body) { return std::holds_alternative<Body>(body); });
}

AppendRequest creation(const std::string& run) {
  return {.run = RunId(run), .expected = 0, .now = now_at(1), .events = {state::created()}};
}
AppendRequest page(const std::string& run, std::int64_t expected) {
  return {.run = RunId(run), .expected = expected, .now = now_at(expected), .events = {state::Paged{}}};
}

class JournalWriterTest : public testing::Test {
 protected:
  // Its answer is in `answers` once it was told.
  void append(AppendRequest request) {
    const std::string name = request.run.text + "@" + std::to_string(request.expected);
    writer.append(std::move(request), [this, name](Appended answer) {
      order.push_back(name);
      answers[name] = std::move(answer);
    });
  }

  boost::asio::io_context io{1};
  state::CountingTokens tokens;
  std::unique_ptr<state::Store> memory =
      *state::open_memory_store(state::make_memory_journal(tokens), state::Access::write);
  WatchedStore store{*memory};
  JournalWriter writer{io, store};
  std::map<std::string, Appended> answers;
  std::vector<std::string> order;
};

TEST_F(JournalWriterTest, WritesTogetherWhatCameInOneTurn) {
  // given ten runs that append in one turn, when the next turn comes, then one transaction had them all
  for (int i = 0; i < 10; ++i) append(creation("r-" + std::to_string(i)));
  EXPECT_TRUE(answers.empty()) << "nothing is acknowledged before it is written";
  EXPECT_EQ(io.run_one(), 1u);
  EXPECT_EQ(store.groups, (std::vector<std::size_t>{10}));
  ASSERT_EQ(answers.size(), 10u);
  for (const auto& [name, answer] : answers) EXPECT_TRUE(answer) << name;
  EXPECT_EQ(order.front(), "r-0@0");
}

TEST_F(JournalWriterTest, WritesAtOnceWhenTold) {
  append(creation("a"));
  writer.flush();
  EXPECT_TRUE(answers.at("a@0"));
  // The turn that was due finds nothing left to do.
  io.run();
  EXPECT_EQ(store.groups, (std::vector<std::size_t>{1}));
}

TEST_F(JournalWriterTest, KeepsTheOrderOfARun) {
  append(creation("r"));
  for (std::int64_t seq = 1; seq < 40; ++seq) append(page("r", seq));
  io.run();
  for (const auto& [name, answer] : answers) EXPECT_TRUE(answer) << name;
  EXPECT_EQ(memory->load(RunId("r"))->size(), 40u);
}

TEST_F(JournalWriterTest, TellsEachRequestItsOwnFate) {
  append(creation("a"));
  append(page("nobody", 3));
  append(creation("b"));
  io.run();
  EXPECT_TRUE(answers.at("a@0"));
  EXPECT_TRUE(answers.at("b@0"));
  ASSERT_FALSE(answers.at("nobody@3"));
  EXPECT_EQ(answers.at("nobody@3").error().kind, ErrorKind::not_found);
}

TEST_F(JournalWriterTest, WritesWhatIsAppendedByAnAnswer) {
  // given an append whose answer appends again, when the turn comes, then both are written
  writer.append(creation("a"), [this](const Appended& answer) {
    EXPECT_TRUE(answer);
    append(page("a", 1));
  });
  io.run();
  EXPECT_TRUE(answers.at("a@1"));
  EXPECT_EQ(store.groups, (std::vector<std::size_t>{1, 1}));
}

TEST_F(JournalWriterTest, RefusesMoreThanItsQueueHolds) {
  append(creation("x"));
  for (std::size_t i = 1; i <= kMaxQueuedAppends; ++i) append(page("x", static_cast<std::int64_t>(i)));
  ASSERT_EQ(answers.size(), 1u) << "only what was refused is told";
  EXPECT_EQ(answers.begin()->second.error().kind, ErrorKind::exhausted);
  io.run();
  EXPECT_EQ(answers.size(), kMaxQueuedAppends + 1);
  EXPECT_EQ(memory->load(RunId("x"))->size(), kMaxQueuedAppends);
  for (const std::size_t group : store.groups) EXPECT_LE(group, kMaxGroupedAppends);
}

TEST(JournalWriterOnDisk, KeepsManyRunsApart) {
  // given fifty runs written at once to a journal on disk, when a reader looks, then each is whole
  constexpr int kRuns = 50;
  constexpr std::int64_t kAppends = 8;
  const TempDir dir;
  state::CountingTokens tokens;
  auto store = state::open_sqlite_store(dir.file("state"), state::Access::write, tokens, {.ballast_bytes = 0});
  ASSERT_TRUE(store) << store.error().text();
  boost::asio::io_context io{1};
  JournalWriter writer(io, **store);
  const auto name = [](int run) { return "r-" + std::to_string(run); };
  for (std::int64_t seq = 0; seq < kAppends; ++seq) {
    for (int i = 0; i < kRuns; ++i) {
      writer.append(seq == 0 ? creation(name(i)) : page(name(i), seq),
                    [](const Appended& answer) { EXPECT_TRUE(answer) << answer.error().text(); });
    }
  }
  io.run();
  const auto reader = state::open_sqlite_store(dir.file("state"), state::Access::read, tokens);
  ASSERT_TRUE(reader) << reader.error().text();
  for (int i = 0; i < kRuns; ++i) {
    const RunId run(name(i));
    const auto events = (*reader)->load(run);
    ASSERT_TRUE(events) << events.error().text();
    EXPECT_EQ(std::ssize(*events), kAppends);
    EXPECT_TRUE(state::fold(run, *events));
  }
}

TEST_F(RunsAtOneWriter, ShareACommit) {
  // given two runs, when they are driven, then what both have to say in one turn is one transaction, and each has its
  // own journal
  begin("rolling-reboot-hubs.yaml", {}, {{"site", "tokyo"}});
  drive("r-1");
  drive("r-2");
  live();
  EXPECT_EQ(store.groups.front(), 2u) << "both begin in the first turn";
  for (const auto& driver : drivers) {
    EXPECT_TRUE(driver->run().ended);
    EXPECT_EQ(std::ssize(journal(driver->run().id)), driver->run().seq);
  }
}

// Calls `then` while the first intent is being written; its id is in `intended` from then on.
void at_first_intent(WatchedStore& store, std::string& intended, std::function<void()> then) {
  store.before = [&intended, then = std::move(then)](const AppendRequest& request) {
    for (const auto& body : request.events) {
      const auto* intent = std::get_if<state::Intent>(&body);
      if (intent == nullptr || !intended.empty()) continue;
      intended = intent->intent;
      then();
    }
  };
}

TEST_F(RunsAtOneWriter, SendNothingAfterAFailedWrite) {
  // given an intent that was just written and is not sent yet, when what a person says then cannot be written, then it
  // is not sent at all
  begin("heal-intersite-queue.yaml", world_with(FaultKind::hub_clock, {"tyohub1"}, std::chrono::minutes(10)),
        {{"from", "tokyo"}, {"to", "osaka"}});
  std::string intended;
  at_first_intent(store, intended, [this] {
    boost::asio::post(io, [this] {
      const auto said = drivers.front()->post(state::CancelRequested{"cancel", std::nullopt});
      EXPECT_FALSE(said);
    });
  });
  store.fails = has<state::CancelRequested>;
  drive("r-1");
  live();
  ASSERT_FALSE(intended.empty());
  ASSERT_FALSE(ended.front());
  EXPECT_EQ(ended.front().error().kind, ErrorKind::io);
  const auto& effect = drivers.front()->run().effects_by_intent.at(intended);
  EXPECT_EQ(effect.phase, state::EffectPhase::intended);
  EXPECT_THAT(transport->sent, testing::Not(testing::Contains(effect.intent.action)));
}

TEST_F(RunsAtOneWriter, DoNotSendWhatWaitedTooLong) {
  // given an intent whose write takes an hour (the process stood still), when the engine goes on, then it is not sent
  begin("heal-intersite-queue.yaml", world_with(FaultKind::hub_clock, {"tyohub1"}, std::chrono::minutes(10)),
        {{"from", "tokyo"}, {"to", "osaka"}});
  std::string intended;
  at_first_intent(store, intended, [this] { time.advance_to(time.now().mono + std::chrono::hours(1)); });
  drive("r-1");
  live();
  ASSERT_FALSE(intended.empty());
  const auto& effect = drivers.front()->run().effects_by_intent.at(intended);
  EXPECT_EQ(effect.phase, state::EffectPhase::not_sent);
  EXPECT_THAT(effect.reason, testing::HasSubstr("before it was sent"));
}

}  // namespace
}  // namespace unjam::engine
