// Unknown opens nothing (language.md 4, UJ07): only `sure` and `known` turn unknown into false, so where they stand
// tells what an unknown reading can do. One walk over each expression computes their side, as one computes
// monotonicity: on the plus side of a condition they can only close it, on the minus side only open it. The same walk
// tells which parameters can loosen a gate (UJ0510).
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "playbooks/checker.h"
#include "playbooks/expr_walk.h"

namespace unjam::playbooks {

using model::Step;
using model::Verb;

namespace {

enum class Side { plus, minus, mixed };

Side turned(Side side) {
  return side == Side::plus ? Side::minus : side == Side::minus ? Side::plus : Side::mixed;
}

bool is_zero(const Expr& e) {
  return e.kind == Expr::Kind::literal && e.literal.as_int() != nullptr && *e.literal.as_int() == 0;
}

bool is_positive(const Expr& e) {
  if (e.kind != Expr::Kind::literal) return false;
  return (e.literal.as_int() != nullptr && *e.literal.as_int() > 0) ||
         (e.literal.as_double() != nullptr && *e.literal.as_double() > 0);
}

bool is_size(const Expr& e) {
  return e.name == "size" && (e.kind == Expr::Kind::member_call || e.kind == Expr::Kind::call);
}

// Where an expression, lets included, has `sure`, `known` and parameters.
class Sides {
 public:
  struct Absorber {
    std::string word;
    Side side;
    Span span;
    std::vector<std::string> lets;  // through these, outermost first; empty: in the expression itself
  };

  Sides(const BookChecker& checker, const Expr& tree) : checker_(checker) { walk(tree, Side::plus); }

  const std::vector<Absorber>& absorbers() const { return absorbers_; }
  const std::set<std::pair<std::string, Side>>& params() const { return params_; }
  // Parameters that can decide it without anything being looked at: `params.x or ...`.
  const std::set<std::string>& deciding() const { return deciding_; }

 private:
  void walk(const Expr& e, Side side) {
    switch (e.kind) {
      case Expr::Kind::literal:
        return;
      case Expr::Kind::name:
        return walk_name(e.name, side);
      case Expr::Kind::field:
        if (const std::string param = parameter_of(e); !param.empty()) {
          params_.emplace(param, side);
          return;
        }
        return walk(*e.receiver, Side::mixed);
      case Expr::Kind::macro:
        return walk_macro(e, side);
      case Expr::Kind::call:
        return walk_call(e, side);
      case Expr::Kind::member_call:
        if (is_size(e)) return walk(*e.receiver, side);
        if (e.name == "without") {
          walk(*e.receiver, side);
          return walk(*e.args[0], turned(side));
        }
        return walk_all(e, Side::mixed);
      case Expr::Kind::index:
      case Expr::Kind::list:
      case Expr::Kind::map:
        return walk_all(e, Side::mixed);
    }
  }

  void walk_all(const Expr& e, Side side) {
    if (e.receiver) walk(*e.receiver, side);
    for (const ExprPtr& arg : e.args) walk(*arg, side);
  }

  void walk_name(const std::string& name, Side side) {
    const auto found = checker_.names().declared.find(name);
    if (found == checker_.names().declared.end() || found->second.kind != Declared::Kind::let) return;
    const CheckedExprPtr& let = checker_.book().lets[found->second.index].value.expr;
    if (!let || !seen_.emplace(name, side).second) return;
    lets_.push_back(name);
    walk(*let->tree, side);
    lets_.pop_back();
  }

  void walk_macro(const Expr& e, Side side) {
    // `has` says false of an output that was left out, which is not known either.
    if (e.name == "sure" || e.name == "known" || e.name == "has") {
      absorbers_.push_back({e.name, side, e.span, lets_});
      return walk(*e.args[0], e.name == "sure" ? side : Side::mixed);
    }
    if (e.name == "exists" || e.name == "filter" || e.name == "all") {
      walk(*e.receiver, e.name == "all" ? turned(side) : side);
      for (const ExprPtr& arg : e.args) walk(*arg, side);
      return;
    }
    walk_all(e, Side::mixed);
  }

  // An alternative that asks no fact but a parameter.
  void may_decide(const Expr& alternative) {
    std::string param;
    bool looks = false;
    walk_expr(alternative, [&](const Expr& e) {
      if (const std::string name = parameter_of(e); !name.empty()) param = name;
      const bool fact = e.kind == Expr::Kind::call && checker_.fact_spec(e.name) != nullptr;
      const auto let = checker_.names().declared.find(e.name);
      const bool through = e.kind == Expr::Kind::name && let != checker_.names().declared.end() &&
                           let->second.info.uses && !let->second.info.uses->facts.empty();
      looks = looks || fact || through;
    });
    if (!looks && !param.empty()) deciding_.insert(param);
  }

