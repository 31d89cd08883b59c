#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <string>
#include <vector>

#include "actions/sim/virtual_time.h"

namespace unjam::actions::sim {
namespace {

namespace asio = boost::asio;
using std::chrono::hours;
using std::chrono::seconds;
using Seen = std::vector<std::string>;

asio::awaitable<void> wait_and_note(VirtualTime& time, Mono when, std::string name, Seen& seen) {
  co_await time.sleep_until(when);
  seen.push_back(name + "@" + std::to_string(time.now().mono.since_start.count()));
}

struct Clockwork {
  asio::io_context io;
  VirtualTime time{io, Wall{Millis(1'000'000)}};
  Seen seen;

  void wait(std::string name, std::int64_t ms) {
    asio::co_spawn(io, wait_and_note(time, Mono{Millis(ms)}, std::move(name), seen), asio::detached);
    io.restart();
    io.poll();
  }
};

TEST(VirtualTime, WakesWaitersByTimeAndThenInTheOrderTheyBegan) {
  // given waiters that began in another order than they are due, two of them at one instant
  Clockwork clock;
  clock.wait("late", 300);
  clock.wait("b", 200);
  clock.wait("a", 200);
  clock.wait("early", 100);
  // when time runs to the end of them, then each sees exactly its own time
  clock.time.run_to(Mono{Millis(300)});
  EXPECT_EQ(clock.seen, (Seen{"early@100", "b@200", "a@200", "late@300"}));
}

TEST(VirtualTime, MovesOnlyFromWaiterToWaiter) {
  // given two waiters a year apart, when run past both, then time has moved twice and nothing spun
  Clockwork clock;
  clock.wait("now", 1);
  clock.wait("next year", 31'536'000'000);
  EXPECT_EQ(clock.time.run_to(Mono{Millis(40'000'000'000)}), 2u);
  EXPECT_FALSE(clock.time.next().has_value());
  EXPECT_EQ(clock.time.now().mono.since_start.count(), 40'000'000'000);
}

TEST(VirtualTime, LetsWhoeverIsWokenWaitAgainBeforeTimeGoesOn) {
  // given one that waits in steps of 10 and one that waits for 25
  Clockwork clock;
  const auto steps = [&]() -> asio::awaitable<void> {
    for (int i = 1; i <= 3; ++i) co_await wait_and_note(clock.time, Mono{Millis(10 * i)}, "step", clock.seen);
  };
  asio::co_spawn(clock.io, steps, asio::detached);
  clock.wait("other", 25);
  // when run in one go, then they interleave by time
  clock.time.run_to(Mono{Millis(100)});
  EXPECT_EQ(clock.seen, (Seen{"step@10", "step@20", "other@25", "step@30"}));
}

TEST(VirtualTime, ReturnsAtOnceIfTheTimeHasCome) {
  Clockwork clock;
  clock.time.advance_to(Mono{Millis(50)});
  clock.wait("past", 50);
  EXPECT_EQ(clock.seen, Seen{"past@50"});
}

TEST(VirtualTime, NeverGoesBack) {
  Clockwork clock;
  clock.time.advance_to(Mono{Millis(50)});
  clock.time.advance_to(Mono{Millis(20)});
  EXPECT_EQ(clock.time.now().mono.since_start.count(), 50);
}

TEST(VirtualTime, KeepsWaitersUntouchedWhenTheWallClockSteps) {
  // given a waiter, when the wall clock jumps ten years back, then only the wall clock has moved
  Clockwork clock;
  clock.wait("w", 100);
  clock.time.step_wall(-hours(87'600));
  EXPECT_EQ(clock.time.now().wall.since_epoch, Millis(1'000'000) - hours(87'600));
  EXPECT_EQ(clock.time.next(), Mono{Millis(100)});
  clock.time.run_to(Mono{Millis(100)});
  EXPECT_EQ(clock.seen, Seen{"w@100"});
}

TEST(VirtualTime, EndsACancelledWaitWithoutWaitingForItsTime) {
  // given a waiter with a cancellation slot
  Clockwork clock;
  asio::cancellation_signal stop;
  std::string ended;
  const auto waiter = [&]() -> asio::awaitable<void> { co_await clock.time.sleep_until(Mono{hours(1)}); };
  asio::co_spawn(clock.io, waiter, asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e) {
                   try {
                     if (e) std::rethrow_exception(e);
                     ended = "returned";
                   } catch (const boost::system::system_error& error) {
                     ended = error.code() == asio::error::operation_aborted ? "cancelled" : "wrong";
                   }
                 }));
  clock.io.poll();
  // when cancelled
  stop.emit(asio::cancellation_type::terminal);
  clock.io.restart();
  clock.io.poll();
  // then it ends at once and nobody waits any more
  EXPECT_EQ(ended, "cancelled");
  EXPECT_FALSE(clock.time.next().has_value());
}

TEST(VirtualTime, DestroysWhoStillWaits) {
  // given a coroutine that waits for ever, when time ends before it, then its locals are destroyed
  auto token = std::make_shared<int>(1);
  {
    Clockwork clock;
    const auto waiter = [](VirtualTime& time, std::shared_ptr<int>) -> asio::awaitable<void> {
      co_await time.sleep_until(Mono{hours(1)});
    };
    asio::co_spawn(clock.io, waiter(clock.time, token), asio::detached);
    clock.io.poll();
    EXPECT_EQ(token.use_count(), 2);
  }
  EXPECT_EQ(token.use_count(), 1);
}

TEST(VirtualTime, FollowsAnotherClockWhenPaced) {
  // given a "real" clock that is itself virtual, and a speed of 60
  Clockwork real;
  VirtualTime time(real.io, Wall{});
  Seen seen;
  asio::co_spawn(real.io, wait_and_note(time, Mono{seconds(90)}, "w", seen), asio::detached);
  asio::co_spawn(real.io, pace(time, real.time, real.time, 60), asio::detached);
  // when 1.4 and then 1.6 real seconds have passed, then 84 and 96 virtual ones have
  real.time.run_to(Mono{Millis(1400)});
  EXPECT_TRUE(seen.empty());
  real.time.run_to(Mono{Millis(1600)});
  real.io.restart();
  real.io.poll();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen.front(), "w@90000");
  EXPECT_NEAR(static_cast<double>(time.now().mono.since_start.count()), 96'000, 3000);
}

}  // namespace
}  // namespace unjam::actions::sim
