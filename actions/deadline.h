// One limit over all stages of one call: when it passes, what is waited for is ended, whatever it is.
// Used on the io_context's thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

#include "state/base/time.h"

namespace unjam::actions {

class Deadline {
 public:
  Deadline(boost::asio::any_io_executor executor, Millis after);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool passed() const;
  Millis length() const { return length_; }

  // While it lives, `stop` is called once when the deadline passes (at once if it has). Stages follow each other or
  // nest: the innermost's `stop` is the one that is called first, then the outer ones.
  class Guard {
   public:
    Guard(Deadline& deadline, std::function<void()> stop);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    Deadline& deadline_;
  };

 private:
  struct State;
  std::shared_ptr<State> state_;
  Millis length_;
};

// For messages: 1500 ms is 1.5.
double seconds(Millis length);

}  // namespace unjam::actions
