// Evaluation of a tree: names, facts, absorption and macros.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "playbooks/expr.h"
#include "playbooks/expr_functions.h"

namespace unjam::playbooks {
namespace {

using Kind = Expr::Kind;

// A variable of a macro during one turn of it: they are as deep as the macros stand in each other.
struct Variable {
  std::string_view name;
  const Value& value;
  const Variable* outer;
};

class Evaluator {
 public:
  Evaluator(const Scope& scope, EvalBudget& budget) : scope_(scope), budget_(budget) {}

  Evaluated eval(const Expr& e);

 private:
  Evaluated dispatch(const Expr& e);
  Evaluated name(const Expr& e) const;
  Evaluated field(const Expr& e);
  Evaluated index(const Expr& e);
  Evaluated list(const Expr& e);
  Evaluated map(const Expr& e);
  Evaluated call(const Expr& e);
  Evaluated logic(const Expr& e, bool decisive);
  Evaluated conditional(const Expr& e);
  Evaluated macro(const Expr& e);
  Evaluated has(const Expr& e);
  Evaluated range(const Expr& e);
  Evaluated quantifier(const Expr& e, const std::vector<Value>& items, bool decisive);
  Evaluated exists_one(const Expr& e, const std::vector<Value>& items);
  Evaluated filter(const Expr& e, const std::vector<Value>& items, bool set);
  Evaluated transform(const Expr& e, const std::vector<Value>& items);
  Evaluated body(const Expr& e, std::size_t arg, const Value& item);

