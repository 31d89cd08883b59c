// The table of functions, and what they mean.
#include "playbooks/expr_functions.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <set>

#include "playbooks/expr_zones.h"

namespace unjam::playbooks {
namespace {

using Kind = Type::Kind;

constexpr std::int64_t kMaxPatternBytes = 1 << 20;  // memory of one compiled pattern
constexpr std::size_t kBytesPerStep = 64;           // of text that is looked through or copied
constexpr std::size_t kStepsPerPattern = 100;       // of compiling a pattern
constexpr double kTwoTo63 = 9223372036854775808.0;

constexpr Overload kOverloads[] = {
    {"int", false, {Kind::integer}, 1, Kind::integer},
    {"int", false, {Kind::real}, 1, Kind::integer},
    {"int", false, {Kind::text}, 1, Kind::integer},
    {"int", false, {Kind::timestamp}, 1, Kind::integer},
    {"double", false, {Kind::integer}, 1, Kind::real},
    {"double", false, {Kind::real}, 1, Kind::real},
    {"double", false, {Kind::text}, 1, Kind::real},
    {"string", false, {Kind::text}, 1, Kind::text},
    {"string", false, {Kind::integer}, 1, Kind::text},
    {"string", false, {Kind::real}, 1, Kind::text},
    {"string", false, {Kind::boolean}, 1, Kind::text},
    {"string", false, {Kind::duration}, 1, Kind::text},
    {"string", false, {Kind::timestamp}, 1, Kind::text},
    {"string", false, {Kind::site}, 1, Kind::text},
    {"string", false, {Kind::enumeration}, 1, Kind::text},
    {"string", false, {Kind::host}, 1, Kind::text},
    {"bool", false, {Kind::boolean}, 1, Kind::boolean},
    {"bool", false, {Kind::text}, 1, Kind::boolean},
    {"duration", false, {Kind::text}, 1, Kind::duration},
    {"duration", false, {Kind::duration}, 1, Kind::duration},
    {"timestamp", false, {Kind::text}, 1, Kind::timestamp},
    {"timestamp", false, {Kind::integer}, 1, Kind::timestamp},
    {"timestamp", false, {Kind::timestamp}, 1, Kind::timestamp},
    {"abs", false, {Kind::integer}, 1, Kind::integer},
    {"abs", false, {Kind::real}, 1, Kind::real},
    {"abs", false, {Kind::duration}, 1, Kind::duration},
    {"matches", false, {Kind::text, Kind::text}, 2, Kind::boolean},
    {"matches", true, {Kind::text, Kind::text}, 2, Kind::boolean},
    {"contains", true, {Kind::text, Kind::text}, 2, Kind::boolean},
    {"startsWith", true, {Kind::text, Kind::text}, 2, Kind::boolean},
    {"endsWith", true, {Kind::text, Kind::text}, 2, Kind::boolean},
    {"getFullYear", true, {Kind::timestamp}, 1, Kind::integer},
    {"getFullYear", true, {Kind::timestamp, Kind::text}, 2, Kind::integer},
    {"getMonth", true, {Kind::timestamp}, 1, Kind::integer},
    {"getMonth", true, {Kind::timestamp, Kind::text}, 2, Kind::integer},
    {"getDate", true, {Kind::timestamp}, 1, Kind::integer},
    {"getDate", true, {Kind::timestamp, Kind::text}, 2, Kind::integer},
    {"getDayOfMonth", true, {Kind::timestamp}, 1, Kind::integer},
    {"getDayOfMonth", true, {Kind::timestamp, Kind::text}, 2, Kind::integer},
    {"getDayOfWeek", true, {Kind::timestamp}, 1, Kind::integer},
    {"getDayOfWeek", true, {Kind::timestamp, Kind::text}, 2, Kind::integer},
    {"getDayOfYear", true, {Kind::timestamp}, 1, Kind::integer},
    {"getDayOfYear", true, {Kind::timestamp, Kind::text}, 2, Kind::integer},
    {"getHours", true, {Kind::timestamp}, 1, Kind::integer},
    {"getHours", true, {Kind::timestamp, Kind::text}, 2, Kind::integer},
    {"getHours", true, {Kind::duration}, 1, Kind::integer},
    {"getMinutes", true, {Kind::timestamp}, 1, Kind::integer},
    {"getMinutes", true, {Kind::timestamp, Kind::text}, 2, Kind::integer},
    {"getMinutes", true, {Kind::duration}, 1, Kind::integer},
    {"getSeconds", true, {Kind::timestamp}, 1, Kind::integer},
    {"getSeconds", true, {Kind::timestamp, Kind::text}, 2, Kind::integer},
    {"getSeconds", true, {Kind::duration}, 1, Kind::integer},
    {"getMilliseconds", true, {Kind::timestamp}, 1, Kind::integer},
    {"getMilliseconds", true, {Kind::timestamp, Kind::text}, 2, Kind::integer},
    {"getMilliseconds", true, {Kind::duration}, 1, Kind::integer},
};

std::unexpected<Unknown> no_overload(std::string_view name) {
  return unknown(fmt::format("no such overload: {}", name));
}

std::string_view trimmed_sign(std::string_view text) {
  // from_chars knows no plus; "+-5" stays refused.
  return text.size() > 1 && text[0] == '+' && text[1] != '-' ? text.substr(1) : text;
}

Evaluated to_int(const Value& v) {
  if (v.as_int()) return v;
  if (const auto* t = v.as_timestamp()) return Value::integer(t->seconds);
  if (const auto* d = v.as_double()) {
    if (!(*d > -kTwoTo63 && *d < kTwoTo63))
      return unknown(fmt::format("{} is outside of the range of int", double_text(*d)));
    return Value::integer(static_cast<std::int64_t>(*d));
  }
  const auto* text = v.as_text();
  if (text == nullptr) return no_overload("int");
  const std::string_view digits = trimmed_sign(*text);
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  if (error == std::errc() && end == digits.data() + digits.size()) return Value::integer(n);
  return unknown(fmt::format("\"{}\" is no int", *text));
}

Evaluated to_double(const Value& v) {
  if (v.as_double()) return v;
  if (const auto* n = v.as_int()) return Value::real(static_cast<double>(*n));
  const auto* text = v.as_text();
  if (text == nullptr) return no_overload("double");
  const Result<double> d = parse_double(*text);
  return d ? Evaluated(Value::real(*d)) : unknown(d.error().message);
}

Evaluated to_text(const Value& v) {
  if (const auto* text = v.as_text()) return Value::text(*text);
  if (const auto* d = v.as_duration()) return Value::text(duration_text(*d));
  const bool plain = v.as_int() || v.as_double() || v.as_bool() || v.as_timestamp() || v.as_host();
  return plain ? Evaluated(Value::text(spell(v))) : no_overload("string");
}

Evaluated to_bool(const Value& v) {
  if (v.as_bool()) return v;
  const auto* text = v.as_text();
  if (text == nullptr) return no_overload("bool");
  for (const std::string_view yes : {"1", "t", "true", "TRUE", "True"}) {
    if (*text == yes) return Value::boolean(true);
  }
  for (const std::string_view no : {"0", "f", "false", "FALSE", "False"}) {
    if (*text == no) return Value::boolean(false);
  }
  return unknown(fmt::format("\"{}\" is no bool", *text));
}

Evaluated to_duration(const Value& v) {
  if (v.as_duration()) return v;
  const auto* text = v.as_text();
  if (text == nullptr) return no_overload("duration");
  const Result<Duration> d = parse_duration(*text);
  return d ? Evaluated(Value::duration(*d)) : unknown(d.error().message);
}

Evaluated to_timestamp(const Value& v) {
  if (v.as_timestamp()) return v;
  if (const auto* n = v.as_int()) {
    if (*n < kMinTimestamp || *n > kMaxTimestamp) return unknown("the time is outside of years 1 to 9999");
    return Value::timestamp({*n, 0});
  }
  const auto* text = v.as_text();
  if (text == nullptr) return no_overload("timestamp");
  const Result<Timestamp> t = parse_timestamp(*text);
  return t ? Evaluated(Value::timestamp(*t)) : unknown(t.error().message);
}

Evaluated absolute(const Value& v) {
  if (const auto* d = v.as_double()) return Value::real(std::fabs(*d));
  const auto* span = v.as_duration();
  const auto* number = v.as_int();
  if (span == nullptr && number == nullptr) return no_overload("abs");
  const std::int64_t n = span ? span->count() : *number;
  if (n == std::numeric_limits<std::int64_t>::min()) return unknown("abs overflows");
  const std::int64_t magnitude = n < 0 ? -n : n;
  return span ? Value::duration(Duration(magnitude)) : Value::integer(magnitude);
}

Evaluated size_of(const Value& v) {
  std::size_t n = 0;
  if (const auto* items = v.as_list()) {
    n = items->size();
  } else if (const auto* set = v.as_set()) {
    n = set->size();
  } else if (const auto* entries = v.as_map()) {
    n = entries->size();
  } else if (const auto* text = v.as_text()) {
    n = count_code_points(*text);
  } else {
    return no_overload("size");
  }
  return Value::integer(static_cast<std::int64_t>(n));
}

Evaluated first_of(const Value& v) {
  const auto* items = v.as_set() ? v.as_set() : v.as_list();
  if (items == nullptr) return no_overload("first");
  if (items->empty()) return unknown(v.as_set() ? "first() of an empty set" : "first() of an empty list");
  return items->front();
}

bool contains(const std::vector<Value>& items, const Value& v) {
  return std::ranges::any_of(items, [&v](const Value& item) { return equal(item, v); });
}

Evaluated without(const Value& set, const Value& left_out, EvalBudget& budget) {
  const auto* items = set.as_set();
  if (items == nullptr) return no_overload("without");
  const auto* many = left_out.as_set();
  if (!budget.spend(items->size() * (many ? many->size() + 1 : 1)))
    return unknown("the evaluation takes too many steps");
  Set kept;
  for (const Value& item : *items) {
    const bool goes = many ? contains(*many, item) : equal(item, left_out);
    if (!goes) kept.push_back(item);
  }
  return Value::set(std::move(kept));
}

Evaluated matches(const std::string& text, const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxPatternBytes);
  const RE2 expression(pattern, options);
  if (!expression.ok()) return unknown(fmt::format("\"{}\" is no pattern: {}", pattern, expression.error()));
  return Value::boolean(RE2::PartialMatch(text, expression));
}

Evaluated text_function(std::string_view name, const std::string& text, const std::string& arg, EvalBudget& budget) {
  const std::size_t pattern_cost = name == "matches" ? kStepsPerPattern : 0;
  if (!budget.spend((text.size() + arg.size()) / kBytesPerStep + 1 + pattern_cost))
    return unknown("the evaluation takes too many steps");
  if (name == "contains") return Value::boolean(text.find(arg) != std::string::npos);
  if (name == "startsWith") return Value::boolean(text.starts_with(arg));
  if (name == "endsWith") return Value::boolean(text.ends_with(arg));
  return name == "matches" ? matches(text, arg) : no_overload(name);
}

Evaluated time_field(std::string_view name, const Timestamp& t, std::int64_t offset) {
  const std::chrono::sys_seconds instant{std::chrono::seconds(t.seconds + offset)};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::int64_t of_day = (instant - day).count();
  const auto day_of_month = static_cast<std::int64_t>(static_cast<unsigned>(date.day()));
  if (name == "getFullYear") return Value::integer(static_cast<int>(date.year()));
  if (name == "getMonth") return Value::integer(static_cast<std::int64_t>(static_cast<unsigned>(date.month())) - 1);
  if (name == "getDate") return Value::integer(day_of_month);
  if (name == "getDayOfMonth") return Value::integer(day_of_month - 1);
  if (name == "getDayOfWeek") return Value::integer(std::chrono::weekday(day).c_encoding());
  if (name == "getDayOfYear") {
    const std::chrono::sys_days new_year{date.year() / std::chrono::January / 1};
    return Value::integer((day - new_year).count());
  }
  if (name == "getHours") return Value::integer(of_day / 3600);
  if (name == "getMinutes") return Value::integer(of_day / 60 % 60);
  if (name == "getSeconds") return Value::integer(of_day % 60);
  return name == "getMilliseconds" ? Evaluated(Value::integer(t.nanos / 1'000'000)) : no_overload(name);
}

Evaluated duration_field(std::string_view name, Duration d) {
  const std::int64_t seconds = d.count() / 1'000'000'000;
  if (name == "getHours") return Value::integer(seconds / 3600);
  if (name == "getMinutes") return Value::integer(seconds / 60);
  if (name == "getSeconds") return Value::integer(seconds);
  return name == "getMilliseconds" ? Evaluated(Value::integer(d.count() / 1'000'000 % 1000)) : no_overload(name);
}

Evaluated getter(std::string_view name, std::span<const Value> args) {
  if (const auto* d = args[0].as_duration(); d != nullptr && args.size() == 1) return duration_field(name, *d);
  const auto* t = args[0].as_timestamp();
  if (t == nullptr) return no_overload(name);
  if (args.size() == 1) return time_field(name, *t, 0);
  const std::string* zone = args[1].as_text();
  if (zone == nullptr) return no_overload(name);
  const std::optional<std::int64_t> offset = zone_offset(*zone, t->seconds);
  if (!offset)
    return unknown(fmt::format("\"{}\" is no time zone: write \"UTC\", \"+09:00\" or \"Asia/Tokyo\"", *zone));
  return time_field(name, *t, *offset);
}

struct Conversion {
  std::string_view name;
  Evaluated (*call)(const Value&);
};
constexpr Conversion kConversions[] = {{"int", to_int},   {"double", to_double},      {"string", to_text},
                                       {"bool", to_bool}, {"duration", to_duration},  {"abs", absolute},
                                       {"size", size_of}, {"timestamp", to_timestamp}};

bool asks_nothing(const NameInfo* info) {
  return info != nullptr && info->uses && info->uses->facts.empty() && info->uses->names.empty() && !info->uses->host;
}

bool constant_under(const Expr& e, const Names& names, std::set<std::string_view>& bound) {
  if (e.kind == Expr::Kind::name) return bound.contains(e.name) || asks_nothing(names.find(e.name));
  if (e.kind == Expr::Kind::call && !is_operator(e) && !is_function(e.name, false)) return false;
  if (e.receiver && !constant_under(*e.receiver, names, bound)) return false;
  const bool binds = !e.variable.empty() && bound.insert(e.variable).second;
  const bool constant =
      std::ranges::all_of(e.args, [&](const ExprPtr& arg) { return constant_under(*arg, names, bound); });
  if (binds) bound.erase(e.variable);
  return constant;
}

constexpr std::string_view kFunctionsOfCel[] = {
    "uint",        "bytes",  "type",       "dyn",        "charAt",        "format",
    "indexOf",     "join",   "quote",      "lowerAscii", "replace",       "reverse",
    "lastIndexOf", "split",  "substring",  "trim",       "hasValue",      "upperAscii",
    "orValue",     "optMap", "optFlatMap", "existsOne",  "transformMap",  "flatten",
    "distinct",    "sort",   "sortBy",     "slice",      "transformList", "transformMapEntry",
    "ip",          "cidr"};
constexpr std::string_view kTypesOfCel[] = {"int", "uint", "double",    "bool", "string",    "bytes",   "list",
                                            "map", "type", "null_type", "dyn",  "timestamp", "duration"};
constexpr std::string_view kLibrariesOfCel[] = {"cel",      "math",  "strings", "sets",  "lists", "base64",
                                                "optional", "proto", "net",     "regex", "google"};

constexpr std::string_view kReservedNames[] = {
    "true", "false",     "null",     "in",   "and",    "or",    "not",   "as",      "break",     "const",  "continue",
    "else", "for",       "function", "if",   "import", "let",   "loop",  "package", "namespace", "return", "var",
    "void", "while",     "size",     "sure", "known",  "has",   "int",   "double",  "string",    "bool",   "duration",
    "abs",  "timestamp", "matches",  "dyn",  "host",   "hosts", "sites", "params"};

}  // namespace

