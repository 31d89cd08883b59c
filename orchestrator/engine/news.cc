#include "orchestrator/engine/news.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace unjam::engine {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto kHeard = [](error_code) {};

}  // namespace

News::~News() {
  for (const auto& kept : alarms_)
    if (const auto alarm = kept.lock()) alarm->news = nullptr;
}

void News::tell() {
  told_.try_send(error_code());
}

asio::awaitable<void> News::wait(std::optional<Mono> until) {
  if (told_.try_receive(kHeard)) co_return;
  if (until) set_alarm(*until);
  co_await told_.async_receive(asio::as_tuple(asio::use_awaitable));
  told_.try_receive(kHeard);
}

void News::set_alarm(Mono at) {
  for (; !alarms_.empty(); alarms_.pop_back()) {
    const auto next = alarms_.back().lock();
    if (!next || next->news == nullptr) continue;  // it has rung
    if (next->at <= at) return;
    break;
  }
  const auto alarm = std::make_shared<Alarm>(this, at);
  alarms_.push_back(alarm);
  asio::co_spawn(io_, ring(alarm, timers_),
                 asio::bind_cancellation_slot(alarm->stop.slot(), [alarm](std::exception_ptr) {}));
}

void News::no_alarm() {
  for (const auto& kept : std::exchange(alarms_, {})) {
    const auto alarm = kept.lock();
    if (!alarm || std::exchange(alarm->news, nullptr) == nullptr) continue;
    // At once, as this is called by what the io_context runs: co_spawn would otherwise only post it.
    alarm->stop.emit(asio::cancellation_type::terminal);
  }
}

asio::awaitable<void> News::ring(std::shared_ptr<Alarm> alarm, actions::Timers& timers) {
  co_await timers.sleep_until(alarm->at);
  co_await asio::post(asio::use_awaitable);
  if (auto* news = std::exchange(alarm->news, nullptr)) news->tell();
}

}  // namespace unjam::engine
