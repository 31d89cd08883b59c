// Obligations (language.md 4, UJ06): what can be undone is settled, what cannot be undone says so and is verified.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "playbooks/checker.h"
#include "playbooks/expr_walk.h"

namespace unjam::playbooks {

using model::Step;
using model::Steps;
using model::Verb;

namespace {

bool owes(const Step& step) {
  return step.verb == Verb::run && step.action != nullptr && !step.action->undo.empty() && step.action->undo != "none";
}

bool is_irreversible(const Step& step) {
  return step.verb == Verb::run && step.action != nullptr && step.action->undo == "none";
}

class ObligationRules {
 public:
  explicit ObligationRules(BookChecker& checker) : checker_(checker) {}

  // One list of steps; what is owed in it is settled in it. A ladder's list may end after any rung.
  void check_list(const Steps& steps, bool rungs) {
    std::set<std::string> settled;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const Step& step = steps[i];
      if (step.verb == Verb::run) check_undo(step);
      if (owes(step)) check_owed(steps, i, rungs);
      if (is_irreversible(step)) check_verified(steps, i, rungs);
      if (step.verb == Verb::settles) check_settles(steps, i, settled);
      check_list(step.body, step.verb == Verb::ladder);
      check_list(step.after_each, false);
      for (const model::Arm& arm : step.arms) check_list(arm.body, false);
      if (step.otherwise) check_list(*step.otherwise, false);
    }
  }

 private:
  void check_undo(const Step& step) {
    if (step.action == nullptr) return;
    const ActionSpec& action = *step.action;
    if (action.effect < Effect::reversible) {
      if (step.undo)
        checker_.error("UJ0601", step.undo->span,
                       fmt::format("{} owes nothing: its effect is {}", action.name, spell(action.effect)),
                       "leave `undo` out");
      return;
    }
    if (step.undo && step.undo->name.empty()) return;
    if (!step.undo) {
      checker_.error("UJ0601", step.target.span, fmt::format("{} needs `undo: {}`", action.name, action.undo),
                     action.undo == "none" ? "it cannot be undone: that must be written" : "");
    } else if (step.undo->name != action.undo) {
      checker_.error("UJ0601", step.undo->span, fmt::format("the undo of {} is {}", action.name, action.undo));
    }
  }

  void check_owed(const Steps& steps, std::size_t at, bool rungs) {
    const Step& step = steps[at];
    if (rungs) {
      checker_.error("UJ0602", step.name.span,
                     fmt::format("the ladder may end behind this rung, with {} still owed", step.action->undo),
                     "put the steps from here to the one that settles it into a group: do: [ ... ]");
      return;
    }
    for (std::size_t i = at + 1; i < steps.size(); ++i) {
      const Step& later = steps[i];
      if (later.broken) return;
      if (later.verb == Verb::settles && later.target.name == step.name.name && !later.when) return;
    }
    checker_.error("UJ0602", step.name.span, fmt::format("{} is owed and never settled", step.action->undo),
                   fmt::format("add a later step of the same list, without `when`: {{ settles: {}, limit: ... }}",
                               step.name.name));
  }

  void check_settles(const Steps& steps, std::size_t at, std::set<std::string>& settled) {
    const Step& step = steps[at];
    if (step.target.name.empty()) return;
    for (std::size_t i = 0; i < at; ++i) {
      if (steps[i].broken && steps[i].name.name.empty()) return;
      if (steps[i].name.name != step.target.name) continue;
      if (steps[i].broken || steps[i].action == nullptr) return;
      if (!owes(steps[i])) break;
      if (settled.insert(step.target.name).second) return;
      checker_.error("UJ0605", step.target.span, fmt::format("{} is settled already", step.target.name));
      return;
    }
    checker_.error("UJ0605", step.target.span,
                   fmt::format("no earlier step {} of this list owes anything", step.target.name));
  }

  bool verifies(const Step& step, const ActionSpec& action) const {
    if (step.verb != Verb::expect || step.when || !step.expr) return false;
    if (!step.expr->expr) return true;  // its own fault was told
    const CheckedExpr& expr = *step.expr->expr;
    if (action.verify.empty())
      return std::ranges::any_of(expr.uses.facts,
                                 [&](const FactUse& use) { return asks_of_host(*expr.tree, use.fact); });
    return std::ranges::any_of(action.verify, [&](const FieldRef& ref) { return checker_.looks_at_host(expr, ref); });
  }

  void check_verified(const Steps& steps, std::size_t at, bool rungs) {
    const Step& step = steps[at];
    const ActionSpec& action = *step.action;
    for (std::size_t i = at + 1; i < steps.size() && !rungs; ++i) {
      if (steps[i].broken || verifies(steps[i], action)) return;
      if (is_change(steps[i])) break;
    }
    std::string fields;
    for (const FieldRef& ref : action.verify)
      fields += fmt::format("{}{}.{}", fields.empty() ? "" : " or ", ref.action, ref.field);
    checker_.error(
        "UJ0604", step.name.span, fmt::format("{} cannot be undone and is not verified on its host", action.name),
        rungs
            ? "put it and the `expect` behind it into a group: do: [ ... ]"
            : fmt::format("before the next change: {{ expect: f(host)..., limit: ... }} that reads {}, without `when`",
                          fields.empty() ? "a fact of the host" : fields));
  }

  BookChecker& checker_;
};

}  // namespace

void check_obligation_rules(BookChecker& checker) {
  ObligationRules(checker).check_list(checker.book().steps, false);
}

}  // namespace unjam::playbooks
