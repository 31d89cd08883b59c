// What operators mean: CEL's arithmetic with checked ranges, its orders, and sets.
#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <optional>

#include "playbooks/expr_functions.h"

namespace unjam::playbooks {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::size_t kBytesPerStep = 64;

std::unexpected<Unknown> too_long() {
  return unknown("the evaluation takes too many steps");
}
std::unexpected<Unknown> no_overload(std::string_view op) {
  return unknown(fmt::format("no such overload: {}", op));
}

Evaluated of_ints(char op, std::int64_t a, std::int64_t b) {
  std::int64_t n = 0;
  bool overflows = false;
  switch (op) {
    case '+':
      overflows = __builtin_add_overflow(a, b, &n);
      break;
    case '-':
      overflows = __builtin_sub_overflow(a, b, &n);
      break;
    case '*':
      overflows = __builtin_mul_overflow(a, b, &n);
      break;
    default:
      if (b == 0) return unknown(op == '/' ? "division by zero" : "modulus by zero");
      overflows = b == -1 && a == std::numeric_limits<std::int64_t>::min();
      if (!overflows) n = op == '/' ? a / b : a % b;
  }
  if (overflows) return unknown(fmt::format("{} {} {} overflows int", a, op, b));
  return Value::integer(n);
}

Evaluated of_doubles(char op, double a, double b) {
  switch (op) {
    case '+':
      return Value::real(a + b);
    case '-':
      return Value::real(a - b);
    case '*':
      return Value::real(a * b);
    case '/':
      return Value::real(a / b);
    default:
      return no_overload("%");
  }
}

Evaluated of_durations(char op, Duration a, Duration b) {
  const Evaluated n =
      op == '+' || op == '-' ? of_ints(op, a.count(), b.count()) : no_overload(std::string_view(&op, 1));
  if (!n) return unknown("the duration is outside of its range");
  return Value::duration(Duration(*n->as_int()));
}

Evaluated moved(const Timestamp& t, Duration by, bool back) {
  // -2^63 ns has no positive twin: seconds and nanoseconds are moved apart.
  const std::int64_t sign = back ? -1 : 1;
  std::int64_t seconds = t.seconds + sign * (by.count() / kNanosPerSecond);
  std::int64_t nanos = t.nanos + sign * (by.count() % kNanosPerSecond);
  if (nanos < 0) {
    nanos += kNanosPerSecond;
    --seconds;
  } else if (nanos >= kNanosPerSecond) {
    nanos -= kNanosPerSecond;
    ++seconds;
  }
  if (seconds < kMinTimestamp || seconds > kMaxTimestamp) return unknown("the time is outside of years 1 to 9999");
  return Value::timestamp({seconds, static_cast<std::int32_t>(nanos)});
}

Evaluated between(const Timestamp& a, const Timestamp& b) {
  std::int64_t n = 0;
  const bool overflows = __builtin_mul_overflow(a.seconds - b.seconds, kNanosPerSecond, &n) ||
                         __builtin_add_overflow(n, std::int64_t{a.nanos} - b.nanos, &n);
  if (overflows) return unknown("the duration is outside of its range");
  return Value::duration(Duration(n));
}

Evaluated joined(const Value& a, const Value& b, EvalBudget& budget) {
  if (a.as_text() && b.as_text()) {
    if (!budget.spend((a.as_text()->size() + b.as_text()->size()) / kBytesPerStep + 1)) return too_long();
    return Value::text(*a.as_text() + *b.as_text());
  }
  const auto* left = a.as_list() ? a.as_list() : a.as_set();
  const auto* right = a.as_list() ? b.as_list() : b.as_set();
  if (left == nullptr || right == nullptr) return no_overload("+");
  const bool hosts = std::ranges::all_of(*left, [](const Value& v) { return v.as_host() != nullptr; });
  const std::size_t size = left->size() + right->size();
  // Joining sets compares their elements with each other, unless they are hosts.
  if (!budget.spend(a.as_set() && !hosts ? size * size + 1 : size + 1)) return too_long();
  std::vector<Value> items = *left;
  items.insert(items.end(), right->begin(), right->end());
  return a.as_list() ? Value::list(std::move(items)) : Value::set(std::move(items));
}

Evaluated arithmetic(std::string_view name, const Value& a, const Value& b, EvalBudget& budget) {
  const char op = name[0];
  if (a.as_int() && b.as_int()) return of_ints(op, *a.as_int(), *b.as_int());
  if (a.as_double() && b.as_double()) return of_doubles(op, *a.as_double(), *b.as_double());
  if (a.as_duration() && b.as_duration()) return of_durations(op, *a.as_duration(), *b.as_duration());
  if (a.as_timestamp() && b.as_duration() && (op == '+' || op == '-')) {
    return moved(*a.as_timestamp(), *b.as_duration(), op == '-');
  }
  if (a.as_duration() && b.as_timestamp() && op == '+') return moved(*b.as_timestamp(), *a.as_duration(), false);
  if (a.as_timestamp() && b.as_timestamp() && op == '-') return between(*a.as_timestamp(), *b.as_timestamp());
  return op == '+' ? joined(a, b, budget) : no_overload(name);
}

// Nothing: these two have no order.
std::optional<std::partial_ordering> compare(const Value& a, const Value& b) {
  const auto* word = std::get_if<EnumValue>(&a.data());
  const auto* other = std::get_if<EnumValue>(&b.data());
  if (word && other) return word->rank <=> other->rank;
  if (a.as_int() && b.as_int()) return *a.as_int() <=> *b.as_int();
  if (a.as_double() && b.as_double()) return *a.as_double() <=> *b.as_double();
  // As CEL's published cases have it: the int is compared as the nearest double.
  if (a.as_int() && b.as_double()) return static_cast<double>(*a.as_int()) <=> *b.as_double();
  if (a.as_double() && b.as_int()) return *a.as_double() <=> static_cast<double>(*b.as_int());
  if (a.as_text() && b.as_text()) return *a.as_text() <=> *b.as_text();  // UTF-8 keeps the order of code points
  if (a.as_bool() && b.as_bool()) return *a.as_bool() <=> *b.as_bool();
  if (a.as_duration() && b.as_duration()) return *a.as_duration() <=> *b.as_duration();
  if (a.as_timestamp() && b.as_timestamp()) return *a.as_timestamp() <=> *b.as_timestamp();
  return std::nullopt;
}

Evaluated ordered(std::string_view op, const Value& a, const Value& b) {
  const std::optional<std::partial_ordering> order = compare(a, b);
  if (!order) return no_overload(op);
  if (op == "<") return Value::boolean(*order < 0);
  if (op == "<=") return Value::boolean(*order <= 0);
  return Value::boolean(op == ">" ? *order > 0 : *order >= 0);
}

Evaluated member_of(const Value& item, const Value& range, EvalBudget& budget) {
  if (const auto* entries = range.as_map()) {
    if (!budget.spend(entries->size())) return too_long();
    return Value::boolean(std::ranges::any_of(*entries, [&](const auto& entry) { return equal(entry.first, item); }));
  }
  const auto* items = range.as_list() ? range.as_list() : range.as_set();
  if (items == nullptr) return no_overload("in");
  if (!budget.spend(items->size())) return too_long();
  return Value::boolean(std::ranges::any_of(*items, [&](const Value& other) { return equal(other, item); }));
}

// How many elements an equality may look at.
std::size_t weight(const Value& v) {
  if (const auto* text = v.as_text()) return text->size() / kBytesPerStep + 1;
  if (const auto* list = v.as_list()) return list->size() + 1;
  if (const auto* set = v.as_set()) return set->size() * set->size() + 1;
  if (const auto* map = v.as_map()) return map->size() * map->size() + 1;
  return 1;
}

}  // namespace

Evaluated apply_operator(std::string_view op, const Value& a, const Value& b, EvalBudget& budget) {
  if (op == "==" || op == "!=") {
    if (!budget.spend(weight(a))) return too_long();
    return Value::boolean(equal(a, b) == (op == "=="));
  }
  if (op == "in") return member_of(a, b, budget);
  if (op[0] == '<' || op[0] == '>') return ordered(op, a, b);
  return arithmetic(op, a, b, budget);
}

Evaluated apply_prefix(std::string_view op, const Value& a) {
  if (op == "!") return a.as_bool() ? Evaluated(Value::boolean(!*a.as_bool())) : no_overload(op);
  if (a.as_double()) return Value::real(-*a.as_double());
  return a.as_int() ? of_ints('-', 0, *a.as_int()) : no_overload(op);
}

}  // namespace unjam::playbooks
