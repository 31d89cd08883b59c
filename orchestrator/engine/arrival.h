// What arrives beside the walk, from people and from calls that took long, may no longer fit the run: an approval after
// the run began to stop, an answer after its step ended. Asked before it is journalled, since a journal with an event
// that does not fit cannot be read again.
#pragma once

#include "state/run.h"

namespace unjam::engine {

// Whether `event` may come next; ErrorKind::conflict says why not. Linear in the run only for what people say.
Result<void> fits(const state::Run& run, const state::EventBody& event);

// The operational log's line on an event: run, sequence number, kind, and the step and host that it is about.
std::string log_line(const state::Run& run, const state::Event& event);

}  // namespace unjam::engine
