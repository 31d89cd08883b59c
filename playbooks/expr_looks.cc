#include "playbooks/expr_looks.h"

#include <algorithm>

namespace unjam::playbooks {
namespace {

bool is_variable(const Expr& e, const std::string& variable) {
  return variable.empty() || (e.kind == Expr::Kind::name && e.name == variable);
}

}  // namespace

// f(x), or f(x).field.
bool Looks::is_asked(const Expr& e, const std::string& variable) const {
  if (e.kind == Expr::Kind::field && e.receiver && e.receiver->kind == Expr::Kind::call &&
      e.receiver->args.size() == 1 && is_variable(*e.receiver->args[0], variable))
    return question_.wanted(e.receiver->name, e.name);
  const bool whole = e.kind == Expr::Kind::call && e.args.size() == 1 && is_variable(*e.args[0], variable);
  return whole && question_.any_field && question_.wanted(e.name, {});
}

bool Looks::anywhere(const Expr& e, const std::string& variable) {
  if (is_asked(e, variable)) return true;
  if (e.kind == Expr::Kind::macro && (e.name == "known" || e.name == "has")) return false;
  if (e.kind == Expr::Kind::name && variable.empty()) {
    const Expr* let = question_.let(e.name);
    if (let == nullptr) return false;
    const auto [known, fresh] = anywhere_.emplace(e.name, false);
    if (fresh) known->second = anywhere(*let, variable);
    return anywhere_[e.name];
  }
  if (e.receiver && anywhere(*e.receiver, variable)) return true;
  return std::ranges::any_of(e.args, [&](const ExprPtr& arg) { return arg && anywhere(*arg, variable); });
}

bool Looks::when(const Expr& e, bool truth, const std::string& variable) {
  switch (e.kind) {
    case Expr::Kind::name: {
      // A let has no host in hand; what it asks counts only where any host will do.
      const Expr* let = variable.empty() ? question_.let(e.name) : nullptr;
      if (let == nullptr) return false;
      const auto [known, fresh] = when_.emplace(std::pair(e.name, truth), false);
      if (!fresh) return known->second;
      const bool found = when(*let, truth, variable);
      return when_[{e.name, truth}] = found;
    }
    case Expr::Kind::call:
      return when_call(e, truth, variable);
    case Expr::Kind::macro:
      return when_macro(e, truth, variable);
    default:
      return anywhere(e, variable);
  }
}

bool Looks::when_call(const Expr& e, bool truth, const std::string& variable) {
  if (e.name == "!") return when(*e.args[0], !truth, variable);
  if (e.name == "&&" || e.name == "||") {
    const bool left = when(*e.args[0], truth, variable);
    const bool right = when(*e.args[1], truth, variable);
    return (e.name == "&&") == truth ? left || right : left && right;
  }
  if (e.name == "?:") {
    const bool yes = when(*e.args[0], true, variable) || when(*e.args[1], truth, variable);
    const bool no = when(*e.args[0], false, variable) || when(*e.args[2], truth, variable);
    return yes && no;
  }
  if (e.name == "in" && truth && is_variable(*e.args[0], variable) && of_elements(*e.args[1])) return true;
  return anywhere(e, variable);
}

bool Looks::when_macro(const Expr& e, bool truth, const std::string& variable) {
  if (e.name == "known" || e.name == "has") return false;
  if (e.name == "sure") return truth && when(*e.args[0], true, variable);
  if (!e.receiver) return anywhere(e, variable);
  if (anywhere(*e.receiver, variable)) return true;
  // That the set is not empty is another condition's business.
  if (e.name == "exists" || e.name == "exists_one" || e.name == "all") return when(*e.args[0], truth, variable);
  return anywhere(e, variable);
}

bool Looks::of_elements(const Expr& set) {
  if (set.kind == Expr::Kind::name) {
    const Expr* let = question_.let(set.name);
    if (let == nullptr) return false;
    const auto [known, fresh] = elements_.emplace(set.name, false);
    if (!fresh) return known->second;
    const bool found = of_elements(*let);
    return elements_[set.name] = found;
  }
  if (set.kind == Expr::Kind::macro && set.name == "filter" && set.receiver)
    return of_elements(*set.receiver) || when(*set.args[0], true, set.variable);
  if (set.kind == Expr::Kind::member_call && set.name == "without") return of_elements(*set.receiver);
  if (set.kind != Expr::Kind::call) return false;
  if (set.name == "+" && set.args.size() == 2) return of_elements(*set.args[0]) && of_elements(*set.args[1]);
  return set.name == "?:" && of_elements(*set.args[1]) && of_elements(*set.args[2]);
}

}  // namespace unjam::playbooks
