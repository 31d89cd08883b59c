// Checked model -> the explicit state machine of program.h. Total: a model without faults always compiles.
#pragma once

#include <string>
#include <vector>

#include "playbooks/model.h"
#include "playbooks/program.h"

namespace unjam::playbooks {

Machine compile_steps(const model::Steps& steps);

// Words that stand in paths beside the names of steps, so that no step may be called so.
bool is_path_word(std::string_view word);

}  // namespace unjam::playbooks
