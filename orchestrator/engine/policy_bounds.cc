#include "orchestrator/engine/policy_bounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <set>

#include "orchestrator/engine/reach.h"
#include "state/base/plants.h"

namespace unjam::engine {

using playbooks::ActionSpec;
using playbooks::Effect;
using playbooks::Machine;
using playbooks::Node;

namespace {

constexpr playbooks::Duration kApprovalExpiry = std::chrono::hours(4);  // where policy names none: silence means no

std::string not_allowed(const playbooks::Policy& policy, const ActionSpec& action) {
  return fmt::format("policy {} does not allow {}", policy.name, action.name);
}

std::string wants_gate(const ActionSpec& action) {
  return fmt::format("{} is done only behind the gate of a rollout", action.name);
}

Result<void> machine_keeps(const Plan& plan, const Machine& machine, const playbooks::Gate* gate) {
  for (const auto& node : machine.nodes) {
    if (node.kind == Node::Kind::act) {
      const ActionSpec& action = *node.action;
      if (!plan.policy->allows(action)) return fail(ErrorKind::denied, not_allowed(*plan.policy, action), node.path);
      if (plan.policy->wants_gate(action) && gate == nullptr)
        return fail(ErrorKind::denied, wants_gate(action), node.path);
    }
    if (node.body)
      if (auto kept = machine_keeps(plan, *node.body, node.gate ? &*node.gate : nullptr); !kept) return kept;
    if (node.after_turn)
      if (auto kept = machine_keeps(plan, *node.after_turn, nullptr); !kept) return kept;
    if (node.program)
      if (auto kept = machine_keeps(plan, node.program->machine, nullptr); !kept) return kept;
  }
  return {};
}

// A cap on an input that is not given, or not as a number, caps nothing: that is refused too.
std::optional<std::string> over_cap(const playbooks::Policy& policy, const std::string& action,
                                    const json::object& inputs) {
  for (const auto& [key, cap] : policy.caps) {
    const auto dot = key.rfind('.');
    if (key.substr(0, dot) != action) continue;
    const auto* given = inputs.if_contains(key.substr(dot + 1));
    if (given == nullptr || !given->is_int64())
      return fmt::format("policy caps {} at {}, and it is not given", key, spell(cap));
    std::int64_t most = 0;
    if (const auto* duration = cap.as_duration()) most = std::chrono::duration_cast<Millis>(*duration).count();
    if (const auto* number = cap.as_int()) most = *number;
    if (given->as_int64() <= most) continue;
    const auto spelled = cap.as_duration() ? playbooks::Value::duration(Millis{given->as_int64()})
                                           : playbooks::Value::integer(given->as_int64());
    return fmt::format("{} is {}, policy allows at most {}", key, spell(spelled), spell(cap));
  }
  return std::nullopt;
}

std::optional<Obstacle> without_consent(const Plan& plan, const state::Run& run, Effect effect) {
  if (effect > Effect::nudge && !run.confirmed)
    return Obstacle{"confirm", "nobody confirmed how many hosts may be changed"};
  const auto wanted = questions(plan, effect);
  if (!wanted) return Obstacle{"approval", wanted.error().message};
  for (const auto& question : *wanted)
    if (!answered(plan, run, question.rule))
      return Obstacle{"approval", fmt::format("a {} effect waits for {} of {}", spell(question.effect),
                                              question.rule.count, question.rule.by)};
  return std::nullopt;
}

}  // namespace

Result<void> keeps_to_policy(const Plan& plan) {
  return machine_keeps(plan, plan.program->machine, nullptr);
}

std::optional<Obstacle> against_policy(const Plan& plan, const state::Run& run, const Send& send) {
  if (send.settling) return std::nullopt;
  const ActionSpec& action = *send.action;
  if (!plan.policy->allows(action)) return Obstacle{"policy", not_allowed(*plan.policy, action)};
  if (auto over = over_cap(*plan.policy, action.name, send.intent.inputs)) return Obstacle{"policy", std::move(*over)};
  if (plan.policy->wants_gate(action) && (send.gate.reasons.empty() || !send.gate.open))
    return Obstacle{"gate", wants_gate(action)};
  if (action.floor_required && !send.claims.slot)
    return Obstacle{"gate", fmt::format("{} takes a host out of service without its slot", action.name)};
  const auto lock = lock_of(*plan.policy, plan.estate, send.intent.host);
  if (std::ranges::find(run.locks, lock) == run.locks.end() && !planted("locks-are-not-taken"))
    return Obstacle{"lock", fmt::format("the run does not hold the lock {} of {}", lock, send.intent.host)};
  return without_consent(plan, run, action.effect);
}

Result<std::vector<Question>> questions(const Plan& plan, Effect effect) {
  std::vector<Question> out;
  bool stronger_is_named = false;
  for (const Effect one : plan.effects | std::views::reverse) {
    if (effect > Effect::nudge ? one <= Effect::nudge : one != effect) continue;
    const auto found = plan.policy->approvals.find(one);
    if (found == plan.policy->approvals.end()) {
      if (one < Effect::disruptive || stronger_is_named) continue;
      return fail(ErrorKind::denied, fmt::format("policy names nobody who may approve a {} effect: give it `approvals`",
                                                 playbooks::spell(one)));
    }
    stronger_is_named = true;
    auto rule = found->second;
    if (rule.count == 0) continue;
    if (rule.expires.count() == 0) rule.expires = kApprovalExpiry;
    const auto same = std::ranges::find_if(out, [&](const Question& q) { return q.rule.by == rule.by; });
    if (same == out.end()) {
      out.push_back({one, std::move(rule)});
    } else {  // one group is asked once: as many, and for as short a time, as any of its rules wants
      same->rule.count = std::max(same->rule.count, rule.count);
      same->rule.expires = std::min(same->rule.expires, rule.expires);
    }
  }
  return out;
}

std::int64_t said_yes(const Plan& plan, const state::Run& run, const state::ApprovalRecord& approval) {
  std::set<std::string> people;
  for (const auto& given : approval.given) {
    if (given.digest != plan.digest) continue;
    if (given.by.user == run.created.requester.user && !planted("requester-approves")) continue;
    if (plan.policy->in_group(given.by.user, approval.asked.group)) people.insert(given.by.user);
  }
  return static_cast<std::int64_t>(people.size());
}

bool answered(const Plan& plan, const state::Run& run, const playbooks::ApprovalRule& rule) {
  return std::ranges::any_of(run.approvals, [&](const auto& asked) {
    const state::ApprovalRecord& approval = asked.second;
    const auto enough = planted("one-approval-is-enough") ? 1 : rule.count;
    const bool denied = approval.denied && !planted("revoked-approval-counts");
    return approval.asked.group == rule.by && !denied && said_yes(plan, run, approval) >= enough;
  });
}

bool expired(const state::ApprovalRecord& approval, Wall now) {
  if (planted("expired-approval-counts")) return false;
  return approval.asked.expires_ms > 0 && now - approval.wall >= Millis{approval.asked.expires_ms};
}

std::string not_looked_at(const Plan& plan, const playbooks::Program& program, const playbooks::Gate& gate,
                          const ActionSpec& action) {
  const auto wanted = plan.policy->gates.find(action.name);
  if (wanted == plan.policy->gates.end()) return {};
  const auto looks = [&](const playbooks::CheckedExprPtr& expr, const playbooks::FieldRef& ref) {
    return expr && std::ranges::any_of(expr->uses.facts, [&](const playbooks::FactUse& use) {
             const auto* fact = program.fact(use.fact);
             return fact != nullptr && fact->action->name == ref.action &&
                    (use.fields.empty() || std::ranges::find(use.fields, ref.field) != use.fields.end());
           });
  };
  for (const auto& ref : wanted->second) {
    const bool seen = looks(gate.floor, ref) || std::ranges::any_of(gate.require, [&](const auto& condition) {
                        return looks(condition.expr, ref);
                      });
    if (!seen) return fmt::format("{}.{}", ref.action, ref.field);
  }
  return {};
}

}  // namespace unjam::engine