  void walk_call(const Expr& e, Side side) {
    if ((e.name == "||" && side != Side::minus) || (e.name == "&&" && side != Side::plus)) {
      for (const ExprPtr& arg : e.args) may_decide(*arg);
    }
    if (e.name == "?:") may_decide(*e.args[0]);
    if (e.name == "&&" || e.name == "||" || is_size(e)) return walk_all(e, side);
    if (e.name == "!" || (e.name == "-" && e.args.size() == 1)) return walk(*e.args[0], turned(side));
    if (e.args.size() != 2) return walk_all(e, Side::mixed);
    const Expr& left = *e.args[0];
    const Expr& right = *e.args[1];
    if (e.name == "+") return walk_all(e, side);
    if (e.name == ">" || e.name == ">=" || e.name == "-") {
      walk(left, side);
      return walk(right, turned(side));
    }
    if (e.name == "<" || e.name == "<=") {
      walk(left, turned(side));
      return walk(right, side);
    }
    if (e.name == "in") {
      walk(left, Side::mixed);
      return walk(right, side);
    }
    if ((e.name == "==" || e.name == "!=") && ((is_size(left) && is_zero(right)) || (is_size(right) && is_zero(left))))
      return walk(is_size(left) ? left : right, e.name == "==" ? turned(side) : side);
    if (e.name == "*" && (is_positive(left) || is_positive(right))) return walk(is_positive(left) ? right : left, side);
    if (e.name == "/" && is_positive(right)) return walk(left, side);
    walk_all(e, Side::mixed);
  }

  const BookChecker& checker_;
  std::vector<Absorber> absorbers_;
  std::set<std::pair<std::string, Side>> params_;
  std::set<std::pair<std::string, Side>> seen_;
  std::set<std::string> deciding_;
  std::vector<std::string> lets_;
};

// Whether the step itself, or one in it, is of this verb.
bool has_verb(const Step& step, Verb verb) {
  const auto in = [verb](const model::Steps& steps) {
    return std::ranges::any_of(steps, [verb](const Step& inner) { return has_verb(inner, verb); });
  };
  if (step.verb == verb || in(step.body) || in(step.after_each) || (step.otherwise && in(*step.otherwise))) return true;
  return std::ranges::any_of(step.arms, [&](const model::Arm& arm) { return in(arm.body); });
}

class UnknownRules {
 public:
  explicit UnknownRules(BookChecker& checker) : checker_(checker) {}

  void check_step(const Step& step) {
    if (step.when) check_when(step);
    if (step.until) opens(*step.until, "`until`");
    if (step.verb == Verb::expect && step.expr) opens(*step.expr, "`expect`");
    if (step.verb == Verb::rollout && step.expr) opens(*step.expr, "the set of a rollout");
    if (step.verb == Verb::run && step.hosts && is_change(step)) opens(*step.hosts, "the hosts of a change");
    if (step.gate) check_gate(*step.gate);
    for (const model::Arm& arm : step.arms) check_arm(arm);
  }

 private:
  // What is skipped does no harm where it would have changed something or called the run healthy; a guard that is
  // skipped does.
  void check_when(const Step& step) {
    if (has_verb(step, Verb::done) || is_change(step)) {
      opens(*step.when, "`when` of " + step.name.name);
    } else if (has_verb(step, Verb::escalate)) {
      must_not_slip(*step.when, step.name.name);
    }
  }

  // May only stand where it closes.
  void opens(const model::ExprSlot& slot, const std::string& what) {
    if (!slot.expr) return;
    const Sides sides(checker_, *slot.expr->tree);
    for (const auto& absorber : sides.absorbers()) {
      if (absorber.side == Side::plus) continue;
      checker_.error_on(
          way(slot, absorber), "UJ0701", slot.text.origin,
          fmt::format("what is unknown would open {}{}", what, where(absorber)),
          fmt::format("`{}` turns unknown into false, and here false opens: leave it out, or say what must be "
                      "sure instead of what must not",
                      absorber.word));
      return;
    }
  }