  const Scope& scope_;
  EvalBudget& budget_;
  const Variable* innermost_ = nullptr;
};

std::unexpected<Unknown> no_field(std::string_view field) {
  return unknown(fmt::format("no such field: {}", field));
}

Evaluated key_of(const Value::MapEntries& entries, const Value& key) {
  const auto found = std::ranges::find_if(entries, [&key](const auto& entry) { return equal(entry.first, key); });
  if (found == entries.end()) return unknown(fmt::format("no such key: {}", spell(key)));
  return found->second;
}

Evaluated Evaluator::eval(const Expr& e) {
  if (!budget_.spend()) return std::unexpected(Unknown{"the evaluation takes too many steps", false, e.span});
  const bool entered = budget_.enter();
  Evaluated result = entered ? dispatch(e) : unknown("the evaluation is nested too deeply");
  budget_.leave();
  if (!result && result.error().where.line == 0) result.error().where = e.span;
  return result;
}

Evaluated Evaluator::dispatch(const Expr& e) {
  switch (e.kind) {
    case Kind::literal:
      return e.literal;
    case Kind::name:
      return name(e);
    case Kind::field:
      return field(e);
    case Kind::index:
      return index(e);
    case Kind::list:
      return list(e);
    case Kind::map:
      return map(e);
    case Kind::macro:
      return macro(e);
    default:
      return call(e);
  }
}

Evaluated Evaluator::name(const Expr& e) const {
  for (const Variable* variable = innermost_; variable != nullptr; variable = variable->outer)
    if (variable->name == e.name) return variable->value;
  return scope_.name(e.name);
}

Evaluated Evaluator::field(const Expr& e) {
  const Evaluated of = eval(*e.receiver);
  if (!of) return of;
  if (const auto* host = of->as_host()) return scope_.attribute(*host, e.name);
  if (const auto* fields = of->as_record()) {
    const auto found = fields->find(e.name);
    return found == fields->end() ? no_field(e.name) : Evaluated(found->second);
  }
  if (const auto* entries = of->as_map()) return key_of(*entries, Value::text(e.name));
  return unknown("no such overload: a field of what has none");
}

Evaluated Evaluator::index(const Expr& e) {
  const Evaluated of = eval(*e.receiver);
  if (!of) return of;
  const Evaluated at = eval(*e.args[0]);
  if (!at) return at;
  if (const auto* entries = of->as_map()) {
    return budget_.spend(entries->size()) ? key_of(*entries, *at) : unknown("the evaluation takes too many steps");
  }
  const auto* items = of->as_list();
  if (items == nullptr || (!at->as_int() && !at->as_double())) return unknown("no such overload: []");
  // As CEL: a double that is whole is a place too.
  std::int64_t place = at->as_int() ? *at->as_int() : -1;
  if (const auto* d = at->as_double(); d != nullptr && *d >= 0 && *d < 9e15) place = static_cast<std::int64_t>(*d);
  if (!equal(Value::integer(place), *at)) return unknown("no such overload: []");
  if (place < 0 || static_cast<std::size_t>(place) >= items->size()) {
    return unknown(fmt::format("index {} is outside of a list of {}", spell(*at), items->size()));
  }
  return (*items)[static_cast<std::size_t>(place)];
}

Evaluated Evaluator::list(const Expr& e) {
  List items;
  items.reserve(e.args.size());
  for (const ExprPtr& arg : e.args) {
    Evaluated item = eval(*arg);
    if (!item) return item;
    items.push_back(std::move(*item));
  }
  return Value::list(std::move(items));
}

Evaluated Evaluator::map(const Expr& e) {
  Value::MapEntries entries;
  for (std::size_t i = 0; i + 1 < e.args.size(); i += 2) {
    const Evaluated key = eval(*e.args[i]);
    if (!key) return key;
    const bool good = key->as_int() || key->as_bool() || key->as_text() || key->as_host();
    if (!good) return unknown("unsupported key type");
    if (key_of(entries, *key)) return unknown(fmt::format("the key {} twice", spell(*key)));
    const Evaluated value = eval(*e.args[i + 1]);
    if (!value) return value;
    entries.emplace_back(*key, *value);
  }
  return Value::map(std::move(entries));
}

Evaluated Evaluator::call(const Expr& e) {
  if (e.name == "&&") return logic(e, false);
  if (e.name == "||") return logic(e, true);
  if (e.name == "?:") return conditional(e);
  // Nearly every call has one or two arguments, and a gate is asked often: those need no memory of their own.
  std::array<Value, 2> few;
  std::vector<Value> many;
  const std::size_t count = e.args.size() + (e.receiver ? 1 : 0);
  if (count > few.size()) many.resize(count);
  const std::span<Value> args = count > few.size() ? std::span(many) : std::span(few).first(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t before = e.receiver ? 1 : 0;
    Evaluated value = eval(i < before ? *e.receiver : *e.args[i - before]);
    if (!value) return value;
    args[i] = std::move(*value);
  }
  if (e.receiver) return call_function(e.name, true, args, budget_);
  if (is_operator(e)) {
    return count == 1 ? apply_prefix(e.name, args[0]) : apply_operator(e.name, args[0], args[1], budget_);
  }
  // Facts are what is asked of hosts, again and again.
  const HostRef* host = count == 1 ? args[0].as_host() : nullptr;
  if (host != nullptr && !is_function_of_host(e.name)) return scope_.of_host(e.name, *host);
  if (is_function(e.name, false)) return call_function(e.name, false, args, budget_);
  return unknown(fmt::format("no such overload: {}", e.name));
}

// `decisive`: the value that decides alone, whatever the other side is: false for &&, true for ||.
Evaluated Evaluator::logic(const Expr& e, bool decisive) {
  const Evaluated left = eval(*e.args[0]);
  if (left && left->as_bool() && *left->as_bool() == decisive) return left;
  const Evaluated right = eval(*e.args[1]);
  if (right && right->as_bool() && *right->as_bool() == decisive) return right;
  if (!left) {
    // What was never read is told first: reading it may decide.
    return !right && right.error().unread && !left.error().unread ? right : left;
  }
  if (!left->as_bool()) return unknown(fmt::format("no such overload: {}", e.name));
  if (!right || right->as_bool()) return right;
  return unknown(fmt::format("no such overload: {}", e.name));
}

Evaluated Evaluator::conditional(const Expr& e) {
  const Evaluated condition = eval(*e.args[0]);
  if (!condition) return condition;
  if (!condition->as_bool()) return unknown("no such overload: ? :");
  return eval(*e.args[*condition->as_bool() ? 1 : 2]);
}

Evaluated Evaluator::macro(const Expr& e) {
  if (e.name == "has") return has(e);
  if (e.receiver) return range(e);
  const Evaluated value = eval(*e.args[0]);
  if (e.name == "known") return Value::boolean(value.has_value());
  return Value::boolean(value && value->as_bool() && *value->as_bool());
}

Evaluated Evaluator::has(const Expr& e) {
  const Expr& wanted = *e.args[0];
  const Evaluated of = eval(*wanted.receiver);
  if (!of) return of;
  if (const auto* fields = of->as_record()) return Value::boolean(fields->contains(wanted.name));
  if (const auto* entries = of->as_map()) return Value::boolean(key_of(*entries, Value::text(wanted.name)).has_value());
  if (const auto* host = of->as_host()) return Value::boolean(scope_.attribute(*host, wanted.name).has_value());
  return unknown("no such overload: has");
}

Evaluated Evaluator::range(const Expr& e) {
  const Evaluated over = eval(*e.receiver);
  if (!over) return over;
  std::vector<Value> keys;
  const std::vector<Value>* items = over->as_list() ? over->as_list() : over->as_set();
  if (const auto* entries = over->as_map()) {
    for (const auto& entry : *entries) keys.push_back(entry.first);
    items = &keys;
  }
  if (items == nullptr) return unknown(fmt::format("no such overload: {}", e.name));
  if (e.name == "all") return quantifier(e, *items, false);
  if (e.name == "exists") return quantifier(e, *items, true);
  if (e.name == "exists_one") return exists_one(e, *items);
  return e.name == "filter" ? filter(e, *items, over->as_set() != nullptr) : transform(e, *items);
}

Evaluated Evaluator::body(const Expr& e, std::size_t arg, const Value& item) {
  const Variable here{e.variable, item, innermost_};
  innermost_ = &here;
  Evaluated result = eval(*e.args[arg]);
  innermost_ = here.outer;
  return result;
}

std::unexpected<Unknown> no_truth(const Expr& e, std::size_t arg) {
  return std::unexpected(
      Unknown{fmt::format("no such overload: {} of what is no bool", e.name), false, e.args[arg]->span});
}

Evaluated Evaluator::quantifier(const Expr& e, const std::vector<Value>& items, bool decisive) {
  Evaluated result = Value::boolean(!decisive);
  for (const Value& item : items) {
    Evaluated one = body(e, 0, item);
    if (one && !one->as_bool()) one = no_truth(e, 0);
    if (one && *one->as_bool() == decisive) return one;
    const bool tells_more = !one && (result || (one.error().unread && !result.error().unread));
    if (tells_more) result = std::move(one);
  }
  return result;
}

Evaluated Evaluator::exists_one(const Expr& e, const std::vector<Value>& items) {
  std::size_t count = 0;
  for (const Value& item : items) {
    const Evaluated one = body(e, 0, item);
    if (!one) return one;
    if (!one->as_bool()) return no_truth(e, 0);
    count += *one->as_bool() ? 1 : 0;
  }
  return Value::boolean(count == 1);
}

Evaluated Evaluator::filter(const Expr& e, const std::vector<Value>& items, bool set) {
  std::vector<Value> kept;
  for (const Value& item : items) {
    const Evaluated one = body(e, 0, item);
    if (!one) return one;
    if (!one->as_bool()) return no_truth(e, 0);
    if (*one->as_bool()) kept.push_back(item);
  }
  return set ? Value::set(std::move(kept)) : Value::list(std::move(kept));
}

Evaluated Evaluator::transform(const Expr& e, const std::vector<Value>& items) {
  const bool filters = e.args.size() == 2;
  List made;
  for (const Value& item : items) {
    if (filters) {
      const Evaluated one = body(e, 0, item);
      if (!one) return one;
      if (!one->as_bool()) return no_truth(e, 0);
      if (!*one->as_bool()) continue;
    }
    Evaluated value = body(e, filters ? 1 : 0, item);
    if (!value) return value;
    made.push_back(std::move(*value));
  }
  return Value::list(std::move(made));
}

}  // namespace

Evaluated evaluate(const Expr& tree, const Scope& scope, EvalBudget& budget) {
  return Evaluator(scope, budget).eval(tree);
}

Evaluated evaluate(const Expr& tree, const Scope& scope) {
  EvalBudget budget;
  return evaluate(tree, scope, budget);
}

}  // namespace unjam::playbooks
