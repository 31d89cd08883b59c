// policy.yaml: what the owners of the sites allow (language/policy.yaml). Binds every playbook, trigger and person.
// Loaded strictly; an empty policy (`Policy{}`) is the safe default: one approval for what disrupts, by nobody, so
// nothing disruptive runs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "playbooks/action_spec.h"
#include "playbooks/diagnostic.h"

namespace unjam::playbooks {

enum class Per { host, site, organisation };

struct FloorRule {  // of the hosts of `role` in one `per`, at least `min` must stay healthy besides the one in hand
  std::string role;
  Per per = Per::site;
  std::int64_t min = 1;
  bool may_take_last = false;  // `last: allowed`: a scope with a single host of that role may lose it
};

struct LimitRule {  // counted from the end of the last one, whoever did it; over the limit is refused, not queued
  std::string action;
  Per per = Per::host;
  std::optional<Duration> every;
  std::optional<std::int64_t> at_most;
  std::optional<Duration> within;  // of at_most: `1 per 1d`
};

struct ApprovalRule {
  std::string by;          // group
  std::int64_t count = 1;  // 0: nobody else is asked
  Duration expires{};
};

// A daily span of wall time (`from: "22:00"`, may cross midnight), or one from date to date, in a named zone of the tz
// database.
struct WindowRule {
  std::string name;
  std::string from;
  std::string to;
  std::string zone;
  Effect above = Effect::read;  // freezes: effects above this are frozen
};

struct Policy {
  std::string name;
  SourcePtr source;                                      // for messages and the plan's digest
  std::map<std::string, FieldRef, std::less<>> healthy;  // role -> probe.hub.serving
  std::vector<FloorRule> floors;
  std::vector<std::pair<std::string, Span>> roles;  // that `healthy` and `floors` name, in the order of the file
  Per one_at_a_time = Per::site;
  std::optional<Duration> fresh;     // oldest reading that may open a gate
  std::optional<Duration> poll;      // `poll:` raises the engine's period of looking (10 s)
  bool names_actions = false;        // `actions:` is written: no other change is allowed
  std::vector<std::string> actions;  // names, or all of one kind: hub.*
  std::map<std::string, std::vector<FieldRef>, std::less<>> gates;
  std::map<std::string, Value, std::less<>> caps;  // "time.sync.max_step" -> largest value
  std::map<std::string, std::map<std::string, Value, std::less<>>, std::less<>>
      least;  // playbook -> parameter -> smallest value
  std::vector<LimitRule> limits;
  std::map<Effect, ApprovalRule> approvals;
  std::map<std::string, std::string, std::less<>> modes;
  std::vector<WindowRule> windows;  // none: any hour
  std::vector<WindowRule> freezes;
  std::optional<std::int64_t> storm_above;  // runs started by watches; above it start none, page
  std::optional<Duration> storm_within;
  std::string page;
  std::string kill_switch;
  std::map<std::string, std::vector<std::string>, std::less<>> groups;  // group -> users

  bool in_group(const std::string& user, const std::string& group) const;
  // Whether a playbook may run it. Looking is always allowed, and so is the undo of what is allowed.
  bool allows(const ActionSpec& action) const;
  // Whether its gate is asked: by its contract, or because policy says what the gate must look at.
  bool wants_gate(const ActionSpec& action) const { return action.needs_gate() || gates.contains(action.name); }
};

std::shared_ptr<const Policy> load_policy(const SourcePtr& source, const ActionCatalog& actions, Diagnostics& out);

// Inventories share a policy, so a role that this one does not have may be another's. One that is nearly a role of this
// one is a slip, and would protect nothing: UJ0302.
void check_roles(const Policy& policy, const std::vector<std::string>& roles, Diagnostics& out);

}  // namespace unjam::playbooks
