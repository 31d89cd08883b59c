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
  if (const auto alarm = alarm_.lock()) alarm->news = nullptr;
}

void News::tell() {
  told_.try_send(error_code());
}

asio::awaitable<void> News::wait(std::optional<Mono> until) {
  if (told_.try_receive(kHeard)) co_return;
  set_alarm(until);
  co_await told_.async_receive(asio::as_tuple(asio::use_awaitable));
  told_.try_receive(kHeard);
}

void News::set_alarm(std::optional<Mono> at) {
  if (const auto alarm = alarm_.lock(); alarm && alarm->news != nullptr && at == alarm->at) return;
  no_alarm();
  if (!at) return;
  const auto alarm = std::make_shared<Alarm>(this, *at);
  alarm_ = alarm;
  asio::co_spawn(io_, ring(alarm, timers_),
                 asio::bind_cancellation_slot(alarm->stop.slot(), [alarm](std::exception_ptr) {}));
}

void News::no_alarm() {
  const auto alarm = alarm_.lock();
  alarm_.reset();
  if (!alarm || std::exchange(alarm->news, nullptr) == nullptr) return;
  // At once, as this is called by what the io_context runs: co_spawn would otherwise only post it.
  alarm->stop.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> News::ring(std::shared_ptr<Alarm> alarm, actions::Timers& timers) {
  co_await timers.sleep_until(alarm->at);
  co_await asio::post(asio::use_awaitable);
  if (auto* news = std::exchange(alarm->news, nullptr)) news->tell();
}

}  // namespace unjam::engine
