// What is kept of a host's output: the first and the last bytes of each stream. Bounded, whatever the host writes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "actions/transport.h"

namespace unjam::actions {

// One stream. Keeps kKeptHead bytes from the front and kKeptTail from the end; what is between is counted only.
class OutputBuffer {
 public:
  void add(std::string_view bytes);

  std::uint64_t total() const { return total_; }
  bool truncated() const { return total_ > kKeptHead + kKeptTail; }
  // Head and tail; kGapMark between them if anything is missing there.
  std::string text() const;

 private:
  std::string head_;
  std::string tail_;  // at most 2 * kKeptTail; its last kKeptTail bytes are what counts
  std::uint64_t total_ = 0;
};

// Both streams of one call.
struct Output {
  OutputBuffer out;
  OutputBuffer err;

  bool flooded() const { return out.total() + err.total() > kMaxOutput; }
  Reply reply(Ended ended) const;  // no exit status
};

}  // namespace unjam::actions
