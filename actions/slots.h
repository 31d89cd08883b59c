// A counted right to go on, waited for in the order of asking. On the io_context's thread only. Shared, because calls
// that are dropped with their io_context give their slots back after everything else has gone.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "actions/deadline.h"

namespace unjam::actions {

class Slots : public std::enable_shared_from_this<Slots> {
 public:
  explicit Slots(std::size_t limit) : limit_(limit) {}

  // One slot, given back when it is destroyed. Empty if the deadline passed first.
  class Held {
   public:
    Held() = default;
    explicit Held(std::shared_ptr<Slots> slots) : slots_(std::move(slots)) {}
    ~Held();
    Held(Held&& other) noexcept : slots_(std::move(other.slots_)) {}
    Held& operator=(Held&& other) noexcept;
    explicit operator bool() const { return slots_ != nullptr; }

   private:
    std::shared_ptr<Slots> slots_;
  };

  boost::asio::awaitable<Held> take(Deadline& deadline);
  bool idle() const { return used_ == 0 && waiting_.empty(); }

 private:
  struct Waiter;
  void give_back();

  std::size_t limit_;
  std::size_t used_ = 0;
  std::deque<std::shared_ptr<Waiter>> waiting_;
};

}  // namespace unjam::actions
