// The fence as the real hosts keep it (reliability.md 8, PROTOCOL.md): which change this host has let through, on its
// own disk, so that whatever is sent again or too late cannot act twice.
#pragma once

#include <optional>
#include <string>

#include "actions/sim/fleet.h"
#include "state/base/json.h"

namespace unjam::actions::sim {

enum class FenceKind {
  none,   // reads and nudges
  first,  // `fence`: at most once per intent
  again   // `fence again`: may be sent again, while no look has made it void and no other has been let through since
};

// Lets the change through and puts permit and record on disk; or why not, as the script's error text, with nothing
// changed.
std::optional<std::string> pass_fence(Fleet& fleet, SimHost& host, const json::object& fence, FenceKind kind);

// The finished answer goes into the record before it is sent.
void record_answer(SimHost& host, const json::object& fence, const std::string& answer_base64);

// An intent that left no trace is made void by looking for it: a late copy is refused (intent-look.sh).
void void_intent(SimHost& host, const std::string& intent);

}  // namespace unjam::actions::sim
