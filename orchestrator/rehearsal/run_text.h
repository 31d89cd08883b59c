// A run as text, every field of it that decides anything, in one fixed order: two runs are the same if their texts are.
#pragma once

#include <string>

#include "state/run.h"

namespace unjam::rehearsal {

std::string run_text(const state::Run& run);

// The first line in which they differ, as "A | B"; empty: they are the same.
std::string first_difference(const std::string& a, const std::string& b);

}  // namespace unjam::rehearsal
