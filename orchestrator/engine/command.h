// What decide() asks of the driver. Everything else it concludes is an event to be recorded.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "orchestrator/engine/scope.h"
#include "state/store.h"

namespace unjam::engine {

struct Record {  // append to the journal, then ask again
  std::vector<state::EventBody> events;
  state::Claims claims{};  // locks
};

struct Read {            // one look at one host; without inputs if its answer is under way already
  std::string fact;      // key of the reading, or ...
  std::string snapshot;  // ... path of the snapshot step
  std::string host;
  const playbooks::ActionSpec* action = nullptr;
  json::object inputs;
  Millis limit{0};
  std::string failed{};  // it cannot even be asked (no provider, unknown input): recorded as unknown with this reason

  std::string key() const { return "read " + fact + snapshot + " " + host; }  // one at a time is under way
};

struct Send {            // journal the intent with its claims, then act
  state::Intent intent;  // its id and fence.intent are the driver's
  const playbooks::ActionSpec* action = nullptr;
  state::Claims claims;
  state::GateAsked gate{};  // what opened; recorded with the intent, or shut with the reason when a claim is refused
  bool gated = false;       // `gate` is the verdict of a rollout's gate, not only of limits
  bool settling = false;    // a debt: no window, approval or freeze stands in its way
};

struct Observe {  // look at the host for what became of an intent
  std::string intent;
  std::string host;
};

struct Sleep {  // nothing to do before this, unless something arrives
  Mono until;
};

using Command = std::variant<Record, Read, Send, Observe, Sleep>;

}  // namespace unjam::engine
