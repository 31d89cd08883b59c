// How far a plan can reach: which actions, which hosts, which effects, on every way through it and through what it
// plays.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "orchestrator/engine/plan.h"

namespace unjam::engine {

struct Reach {
  std::set<std::string> actions;        // facts, undos and what the engine itself asks included
  std::set<std::string> hosts;          // on which anything above nudge may be done
  std::set<std::string> touched;        // in targets of a program that acts at all: what locks are taken for
  std::set<playbooks::Effect> effects;  // above read
};

// Of a played playbook whose parameters are fixed from the start the very targets count, else every host.
Reach reach_of(const Plan& plan);

// What must be held before anything is changed on `host` (policy's `one_at_a_time`).
std::string lock_of(const playbooks::Policy& policy, const playbooks::Estate& estate, const std::string& host);
std::vector<std::string> locks_of(const Plan& plan, const std::set<std::string>& hosts);

}  // namespace unjam::engine
