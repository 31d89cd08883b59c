// One action on one host: the provider is found, the script rendered, sent and its answer classified. No journal, no
// decision.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "actions/timers.h"
#include "actions/transport.h"
#include "orchestrator/engine/plan.h"
#include "state/base/rng.h"

namespace unjam::engine {

// The fleet as one run sees it: real, or a model with a time of its own. All outlive who uses it.
struct World {
  const Clock* clock = nullptr;
  actions::Timers* timers = nullptr;
  std::function<actions::Transport&(actions::TransportKind)> transport;
  // Whether the file of the kill switch is there; none: the file system is asked.
  std::function<bool(const std::string& path)> switch_thrown{};
};

class Caller {
 public:
  // `plan` and `tokens` outlive the caller.
  Caller(const Plan& plan, Tokens& tokens, World world);

  // `fence` is empty for a read. Never fails: what went wrong is the Outcome's kind and reason.
  boost::asio::awaitable<actions::Outcome> call(std::string host, const playbooks::ActionSpec& action,
                                                json::object inputs, json::object fence, Millis limit) const;

 private:
  const Plan& plan_;
  Tokens& tokens_;
  World world_;
  const actions::Connection here_{.name = "here", .transport = actions::TransportKind::local};  // `from: orchestrator`
};

}  // namespace unjam::engine
