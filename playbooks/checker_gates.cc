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

  void check_play(const Step& step, const StepPlace& place) {
    if (!place.after_each || !step.program || strongest_effect(*step.program) <= Effect::nudge) return;
    checker_.error_on(checker_.way_to(step), "UJ0501", step.target.span,
                      fmt::format("{} does more than nudge: `after_each` only looks and nudges", step.target.name),
                      "make it a rung");
  }

  void check_run(const Step& step, const StepPlace& place) {
    if (step.action == nullptr) return;
    const ActionSpec& action = *step.action;
    if (place.after_each && action.effect > Effect::nudge) {
      checker_.error_on(checker_.way_to(step), "UJ0501", step.target.span,
                        fmt::format("{} is {}: `after_each` only looks and nudges", action.name, spell(action.effect)),
                        "make it a rung");
      return;
    }
    const auto by_policy = of_policy(action.name);
    if (!action.needs_gate() && by_policy.empty()) return;
    if (place.rollout == nullptr || !place.rollout->gate) {
      checker_.error_on(
          checker_.way_to(step), "UJ0501", step.target.span,
          fmt::format("{} needs a rollout with a gate{}", action.name, action.needs_gate() ? "" : ", by policy"),
          place.rollout == nullptr ? "write rollout: SET, gate: { ... }, do: [ this step ]"
                                   : "give the rollout a gate");
      return;
    }
    const GateSpec& gate = *place.rollout->gate;
    if (action.floor_required && !gate.floor)
      checker_.error_on(gate_way(step, gate), "UJ0504", gate.span,
                        fmt::format("{} takes its host out of service: the gate needs a floor", action.name),
                        "write floor: SET and min: N");
    if (!gate.floor && gate.require.empty() && !action.floor_required)
      checker_.error_on(gate_way(step, gate), "UJ0502", gate.span,
                        fmt::format("the gate of {} looks at nothing: it is always open", action.name),
                        "write what must be so under `require`");
    for (const FieldRef& ref : action.gate) check_ref(ref, gate, step, "");
    for (const FieldRef& ref : by_policy) check_ref(ref, gate, step, " by policy");
    for (const auto& [input, refs] : action.proven) check_proven(step, input, refs, gate);
  }

 private:
  std::vector<FieldRef> of_policy(const std::string& action) const {
    const Policy* policy = checker_.input().policy;
    if (policy == nullptr) return {};
    const auto found = policy->gates.find(action);
    return found == policy->gates.end() ? std::vector<FieldRef>{} : found->second;
  }

  // From the rollout to the action, and the gate that stands between.
  std::vector<Note> gate_way(const Step& step, const GateSpec& gate) const {
    auto way = checker_.way_to(step);
    way.insert(way.end() - 1, {gate.span, "its gate is asked"});
    return way;
  }

  void must_look(const model::ExprSlot& slot, std::string_view what) {
    if (!slot.expr || !slot.expr->uses.facts.empty()) return;
    checker_.error("UJ0502", slot.text.origin, fmt::format("{} looks at nothing", what),
                   "ask a fact; what a step has read once is no longer fresh");
  }

  void check_floor(const Step& step, const GateSpec& gate) {
    if (!gate.floor || !gate.floor->expr) return;
    const CheckedExpr& floor = *gate.floor->expr;
    if (!checker_.looks_for(nullptr).of_elements(*floor.tree))
      checker_.error("UJ0505", gate.floor->text.origin,
                     floor.uses.facts.empty() ? "this floor counts names, not hosts that are up"
                                              : "this floor may count hosts that were not looked at themselves",
                     "filter it by a fact of the host that is counted: hubs.filter(h, sure(hub(h).serving))");
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

  void check_ref(const FieldRef& ref, const GateSpec& gate, const Step& step, std::string_view who) {
    const std::string host = ref.of_host ? "host" : "";
    std::vector<Note> way = gate_way(step, gate);
    for (const model::ExprSlot* slot : conditions(gate)) {
      if (!slot->expr) return;  // its own fault was told
      const Expr& tree = *slot->expr->tree;
      Looks looks = checker_.looks_for(&ref);
      if (looks.needed(tree, host)) return;
      if (looks.anywhere(tree, host))
        way.insert(way.end() - 1, {slot->text.origin, "looks at it on some of its ways only"});
    }
    const std::string field = ref.action + "." + ref.field;
    checker_.error_on(std::move(way), "UJ0503", gate.span,
                      fmt::format("the gate of {} must look at {}{}{}", step.action->name, field,
                                  ref.of_host ? " of the host in hand" : "", who),
                      fmt::format("add a condition to `require` that asks a fact of {}{}", ref.action,
                                  ref.of_host ? ": f(host)." + ref.field : std::string{}));
  }

  void check_proven(const Step& step, const std::string& input, const std::vector<FieldRef>& refs,
                    const GateSpec& gate) {
    const auto argument = std::ranges::find(step.with, input, &model::ArgumentSlot::name);
    if (argument == step.with.end() || !argument->expr) return;
    std::vector<Note> way = gate_way(step, gate);
    way.push_back({argument->text.origin, fmt::format("{} is taken from here", input)});
    const Expr* set = drawn_from(*argument->expr->tree);
    if (set == nullptr) {
      checker_.error_on(std::move(way), "UJ0507", argument->text.origin,
                        fmt::format("{} must be drawn from a set that the gate proves", input), "write set.first()");
      return;
    }
    const std::string wanted = canonical(*set);
    const model::ExprSlot* proof = nullptr;
    for (const auto& [name, condition] : gate.require) {
      if (!condition.expr) return;
      for (const Expr* proven : non_empty(*condition.expr->tree))
        if (canonical(*proven) == wanted) proof = &condition;
    }
    if (proof == nullptr) {
      checker_.error_on(std::move(way), "UJ0507", argument->text.origin,
                        fmt::format("the gate does not want this very set to be non-empty, so {} is not proven", input),
                        "add to `require`: the same set, .size() > 0");
      return;
    }
    way.push_back({proof->text.origin, "the gate wants the set to be non-empty"});
    for (const FieldRef& ref : refs) {
      if (checker_.looks_for(&ref).of_elements(*set)) continue;
      checker_.error_on(
          way, "UJ0507", proof->text.origin,
          fmt::format("the set that {} is drawn from does not look at {}.{} of each of its hosts", input, ref.action,
                      ref.field),
          fmt::format("filter it by a fact of {}: set.filter(d, sure(f(d).{} ...))", ref.action, ref.field));
    }
  }

  // As wanted_non_empty, through lets.
  std::vector<const Expr*> non_empty(const Expr& condition) const {
    const Expr* tree = &condition;
    for (std::size_t i = 0; i < kMaxDefinitionDepth && tree->kind == Expr::Kind::name; ++i) {
      const Expr* let = checker_.let_tree(tree->name);
      if (let == nullptr) break;
      tree = let;
    }
    return wanted_non_empty(*tree);
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
    if (step.verb == Verb::play) rules.check_play(step, place);
  });
}

}  // namespace unjam::playbooks
