#include "actions/sim/virtual_time.h"

#include <algorithm>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>

namespace unjam::actions::sim {
namespace asio = boost::asio;
using boost::system::error_code;

VirtualTime::VirtualTime(asio::io_context& io, Wall start) : io_(io), start_(start) {}

VirtualTime::~VirtualTime() {
  // Destroying a coroutine may begin or end other waits: they must not meet a map that is half gone.
  auto last = std::exchange(waiting_, {});
  last.clear();
}

Now VirtualTime::now() const {
  return {now_, start_ + now_.since_start + stepped_};
}

asio::awaitable<void> VirtualTime::sleep_until(Mono when) {
  if (when <= now_) co_return;
  const Key key{when, ++last_id_};
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(
      [this, key](auto handler) {
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto executor = asio::get_associated_executor(handler, io_.get_executor());
        waiting_.emplace(key, [handler = std::move(handler), executor](error_code ec) mutable {
          asio::post(executor, [handler = std::move(handler), ec]() mutable { std::move(handler)(ec); });
        });
        if (slot.is_connected()) {
          slot.assign([this, key](asio::cancellation_type) { cancel(key); });
        }
      },
      asio::use_awaitable);
}

void VirtualTime::cancel(Key key) {
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return;
  Wake wake = std::move(found->second);
  waiting_.erase(found);
  wake(asio::error::operation_aborted);
}

std::optional<Mono> VirtualTime::next() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first.first;
}

void VirtualTime::advance_to(Mono when) {
  now_ = std::max(now_, when);
  while (!waiting_.empty() && waiting_.begin()->first.first <= now_) {
    Wake wake = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    wake({});
  }
}

std::size_t VirtualTime::run_to(Mono until) {
  const auto settle = [this] {
    if (io_.stopped()) io_.restart();
    io_.poll();
  };
  std::size_t moves = 0;
  settle();
  for (auto due = next(); due && *due <= until; due = next()) {
    advance_to(*due);
    ++moves;
    settle();
  }
  advance_to(until);
  return moves;
}

void VirtualTime::step_wall(Millis by) {
  stepped_ += by;
}

asio::awaitable<void> pace(VirtualTime& time, const Clock& real, Timers& real_timers, std::int64_t speed) {
  const Mono real_start = real.now().mono;
  const Mono start = time.now().mono;
  for (;;) {
    const Mono due = start + (real.now().mono - real_start) * speed;
    for (auto next = time.next(); next && *next <= due; next = time.next()) {
      time.advance_to(*next);
      co_await asio::post(asio::use_awaitable);  // so that who was woken can begin to wait anew before time goes on
    }
    time.advance_to(due);
    Mono wake = real.now().mono + kPaceTick;
    if (const auto next = time.next()) {
      wake = std::min(wake, real_start + ((*next - start) / speed + Millis(1)));
    }
    co_await real_timers.sleep_until(wake);
  }
}

}  // namespace unjam::actions::sim
