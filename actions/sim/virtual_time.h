// Time that moves only when it is told to: the clock and the timers of the model fleet, of rehearsals and of tests.
//
// Deterministic mode, one thread:      for (;;) { io.poll(); if (!time.next()) break; time.advance_to(*time.next()); }
// which is run_to() below. Nothing ever spins: between two waiters no time passes. Waiters of the same instant are
// woken in the order in which they began to wait.
//
// Paced mode (the demo): spawn pace() on the same io_context and call io.run(). Each virtual second then lasts 1/speed
// real seconds, and sockets, signals and the terminal are served in between.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "actions/timers.h"
#include "state/base/time.h"

namespace unjam::actions::sim {

// Thread: the one that runs `io`. `io` must outlive it; coroutines that still wait when it is destroyed are destroyed.
class VirtualTime final : public Clock, public Timers {
 public:
  VirtualTime(boost::asio::io_context& io, Wall start);
  ~VirtualTime() override;
  VirtualTime(const VirtualTime&) = delete;
  VirtualTime& operator=(const VirtualTime&) = delete;

  // mono starts at 0; wall = start + mono + the sum of all steps.
  Now now() const override;
  // Returns at once, without giving way, if `when` has come.
  boost::asio::awaitable<void> sleep_until(Mono when) override;

  // When the next waiter is due; nothing if nobody waits.
  std::optional<Mono> next() const;
  // Moves time forward (never back) and schedules every waiter that is due, in (time, id) order. Their code runs in the
  // io_context's next poll or run, and sees the time that was advanced to.
  void advance_to(Mono when);
  // Runs everything that is due until `until`, then stands there. The number of times that time was moved.
  std::size_t run_to(Mono until);

  // The orchestrator's wall clock jumps, as by NTP or by hand. Waiters and durations do not notice.
  void step_wall(Millis by);

 private:
  using Key = std::pair<Mono, std::uint64_t>;
  using Wake = std::move_only_function<void(boost::system::error_code)>;

  void cancel(Key key);

  boost::asio::io_context& io_;
  Wall start_;
  Mono now_{};
  Millis stepped_{0};
  std::uint64_t last_id_ = 0;
  std::map<Key, Wake> waiting_;
};

inline constexpr Millis kPaceTick{50};  // real time between two looks at the real clock

// Drives `time` by a real clock until it is cancelled: after s real seconds, s * speed virtual ones have passed.
// speed >= 1. In this mode runs are not reproducible to the millisecond.
boost::asio::awaitable<void> pace(VirtualTime& time, const Clock& real, Timers& real_timers, std::int64_t speed);

}  // namespace unjam::actions::sim
