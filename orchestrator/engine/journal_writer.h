// How drivers append: what many runs have to write in one turn of the io thread is one transaction and one sync (group
// commit), so a thousand runs wait for the disk about as long as one.
//
// Everything happens on the io thread. Requests are written in the order in which they were made.
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>

#include "state/store.h"

namespace unjam::engine {

using Appended = Result<std::vector<state::Event>>;

inline constexpr std::size_t kMaxQueuedAppends = 4'096;
inline constexpr std::size_t kMaxGroupedAppends = 256;  // in one transaction

class JournalWriter {
 public:
  using Done = std::move_only_function<void(Appended)>;  // keeps the answer and no more: others' stand behind it

  // Both outlive it; it may go once `io` runs nothing any more. What is queued then is not written, and nobody is told.
  JournalWriter(boost::asio::io_context& io, state::Store& store) : io_(io), store_(store) {}
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  // As Store::append, in the next turn of the io thread or in flush(), whichever comes first; then calls `done`, which
  // may append but not flush. ErrorKind::exhausted, at once, if kMaxQueuedAppends are waiting already.
  void append(state::AppendRequest request, Done done);

  // Writes now what is queued: for who must know how a run stands before going on. Not from inside a `done`.
  void flush();

  // The same, if it may change what runs hold: before a decision depends on that, as a decision at this moment must be
  // made on what the journal says of all moments before (orchestrator/audit).
  void flush_holdings();

  state::Store& store() { return store_; }

 private:
  struct Waiting {
    state::AppendRequest request;
    Done done;
  };

  boost::asio::io_context& io_;
  state::Store& store_;
  std::deque<Waiting> waiting_;
  bool flush_is_due_ = false;      // in the next turn
  bool holdings_are_due_ = false;  // something that is queued may change them
  bool flushing_ = false;
};

}  // namespace unjam::engine
