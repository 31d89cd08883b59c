// The thin shell: performs what decide() asks, journals what comes back, asks again. One coroutine per run, all on the
// io thread.
//
// Nothing is sent before its intent is on disk. After an error of the store nothing more is sent; the run stays
// resumable.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "orchestrator/engine/caller.h"
#include "orchestrator/engine/decide.h"
#include "orchestrator/engine/journal_writer.h"
#include "orchestrator/engine/news.h"
#include "orchestrator/engine/recovery.h"
#include "state/store.h"

namespace unjam::engine {

inline constexpr std::size_t kMaxInFlight = 256;  // calls of one run at once; the transports bound their own sessions

class Driver {
 public:
  using Watcher = std::function<void(const RunId&, const state::Event&)>;

  // What is handed over by reference outlives it.
  Driver(boost::asio::io_context& io, std::shared_ptr<const Plan> plan, state::Run run, JournalWriter& journal,
         Tokens& tokens, World world, Watcher watcher);

  // Until the run has ended, the store failed (that error), or interrupt().
  boost::asio::awaitable<Result<void>> drive();

  // From people, validated by the service: confirmed, approval_given, approval_denied, cancel_requested. It is on disk
  // when this returns; ErrorKind::conflict if it does not fit the run any more, else what the store said, which ends
  // the driving too. Not from inside a watcher: its event is not yet told to the others.
  Result<void> post(state::EventBody event);
  void interrupt();

  const state::Run& run() const { return run_; }
  const Plan& plan() const { return *plan_; }

 private:
  boost::asio::awaitable<Result<void>> drive_on();
  // Written, folded and told to the watcher when it returns; post() may have moved the run on since.
  boost::asio::awaitable<Result<void>> append(std::vector<state::EventBody> events, Now now, state::Claims claims = {});
  void take_in();
  Result<void> fold_and_tell(const Appended& written);
  // At the time at which it was decided, which so becomes that of the journal: the decision can be replayed from it.
  // True: something was journalled.
  boost::asio::awaitable<Result<bool>> perform(std::vector<Command> commands, Now now, std::optional<Mono>& until);
  boost::asio::awaitable<Result<bool>> journal_inbox();
  boost::asio::awaitable<Result<bool>> perform_record(Record record, Now now);
  boost::asio::awaitable<Result<void>> perform_send(Send send, Now now);
  std::string too_late(const Send& send, Millis waited) const;
  void begin_act(state::Intent intent, const playbooks::ActionSpec* action);
  void perform_read(Read read);
  void perform_observe(const Observe& observe);
  boost::asio::awaitable<void> read(Read read);
  boost::asio::awaitable<void> act(state::Intent intent, const playbooks::ActionSpec* action);
  boost::asio::awaitable<void> look(state::Intent intent);
  Result<void> look_around(const Now& now);
  bool kill_switch() const;
  Now time() const;
  state::Store& store() const { return journal_.store(); }
  void log_event(const state::Event& event) const;

  boost::asio::io_context& io_;
  std::shared_ptr<const Plan> plan_;
  state::Run run_;
  JournalWriter& journal_;
  Tokens& tokens_;
  World world_;
  Caller caller_;
  Watcher watcher_;
  std::deque<state::EventBody> inbox_;
  std::set<std::string> in_flight_;
  Waymarks waymarks_;
  Surroundings around_;
  std::optional<std::uint64_t> around_version_;  // of the holdings in `around_` ...
  Wall around_at_;                               // ... and when they were read
  News news_;
  std::optional<Appended> written_;  // what the store said to append(), not yet taken in ...
  Result<void> taken_in_;            // ... and what became of it
  std::optional<Error> broken_;      // what the store said in post()
  bool interrupted_ = false;
};

}  // namespace unjam::engine
