#include "orchestrator/engine/journal_writer.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <cassert>
#include <utility>
#include <vector>

#include "state/append_rules.h"

namespace unjam::engine {

void JournalWriter::append(state::AppendRequest request, Done done) {
  if (waiting_.size() >= kMaxQueuedAppends) {
    done(fail(ErrorKind::exhausted,
              fmt::format("{} appends wait for the disk already: nothing was written", kMaxQueuedAppends)));
    return;
  }
  holdings_are_due_ = holdings_are_due_ || state::changes_holdings(request);
  waiting_.push_back({std::move(request), std::move(done)});
  if (std::exchange(flush_is_due_, true)) return;
  boost::asio::post(io_, [this] {
    flush_is_due_ = false;
    flush();
  });
}

void JournalWriter::flush() {
  assert(!flushing_);
  flushing_ = true;
  while (!waiting_.empty()) {
    std::vector<state::AppendRequest> requests;
    std::vector<Done> told;
    while (!waiting_.empty() && requests.size() < kMaxGroupedAppends) {
      requests.push_back(std::move(waiting_.front().request));
      told.push_back(std::move(waiting_.front().done));
      waiting_.pop_front();
    }
    auto answers = store_.append_many(std::move(requests));
    for (std::size_t i = 0; i < told.size(); ++i) told[i](std::move(answers[i]));
  }
  holdings_are_due_ = false;
  flushing_ = false;
}

void JournalWriter::flush_holdings() {
  if (holdings_are_due_) flush();
}

}  // namespace unjam::engine