  // May only stand where it opens: an unknown must be caught.
  void must_not_slip(const model::ExprSlot& slot, const std::string& name) {
    if (!slot.expr) return;
    const Sides sides(checker_, *slot.expr->tree);
    for (const auto& absorber : sides.absorbers()) {
      if (absorber.side == Side::minus) continue;
      checker_.error_on(
          way(slot, absorber), "UJ0702", slot.text.origin,
          fmt::format("what is unknown would slip past the guard {}{}", name, where(absorber)),
          fmt::format("`{}` turns unknown into false, and false passes this guard: leave it out, then unknown "
                      "escalates",
                      absorber.word));
      return;
    }
  }

  void check_arm(const model::Arm& arm) {
    if (!arm.when.expr) return;
    const Sides sides(checker_, *arm.when.expr->tree);
    if (sides.absorbers().empty()) return;
    const auto& first = sides.absorbers().front();
    checker_.error_on(way(arm.when, first), "UJ0701", arm.when.text.origin,
                      fmt::format("what is unknown would choose another arm{}", where(first)),
                      "leave it out: below an arm its condition is taken as known to be false");
  }

  void check_gate(const model::GateSpec& gate) {
    if (gate.floor) {
      opens(*gate.floor, "the floor");
      bounded(*gate.floor);
    }
    for (const auto& [name, condition] : gate.require) {
      opens(condition, "the gate's condition " + name.name);
      bounded(condition);
    }
  }

  void bounded(const model::ExprSlot& slot) {
    if (!slot.expr) return;
    const Sides sides(checker_, *slot.expr->tree);
    std::set<std::string> told;
    for (const std::string& name : sides.deciding()) {
      told.insert(name);
      checker_.error_on(param_way(slot, name), "UJ0510", slot.text.origin,
                        fmt::format("params.{} alone can open this gate, with nothing looked at", name),
                        "no bound helps here: leave it out, or join it by `and`");
    }
    for (const auto& [name, side] : sides.params()) bounded_by(slot, name, side, told);
    // What a fact is asked with decides what it says, either way.
    for (const FactUse& use : slot.expr->uses.facts) {
      const model::FactSpec* fact = checker_.fact_spec(use.fact);
      if (fact == nullptr) continue;
      for (const auto& argument : fact->with) {
        if (!argument.expr) continue;
        const Sides asked(checker_, *argument.expr->tree);
        for (const auto& [name, side] : asked.params()) bounded_by(slot, name, Side::mixed, told);
      }
    }
  }

  void bounded_by(const model::ExprSlot& slot, const std::string& name, Side side, std::set<std::string>& told) {
    const Param* param = checker_.param(name);
    const bool has_order =
        param != nullptr && (param->type->kind == Type::Kind::integer || param->type->kind == Type::Kind::duration);
    if (!has_order) return;
    const bool most = side != Side::minus && !param->max;
    const bool least = side != Side::plus && !param->min;
    if ((!most && !least) || !told.insert(name).second) return;
    checker_.error_on(param_way(slot, name), "UJ0510", slot.text.origin,
                      fmt::format("params.{} can loosen this gate without a bound", name),
                      fmt::format("give it {} where it is declared (line {})",
                                  most && least ? "`min` and `max`"
                                  : most        ? "`max`"
                                                : "`min`",
                                  param->span.line));
  }

  std::vector<Note> param_way(const model::ExprSlot& slot, const std::string& name) const {
    std::vector<Note> way;
    if (const Param* param = checker_.param(name))
      way.push_back({param->span, fmt::format("the caller gives {}", name)});
    way.push_back({slot.text.origin, "the gate asks it"});
    return way;
  }

  // From the condition through lets to the word.
  std::vector<Note> way(const model::ExprSlot& slot, const Sides::Absorber& absorber) const {
    std::vector<Note> out{{slot.text.origin, "is asked here"}};
    for (const std::string& name : absorber.lets) {
      const auto let = checker_.names().declared.find(name);
      if (let != checker_.names().declared.end()) out.push_back({let->second.span, fmt::format("asks {}", name)});
    }
    out.push_back({absorber.span, fmt::format("`{}` says false for what is not known", absorber.word)});
    return out;
  }

  std::string where(const Sides::Absorber& absorber) const {
    if (absorber.lets.empty()) return fmt::format(" by `{}`", absorber.word);
    return fmt::format(" by `{}` in {} (line {})", absorber.word, absorber.lets.back(), absorber.span.line);
  }

  BookChecker& checker_;
};

}  // namespace

void check_unknown_rules(BookChecker& checker) {
  UnknownRules rules(checker);
  walk_steps(checker.book().steps, StepPlace{},
             [&rules](const Step& step, const StepPlace&) { rules.check_step(step); });
}

}  // namespace unjam::playbooks
