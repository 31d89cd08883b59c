// Waiting is injected: the real timers wait on the OS, virtual time jumps from waiter to waiter.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "state/base/time.h"

namespace unjam::actions {

class Timers {
 public:
  virtual ~Timers() = default;
  // Returns at `when` or a little later; at once if it has passed. Cancellable (asio terminal cancellation throws
  // operation_aborted into the waiting coroutine, as with every Asio operation).
  virtual boost::asio::awaitable<void> sleep_until(Mono when) = 0;
};

}  // namespace unjam::actions
