// Parameters: their types, defaults and bounds.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "playbooks/checker.h"
#include "playbooks/yaml_reader.h"

namespace unjam::playbooks {

using Kind = Type::Kind;

namespace {

bool has_order(Kind kind) {
  return kind == Kind::integer || kind == Kind::duration;
}

}  // namespace

bool below(const Value& a, const Value& b) {
  if (a.as_int() != nullptr && b.as_int() != nullptr) return *a.as_int() < *b.as_int();
  if (a.as_duration() != nullptr && b.as_duration() != nullptr) return *a.as_duration() < *b.as_duration();
  return false;
}

void BookChecker::check_params() {
  std::vector<std::pair<std::string, TypePtr>> fields;
  for (const auto& spec : book_.params) {
    auto param = check_param(spec);
    // A parameter of unknown type still has a name, so that what asks it is not blamed.
    fields.emplace_back(spec.name.name, param ? param->type : types::dyn());
    if (param) params_.push_back(std::move(*param));
  }
  names_.params = types::record("params", std::move(fields));
}

std::optional<Param> BookChecker::check_param(const model::ParamSpec& spec) {
  if (spec.type.span.line == 0) return std::nullopt;  // missing: told
  Param param;
  param.name = spec.name.name;
  param.span = spec.name.span;
  param.type = param_type(spec.type);
  if (!param.type) return std::nullopt;
  const Type& type = *param.type;
  if (spec.fallback && type.kind == Kind::secret)
    error("UJ0307", spec.fallback->span, "a secret has no default",
          "the caller gives a reference: file:/absolute/path");
  if (spec.fallback && type.kind != Kind::secret) param.fallback = param_literal(*spec.fallback, type, "default");
  for (const auto* bound : {&spec.min, &spec.max}) {
    if (!*bound) continue;
    if (!has_order(type.kind)) {
      error("UJ0206", (*bound)->span, fmt::format("{} has no bounds", spell(type)), "only int and duration have");
    } else {
      (bound == &spec.min ? param.min : param.max) = param_literal(**bound, type, bound == &spec.min ? "min" : "max");
    }
  }
  check_bounds(param, spec);
  return param;
}

void BookChecker::check_bounds(const Param& param, const model::ParamSpec& spec) {
  if (param.min && param.max && below(*param.max, *param.min))
    error("UJ0206", spec.max->span, fmt::format("max {} is below min {}", spell(*param.max), spell(*param.min)));
  if (param.fallback && param.min && below(*param.fallback, *param.min))
    error("UJ0206", spec.fallback->span,
          fmt::format("default {} is below min {}", spell(*param.fallback), spell(*param.min)));
  if (param.fallback && param.max && below(*param.max, *param.fallback))
    error("UJ0206", spec.fallback->span,
          fmt::format("default {} is above max {}", spell(*param.fallback), spell(*param.max)));
}

TypePtr BookChecker::param_type(const model::NameAt& word) {
  const std::string& name = word.name;
  if (name == "site") return site_type(input_.estate);
  if (name == "host") return types::host();
  if (name == "int") return types::integer();
  if (name == "bool") return types::boolean();
  if (name == "text") return types::text();
  if (name == "duration") return types::duration();
  if (name == "secret") return types::secret();
  const std::vector<std::string> words{"site", "host", "int", "bool", "text", "duration", "secret"};
  const std::string near = nearest(name, words);
  error("UJ0206", word.span, fmt::format("\"{}\" is not a type of parameters", name),
        near.empty() ? fmt::format("one of: {}", fmt::join(words, " ")) : fmt::format("did you mean {}?", near));
  return nullptr;
}

std::optional<Value> BookChecker::param_literal(const model::NameAt& text, const Type& type, std::string_view what) {
  const std::string& word = text.name;
  const auto wrong = [&](std::string_view form) -> std::optional<Value> {
    error("UJ0206", text.span, fmt::format("{} \"{}\" is not a {}", what, word, spell(type)),
          number_help(*book_.source, text.span, word, form));
    return std::nullopt;
  };
  switch (type.kind) {
    case Kind::integer:
      if (const auto n = whole_number(word, true)) return Value::integer(*n);
      return wrong("digits only, no leading zero");
    case Kind::duration:
      if (const auto d = duration_literal(word)) return Value::duration(*d);
      return wrong("write 30s, 5m, 4h or 1d");
    case Kind::boolean:
      if (word == "true" || word == "false") return Value::boolean(word == "true");
      return wrong("write true or false");
    case Kind::text:
      return Value::text(word);
    case Kind::site: {
      const auto found = std::ranges::find(type.words, word);
      if (type.words.empty()) return Value::text(word);
      if (found != type.words.end()) return Value::enumeration(word, static_cast<int>(found - type.words.begin()));
      return wrong(fmt::format("the inventory has: {}", fmt::join(type.words, " ")));
    }
    case Kind::host:
      if (input_.estate == nullptr || input_.estate->find(word) != nullptr) return Value::host(word);
      return wrong("the inventory has no such host");
    default:
      return wrong("");
  }
}

const Param* BookChecker::param(std::string_view name) const {
  const auto found = std::ranges::find(params_, name, &Param::name);
  return found == params_.end() ? nullptr : &*found;
}

std::optional<Duration> BookChecker::least(const DurationArg& arg) const {
  if (arg.param.empty()) return arg.literal;
  const Param* given = param(arg.param);
  if (given == nullptr || !given->min || given->min->as_duration() == nullptr) return std::nullopt;
  return *given->min->as_duration();
}

std::optional<Duration> BookChecker::most(const DurationArg& arg) const {
  if (arg.param.empty()) return arg.literal;
  const Param* given = param(arg.param);
  if (given == nullptr || !given->max || given->max->as_duration() == nullptr) return std::nullopt;
  return *given->max->as_duration();
}

}  // namespace unjam::playbooks
