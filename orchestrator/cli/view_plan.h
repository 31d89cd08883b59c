// `unjam plan` for people: everything one must know before saying yes.
#pragma once

#include <string>

#include "orchestrator/cli/text.h"
#include "state/base/json.h"

namespace unjam::cli {

std::string plan_text(const json::object& report, const Look& look);

}  // namespace unjam::cli
