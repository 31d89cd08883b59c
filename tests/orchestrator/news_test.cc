// What a driver waits for between two decisions.
#include "orchestrator/engine/news.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <string>
#include <vector>

#include "actions/sim/virtual_time.h"

namespace unjam::engine {
namespace {

namespace asio = boost::asio;

constexpr Mono at(std::int64_t ms) {
  return Mono{Millis(ms)};
}

struct Waiting {
  asio::io_context io{1};
  actions::sim::VirtualTime time{io, Wall{Millis(1'000'000)}};
  std::unique_ptr<News> news = std::make_unique<News>(io, time);
  std::vector<std::string> seen;

  void settle() {
    io.restart();
    io.poll();
  }
  void wait(std::optional<Mono> until) {
    asio::co_spawn(
        io,
        [this, until]() -> asio::awaitable<void> {
          co_await news->wait(until);
          seen.push_back("heard@" + std::to_string(time.now().mono.since_start.count()));
        },
        asio::detached);
    settle();
  }
  void sleep(Mono until) {
    asio::co_spawn(
        io,
        [this, until]() -> asio::awaitable<void> {
          co_await time.sleep_until(until);
          seen.emplace_back("slept");
          news->tell();
        },
        asio::detached);
    settle();
  }
};

using Seen = std::vector<std::string>;

TEST(News, AreKeptForTheNextWaitAndHeardOnce) {
  // given news that were told twice before anybody waits, when one waits twice, then the first wait ends, the second
  // not
  Waiting one;
  one.news->tell();
  one.news->tell();
  one.wait(std::nullopt);
  EXPECT_EQ(one.seen, Seen{"heard@0"});
  one.wait(std::nullopt);
  EXPECT_EQ(one.seen, Seen{"heard@0"});
  // when they are told twice while one waits, then the wait after it finds nothing left
  one.news->tell();
  one.news->tell();
  one.settle();
  EXPECT_EQ(one.seen, (Seen{"heard@0", "heard@0"}));
  one.wait(std::nullopt);
  EXPECT_EQ(one.seen.size(), 2u);
}

TEST(News, EndAtTheTimeAndLetAllElseThatIsDueRunFirst) {
  // given a wait that began before somebody sleeps to the same instant, when it comes, then the sleeper goes first
  Waiting one;
  one.wait(at(100));
  one.sleep(at(100));
  one.time.run_to(at(100));
  EXPECT_EQ(one.seen, (Seen{"slept", "heard@100"}));
  // and what the sleeper told was heard with it
  one.wait(at(200));
  EXPECT_EQ(one.seen.size(), 2u);
}

TEST(News, EndAtTheEarliestTimeThatIsStillKept) {
  // given a wait until 300 that was ended early, when 100 is asked for, then it ends at 100
  Waiting one;
  one.wait(at(300));
  one.news->tell();
  one.settle();
  one.wait(at(100));
  EXPECT_EQ(one.time.next(), at(100));
  one.time.run_to(at(100));
  EXPECT_EQ(one.seen, (Seen{"heard@0", "heard@100"}));
  // when a later time is asked for than the one that is still kept, then it ends at that one, and the next at its own
  one.wait(at(500));
  one.time.run_to(at(300));
  EXPECT_EQ(one.seen.back(), "heard@300");
  one.wait(at(500));
  one.time.run_to(at(500));
  EXPECT_EQ(one.seen.back(), "heard@500");
  EXPECT_EQ(one.seen.size(), 4u);
  EXPECT_FALSE(one.time.next().has_value());
}

TEST(News, EndAtATimeOfAnEarlierWaitAlsoWhenNoneIsAskedFor) {
  // given a wait until 300 that was ended early, when one waits for news alone, then it ends at 300 all the same
  Waiting one;
  one.wait(at(300));
  one.news->tell();
  one.settle();
  one.wait(std::nullopt);
  one.time.run_to(at(1'000));
  EXPECT_EQ(one.seen, (Seen{"heard@0", "heard@300"}));
}

TEST(News, SetAnAlarmAnewOnceItHasRung) {
  // given an alarm that rings while one waits, when it is waited again at once, before anything else runs, then it is
  // for the new time
  Waiting one;
  asio::co_spawn(
      one.io,
      [&]() -> asio::awaitable<void> {
        for (const std::int64_t ms : {100, 200, 300}) {
          co_await one.news->wait(at(ms));
          one.seen.push_back("heard@" + std::to_string(one.time.now().mono.since_start.count()));
        }
      },
      asio::detached);
  one.settle();
  one.time.run_to(at(1'000));
  EXPECT_EQ(one.seen, (Seen{"heard@100", "heard@200", "heard@300"}));
}

TEST(News, KeepTheAlarmWhileTheTimeStaysTheSame) {
  // given two waits until one time, then it is one alarm: a sleeper that began in between is woken after it began
  Waiting one;
  one.wait(at(100));
  one.news->tell();
  one.settle();
  one.wait(at(100));
  EXPECT_EQ(one.time.run_to(at(100)), 1u);
  EXPECT_EQ(one.seen, (Seen{"heard@0", "heard@100"}));
}

TEST(News, LeaveNoTimerBehind) {
  // given alarms that outlast their waits, when nothing is waited for any more, then time knows of them no longer
  Waiting one;
  one.wait(at(300));
  one.news->tell();
  one.settle();
  one.wait(at(100));
  one.news->tell();
  one.settle();
  ASSERT_EQ(one.time.next(), at(100));
  asio::post(one.io, [&] {
    one.news->no_alarm();
    EXPECT_FALSE(one.time.next().has_value());
  });
  one.settle();
  EXPECT_EQ(one.seen, (Seen{"heard@0", "heard@0"}));
}

TEST(News, LeaveAlarmsThatRingForNobody) {
  // given alarms, when the news are destroyed, or the time first, then nothing is told to what is gone
  Waiting one;
  for (const std::int64_t ms : {300, 100}) {
    one.wait(at(ms));
    one.news->tell();
    one.settle();
  }
  one.news.reset();
  one.time.run_to(at(300));
  EXPECT_EQ(one.seen, (Seen{"heard@0", "heard@0"}));

  asio::io_context io{1};
  auto time = std::make_unique<actions::sim::VirtualTime>(io, Wall{Millis(1'000'000)});
  News news(io, *time);
  asio::co_spawn(io, news.wait(at(100)), asio::detached);
  io.poll();
  ASSERT_EQ(time->next(), at(100));
  time.reset();
}

}  // namespace
}  // namespace unjam::engine
