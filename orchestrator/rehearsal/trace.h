// A rehearsal as text: everything that was written, that hosts did, and that was done from outside, in the order of
// true time. The same seed gives the same bytes.
#pragma once

#include <string>

#include "orchestrator/rehearsal/checkers.h"

namespace unjam::rehearsal {

std::string trace(const Evidence& evidence);

}  // namespace unjam::rehearsal
