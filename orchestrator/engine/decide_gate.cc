// Gates: the playbook's floor and conditions, the policy's floors and limits, as one named verdict each.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "orchestrator/engine/policy_bounds.h"
#include "orchestrator/engine/walker.h"
#include "state/base/plants.h"

namespace unjam::engine {

using playbooks::ActionSpec;
using playbooks::Per;

namespace {

// By default at least one of the others, and at least half of them.
std::int64_t default_floor(std::size_t others) {
  return std::max<std::int64_t>(1, static_cast<std::int64_t>((others + 1) / 2));
}

void acts_of(const playbooks::Machine& machine, std::vector<const ActionSpec*>& out) {
  for (const auto& node : machine.nodes)
    if (node.kind == playbooks::Node::Kind::act) out.push_back(node.action);
}

}  // namespace

std::vector<std::string> Walker::scope_of(Per per, const std::string& role, const std::string& host) const {
  const auto* in_hand = plan_.estate.find(host);
  std::vector<std::string> out;
  for (const auto& other : plan_.estate.hosts) {
    if (!role.empty() && other.role != role) continue;
    if (per == Per::host && other.name != host) continue;
    if (per == Per::site && in_hand != nullptr && other.site != in_hand->site) continue;
    out.push_back(other.name);
  }
  return out;
}

std::vector<playbooks::FloorRule> Walker::floor_rules(const std::string& host) const {
  const auto* in_hand = plan_.estate.find(host);
  std::vector<playbooks::FloorRule> out;
  for (const auto& rule : plan_.policy->floors)
    if (in_hand != nullptr && rule.role == in_hand->role) out.push_back(rule);
  if (out.empty() && in_hand != nullptr) {
    playbooks::FloorRule rule;
    rule.role = in_hand->role;
    rule.min = default_floor(scope_of(Per::site, rule.role, host).size() - 1);
    out.push_back(rule);
  }
  return out;
}

// Everything that the gate looks at, at once; true if something must be read first.
bool Walker::gate_demands(const Node& rollout, const std::string& host, bool floors, const RunScope& view) {
  playbooks::ExprUses uses;
  const auto add = [&](const playbooks::CheckedExprPtr& expr) {
    if (expr) uses.facts.insert(uses.facts.end(), expr->uses.facts.begin(), expr->uses.facts.end());
  };
  add(rollout.gate->floor);
  for (const auto& condition : rollout.gate->require) add(condition.expr);
  bool waiting = read(view, view.missing(uses));
  if (!floors) return waiting;
  for (const auto& rule : floor_rules(host)) {
    const auto healthy = plan_.policy->healthy.find(rule.role);
    if (healthy == plan_.policy->healthy.end()) continue;
    for (const auto& member : scope_of(rule.per, rule.role, host)) {
      if (member == host) continue;
      if (const auto demand = view.missing_implicit(healthy->second.action, member)) {
        read_one(view, *demand);
        waiting = true;
      }
    }
  }
  return waiting;
}

void Walker::add_policy_floor(const playbooks::FloorRule& rule, const std::string& host, const RunScope& view,
                              GateAnswer& answer) const {
  const std::string name =
      fmt::format("policy floor {} per {}", rule.role, rule.per == Per::site ? "site" : "organisation");
  const auto scope_hosts = scope_of(rule.per, rule.role, host);
  if (scope_hosts.size() <= 1) {
    if (!rule.may_take_last) {
      answer.asked.reasons.push_back(
          {name, false, fmt::format("{} is the only {} there; policy does not allow to take it", host, rule.role)});
      answer.queued = false;
    }
    return;
  }
  const auto healthy = plan_.policy->healthy.find(rule.role);
  state::FloorClaim claim{name, {}, rule.min};
  std::vector<std::string> unseen;
  for (const auto& member : scope_hosts) {
    if (member == host || healthy == plan_.policy->healthy.end()) continue;
    const auto fields = view.implicit(healthy->second.action, member);
    const auto* record = fields ? fields->as_record() : nullptr;
    const auto field = record == nullptr ? playbooks::Fields::const_iterator{} : record->find(healthy->second.field);
    const bool up =
        record != nullptr && field != record->end() && field->second.as_bool() != nullptr && *field->second.as_bool();
    if (up || planted("floor-counts-only-our-own")) {
      claim.members.push_back(member);
    } else {
      unseen.push_back(member);
    }
  }
  state::SlotClaim slot{host, {claim}};
  const auto refused = state::refused_by(slot, around_.slots, run_.id);
  std::string text =
      refused.empty() ? fmt::format("{} up besides {}, {} needed", claim.members.size(), host, rule.min) : refused;
  if (!refused.empty() && !unseen.empty()) text += fmt::format("; not seen healthy: {}", fmt::join(unseen, ", "));
  answer.asked.reasons.push_back({name, refused.empty(), text});
  answer.claims.slot->floors.push_back(std::move(claim));
}

void Walker::add_floors(const Node& rollout, const std::string& host, bool policy_floors, const RunScope& view,
                        GateAnswer& answer) const {
  answer.claims.slot = state::SlotClaim{host, {}};
  if (rollout.gate->floor) {
    const auto set = playbooks::evaluate(*rollout.gate->floor->tree, view);
    state::FloorClaim claim{"floor", {}, count(rollout.gate->min, view.place().frame->fields(), 0)};
    if (!set || set->as_set() == nullptr) {
      answer.asked.reasons.push_back({"floor", false, set ? "not a set" : set.error().reason});
      return;
    }
    for (const auto& member : *set->as_set()) claim.members.push_back(member.as_host()->name);
    if (planted("floor-counts-only-our-own")) claim.members = scope_of(Per::site, "hub", host);
    const auto refused = state::refused_by(state::SlotClaim{host, {claim}}, around_.slots, run_.id);
    const auto others = static_cast<std::size_t>(
        std::count_if(claim.members.begin(), claim.members.end(), [&](const auto& m) { return m != host; }));
    answer.asked.reasons.push_back(
        {"floor", refused.empty(),
         refused.empty() ? fmt::format("{} up besides {}, {} needed", others, host, claim.min) : refused});
    answer.claims.slot->floors.push_back(std::move(claim));
  }
  if (!policy_floors) return;
  for (const auto& rule : floor_rules(host)) add_policy_floor(rule, host, view, answer);
}

void Walker::add_conditions(const Node& rollout, const RunScope& view, GateAnswer& answer) const {
  for (const auto& condition : rollout.gate->require) {
    const auto value = playbooks::evaluate(*condition.expr->tree, view);
    const bool open = value && value->as_bool() != nullptr && *value->as_bool();
    std::string text = condition.expr->text.text;
    if (!value) text += ": unknown, " + value.error().reason;
    answer.asked.reasons.push_back({condition.name, open, std::move(text)});
  }
}

// A gate that never looks at what policy wants stays shut, whatever it says.
void Walker::add_policy_gates(const Node& rollout, const std::vector<const ActionSpec*>& actions, const RunScope& view,
                              GateAnswer& answer) const {
  for (const auto* action : actions) {
    const auto blind = not_looked_at(plan_, *view.place().frame->program, *rollout.gate, *action);
    if (blind.empty()) continue;
    answer.asked.reasons.push_back({fmt::format("policy gate {}", action->name), false,
                                    fmt::format("policy wants it to look at {}, and it does not", blind)});
    answer.queued = false;
  }
}

void Walker::add_limits(const std::vector<const ActionSpec*>& actions, const std::string& host,
                        GateAnswer& answer) const {
  for (const auto& rule : plan_.policy->limits) {
    const bool concerns =
        std::any_of(actions.begin(), actions.end(), [&](const auto* a) { return a->name == rule.action; });
    if (!concerns) continue;
    state::RateClaim claim;
    claim.name = fmt::format("limit {} per {}", rule.action,
                             rule.per == Per::host   ? "host"
                             : rule.per == Per::site ? "site"
                                                     : "organisation");
    claim.action = rule.action;
    claim.hosts = scope_of(rule.per, "", host);
    if (rule.every) claim.every = std::chrono::duration_cast<Millis>(*rule.every);
    claim.at_most = rule.at_most;
    if (rule.within) claim.within = std::chrono::duration_cast<Millis>(*rule.within);
    const auto refused = state::refused_by(claim, around_.effects, now_.wall);
    answer.asked.reasons.push_back({claim.name, refused.empty(), refused.empty() ? "below it" : refused});
    if (!refused.empty()) answer.queued = false;
    answer.claims.rates.push_back(std::move(claim));
  }
}

// The verdict on `action` (or, without one, on a whole turn) for this host. All demands must have been read. A gate
// that is shut for a reason that time cannot mend is not waited for.
Walker::GateAnswer Walker::ask_gate(const Node& rollout, const std::string& path, const std::string& host,
                                    const ActionSpec* action, const RunScope& view) {
  std::vector<const ActionSpec*> actions;
  if (action != nullptr) {
    actions.push_back(action);
  } else {
    acts_of(*rollout.body, actions);
  }
  const bool floors = std::any_of(actions.begin(), actions.end(), [](const auto* a) { return a->floor_required; });
  GateAnswer answer;
  answer.asked.path = path;
  answer.asked.host = host;
  if (floors || rollout.gate->floor) add_floors(rollout, host, floors, view, answer);
  add_conditions(rollout, view, answer);
  add_policy_gates(rollout, actions, view, answer);
  add_limits(actions, host, answer);
  if (action == nullptr || !action->floor_required) answer.claims.slot.reset();
  if (action != nullptr && action->floor_required && !answer.claims.slot)
    answer.claims.slot = state::SlotClaim{host, {}};
  answer.asked.open =
      std::all_of(answer.asked.reasons.begin(), answer.asked.reasons.end(), [](const auto& r) { return r.open; });
  return answer;
}

// What policy says of an effect that no gate stands before: its limits only.
Walker::GateAnswer Walker::ask_limits(const std::string& path, const std::string& host,
                                      const ActionSpec& action) const {
  GateAnswer answer;
  answer.asked.path = path;
  answer.asked.host = host;
  add_limits({&action}, host, answer);
  answer.asked.open = answer.queued;
  return answer;
}

bool Walker::gated(const ActionSpec& action, const Where& where) const {
  return where.rollout != nullptr && where.rollout->gate && plan_.policy->wants_gate(action);
}

}  // namespace unjam::engine
