// What led to a violation, in a few lines for people: what was wrong, what the engine decided, what hosts did.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/rehearsal/checkers.h"

namespace unjam::rehearsal {

inline constexpr std::size_t kMostStoryLines = 16;

// The lines until the violation, the last ones if there are more; then the violation itself.
std::vector<std::string> story(const Evidence& evidence, const Violation& violation);

}  // namespace unjam::rehearsal
