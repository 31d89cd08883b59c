// How drivers append: awaiting the sync instead of standing still for it. Many runs share one transaction and one sync
// (group commit), so a thousand runs wait for the disk about as long as one.
//
// Every method is called on the io thread and completes there. Requests of one run are written in the order in which
// they were made. An append cannot be called back: whoever cancels the waiting learns nothing of what was written.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "state/store.h"

namespace unjam::engine {

using Appended = Result<std::vector<state::Event>>;

class JournalWriter {
 public:
  virtual ~JournalWriter() = default;

  // As Store::append. ErrorKind::exhausted too if kMaxQueuedAppends are waiting already.
  virtual boost::asio::awaitable<Appended> append(state::AppendRequest request) = 0;
};

inline constexpr std::size_t kMaxQueuedAppends = 4'096;
inline constexpr std::size_t kMaxGroupedAppends = 256;  // in one transaction

// Writes with a thread of its own, which alone touches `store` from now until the writer is gone; who wants to read
// meanwhile opens a handle of their own (Access::read). The destructor first writes what is queued. Waiting coroutines
// keep their io_context at work.
std::unique_ptr<JournalWriter> make_group_writer(state::Store& store);

// Writes at once, on the calling thread: tests, rehearsals.
std::unique_ptr<JournalWriter> make_inline_writer(state::Store& store);

}  // namespace unjam::engine
