// Diagnostics as SARIF 2.1.0, which code hosts and editors show beside the lines.
#pragma once

#include <string_view>
#include <vector>

#include "playbooks/diagnostic.h"
#include "state/base/json.h"

namespace unjam::playbooks {

// One log with one run of the tool `unjam`; each rule that is named in it is described once.
json::object sarif(const std::vector<Diagnostic>& diagnostics, std::string_view version);

}  // namespace unjam::playbooks
