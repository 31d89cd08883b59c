// What policy.yaml binds, whatever the playbook says and whoever checked it: actions, caps, gates, approvals, locks.
// `check` proves the same beforehand; the engine takes nobody's word for it. Pure.
//
// Held against a plan when it is made, and against every intent right before it is journalled. Windows, freezes and the
// kill switch are obstacle()'s; floors and limits are claims, taken in the transaction of the intent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "orchestrator/engine/command.h"
#include "orchestrator/engine/decide.h"
#include "orchestrator/engine/plan.h"

namespace unjam::engine {

// ErrorKind::denied names the first step of the plan that runs an action which policy does not allow, or runs one
// outside of a gated rollout although its contract or policy wants a gate.
Result<void> keeps_to_policy(const Plan& plan);

// Why this effect must not be sent, though the playbook says so: not allowed, above a cap, without an open gate,
// without the lock of its host, not confirmed, not approved. A debt that is settled is never in anybody's way.
std::optional<Obstacle> against_policy(const Plan& plan, const state::Run& run, const Send& send);

// One question to people: any `count` of the group, never the requester.
struct Question {
  playbooks::Effect effect;  // the strongest one that it is for
  playbooks::ApprovalRule rule;
};

// Who must say yes before an effect of this strength, strongest first. Before an effect above nudge: every group that
// policy names for one above nudge that the plan can reach, since people approve the whole of it; before a nudge, whom
// policy names for nudges. ErrorKind::denied: policy names nobody who may approve an effect from disruptive on.
Result<std::vector<Question>> questions(const Plan& plan, playbooks::Effect effect);

// Distinct people of the group, none of them the requester, who said yes to the plan as it is.
std::int64_t said_yes(const Plan& plan, const state::Run& run, const state::ApprovalRecord& approval);
bool answered(const Plan& plan, const state::Run& run, const playbooks::ApprovalRule& rule);
bool expired(const state::ApprovalRecord& approval, Wall now);

// The first field that policy wants the gate of `action` to look at and that it does not; empty: it looks at all.
std::string not_looked_at(const Plan& plan, const playbooks::Program& program, const playbooks::Gate& gate,
                          const playbooks::ActionSpec& action);

}  // namespace unjam::engine
