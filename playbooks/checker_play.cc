// `play`: the other playbook is loaded and checked, its parameters are given within its bounds.
#include <fmt/format.h>

#include <algorithm>

#include "playbooks/checker.h"
#include "playbooks/expr_walk.h"
#include "playbooks/play_loader.h"

namespace unjam::playbooks {

void BookChecker::check_play(model::Step& step, const StepPlace& place) {
  if (place.rollout != nullptr)
    error("UJ0404", step.verb_span, "no playbook is played inside a rollout: a host is in hand");
  if (step.until) {
    if (!place.ladder)
      error("UJ0206", step.until->text.origin, "`until` on a play belongs into a ladder", "leave it out");
    step.until->expr = check_slot(step.until->text, types::boolean(), position_of(place));
  }
  const std::string& name = step.target.name;
  if (name.empty()) return;
  if (std::ranges::find(stack_, name) != stack_.end()) {
    error("UJ0804", step.target.span, fmt::format("{} plays itself", name));
    return;
  }
  if (stack_.size() >= kMaxPlayDepth) {
    error("UJ0804", step.target.span, fmt::format("playbooks are played at most {} deep", kMaxPlayDepth));
    return;
  }
  const auto known = std::ranges::find(plays_, name, [](const ProgramPtr& program) { return program->name; });
  if (known != plays_.end()) {
    step.program = *known;
  } else {
    if (!input_.find_playbook) {
      error("UJ1002", step.target.span, fmt::format("no playbook {} is found here", name));
      return;
    }
    const auto source = input_.find_playbook(name, book_.source->name());
    if (!source) {
      error("UJ1002", step.target.span, source.error().message);
      return;
    }
    Diagnostics inner;
    step.program = load_played(*source, input_, stack_, inner);
    if (!step.program) {
      for (const Diagnostic& fault : inner.all()) out_.add(fault);
      error("UJ1002", step.target.span, fmt::format("the playbook {} is refused itself", name));
      return;
    }
    plays_.push_back(step.program);
  }
  check_play_arguments(step, *step.program, place);
}

void BookChecker::check_play_arguments(model::Step& step, const Program& program, const StepPlace& place) {
  std::vector<std::string> known;
  for (const Param& wanted : program.params) {
    known.push_back(wanted.name);
    const bool given = std::ranges::find(step.with, wanted.name, &model::ArgumentSlot::name) != step.with.end();
    if (!given && !wanted.fallback)
      error("UJ0306", step.target.span,
            fmt::format("{} wants the parameter {} ({})", program.name, wanted.name, spell(*wanted.type)),
            fmt::format("write with: {{ {}: ... }}", wanted.name));
  }
  for (auto& argument : step.with) {
    const auto wanted = std::ranges::find(program.params, argument.name, &Param::name);
    if (wanted == program.params.end()) {
      const std::string near = nearest(argument.name, known);
      error("UJ0306", argument.name_span, fmt::format("{} has no parameter {}", program.name, argument.name),
            near.empty() ? "" : fmt::format("did you mean {}?", near));
      continue;
    }
    if (wanted->type->kind == Type::Kind::text) {
      argument.checked = check_prose(argument.text, position_of(place));
      continue;
    }
    argument.expr = check_slot(argument.text, wanted->type, position_of(place));
    if (argument.expr) check_play_bounds(argument, *wanted);
  }
}

// The value must lie in the played playbook's bounds whatever the caller's own parameters are.
void BookChecker::check_play_bounds(const model::ArgumentSlot& argument, const Param& wanted) {
  if (!wanted.min && !wanted.max) return;
  const Expr& tree = *argument.expr->tree;
  std::optional<Value> least;
  std::optional<Value> most;
  if (tree.kind == Expr::Kind::literal) {
    least = most = tree.literal;
  } else if (const Param* own = param(parameter_of(tree))) {
    least = own->min;
    most = own->max;
  } else {
    error("UJ0310", argument.text.origin, fmt::format("{} has bounds: give a literal or a parameter", wanted.name));
    return;
  }
  if (wanted.min && (!least || below(*least, *wanted.min)))
    error(
        "UJ0310", argument.text.origin,
        fmt::format("{} may be below {}, the least that {} takes", argument.text.text, spell(*wanted.min), wanted.name),
        tree.kind == Expr::Kind::literal ? "" : fmt::format("give the parameter `min: {}`", spell(*wanted.min)));
  if (wanted.max && (!most || below(*wanted.max, *most)))
    error(
        "UJ0310", argument.text.origin,
        fmt::format("{} may be above {}, the most that {} takes", argument.text.text, spell(*wanted.max), wanted.name),
        tree.kind == Expr::Kind::literal ? "" : fmt::format("give the parameter `max: {}`", spell(*wanted.max)));
}

}  // namespace unjam::playbooks
