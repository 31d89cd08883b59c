#include "playbooks/expr_looks.h"

#include <algorithm>

namespace unjam::playbooks {
namespace {

constexpr int kMaxLets = 64;  // lets that only name another

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

Looks::Asked Looks::ways(const Expr& e, const std::string& variable) {
  if (is_asked(e, variable)) return {true, true};
  switch (e.kind) {
    case Expr::Kind::name: {
      // A let has no host in hand; what it asks counts only where any host will do.
      const Expr* let = variable.empty() ? question_.let(e.name) : nullptr;
      if (let == nullptr) return {};
      const auto [known, fresh] = ways_.emplace(e.name, Asked{});
      if (!fresh) return known->second;
      const Asked found = ways(*let, variable);
      return ways_[e.name] = found;
    }
    case Expr::Kind::call:
      return ways_of_call(e, variable);
    case Expr::Kind::macro:
      return ways_of_macro(e, variable);
    default:
      return of_parts(e, variable);
  }
}

// Without all its parts it has no value: of all but logic and macros, which may do without some.
Looks::Asked Looks::of_parts(const Expr& e, const std::string& variable) {
  const auto asked = [&](const ExprPtr& part) { return part && always(*part, variable); };
  const bool found = asked(e.receiver) || std::ranges::any_of(e.args, asked);
  return {found, found};
}

Looks::Asked Looks::ways_of_call(const Expr& e, const std::string& variable) {
  if (e.name == "!") {
    const Asked inner = ways(*e.args[0], variable);
    return {inner.if_false, inner.if_true};
  }
  if (e.name == "&&" || e.name == "||") {
    const Asked left = ways(*e.args[0], variable);
    const Asked right = ways(*e.args[1], variable);
    if (e.name == "&&") return {left.if_true || right.if_true, left.if_false && right.if_false};
    return {left.if_true && right.if_true, left.if_false || right.if_false};
  }
  if (e.name == "?:") {
    const Asked test = ways(*e.args[0], variable);
    const Asked yes = ways(*e.args[1], variable);
    const Asked no = ways(*e.args[2], variable);
    return {(test.if_true || yes.if_true) && (test.if_false || no.if_true),
            (test.if_true || yes.if_false) && (test.if_false || no.if_false)};
  }
  Asked found = of_parts(e, variable);
  if (e.name == "in" && !found.if_true && is_variable(*e.args[0], variable)) found.if_true = of_elements(*e.args[1]);
  return found;
}

Looks::Asked Looks::ways_of_macro(const Expr& e, const std::string& variable) {
  if (e.name == "known" || e.name == "has") return {};
  if (e.name == "sure") return {ways(*e.args[0], variable).if_true, false};
  if (!e.receiver) return of_parts(e, variable);
  if (always(*e.receiver, variable)) return {true, true};
  const Asked body = ways(*e.args[0], variable);
  // What is kept was asked; that something is kept is another condition's business.
  if (e.name == "filter") return {body.if_true, body.if_true};
  // Of an empty set nothing is asked. Targets are not empty; and where any host will do, as above.
  const bool some = variable.empty() || (e.receiver->kind == Expr::Kind::name && !question_.let(e.receiver->name));
  if (e.name == "exists") return {body.if_true, some && body.if_false};
  if (e.name == "all") return {some && body.if_true, body.if_false};
  if (e.name == "exists_one") return {body.if_true, some && body.if_true && body.if_false};
  const bool mapped = std::ranges::any_of(e.args, [&](const ExprPtr& arg) { return always(*arg, variable); });
  return {some && mapped, some && mapped};
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
    return of_elements(*set.receiver) || ways(*set.args[0], set.variable).if_true;
  if (set.kind == Expr::Kind::member_call && set.name == "without")
    return of_elements(*set.receiver) || passed_by(*set.args[0], *set.receiver);
  if (set.kind != Expr::Kind::call) return false;
  if (set.name == "+" && set.args.size() == 2) return of_elements(*set.args[0]) && of_elements(*set.args[1]);
  return set.name == "?:" && of_elements(*set.args[1]) && of_elements(*set.args[2]);
}

// Every element of the set `from` that is not in `chosen` was asked before it was passed by: both go over one name.
bool Looks::passed_by(const Expr& chosen, const Expr& from) {
  const Expr* tree = &chosen;
  for (int i = 0; tree != nullptr && i < kMaxLets && tree->kind == Expr::Kind::name; ++i)
    tree = question_.let(tree->name);
  if (tree == nullptr || tree->kind != Expr::Kind::macro || tree->name != "filter" || !tree->receiver) return false;
  const auto is_name = [](const Expr& e) { return e.kind == Expr::Kind::name; };
  const bool same = is_name(from) && is_name(*tree->receiver) && from.name == tree->receiver->name;
  return same && ways(*tree->args[0], tree->variable).if_false;
}

}  // namespace unjam::playbooks
