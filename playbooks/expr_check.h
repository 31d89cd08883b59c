// The type checker of expressions. Part of the expression front end: only expr_*.cc include it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "playbooks/expr.h"

namespace unjam::playbooks {

// `loose`: as CEL with dyn, for `unjam eval`: mixed lists, comparison across types, constants in and/or, shadowing.
struct CheckOptions {
  bool loose = false;
};

// Types one tree. Every fault is reported; the typed tree is null if there was any.
class Checker {
 public:
  Checker(const ExprText& text, const Names& names, CheckOptions options, Diagnostics& out)
      : text_(text), names_(names), options_(options), out_(out) {}

  ExprPtr check_root(const ExprPtr& tree, const TypePtr& want);
  ExprUses uses() const;

 private:
  using Node = std::shared_ptr<Expr>;

  struct Variable {
    std::string name;
    TypePtr type;
  };
  struct Asked {
    std::set<std::string> fields{};
    bool whole = false;
    bool host_only = true;
  };

  // Leaves and structure (expr_check.cc). `hint` is the type that a literal should take; may be null.
  ExprPtr check(const ExprPtr& e, const TypePtr& hint);
  ExprPtr check_literal(const Expr& e, const TypePtr& hint);
  ExprPtr check_name(const Expr& e);
  ExprPtr check_field(const Expr& e);
  ExprPtr check_index(const Expr& e);
  ExprPtr check_list(const Expr& e, const TypePtr& hint);
  ExprPtr check_map(const Expr& e, const TypePtr& hint);
  ExprPtr check_variable(const Expr& e, const Variable& variable);

  // Operators (expr_check_operators.cc).
  ExprPtr check_operator(const Expr& e, const TypePtr& hint);
  ExprPtr check_logic(const Expr& e);
  ExprPtr check_equality(const Expr& e);
  ExprPtr check_order(const Expr& e);
  ExprPtr check_membership(const Expr& e);
  ExprPtr check_arithmetic(const Expr& e, const TypePtr& hint);
  ExprPtr check_prefix(const Expr& e);
  ExprPtr check_conditional(const Expr& e, const TypePtr& hint);
  bool check_pair(const Expr& e, Node& node);

  // Calls and macros (expr_check_calls.cc).
  ExprPtr check_call(const Expr& e);
  ExprPtr check_member_call(const Expr& e);
  ExprPtr check_of_host(const Expr& e, const NameInfo& info, const std::string* field);
  ExprPtr check_function(const Expr& e, Node node);
  ExprPtr check_set_function(const Expr& e, const Node& node);
  ExprPtr check_without(const Expr& e);
  ExprPtr check_macro(const Expr& e);
  ExprPtr check_absorbing(const Expr& e);
  ExprPtr check_has(const Expr& e);
  ExprPtr check_range(const Expr& e);
  bool good_variable(const Expr& e);
  bool good_constant(const Expr& call);

  // Findings.
  std::nullptr_t error(std::string code, Span span, std::string message, std::string help = {});
  std::nullptr_t mismatch(const Expr& e, std::string message, std::string help = {});
  bool no_secret(const ExprPtr& e);
  std::nullptr_t unknown_name(const Expr& e, bool function);
  std::nullptr_t unknown_field(const Expr& e, const Type& type, const std::vector<std::string>& fields);
  void use_name(std::string name);
  void use_fact(const std::string& fact, const std::string* field, bool host_only);
  void use_through(const ExprUses& inner);
  const Variable* variable(std::string_view name) const;
  TypePtr host_field(const Type& host, std::string_view field, std::vector<std::string>& known) const;
  ExprPtr typed(Node node, TypePtr type) const;

  const ExprText& text_;
  const Names& names_;
  CheckOptions options_;
  Diagnostics& out_;
  std::vector<Variable> variables_{};
  int absorbing_ = 0;  // inside sure(..) or known(..)
  std::map<std::string, Asked> facts_{};
  std::set<std::string> used_{};
  bool host_ = false;
};

// Whether a value of `got` may stand where `want` is wanted.
bool fits(const Type& got, const Type& want);
// The type that both have; the targets that they lie in are joined.
TypePtr join_types(const TypePtr& a, const TypePtr& b);
Within join_within(const Within& a, const Within& b);
bool is_kind(const ExprPtr& e, Type::Kind kind);
bool is_dyn(const ExprPtr& e);
// A text literal, or a literal made of them: takes the type of its place.
bool is_flexible(const Expr& e);
bool holds_secret(const Type& type);
// The nearest of `words`, also when only upper and lower case differ.
std::string suggest(std::string_view word, const std::vector<std::string>& words);

CheckedExprPtr check_tree(const ExprText& text, const ExprPtr& tree, const TypePtr& want, const Names& names,
                          CheckOptions options, Diagnostics& out);

}  // namespace unjam::playbooks
