#include "actions/slots.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace unjam::actions {

namespace asio = boost::asio;

struct Slots::Waiter {
  explicit Waiter(const asio::any_io_executor& executor) : timer(executor, asio::steady_timer::time_point::max()) {}
  asio::steady_timer timer;
  bool granted = false;
};

Slots::Held::~Held() {
  if (slots_ != nullptr) slots_->give_back();
}

Slots::Held& Slots::Held::operator=(Held&& other) noexcept {
  std::swap(slots_, other.slots_);
  return *this;
}

asio::awaitable<Slots::Held> Slots::take(Deadline& deadline) {
  if (used_ < limit_) {
    ++used_;
    co_return Held(shared_from_this());
  }
  const auto waiter = std::make_shared<Waiter>(co_await asio::this_coro::executor);
  waiting_.push_back(waiter);
  const Deadline::Guard guard(deadline, [waiter] { waiter->timer.cancel(); });
  while (!waiter->granted && !deadline.passed()) {
    co_await waiter->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  if (waiter->granted) co_return Held(shared_from_this());
  std::erase(waiting_, waiter);
  co_return Held();
}

void Slots::give_back() {
  if (waiting_.empty()) {
    --used_;
    return;
  }
  waiting_.front()->granted = true;  // the slot passes on; `used_` stays
  waiting_.front()->timer.cancel();
  waiting_.pop_front();
}

}  // namespace unjam::actions
