// Obligations (language.md 4, UJ06): what can be undone is settled, what cannot be undone says so and is verified.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "playbooks/checker.h"

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
    Index index;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      index.at.emplace(steps[i].name.name, i);
      if (steps[i].broken) index.broken = true;
      if (steps[i].verb == Verb::settles) index.settling[steps[i].target.name].push_back(i);
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const Step& step = steps[i];
      if (step.verb == Verb::run) check_undo(step);
      if (owes(step)) check_owed(steps, i, rungs, index);
      if (is_irreversible(step)) check_verified(steps, i, rungs);
      if (step.verb == Verb::settles) check_settles(steps, i, index);
      check_list(step.body, step.verb == Verb::ladder);
      check_list(step.after_each, false);
      for (const model::Arm& arm : step.arms) check_list(arm.body, false);
      if (step.otherwise) check_list(*step.otherwise, false);
    }
  }

 private:
  // Of one list, so that each of its steps is looked up once.
  struct Index {
    std::map<std::string_view, std::size_t> at{};                     // steps by name
    std::map<std::string_view, std::vector<std::size_t>> settling{};  // what is settled, by which steps
    std::set<std::string_view> settled{};
    bool broken = false;  // some step could not be read: nothing is concluded from what the list lacks
  };

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

  void check_owed(const Steps& steps, std::size_t at, bool rungs, const Index& index) {
    const Step& step = steps[at];
    auto way = checker_.way_to(step);
    way.push_back({step.target.span, fmt::format("owes {} from here on", step.action->undo)});
    if (rungs) {
      way.push_back({step.name.span, "the look behind this rung may come out true, then the ladder is left"});
      checker_.error_on(std::move(way), "UJ0602", step.name.span,
                        fmt::format("the ladder may end behind this rung, with {} still owed", step.action->undo),
                        "put the steps from here to the one that settles it into a group: do: [ ... ]");
      return;
    }
    if (index.broken) return;
    const auto settling = index.settling.find(step.name.name);
    for (const std::size_t i : settling == index.settling.end() ? std::vector<std::size_t>() : settling->second) {
      if (i < at) continue;
      if (!steps[i].when) return;
      way.push_back({steps[i].when->text.origin, in_words(steps[i]) + " may be skipped: it has a `when`"});
    }
    way.push_back({steps.back().name.span, "the list ends here: still owed"});
    checker_.error_on(std::move(way), "UJ0602", step.name.span,
                      fmt::format("{} is owed and never settled", step.action->undo),
                      fmt::format("add a later step of the same list, without `when`: {{ settles: {}, limit: ... }}",
                                  step.name.name));
  }

  void check_settles(const Steps& steps, std::size_t at, Index& index) {
    const Step& step = steps[at];
    if (step.target.name.empty()) return;
    const auto found = index.at.find(step.target.name);
    if (index.broken) return;
    if (found != index.at.end() && found->second < at) {
      const Step& opened = steps[found->second];
      if (opened.action == nullptr && opened.verb == Verb::run) return;  // told
      if (owes(opened)) {
        if (index.settled.insert(step.target.name).second) return check_undo_limit(step, opened);
        checker_.error("UJ0605", step.target.span, fmt::format("{} is settled already", step.target.name));
        return;
      }
    }
    checker_.error("UJ0605", step.target.span,
                   fmt::format("no earlier step {} of this list owes anything", step.target.name));
  }

  // A limit that calls a slow undo a failure would leave the run stuck.
  void check_undo_limit(const Step& step, const Step& opened) {
    const ActionSpec* undo = checker_.input().actions->find(opened.action->undo);
    if (undo == nullptr || !undo->at_least || !step.limit) return;
    const auto least = checker_.least(*step.limit);
    if (!least || *least >= *undo->at_least) return;
    checker_.error("UJ0806", step.limit->span,
                   fmt::format("{} may need {}: a limit of {} would call a slow success a failure", undo->name,
                               spell(Value::duration(*undo->at_least)), spell(Value::duration(*least))),
                   step.limit->param.empty() ? "" : "raise the parameter's `min`");
  }

  bool verifies(const Step& step, const ActionSpec& action) const {
    if (step.verb != Verb::expect || step.when || !step.expr) return false;
    if (!step.expr->expr) return true;  // its own fault was told
    const Expr& tree = *step.expr->expr->tree;
    if (action.verify.empty()) return checker_.looks_for(nullptr).needed(tree, "host");
    return std::ranges::any_of(action.verify,
                               [&](const FieldRef& ref) { return checker_.looks_for(&ref).needed(tree, "host"); });
  }

  // Why a step behind an irreversible one does not verify it.
  std::string why_not(const Step& step, const ActionSpec& action) const {
    if (step.verb == Verb::settles) return in_words(step) + " changes the host";
    if (is_change(step)) return in_words(step) + " is the next change";
    if (step.verb != Verb::expect) return in_words(step) + " verifies nothing";
    if (step.when) return in_words(step) + " may be skipped: it has a `when`";
    if (!step.expr || !step.expr->expr) return in_words(step) + " could not be read";
    const auto somewhere = [&](const FieldRef& ref) {
      Looks looks = checker_.looks_for(&ref);
      return looks.anywhere(*step.expr->expr->tree, "host");
    };
    if (std::ranges::any_of(action.verify, somewhere)) return in_words(step) + " may hold without having read it";
    return in_words(step) + " does not read it of the host in hand";
  }

  void check_verified(const Steps& steps, std::size_t at, bool rungs) {
    const Step& step = steps[at];
    const ActionSpec& action = *step.action;
    auto way = checker_.way_to(step);
    bool changed = false;
    for (std::size_t i = at + 1; i < steps.size() && !rungs && !changed; ++i) {
      if (steps[i].broken || verifies(steps[i], action)) return;
      way.push_back({steps[i].name.span, why_not(steps[i], action)});
      changed = is_change(steps[i]);
    }
    if (!changed) way.push_back({steps.back().name.span, rungs ? "a rung ends here" : "the list ends here"});
    std::string fields;
    for (const FieldRef& ref : action.verify)
      fields += fmt::format("{}{}.{}", fields.empty() ? "" : " or ", ref.action, ref.field);
    checker_.error_on(
        std::move(way), "UJ0604", step.name.span,
        fmt::format("{} cannot be undone and is not verified on its host", action.name),
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
