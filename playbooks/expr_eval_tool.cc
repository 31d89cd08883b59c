#include "playbooks/expr_eval_tool.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "playbooks/expr.h"
#include "playbooks/expr_check.h"
#include "playbooks/expr_functions.h"
#include "state/base/json.h"

namespace unjam::playbooks {
namespace {

TypePtr joined(const TypePtr& a, const TypePtr& b) {
  if (!a) return b;
  return fits(*a, *b) ? join_types(a, b) : types::dyn();
}

TypePtr element_type(const std::vector<Value>& items) {
  TypePtr type;
  for (const Value& item : items) type = joined(type, type_of(item));
  return type ? type : types::dyn();
}

bool is_word(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto part = [&letter](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name[0]) && std::ranges::all_of(name, part);
}

class Variables final : public Names, public Scope {
 public:
  // Takes the variable in, or reports why not.
  bool add(const EvalVariable& variable, Diagnostics& out);

  const NameInfo* find(std::string_view word) const override {
    const auto found = variables_.find(word);
    return found == variables_.end() ? nullptr : &found->second.info;
  }
  std::string why_not(std::string_view, std::string&) const override { return {}; }
  std::vector<std::string> all() const override {
    std::vector<std::string> names;
    for (const auto& entry : variables_) names.push_back(entry.first);
    return names;
  }
  TypePtr host_type(const Within& within) const override { return types::host(within); }
  bool inside(const Within&, const Within&) const override { return false; }

  Evaluated name(std::string_view word) const override {
    const auto found = variables_.find(word);
    if (found == variables_.end()) return unknown(fmt::format("no such variable: {}", word));
    return found->second.value;
  }
  Evaluated of_host(std::string_view function, const HostRef&) const override {
    return unknown(fmt::format("there is no fact {}", function));
  }
  Evaluated attribute(const HostRef& host, std::string_view) const override {
    return unknown(fmt::format("there is no host {}", host.name));
  }

 private:
  struct Entry {
    NameInfo info;
    Value value;
  };
  std::map<std::string, Entry, std::less<>> variables_{};
};

bool Variables::add(const EvalVariable& variable, Diagnostics& out) {
  const auto source = std::make_shared<const Source>("--var " + variable.name, variable.json);
  const auto refuse = [&](std::string message, std::string help = {}) {
    out.error("", source, {1, 1, 1}, std::move(message), std::move(help));
    return false;
  };
  if (!is_word(variable.name)) return refuse("this is no name for a variable", "write --var name=JSON");
  const Result<json::value> json = parse_json(variable.json);
  if (!json) return refuse(json.error().message, "texts are written --var 'name=\"text\"'");
  const Result<Value> value = from_json(*json, *types::dyn());
  if (!value) return refuse(value.error().message);
  Entry entry{{}, *value};
  entry.info.type = type_of(*value);
  if (!variables_.emplace(variable.name, std::move(entry)).second) return refuse("this variable is given twice");
  return true;
}

}  // namespace

TypePtr type_of(const Value& value) {
  if (value.as_bool()) return types::boolean();
  if (value.as_int()) return types::integer();
  if (value.as_double()) return types::real();
  if (value.as_text()) return types::text();
  if (value.as_duration()) return types::duration();
  if (value.as_timestamp()) return types::timestamp();
  if (value.as_host()) return types::host();
  if (const auto* items = value.as_list()) return types::list_of(element_type(*items));
  if (const auto* items = value.as_set()) return types::set_of(element_type(*items));
  if (const auto* entries = value.as_map()) {
    TypePtr key;
    TypePtr element;
    for (const auto& [k, v] : *entries) {
      key = joined(key, type_of(k));
      element = joined(element, type_of(v));
    }
    return types::map_of(key ? key : types::text(), element ? element : types::dyn());
  }
  if (const auto* fields = value.as_record()) {
    std::vector<std::pair<std::string, TypePtr>> parts;
    for (const auto& [name, field] : *fields) parts.emplace_back(name, type_of(field));
    return types::record({}, std::move(parts));
  }
  return std::holds_alternative<SecretRef>(value.data()) ? types::secret() : types::null();
}

std::optional<EvalAnswer> eval_text(const std::string& expr, const std::vector<EvalVariable>& variables,
                                    Diagnostics& out) {
  const auto source = std::make_shared<const Source>("expression", expr);
  if (variables.size() > kMaxEvalVariables) {
    out.error("", source, {}, fmt::format("{} variables: at most {} are read", variables.size(), kMaxEvalVariables));
    return std::nullopt;
  }
  Variables scope;
  bool good = true;
  for (const EvalVariable& variable : variables) good = scope.add(variable, out) && good;
  const ExprText text{expr, source, {1, 1, 1}, 0};
  const ExprPtr tree = good ? parse_expr(text, out) : nullptr;
  if (!tree) return std::nullopt;
  const CheckedExprPtr checked = check_tree(text, tree, nullptr, scope, {.loose = true}, out);
  if (!checked) return std::nullopt;
  const Evaluated value = evaluate(*checked->tree, scope);
  if (!value) {
    out.error("", source, value.error().where, value.error().reason);
    return std::nullopt;
  }
  return EvalAnswer{type_of(*value), json_text(*value)};
}

}  // namespace unjam::playbooks
