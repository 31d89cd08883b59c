// Replays the decisions of a recorded run: was each of them what the rules required, given what the journal says was
// seen until then? Pure, and the same `decide` that made them.
//
// What came from outside is taken as it stands: readings, answers of hosts, what people said (but not who may say it),
// the kill switch when a stop names it. Everything else that stands in the journal has to follow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/engine/plan.h"
#include "state/event.h"

namespace unjam::audit {

// What another run of the store took or gave back: its event, of which only what claims and cooldowns need is kept.
struct OthersEvent {
  RunId run;
  state::Event event;
};

struct Unrequired {
  std::int64_t seq = 0;
  std::string recorded;  // the event as it stands in the journal, or "nothing" where one is missing
  std::string required;  // what the rules required there instead
};

struct Replayed {
  std::int64_t decisions = 0;  // events that follow from the rules, as far as they were replayed
  std::optional<Unrequired> first;
};

// `events` fold (state/run.h). `others` in the order in which they were written; those of the same millisecond as a
// decision may have come before or after it.
Replayed replay(const engine::Plan& plan, const RunId& run, const std::vector<state::Event>& events,
                const std::vector<OthersEvent>& others);

// The event as OthersEvent keeps it; nothing if it takes and gives back nothing.
std::optional<state::EventBody> holding_part(const state::EventBody& body);

}  // namespace unjam::audit
