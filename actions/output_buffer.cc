#include "actions/output_buffer.h"

#include <algorithm>

namespace unjam::actions {

void OutputBuffer::add(std::string_view bytes) {
  total_ += bytes.size();
  const std::size_t fits = std::min(bytes.size(), kKeptHead - head_.size());
  head_.append(bytes.substr(0, fits));
  bytes.remove_prefix(fits);
  if (bytes.size() > kKeptTail) bytes.remove_prefix(bytes.size() - kKeptTail);
  tail_.append(bytes);
  // Cut only when twice the size is reached: each byte is moved at most once on the average.
  if (tail_.size() > 2 * kKeptTail) tail_.erase(0, tail_.size() - kKeptTail);
}

std::string OutputBuffer::text() const {
  if (!truncated()) return head_ + tail_;
  return head_ + kGapMark + tail_.substr(tail_.size() - kKeptTail);
}

Reply Output::reply(Ended ended) const {
  return {.ended = ended,
          .exit_status = {},
          .out = out.text(),
          .err = err.text(),
          .truncated = out.truncated() || err.truncated()};
}

}  // namespace unjam::actions
