// What `unjam rehearse` says of many seeds, from the report's JSON (orchestrator/rehearsal/report.h).
#pragma once

#include <string>

#include "orchestrator/cli/text.h"
#include "state/base/json.h"

namespace unjam::cli {

// `again`: the command that plays one seed, without the seed.
std::string rehearsal_text(const json::object& report, const std::string& again, const Look& look);

// "[######......]  412 of 1000 seeds, no invariant broken"
std::string rehearsal_bar(std::uint64_t done, std::uint64_t of, std::uint64_t violated);

}  // namespace unjam::cli