std::unexpected<Unknown> unknown(std::string reason) {
  return std::unexpected(Unknown{std::move(reason)});
}

std::span<const Overload> overloads() {
  return kOverloads;
}

bool is_function(std::string_view name, bool member) {
  const auto has_name = [name, member](const Overload& row) { return row.member == member && row.name == name; };
  if (std::ranges::any_of(kOverloads, has_name)) return true;
  return name == "size" || (member ? name == "first" || name == "without" : name == "dyn");
}

bool is_function_of_host(std::string_view name) {
  return name == "string" || name == "dyn";
}

bool is_function_of_cel(std::string_view name) {
  return std::ranges::find(kFunctionsOfCel, name) != std::end(kFunctionsOfCel);
}
bool is_type_of_cel(std::string_view name) {
  return std::ranges::find(kTypesOfCel, name) != std::end(kTypesOfCel);
}
bool is_library_of_cel(std::string_view name) {
  return std::ranges::find(kLibrariesOfCel, name) != std::end(kLibrariesOfCel);
}

std::vector<std::string> function_names(bool member) {
  std::vector<std::string> names{"size"};
  if (member) names.insert(names.end(), {"first", "without", "all", "exists", "exists_one", "filter", "map"});
  for (const Overload& row : kOverloads) {
    if (row.member == member && names.back() != row.name) names.emplace_back(row.name);
  }
  return names;
}

