// Questions about the form of an expression's tree, for the rules that are about form: which names it has, which set
// something is drawn from.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "playbooks/action_spec.h"
#include "playbooks/expr.h"

namespace unjam::playbooks {

// Calls `visit` for every node, parents first.
template <typename Visit>
void walk_expr(const Expr& e, const Visit& visit) {
  visit(e);
  if (e.receiver) walk_expr(*e.receiver, visit);
  for (const ExprPtr& arg : e.args) {
    if (arg) walk_expr(*arg, visit);
  }
}

// Names and functions of hosts that the text may mean, read from its form alone; also of prose with ${}.
std::set<std::string> names_in(const ExprText& text);

// Equal texts are equal expressions.
std::string canonical(const Expr& e);

// The sets that the tree surely wants to be non-empty: `s.size() > 0` and its like, joined by `and`.
std::vector<const Expr*> wanted_non_empty(const Expr& e);

// The set of `s.first()`; null if the tree has another form.
const Expr* drawn_from(const Expr& e);

// Name of the parameter if the tree is `params.x`, else empty.
std::string parameter_of(const Expr& e);

}  // namespace unjam::playbooks
