// What a bundle says of a journal in other words: derived, so that it can be made again and compared. Pure.
#pragma once

#include <map>
#include <string>

#include "orchestrator/engine/plan.h"
#include "state/run.h"

namespace unjam::audit {

// By file name. `parts` are those of the plan's digest (engine/plan.h).
std::map<std::string, std::string> views(const engine::Plan& plan, const json::object& parts, const RunId& run,
                                         const std::vector<state::Event>& events);

}  // namespace unjam::audit
