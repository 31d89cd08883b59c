// Types of calls and macros.
#include <fmt/format.h>

#include <algorithm>

#include "playbooks/expr_check.h"
#include "playbooks/expr_functions.h"

namespace unjam::playbooks {
namespace {

using Kind = Type::Kind;

TypePtr type_of_kind(Kind kind) {
  auto type = std::make_shared<Type>();
  type->kind = kind;
  return type;
}

// Which argument kinds a function takes, for messages: "(text, text)".
std::string spell_params(std::string_view name, bool member) {
  std::string out;
  for (const Overload& row : overloads()) {
    if (row.name != name || row.member != member) continue;
    std::string params;
    for (std::size_t i = member ? 1 : 0; i < row.count; ++i) {
      params += (params.empty() ? "" : ", ") + spell(*type_of_kind(row.params[i]));
    }
    const std::string of = member ? spell(*type_of_kind(row.params[0])) + "." : std::string();
    const std::string shown = fmt::format("{}{}({})", of, name, params);
    if (out.find(shown) == std::string::npos) out += (out.empty() ? "" : ", ") + shown;
  }
  return out;
}

std::string spell_within(const Within& within) {
  return within.empty() ? std::string("the inventory") : fmt::format("{}", fmt::join(within, " + "));
}

}  // namespace

// f(h): a fact, or a step that ran on many hosts.
ExprPtr Checker::check_of_host(const Expr& e, const NameInfo& info, const std::string* field) {
  auto node = std::make_shared<Expr>(e);
  if (info.conditional && absorbing_ == 0) {
    return error("UJ0402", e.span, fmt::format("'{}' may have been skipped", e.name),
                 "ask inside sure(..), or with known(..)");
  }
  if (e.args.size() != 1)
    return mismatch(e, fmt::format("{} is asked of one host", e.name), fmt::format("write {}(h)", e.name));
  node->args[0] = check(e.args[0], nullptr);
  const ExprPtr& arg = node->args[0];
  if (!arg) return nullptr;
  if (!is_kind(arg, Kind::host)) {
    return mismatch(*e.args[0], fmt::format("{} is asked of a host, this is {}", e.name, spell(*arg->type)));
  }
  if (!names_.inside(arg->type->within, info.domain)) {
    const std::string asked = spell_within(info.domain);
    return error("UJ0305", e.args[0]->span,
                 fmt::format("{} is asked of {}; this host is of {}", e.name, asked, spell_within(arg->type->within)),
                 info.domain.size() == 1 ? fmt::format("define the target of this host as {}.filter(..)", asked)
                                         : fmt::format("let the hosts of {} hold this one", e.name));
  }
  const bool host_only = e.args[0]->kind == Expr::Kind::name && e.args[0]->name == "host" && !variable("host");
  if (info.kind == NameInfo::Kind::fact) {
    use_fact(e.name, field, host_only);
  } else {
    use_name(e.name);
  }
  if (info.uses) use_through(*info.uses);
  return typed(node, info.type);
}

ExprPtr Checker::check_call(const Expr& e) {
  auto node = std::make_shared<Expr>(e);
  const bool loose_only = e.name == "dyn" && !options_.loose;
  if (!is_function(e.name, false) || loose_only) {
    const NameInfo* info = variable(e.name) ? nullptr : names_.find(e.name);
    if (info == nullptr && !variable(e.name)) return unknown_name(e, true);
    if (info == nullptr || info->kind == NameInfo::Kind::value) {
      return mismatch(e, fmt::format("'{}' is a value, it is not asked of a host", e.name),
                      fmt::format("write {}", e.name));
    }
    return check_of_host(e, *info, nullptr);
  }
  bool good = true;
  for (ExprPtr& arg : node->args) {
    arg = check(arg, nullptr);
    good = arg && no_secret(arg) && good;
  }
  if (!good) return nullptr;
  if (e.name == "dyn" && e.args.size() == 1) return typed(node, types::dyn());
  if (e.name == "size") return check_set_function(e, node);
  return check_function(e, node);
}

ExprPtr Checker::check_member_call(const Expr& e) {
  if (e.name == "without") return check_without(e);
  const bool named = e.receiver->kind == Expr::Kind::name && variable(e.receiver->name) == nullptr &&
                     names_.find(e.receiver->name) == nullptr;
  if (named && is_library_of_cel(e.receiver->name))
    return error("UJ0302", e.span, fmt::format("CEL's {}.{} is not part of the language", e.receiver->name, e.name),
                 kSubset);
  auto node = std::make_shared<Expr>(e);
  node->receiver = check(e.receiver, nullptr);
  bool good = node->receiver && no_secret(node->receiver);
  for (ExprPtr& arg : node->args) {
    arg = check(arg, nullptr);
    good = arg && no_secret(arg) && good;
  }
  if (!good) return nullptr;
  if (e.name == "size" || e.name == "first") return check_set_function(e, node);
  if (is_function(e.name, true)) return check_function(e, node);
  if (is_function_of_cel(e.name))
    return error("UJ0302", e.span, fmt::format("CEL's '{}' is not part of the language", e.name), kSubset);
  const std::string near = suggest(e.name, function_names(true));
  return error("UJ0302", e.span, fmt::format("unknown function '{}'", e.name),
               near.empty() ? "" : fmt::format("did you mean '{}'?", near));
}

// Picks the row of the table; the receiver of a member stands before the arguments.
ExprPtr Checker::check_function(const Expr& e, Node node) {
  const bool member = e.kind == Expr::Kind::member_call;
  std::vector<ExprPtr> args = node->args;
  if (member) args.insert(args.begin(), node->receiver);
  TypePtr result;
  for (const Overload& row : overloads()) {
    if (row.name != e.name || row.member != member || row.count != args.size()) continue;
    bool matches = true;
    for (std::size_t i = 0; i < args.size(); ++i) {
      matches = matches && (args[i]->type->kind == row.params[i] || (options_.loose && is_dyn(args[i])));
    }
    if (!matches) continue;
    const TypePtr type = type_of_kind(row.result);
    result = result && !same(*result, *type) ? types::dyn() : type;
  }
  if (result) return good_constant(*node) ? typed(node, result) : nullptr;
  std::string given;
  for (const ExprPtr& arg : args) given += (given.empty() ? "" : ", ") + spell(*arg->type);
  return mismatch(e, fmt::format("no {} of {}", e.name, given.empty() ? "nothing" : given),
                  fmt::format("there is {}", spell_params(e.name, member)));
}

// A literal that no conversion or pattern matching can read fails at every evaluation: it is told now.
bool Checker::good_constant(const Expr& call) {
  if (options_.loose || call.args.empty()) return true;
  const bool wanted = call.name == "matches" || call.name == "duration" || call.name == "timestamp" ||
                      call.name == "int" || call.name == "double" || call.name == "bool";
  const Expr& last = *call.args.back();
  if (!wanted || last.kind != Expr::Kind::literal || !last.literal.as_text()) return true;
  EvalBudget budget;
  const bool matches = call.name == "matches";
  const Value args[2] = {matches ? Value::text("") : last.literal, last.literal};
  const Evaluated tried = call_function(call.name, false, std::span(args, matches ? 2 : 1), budget);
  if (!tried) mismatch(last, tried.error().reason);
  return tried.has_value();
}

// size(x), x.size(), x.first().
ExprPtr Checker::check_set_function(const Expr& e, const Node& node) {
  const bool member = e.kind == Expr::Kind::member_call;
  if (node->args.size() != (member ? 0u : 1u)) {
    return mismatch(e, fmt::format("{} takes no arguments", e.name), fmt::format("write x.{}()", e.name));
  }
  const ExprPtr& of = member ? node->receiver : node->args[0];
  const Kind kind = of->type->kind;
  if (options_.loose && kind == Kind::dyn) return typed(node, e.name == "size" ? types::integer() : types::dyn());
  const bool sequence = kind == Kind::set || kind == Kind::list;
  if (e.name == "size" && (sequence || kind == Kind::map || kind == Kind::text)) return typed(node, types::integer());
  if (e.name == "size" || !sequence) return mismatch(e, fmt::format("no {} of {}", e.name, spell(*of->type)));
  const Type& element = *of->type->element;
  const bool host = kind == Kind::set && element.kind == Kind::host;
  return typed(node, host ? types::host(of->type->within) : of->type->element);
}

ExprPtr Checker::check_without(const Expr& e) {
  auto node = std::make_shared<Expr>(e);
  node->receiver = check(e.receiver, nullptr);
  const TypePtr element = node->receiver ? node->receiver->type->element : nullptr;
  bool good = node->receiver && no_secret(node->receiver);
  for (ExprPtr& arg : node->args) {
    arg = check(arg, element);
    good = arg && no_secret(arg) && good;
  }
  if (!good) return nullptr;
  const Type& type = *node->receiver->type;
  if (type.kind != Kind::set) return mismatch(e, fmt::format("no without of {}", spell(type)));
  if (node->args.size() != 1) return mismatch(e, "without takes one element or one set", "write x.without(y)");
  const Type& arg = *node->args[0]->type;
  if (!fits(arg, *element) && !fits(arg, type)) {
    return mismatch(*e.args[0], fmt::format("{} is never in {}", spell(arg), spell(type)));
  }
  return typed(node, node->receiver->type);
}

ExprPtr Checker::check_macro(const Expr& e) {
  if (e.name == "has") return check_has(e);
  return e.receiver ? check_range(e) : check_absorbing(e);
}

ExprPtr Checker::check_absorbing(const Expr& e) {
  auto node = std::make_shared<Expr>(e);
  ++absorbing_;
  node->args[0] = check(e.args[0], nullptr);
  --absorbing_;
  const ExprPtr& arg = node->args[0];
  if (!arg || !no_secret(arg)) return nullptr;
  const bool truth = is_kind(arg, Kind::boolean) || (options_.loose && is_dyn(arg));
  if (e.name == "sure" && !truth) {
    return mismatch(*e.args[0], fmt::format("sure asks a bool, this is {}", spell(*arg->type)),
                    "known(x) asks any value");
  }
  return typed(node, types::boolean());
}

ExprPtr Checker::check_has(const Expr& e) {
  auto node = std::make_shared<Expr>(e);
  node->args[0] = check(e.args[0], nullptr);
  if (!node->args[0] || !no_secret(node->args[0])) return nullptr;
  return typed(node, types::boolean());
}

bool Checker::good_variable(const Expr& e) {
  if (options_.loose) return true;
  std::string code;
  const bool taken = reserved_name(e.variable) || variable(e.variable) || names_.find(e.variable) != nullptr ||
                     !names_.why_not(e.variable, code).empty();
  if (!taken) return true;
  error("UJ0204", e.span, fmt::format("the name '{}' is taken", e.variable), "choose another variable");
  return false;
}

ExprPtr Checker::check_range(const Expr& e) {
  auto node = std::make_shared<Expr>(e);
  node->receiver = check(e.receiver, nullptr);
  if (!node->receiver || !no_secret(node->receiver)) return nullptr;
  const Type& range = *node->receiver->type;
  const bool sequence = range.kind == Kind::set || range.kind == Kind::list;
  const bool any = options_.loose && range.kind == Kind::dyn;
  if (!sequence && range.kind != Kind::map && !any) {
    return mismatch(*e.receiver, fmt::format("{} goes over a set, list or map, this is {}", e.name, spell(range)));
  }
  TypePtr item = any ? types::dyn() : range.kind == Kind::map ? range.key : range.element;
  if (range.kind == Kind::set && item->kind == Kind::host) item = types::host(range.within);
  bool good = good_variable(e);
  variables_.push_back({e.variable, item});
  for (ExprPtr& body : node->args) {
    body = check(body, nullptr);
    good = body && no_secret(body) && good;
  }
  variables_.pop_back();
  if (!good) return nullptr;

  const ExprPtr& first = node->args[0];
  const bool filters = e.name != "map" || node->args.size() == 2;
  if (filters && !is_kind(first, Kind::boolean) && !options_.loose) {
    return mismatch(*e.args[0], fmt::format("{} wants a bool, this is {}", e.name, spell(*first->type)));
  }
  if (e.name == "map") return typed(node, types::list_of(node->args.back()->type));
  if (e.name != "filter") return typed(node, types::boolean());
  if (range.kind == Kind::set) return typed(node, node->receiver->type);
  return typed(node, types::list_of(item));
}

}  // namespace unjam::playbooks
