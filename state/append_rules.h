// What every store does alike: which appends it takes, and what an event changes beside the journal. Pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "state/store.h"

namespace unjam::state {

struct StoredEvent {
  Event event;
  std::string text;  // of the body, as it is stored
};

// Numbers, checks and spells the events of a request. ErrorKind::invalid: none, an intent twice, a claim without the
// event that shows it in the journal, an event that cannot be stored. ErrorKind::exhausted: too many, too large.
Result<std::vector<StoredEvent>> prepare(AppendRequest request);

// Whether a request begins something that a full disk must not let begin: a run, or an effect that is no undo.
bool begins_something(const AppendRequest& request);

// Whether a request may change what runs hold (holdings.h), on which the gates of others depend.
bool changes_holdings(const AppendRequest& request);

// `row` after these events. ErrorKind::conflict: it is not at the seq that they follow; ErrorKind::invalid: the table
// of status.h does not allow one of them there.
Result<RunRow> advanced(RunRow row, const std::vector<StoredEvent>& events);

// Why the claims are refused, or empty. `effects` need only hold those of the claims' actions.
std::string refusal(const Claims& claims, const RunId& run, Wall now, const std::vector<SlotRow>& slots,
                    const std::vector<LockRow>& locks, const std::vector<EffectRow>& effects);

// How long ago an effect may have ended and still matter to `claims`.
Millis reach(const Claims& claims);

struct EffectBegan {
  EffectRow row;
};
struct EffectOver {
  std::string intent;
  Wall at;
};
struct EffectNever {  // surely not sent: no cooldown counts it
  std::string intent;
};
struct SlotsFreed {  // of this run only
  std::vector<std::string> hosts;
};
struct RunOver {  // its locks are released, its effects that are still open end
  Wall at;
};
using Change = std::variant<EffectBegan, EffectOver, EffectNever, SlotsFreed, RunOver>;

// At most one. An effect that ended `unknown` stays open (it counts as ending now) until it is known or the run ends.
std::optional<Change> change_of(const RunId& run, const Event& event);

}  // namespace unjam::state
