// Each event of a run carries the SHA-256 of everything before it, so that what was changed, cut, swapped or lost shows
// when it is read. It proves nothing against somebody who can rewrite the whole file; for that a head is kept
// elsewhere.
#pragma once

#include <string>
#include <string_view>

#include "state/base/ids.h"
#include "state/base/time.h"
#include "state/status.h"

namespace unjam::state {

// What comes before the first event: bound to store and run, so that a chain cannot be passed off as another's.
std::string chain_start(const StoreId& store, const RunId& run);

// The hash of an event: SHA-256 of `previous` (64 hex digits) followed by the event's envelope, in canonical JSON
// {"body":B,"kind":K,"mono":M,"seq":S,"wall":W}, times in ms. `body` is the stored text of encode().
std::string chain_link(std::string_view previous, std::int64_t seq, EventKind kind, const Now& at,
                       std::string_view body);

}  // namespace unjam::state
