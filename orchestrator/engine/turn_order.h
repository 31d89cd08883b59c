// The order of a rollout's turns: one rule for the run and for the plan that announces it.
#pragma once

#include "orchestrator/engine/scope.h"

namespace unjam::engine {

// The hosts of `set`, by `node.order`: smallest first, false before true, enumerations in their order, unknown last;
// without `order` as the set has them. `at` gives the scope with that host in hand.
std::vector<std::string> turn_order(const playbooks::Node& node, const playbooks::Set& set,
                                    const std::function<RunScope(const std::string& host)>& at);

}  // namespace unjam::engine
