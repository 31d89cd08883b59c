#include "actions/deadline.h"

#include <boost/asio/steady_timer.hpp>
#include <utility>
#include <vector>

namespace unjam::actions {

struct Deadline::State {
  explicit State(boost::asio::any_io_executor executor) : timer(std::move(executor)) {}
  boost::asio::steady_timer timer;
  std::vector<std::function<void()>> stops;
  bool passed = false;
};

Deadline::Deadline(boost::asio::any_io_executor executor, Millis after)
    : state_(std::make_shared<State>(std::move(executor))), length_(after) {
  state_->timer.expires_after(after);
  state_->timer.async_wait([state = state_](const boost::system::error_code& ec) {
    if (ec) return;
    state->passed = true;
    for (std::size_t i = state->stops.size(); i-- > 0;) state->stops[i]();
  });
}

Deadline::~Deadline() {
  state_->timer.cancel();
  state_->stops.clear();  // the timer may have fired already, its handler still in the queue
}

bool Deadline::passed() const {
  return state_->passed;
}

Deadline::Guard::Guard(Deadline& deadline, std::function<void()> stop) : deadline_(deadline) {
  if (deadline.passed()) stop();
  deadline.state_->stops.push_back(std::move(stop));
}

Deadline::Guard::~Guard() {
  deadline_.state_->stops.pop_back();
}

double seconds(Millis length) {
  return std::chrono::duration<double>(length).count();
}

}  // namespace unjam::actions
