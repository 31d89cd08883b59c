// What a person, a watch or another process may ask of the engine. One owner process per state directory implements it;
// the command line reaches it in process or through DIR/control.sock, with the same words. Reading (status, log, why)
// needs no service: it opens the store read-only and folds the journal.
//
// All methods run on the owner's one io thread. `by` is the peer of the socket or of this process (SO_PEERCRED), never
// a flag.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "playbooks/diagnostic.h"
#include "state/event.h"

namespace unjam::service {

struct StartRequest {
  std::string playbook;                       // path, or the name of one in the catalogue
  std::string inventory;                      // path
  std::string policy;                         // path; empty: the safe default, which lets nothing disrupt
  std::vector<std::string> packs;             // more pack folders
  std::map<std::string, std::string> params;  // --param k=v, typed by the playbook
  std::optional<std::int64_t> confirm;        // --confirm N
  bool may_ask = false;                       // there is a terminal at which N can be typed later
  std::string trigger = "person";             // person, watch, schedule
  state::Person by;
};

// A start that was refused: bad input (with its located diagnostics), or by policy, confirmation, digest.
struct Rejected {
  Error error;
  playbooks::Diagnostics diagnostics{};
};

class Service {
 public:
  virtual ~Service() = default;

  // Creates the run and drives it in the background. Nothing has been sent to any host when this returns.
  virtual std::expected<RunId, Rejected> start(const StartRequest& request) = 0;

  // Takes up a run that no living process drives; looks at the hosts first.
  virtual Result<void> resume(const RunId& run, const state::Person& by) = 0;

  // Settles what an ended run still owes.
  virtual Result<void> rollback(const RunId& run, const state::Person& by) = 0;

  // What these record is on disk when they return well.
  virtual Result<void> confirm(const RunId& run, std::int64_t hosts, const state::Person& by) = 0;
  virtual Result<void> approve(const RunId& run, const state::Person& by) = 0;
  virtual Result<void> deny(const RunId& run, const state::Person& by) = 0;
  virtual Result<void> cancel(const RunId& run, const std::string& cause, const state::Person& by) = 0;

  // Called on the io thread for every event of every run that is driven here, after it is on disk.
  using Watcher = std::function<void(const RunId&, const state::Event&)>;
  virtual void watch(Watcher watcher) = 0;

  // Whether this process drives the run at the moment.
  virtual bool driving(const RunId& run) const = 0;
};

}  // namespace unjam::service