bool reserved_name(std::string_view word) {
  return std::ranges::find(kReservedNames, word) != std::end(kReservedNames);
}

bool is_operator(const Expr& e) {
  const char first = e.name.empty() ? 'a' : e.name[0];
  const bool word = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '_';
  return e.kind == Expr::Kind::call && (!word || e.name == "in");
}

bool is_constant(const Expr& e, const Names& names) {
  std::set<std::string_view> bound;
  return constant_under(e, names, bound);
}

Evaluated call_function(std::string_view name, bool member, std::span<const Value> args, EvalBudget& budget) {
  if (args.empty()) return no_overload(name);
  if (args.size() == 1 && (!member || name == "size")) {
    if (name == "dyn") return args[0];
    for (const Conversion& conversion : kConversions) {
      if (conversion.name == name) return conversion.call(args[0]);
    }
  }
  if (member && name == "first" && args.size() == 1) return first_of(args[0]);
  if (member && name == "without" && args.size() == 2) return without(args[0], args[1], budget);
  if (member && name.starts_with("get") && args.size() <= 2) return getter(name, args);
  const bool texts = args.size() == 2 && args[0].as_text() && args[1].as_text();
  if (texts && (member || name == "matches"))
    return text_function(name, *args[0].as_text(), *args[1].as_text(), budget);
  return no_overload(name);
}

}  // namespace unjam::playbooks
