// Where planted bugs are hunted: playbooks with their fleet and policy.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "orchestrator/rehearsal/rehearse.h"

namespace unjam::rehearsal {

struct Field {
  std::string name;
  std::shared_ptr<const engine::Plan> plan;
};

// All of them, from the files of this clone. An error says which cannot be read.
Result<std::vector<Field>> fields();

}  // namespace unjam::rehearsal
