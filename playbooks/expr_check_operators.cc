// Types of operators.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "playbooks/expr_check.h"
#include "playbooks/expr_functions.h"

namespace unjam::playbooks {
namespace {

using Kind = Type::Kind;

bool is_number(const ExprPtr& e) {
  return is_kind(e, Kind::integer) || is_kind(e, Kind::real);
}

bool has_order(Kind kind) {
  constexpr std::array<Kind, 7> kOrdered{Kind::integer,  Kind::real,      Kind::text,       Kind::boolean,
                                         Kind::duration, Kind::timestamp, Kind::enumeration};
  return std::ranges::find(kOrdered, kind) != kOrdered.end();
}

std::string conversion_help(const ExprPtr& a, const ExprPtr& b) {
  if (is_number(a) && is_number(b)) return "convert one: double(x) or int(x)";
  const bool texts = is_kind(a, Kind::text) || is_kind(b, Kind::text);
  const auto wordy = [](const ExprPtr& e) {
    return is_kind(e, Kind::site) || is_kind(e, Kind::enumeration) || is_kind(e, Kind::host);
  };
  if (texts && (wordy(a) || wordy(b) || is_number(a) || is_number(b))) return "convert one: string(x)";
  return {};
}

// Kinds of `a op b`.
struct Row {
  char op;
  Kind left;
  Kind right;
  Kind result;
};
constexpr std::array<Row, 16> kArithmetic{{{'+', Kind::integer, Kind::integer, Kind::integer},
                                           {'-', Kind::integer, Kind::integer, Kind::integer},
                                           {'*', Kind::integer, Kind::integer, Kind::integer},
                                           {'/', Kind::integer, Kind::integer, Kind::integer},
                                           {'%', Kind::integer, Kind::integer, Kind::integer},
                                           {'+', Kind::real, Kind::real, Kind::real},
                                           {'-', Kind::real, Kind::real, Kind::real},
                                           {'*', Kind::real, Kind::real, Kind::real},
                                           {'/', Kind::real, Kind::real, Kind::real},
                                           {'+', Kind::text, Kind::text, Kind::text},
                                           {'+', Kind::duration, Kind::duration, Kind::duration},
                                           {'-', Kind::duration, Kind::duration, Kind::duration},
                                           {'+', Kind::timestamp, Kind::duration, Kind::timestamp},
                                           {'+', Kind::duration, Kind::timestamp, Kind::timestamp},
                                           {'-', Kind::timestamp, Kind::duration, Kind::timestamp},
                                           {'-', Kind::timestamp, Kind::timestamp, Kind::duration}}};

TypePtr type_of_kind(Kind kind) {
  auto type = std::make_shared<Type>();
  type->kind = kind;
  return type;
}

TypePtr arithmetic_type(char op, const ExprPtr& a, const ExprPtr& b) {
  const Kind left = a->type->kind;
  const Kind right = b->type->kind;
  const bool joins =
      op == '+' && left == right && (left == Kind::list || left == Kind::set) && fits(*a->type, *b->type);
  if (joins) return join_types(a->type, b->type);
  for (const Row& row : kArithmetic) {
    if (row.op == op && row.left == left && row.right == right) return type_of_kind(row.result);
  }
  return nullptr;
}

}  // namespace

ExprPtr Checker::check_operator(const Expr& e, const TypePtr& hint) {
  if (e.name == "&&" || e.name == "||") return check_logic(e);
  if (e.name == "==" || e.name == "!=") return check_equality(e);
  if (e.name == "in") return check_membership(e);
  if (e.name == "?:") return check_conditional(e, hint);
  if (e.args.size() == 1) return check_prefix(e);
  if (e.name[0] == '<' || e.name[0] == '>') return check_order(e);
  return check_arithmetic(e, hint);
}

ExprPtr Checker::check_logic(const Expr& e) {
  auto node = std::make_shared<Expr>(e);
  bool good = true;
  for (ExprPtr& arg : node->args) {
    const Expr& part = *arg;
    const ExprPtr checked = check(arg, nullptr);
    if (!checked || !no_secret(checked)) {
      good = false;
      continue;
    }
    const bool truth = is_kind(checked, Kind::boolean) || options_.loose;
    if (!truth) mismatch(part, fmt::format("and/or join bool, this is {}", spell(*checked->type)));
    const bool constant = truth && !options_.loose && is_constant(*checked, names_);
    if (constant) {
      error("UJ0309", part.span, "a constant in and/or decides nothing or everything",
            "leave it out, or say what is meant");
    }
    good = good && truth && !constant;
    arg = checked;
  }
  return good ? typed(node, types::boolean()) : nullptr;
}

// Checks the two arguments of a comparison; a text literal takes the type of the other side.
bool Checker::check_pair(const Expr& e, Node& node) {
  const std::size_t first = is_flexible(*e.args[0]) && !is_flexible(*e.args[1]) ? 1 : 0;
  const std::size_t second = 1 - first;
  node->args[first] = check(e.args[first], nullptr);
  node->args[second] = check(e.args[second], node->args[first] ? node->args[first]->type : nullptr);
  return node->args[0] && node->args[1] && no_secret(node->args[0]) && no_secret(node->args[1]);
}

ExprPtr Checker::check_equality(const Expr& e) {
  auto node = std::make_shared<Expr>(e);
  if (!check_pair(e, node)) return nullptr;
  const ExprPtr& a = node->args[0];
  const ExprPtr& b = node->args[1];
  if (!options_.loose && !fits(*a->type, *b->type)) {
    return mismatch(e, fmt::format("{} never equals {}", spell(*a->type), spell(*b->type)), conversion_help(a, b));
  }
  return typed(node, types::boolean());
}

ExprPtr Checker::check_order(const Expr& e) {
  auto node = std::make_shared<Expr>(e);
  if (!check_pair(e, node)) return nullptr;
  const ExprPtr& a = node->args[0];
  const ExprPtr& b = node->args[1];
  const bool good = (fits(*a->type, *b->type) && has_order(a->type->kind)) ||
                    (options_.loose && (is_dyn(a) || is_dyn(b) || (is_number(a) && is_number(b))));
  if (good) return typed(node, types::boolean());
  return mismatch(e, fmt::format("no order between {} and {}", spell(*a->type), spell(*b->type)),
                  conversion_help(a, b));
}

ExprPtr Checker::check_membership(const Expr& e) {
  auto node = std::make_shared<Expr>(e);
  ExprPtr& item = node->args[0];
  ExprPtr& range = node->args[1];
  const auto element_of = [](const Type& type) { return type.kind == Kind::map ? type.key : type.element; };
  if (e.args[1]->kind == Expr::Kind::list && !is_flexible(*e.args[0])) {
    item = check(e.args[0], nullptr);
    range = check(e.args[1], item && !options_.loose ? types::list_of(item->type) : nullptr);
  } else {
    range = check(e.args[1], nullptr);
    item = check(e.args[0], range ? element_of(*range->type) : nullptr);
  }
  if (!item || !range || !no_secret(item) || !no_secret(range)) return nullptr;
  const TypePtr element = element_of(*range->type);
  if (!element) {
    if (options_.loose && is_dyn(range)) return typed(node, types::boolean());
    const bool texts = is_kind(item, Kind::text) && is_kind(range, Kind::text);
    return mismatch(*e.args[1], fmt::format("nothing is `in` {}", spell(*range->type)),
                    texts ? "write x.contains(y)" : "");
  }
  if (!options_.loose && !fits(*item->type, *element)) {
    return mismatch(e, fmt::format("{} is never in {}", spell(*item->type), spell(*range->type)));
  }
  return typed(node, types::boolean());
}

ExprPtr Checker::check_arithmetic(const Expr& e, const TypePtr& hint) {
  auto node = std::make_shared<Expr>(e);
  for (ExprPtr& arg : node->args) arg = check(arg, hint && hint->kind == Kind::list ? hint : nullptr);
  const ExprPtr& a = node->args[0];
  const ExprPtr& b = node->args[1];
  if (!a || !b || !no_secret(a) || !no_secret(b)) return nullptr;
  if (const TypePtr type = arithmetic_type(e.name[0], a, b)) return typed(node, type);
  if (options_.loose && (is_dyn(a) || is_dyn(b))) return typed(node, types::dyn());
  std::string help = conversion_help(a, b);
  if (is_kind(a, Kind::set) && e.name == "-") help = "write a.without(b)";
  if (options_.loose && e.name == "+" && is_kind(a, Kind::list) && is_kind(b, Kind::list)) {
    return typed(node, types::list_of(types::dyn()));
  }
  return mismatch(e, fmt::format("no `{}` of {} and {}", e.name, spell(*a->type), spell(*b->type)), std::move(help));
}

ExprPtr Checker::check_prefix(const Expr& e) {
  auto node = std::make_shared<Expr>(e);
  ExprPtr& arg = node->args[0];
  arg = check(e.args[0], nullptr);
  if (!arg || !no_secret(arg)) return nullptr;
  if (options_.loose && is_dyn(arg)) return typed(node, types::dyn());
  const bool good = e.name == "!" ? is_kind(arg, Kind::boolean) : is_number(arg);
  if (good) return typed(node, arg->type);
  return mismatch(e, fmt::format("no `{}` of {}", e.name == "!" ? "not" : "-", spell(*arg->type)),
                  is_kind(arg, Kind::duration) ? "write 0s - x" : "");
}

ExprPtr Checker::check_conditional(const Expr& e, const TypePtr& hint) {
  auto node = std::make_shared<Expr>(e);
  node->args[0] = check(e.args[0], nullptr);
  const bool first_flexible = is_flexible(*e.args[1]) && !is_flexible(*e.args[2]);
  const std::size_t first = first_flexible ? 2 : 1;
  const std::size_t second = 3 - first;
  node->args[first] = check(e.args[first], hint);
  const TypePtr found = node->args[first] ? node->args[first]->type : nullptr;
  node->args[second] = check(e.args[second], hint ? hint : found);
  for (const ExprPtr& arg : node->args) {
    if (!arg || !no_secret(arg)) return nullptr;
  }
  const ExprPtr& condition = node->args[0];
  if (!is_kind(condition, Kind::boolean) && !options_.loose) {
    return mismatch(*e.args[0], fmt::format("the condition of ? : is bool, this is {}", spell(*condition->type)));
  }
  const TypePtr& yes = node->args[1]->type;
  const TypePtr& no = node->args[2]->type;
  if (fits(*yes, *no)) return typed(node, join_types(yes, no));
  if (options_.loose) return typed(node, types::dyn());
  return mismatch(e, fmt::format("one case is {}, the other {}", spell(*yes), spell(*no)),
                  conversion_help(node->args[1], node->args[2]));
}

}  // namespace unjam::playbooks
