// The functions of expressions: one table of their types, one of their meanings. Part of the expression front end: only
// expr_*.cc include it.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "playbooks/expr.h"

namespace unjam::playbooks {

// A function of simple types. For members the receiver is the first parameter.
struct Overload {
  std::string_view name;
  bool member = false;
  std::array<Type::Kind, 2> params{};
  std::size_t count = 0;
  Type::Kind result{};
};

std::span<const Overload> overloads();

// Functions of sets and sizes, whose types depend on their receiver: size first without; dyn (loose only).
bool is_function(std::string_view name, bool member);
bool is_function_of_host(std::string_view name);  // string(host): what else is asked of a host is a fact or a step
std::vector<std::string> function_names(bool member);

// `args` are values: members get their receiver first. Never called with what its table does not have, except by loose
// expressions: then "no such overload".
Evaluated call_function(std::string_view name, bool member, std::span<const Value> args, EvalBudget& budget);

// Operators with two values; && || ?: are the evaluator's.
Evaluated apply_operator(std::string_view op, const Value& a, const Value& b, EvalBudget& budget);
Evaluated apply_prefix(std::string_view op, const Value& a);

// Whether a call is an operator: operators are spelt with signs, but for `in`.
bool is_operator(const Expr& e);

// Whether the expression asks nothing: no name but its own variables and lets that ask nothing, no fact.
bool is_constant(const Expr& e, const Names& names);

// What CEL and its extension libraries have and this subset has not: functions and members, types as values, and the
// names before the dot of `math.greatest`.
bool is_function_of_cel(std::string_view name);
bool is_type_of_cel(std::string_view name);
bool is_library_of_cel(std::string_view name);
inline constexpr const char* kSubset = "playbooks/LANGUAGE.md, 9, lists the subset";

std::unexpected<Unknown> unknown(std::string reason);

}  // namespace unjam::playbooks
