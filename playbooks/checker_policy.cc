// Retries, and what the policy allows (UJ0901, UJ1001, UJ1003).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "playbooks/checker.h"
#include "playbooks/expr_walk.h"
#include "playbooks/policy.h"

namespace unjam::playbooks {

using model::Step;

namespace {

void check_retry(BookChecker& checker, const Step& step) {
  if (step.action == nullptr || step.retry == 0 || step.action->retry != Retry::once) return;
  checker.error("UJ0901", *step.retry_span,
                fmt::format("{} is sent once: a second try might do it twice", step.action->name), "leave `retry` out");
}

// A literal, or a parameter's default, above the cap. What a caller gives is held against it when the run starts.
void check_caps(BookChecker& checker, const Step& step, const Policy& policy) {
  if (step.action == nullptr) return;
  for (const auto& argument : step.with) {
    const auto cap = policy.caps.find(step.action->name + "." + argument.name);
    if (cap == policy.caps.end() || !argument.expr) continue;
    const Expr& tree = *argument.expr->tree;
    const Param* param = checker.param(parameter_of(tree));
    if (tree.kind != Expr::Kind::literal && param == nullptr) {
      checker.error("UJ1001", argument.text.origin,
                    fmt::format("policy caps {}.{} at {}, and what this comes to is not known before the run",
                                step.action->name, argument.name, spell(cap->second)),
                    "give a literal or a parameter");
      continue;
    }
    const bool literal = tree.kind == Expr::Kind::literal && below(cap->second, tree.literal);
    const bool fallback = param != nullptr && param->fallback && below(cap->second, *param->fallback);
    const bool never = param != nullptr && param->min && below(cap->second, *param->min);
    if (literal || fallback || never)
      checker.error("UJ1001", argument.text.origin,
                    fmt::format("policy caps {}.{} at {}", step.action->name, argument.name, spell(cap->second)),
                    literal ? "" : fmt::format("params.{} is above it", param->name));
  }
}

void check_allowed(BookChecker& checker, const Step& step, const Policy& policy) {
  if (step.verb != model::Verb::run || step.action == nullptr || policy.allows(*step.action)) return;
  checker.error_on(checker.way_to(step), "UJ1003", step.target.span,
                   fmt::format("policy {} does not allow {}", policy.name, step.action->name),
                   policy.actions.empty() ? "its `actions` is empty: nothing may be changed"
                                          : fmt::format("its `actions` are {}", fmt::join(policy.actions, ", ")));
}

// What a play gives must keep to what policy wants of the played playbook.
void check_given(BookChecker& checker, const Step& step, const Policy& policy) {
  if (step.verb != model::Verb::play || !step.program) return;
  const auto least = policy.least.find(step.program->name);
  if (least == policy.least.end()) return;
  for (const auto& argument : step.with) {
    const auto rule = least->second.find(argument.name);
    if (rule == least->second.end() || !argument.expr) continue;
    const Expr& tree = *argument.expr->tree;
    const Param* param = checker.param(parameter_of(tree));
    const bool literal = tree.kind == Expr::Kind::literal && below(tree.literal, rule->second);
    const bool fallback = param != nullptr && param->fallback && below(*param->fallback, rule->second);
    const bool never = param != nullptr && param->max && below(*param->max, rule->second);
    if (literal || fallback || never)
      checker.error("UJ1001", argument.text.origin,
                    fmt::format("policy wants at least {} for parameter {} of {}", spell(rule->second), argument.name,
                                step.program->name),
                    literal ? "" : fmt::format("params.{} is below it", param->name));
  }
}

void check_least(BookChecker& checker, const Policy& policy) {
  const auto least = policy.least.find(checker.book().name);
  if (least == policy.least.end()) return;
  for (const auto& [name, value] : least->second) {
    const Param* param = checker.param(name);
    if (param == nullptr) {
      checker.error(
          "UJ1001", checker.book().name_span,
          fmt::format("policy wants at least {} for parameter {}, which this playbook has not", spell(value), name));
    } else if ((value.as_duration() != nullptr) != (param->type->kind == Type::Kind::duration)) {
      checker.error("UJ1001", param->span,
                    fmt::format("policy wants at least {} for parameter {}, which is {}", spell(value), name,
                                spell(*param->type)));
    } else if (param->fallback && below(*param->fallback, value)) {
      checker.error(
          "UJ1001", param->span,
          fmt::format("the default {} is below the {} that policy wants", spell(*param->fallback), spell(value)));
    } else if (param->max && below(*param->max, value)) {
      checker.error("UJ1001", param->span,
                    fmt::format("the most, {}, is below the {} that policy wants", spell(*param->max), spell(value)));
    }
  }
}

}  // namespace

void check_policy_rules(BookChecker& checker) {
  const Policy* policy = checker.input().policy;
  walk_steps(checker.book().steps, StepPlace{}, [&](const Step& step, const StepPlace&) {
    check_retry(checker, step);
    if (policy == nullptr) return;
    check_caps(checker, step, *policy);
    check_allowed(checker, step, *policy);
    check_given(checker, step, *policy);
  });
  if (policy != nullptr) check_least(checker, *policy);
}

}  // namespace unjam::playbooks
