// Gates (language.md 4, UJ05): an action that takes a host out of service stands in a rollout with a gate, and the gate
// says something.
#include <fmt/format.h>

#include <algorithm>

#include "playbooks/checker.h"
#include "playbooks/expr_walk.h"
#include "playbooks/policy.h"

namespace unjam::playbooks {

using model::GateSpec;
using model::Step;
using model::Verb;

namespace {

class GateRules {
 public:
  explicit GateRules(BookChecker& checker) : checker_(checker) {}

  void check_rollout(const Step& step) {
    if (step.until) must_look(*step.until, "`until`");
    if (!step.gate) return;
    for (const auto& [name, condition] : step.gate->require) {
      must_look(condition, name.name);
      check_age(condition);
    }
    check_floor(step, *step.gate);
  }

  void check_look(const Step& step) {
    if (step.verb == Verb::expect && step.expr) must_look(*step.expr, "`expect`");
    if (step.verb != Verb::rollout && step.until) must_look(*step.until, "`until`");
  }

  void check_run(const Step& step, const StepPlace& place) {
    if (step.action == nullptr) return;
    const ActionSpec& action = *step.action;
    if (place.after_each && action.effect > Effect::nudge) {
      checker_.error("UJ0501", step.target.span,
                     fmt::format("{} is {}: `after_each` only looks and nudges", action.name, spell(action.effect)),
                     "make it a rung");
      return;
    }
    if (!action.needs_gate()) return;
    if (place.rollout == nullptr || !place.rollout->gate) {
      checker_.error("UJ0501", step.target.span, fmt::format("{} needs a rollout with a gate", action.name),
                     place.rollout == nullptr ? "write rollout: SET, gate: { ... }, do: [ this step ]"
                                              : "give the rollout a gate");
      return;
    }
    const GateSpec& gate = *place.rollout->gate;
    if (action.floor_required && !gate.floor)
      checker_.error("UJ0504", gate.span,
                     fmt::format("{} takes its host out of service: the gate needs a floor", action.name),
                     "write floor: SET and min: N");
    for (const FieldRef& ref : action.gate) check_ref(ref, gate, action, "");
    for (const FieldRef& ref : of_policy(action.name)) check_ref(ref, gate, action, " by policy");
    for (const auto& [input, refs] : action.proven) check_proven(step, input, refs, gate);
  }

 private:
  std::vector<FieldRef> of_policy(const std::string& action) const {
    const Policy* policy = checker_.input().policy;
    if (policy == nullptr) return {};
    const auto found = policy->gates.find(action);
    return found == policy->gates.end() ? std::vector<FieldRef>{} : found->second;
  }

  void must_look(const model::ExprSlot& slot, std::string_view what) {
    if (!slot.expr || !slot.expr->uses.facts.empty()) return;
    checker_.error("UJ0502", slot.text.origin, fmt::format("{} looks at nothing", what),
                   "ask a fact; what a step has read once is no longer fresh");
  }

  void check_floor(const Step& step, const GateSpec& gate) {
    if (!gate.floor || !gate.floor->expr) return;
    const CheckedExpr& floor = *gate.floor->expr;
    if (floor.uses.facts.empty())
      checker_.error("UJ0505", gate.floor->text.origin, "this floor counts names, not hosts that are up",
                     "filter it by a fact: hubs.filter(h, sure(hub(h).serving))");
    check_age(*gate.floor);
    if (step.within != kAnywhere && !checker_.names().atoms.inside(floor.type->within, step.within))
      checker_.error("UJ0506", gate.floor->text.origin,
                     "this floor counts hosts that the rollout does not go over: they cannot stand in for these",
                     fmt::format("count hosts of {}", fmt::join(step.within, " + ")));
    if (!gate.min || gate.min->param.empty()) return;
    const Param* param = checker_.param(gate.min->param);
    const bool whole = param != nullptr && param->type->kind == Type::Kind::integer;
    if (param != nullptr && !whole)
      checker_.error("UJ0301", gate.min->span,
                     fmt::format("min is an int, params.{} is {}", param->name, spell(*param->type)));
    if (whole && (!param->min || *param->min->as_int() < 1))
      checker_.error("UJ0505", gate.min->span, fmt::format("params.{} may be 0: the last host may go", param->name),
                     fmt::format("give it `min: 1` where it is declared (line {})", param->span.line));
  }

