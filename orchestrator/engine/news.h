// What a driver waits for between two decisions: that something happened, or a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "actions/timers.h"

namespace unjam::engine {

// Used by what `io` runs, and one waits at a time; `io` and `timers` outlive it. It may be destroyed from outside, once
// `io` does not run any more what waits: an alarm that is still set then rings for nobody.
class News {
 public:
  News(boost::asio::io_context& io, actions::Timers& timers) : io_(io), timers_(timers), told_(io, 1) {}
  ~News();
  News(const News&) = delete;
  News& operator=(const News&) = delete;

  // Ends the wait; kept for the next one if nobody waits. Told twice before it is heard, it is still one piece of news.
  void tell();
  // Until told, or `until` (of this wait or an earlier one) has come and all else that is due then has run. Without
  // giving way if it was told before.
  boost::asio::awaitable<void> wait(std::optional<Mono> until);
  // Nothing is waited for any more: no timer is left behind.
  void no_alarm();

 private:
  struct Alarm {
    News* news;  // null: nobody wants it any more
    Mono at;
    boost::asio::cancellation_signal stop{};
  };

  void set_alarm(Mono at);
  static boost::asio::awaitable<void> ring(std::shared_ptr<Alarm> alarm, actions::Timers& timers);

  boost::asio::io_context& io_;
  actions::Timers& timers_;
  boost::asio::experimental::channel<void(boost::system::error_code)> told_;  // holds one that nobody has heard yet
  // The coroutines' own, the next to ring at the back. Each is kept until it rings: to end one costs an exception, and
  // what waits for minutes is looked after every few seconds. So a wait may end early, as by news that were none.
  std::vector<std::weak_ptr<Alarm>> alarms_;
};

}  // namespace unjam::engine