  void check_age(const model::ExprSlot& slot) {
    const Policy* policy = checker_.input().policy;
    if (policy == nullptr || !policy->fresh || !slot.expr) return;
    for (const FactUse& use : slot.expr->uses.facts) {
      const model::FactSpec* fact = checker_.fact_spec(use.fact);
      const Duration fresh = fact != nullptr && fact->fresh ? checker_.most(*fact->fresh).value_or(Duration::max())
                                                            : Duration(std::chrono::seconds(60));
      if (fact == nullptr || fresh <= *policy->fresh) continue;
      checker_.error("UJ0509", slot.text.origin,
                     fmt::format("readings of {} may be {} old, policy wants {} for a gate", use.fact,
                                 spell(Value::duration(fresh)), spell(Value::duration(*policy->fresh))),
                     fmt::format("lower `fresh` of the fact (line {})", fact->name.span.line));
    }
  }

  std::vector<const model::ExprSlot*> conditions(const GateSpec& gate) const {
    std::vector<const model::ExprSlot*> out;
    if (gate.floor) out.push_back(&*gate.floor);
    for (const auto& [name, condition] : gate.require) out.push_back(&condition);
    return out;
  }

  void check_ref(const FieldRef& ref, const GateSpec& gate, const ActionSpec& action, std::string_view who) {
    bool broken = false;
    for (const model::ExprSlot* slot : conditions(gate)) {
      if (!slot->expr) {
        broken = true;
      } else if (ref.of_host ? checker_.looks_at_host(*slot->expr, ref) : checker_.looks_at(slot->expr->uses, ref)) {
        return;
      }
    }
    if (broken) return;  // its own fault was told
    checker_.error("UJ0503", gate.span,
                   fmt::format("the gate of {} must look at {}.{}{}{}", action.name, ref.action, ref.field,
                               ref.of_host ? " of the host in hand" : "", who),
                   fmt::format("add a condition to `require` that asks a fact of {}{}", ref.action,
                               ref.of_host ? ": f(host)." + ref.field : std::string{}));
  }

  void check_proven(const Step& step, const std::string& input, const std::vector<FieldRef>& refs,
                    const GateSpec& gate) {
    const auto argument = std::ranges::find(step.with, input, &model::ArgumentSlot::name);
    if (argument == step.with.end() || !argument->expr) return;
    const Expr* set = drawn_from(*argument->expr->tree);
    if (set == nullptr) {
      checker_.error("UJ0507", argument->text.origin,
                     fmt::format("{} must be drawn from a set that the gate proves", input), "write set.first()");
      return;
    }
    const std::string wanted = canonical(*set);
    for (const auto& [name, condition] : gate.require) {
      if (!condition.expr) return;
      for (const Expr* proven : wanted_non_empty(*condition.expr->tree))
        if (canonical(*proven) == wanted) return check_proof(*argument, condition, refs);
    }
    checker_.error("UJ0507", argument->text.origin,
                   fmt::format("the gate does not want this very set to be non-empty, so {} is not proven", input),
                   "add to `require`: the same set, .size() > 0");
  }

  void check_proof(const model::ArgumentSlot& argument, const model::ExprSlot& condition,
                   const std::vector<FieldRef>& refs) {
    for (const FieldRef& ref : refs) {
      if (checker_.looks_at(argument.expr->uses, ref)) continue;
      checker_.error(
          "UJ0507", condition.text.origin,
          fmt::format("the set that {} is drawn from does not look at {}.{}", argument.name, ref.action, ref.field));
    }
  }

  BookChecker& checker_;
};

}  // namespace

void check_gate_rules(BookChecker& checker) {
  GateRules rules(checker);
  walk_steps(checker.book().steps, StepPlace{.root = true}, [&rules](const Step& step, const StepPlace& place) {
    if (step.verb == Verb::rollout) rules.check_rollout(step);
    rules.check_look(step);
    if (step.verb == Verb::run) rules.check_run(step, place);
  });
}

}  // namespace unjam::playbooks
