#include "playbooks/schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "state/base/json.h"

namespace unjam::playbooks {
namespace {

// Patterns of texts, as is_identifier, is_name and duration_literal read them.
constexpr std::string_view kIdentifier = "^[A-Za-z_][A-Za-z0-9_]{0,127}$";
constexpr std::string_view kName = "^[A-Za-z0-9_]([A-Za-z0-9_-]{0,126}[A-Za-z0-9_])?$";
constexpr std::string_view kAction = "^(?!.*\\.\\.)[A-Za-z0-9_]([A-Za-z0-9_.-]{0,126}[A-Za-z0-9_])?$";
constexpr std::string_view kAllowed = "^(?!.*\\.\\.)[A-Za-z0-9_]([A-Za-z0-9_.-]{0,126}[A-Za-z0-9_])?(\\.\\*)?$";
constexpr std::string_view kTime = "^((0|[1-9][0-9]*)[smhd]|params\\.[A-Za-z_][A-Za-z0-9_]{0,127})$";
constexpr std::string_view kDuration = "^(0|[1-9][0-9]*)[smhd]$";
constexpr std::string_view kCount = "^([1-9][0-9]*|params\\.[A-Za-z_][A-Za-z0-9_]{0,127})$";
constexpr std::string_view kPercent = "^([1-9][0-9]*|([1-9][0-9]?|100)%|params\\.[A-Za-z_][A-Za-z0-9_]{0,127})$";
constexpr std::string_view kWhole = "^(0|[1-9][0-9]*)$";
constexpr std::string_view kBound = "^(0|[1-9][0-9]*)[smhd]?$";
constexpr std::string_view kField = "^[^ ]+\\.[^ .]+( of host)?$";
constexpr std::string_view kAddress = "^[A-Za-z0-9.:_%][A-Za-z0-9.:_%-]{0,254}$";
constexpr std::string_view kMoment = "^([0-9]{4}-[0-9]{2}-[0-9]{2} )?[0-9]{2}:[0-9]{2}$";
constexpr std::string_view kRate = "^(0|[1-9][0-9]*) per (0|[1-9][0-9]*)[smhd]$";
constexpr std::string_view kEffectWord = "^(read|nudge|reversible|disruptive|destructive)$";

json::object of_type(std::string_view type) {
  return {{"type", std::string(type)}};
}

// Editors give scalars a type of their own; here the key decides, so a text may look like a number or a truth value.
json::object scalar() {
  return {{"type", json::array{"string", "number", "boolean"}}};
}

json::object matching(std::string_view pattern, bool also_number = false) {
  json::object out =
      also_number ? json::object{{"type", json::array{"string", "integer", "boolean"}}} : of_type("string");
  out["pattern"] = std::string(pattern);
  return out;
}

json::object whole_number(std::int64_t least, std::int64_t most, std::string_view pattern) {
  json::object number{{"type", "integer"}, {"minimum", least}};
  if (most != INT64_MAX) number["maximum"] = most;
  return {{"anyOf", json::array{std::move(number), matching(pattern)}}};
}

json::object expression() {
  json::object out = scalar();
  out["minLength"] = 1;
  out["not"] = json::object{{"type", "string"}, {"pattern", "\\$\\{"}};
  return out;
}

json::object list_of(json::object item) {
  return {{"type", "array"}, {"items", std::move(item)}};
}

json::object map_of(json::object value, std::string_view names = {}) {
  json::object out{{"type", "object"}, {"additionalProperties", std::move(value)}};
  if (!names.empty()) out["propertyNames"] = json::object{{"pattern", std::string(names)}};
  return out;
}

json::object words(const KeySpec& row) {
  json::array list;
  for (const std::string_view word : row.words) list.emplace_back(std::string(word));
  return {{"type", "string"}, {"enum", std::move(list)}};
}

json::object reference(std::string_view name) {
  return {{"$ref", fmt::format("#/definitions/{}", name)}};
}

json::object of_scalar(const KeySpec& row) {
  switch (row.form) {
    case Form::version:
      return {{"enum", json::array{1, "1"}}};
    case Form::expression:
    case Form::truth:
    case Form::hosts:
      return expression();
    case Form::line: {
      json::object out = scalar();
      out["pattern"] = "^[^\\n]*\\n*$";
      return out;
    }
    case Form::time:
      return matching(kTime);
    case Form::duration:
      return matching(kDuration);
    case Form::count:
      return whole_number(1, INT64_MAX, kCount);
    case Form::count_or_percent:
      return whole_number(1, INT64_MAX, kPercent);
    case Form::whole:
      return whole_number(row.least, row.most, kWhole);
    case Form::truth_value:
      return {{"enum", json::array{true, false, "true", "false"}}};
    case Form::word:
      return words(row);
    case Form::name:
      return matching(kName, true);
    case Form::action:
      return matching(kAction, true);
    case Form::address:
      return matching(kAddress);
    case Form::secret:
      return matching("^file:.");
    case Form::moment:
      return matching(kMoment);
    case Form::rate:
      return matching(kRate);
    case Form::field:
      return matching(kField);
    case Form::member_type:
      return of_type("string");
    default:
      return scalar();
  }
}

json::object bound() {
  return whole_number(0, INT64_MAX, kBound);
}

json::object of_collection(const KeySpec& row) {
  switch (row.form) {
    case Form::names: {
      json::object out = list_of(matching(kName, true));
      out["uniqueItems"] = true;
      return out;
    }
    case Form::allowed:
      return list_of(matching(kAllowed));
    case Form::fields:
      return list_of(matching(kField));
    case Form::arguments:
      return map_of(scalar());
    case Form::steps:
      return reference("steps");
    case Form::arms: {
      json::object out = list_of(reference(row.shape->name));
      out["minItems"] = 1;
      return out;
    }
    case Form::map:
      return reference(row.shape->name);
    case Form::list:
      return list_of(reference(row.shape->name));
    case Form::named:
      return map_of(reference(row.shape->name), kIdentifier);
    case Form::called:
      return map_of(reference(row.shape->name), kName);
    case Form::actions:
      return map_of(reference(row.shape->name), kAction);
    case Form::named_expressions:
    case Form::named_truths:
    case Form::named_hosts:
      return map_of(expression(), kIdentifier);
    case Form::named_types:
      return map_of(of_type("string"), kIdentifier);
    case Form::records:
      return map_of(map_of(of_type("string"), kIdentifier), kIdentifier);
    case Form::proven:
      return map_of(list_of(matching(kField)));
    case Form::by_role:
      return map_of(matching(kField));
    case Form::by_action:
      return map_of(list_of(matching(kField)));
    case Form::by_effect:
      return map_of(reference(row.shape->name), kEffectWord);
    case Form::bounds:
      return map_of(bound());
    case Form::bounds_by_book:
      return map_of(map_of(bound()));
    case Form::modes:
      return map_of(words(row));
    case Form::groups:
      return map_of(list_of(scalar()));
    default:
      return of_scalar(row);
  }
}

// How a form is called in hovers and in the reference.
constexpr std::pair<Form, std::string_view> kWords[] = {
    {Form::version, "1"},
    {Form::expression, "E, an expression"},
    {Form::truth, "B, an expression that is true or false"},
    {Form::hosts, "S, an expression that gives a set of hosts"},
    {Form::prose, "T, a text for people with ${E} in it"},
    {Form::line, "one line of text"},
    {Form::text, "text"},
    {Form::literal, "a constant of the parameter's type"},
    {Form::time, "D, a time (30s 5m 4h 1d) or params.x"},
    {Form::duration, "a time: 30s 5m 4h 1d"},
    {Form::count, "N, a whole number from 1, or params.x"},
    {Form::count_or_percent, "N, or 1% to 100%"},
    {Form::whole, "a whole number"},
    {Form::truth_value, "true or false"},
    {Form::word, "one word of a list"},
    {Form::name, "a name: letters, digits, - and _"},
    {Form::action, "an action: letters, digits, - _ and ."},
    {Form::names, "a list of names"},
    {Form::allowed, "a list of actions; `hub.*`: all whose name begins with `hub.`"},
    {Form::address, "a host name or an IP address"},
    {Form::path, "the path of a file"},
    {Form::secret, "file:/path, never the secret itself"},
    {Form::moment, "\"22:00\" or \"2026-12-28 00:00\""},
    {Form::rate, "1 per 1d"},
    {Form::field, "action.field"},
    {Form::fields, "a list of action.field, with ` of host` where it must be asked of the host in hand"},
    {Form::member_type, "a type"},
    {Form::arguments, "a map of inputs: E, or T for an input of type text"},
    {Form::steps, "a list of steps"},
    {Form::arms, "a list of { when, do }"},
    {Form::map, "a map"},
    {Form::list, "a list of maps"},
    {Form::named, "a map from names to maps"},
    {Form::called, "a map from names to maps"},
    {Form::actions, "a map from names to maps"},
    {Form::named_expressions, "a map from names to E"},
    {Form::named_truths, "a map from names to B"},
    {Form::named_hosts, "a map from names to S"},
    {Form::named_types, "a map from names to types"},
    {Form::records, "a map from names to maps of types"},
    {Form::proven, "a map from inputs to lists of action.field"},
    {Form::by_role, "a map from roles to action.field"},
    {Form::by_action, "a map from actions to lists of action.field"},
    {Form::by_effect, "a map from effects to maps"},
    {Form::bounds, "a map from action.input to a number or time"},
    {Form::bounds_by_book, "a map from playbooks to maps from parameters to a number or time"},
    {Form::modes, "a map from playbooks to observe, suggest, approve or auto"},
    {Form::groups, "a map from names to lists of users"}};

// What an editor shows when the pointer rests on a key.
std::string hover(const KeySpec& row) {
  std::string out(row.meaning);
  if (const std::string_view form = form_words(row.form); !form.empty()) out += fmt::format("\n\n{}", form);
  if (!row.fallback.empty()) out += fmt::format("\n\nDefault: {}", row.fallback);
  return out;
}

json::object of_key(const KeySpec& row) {
  json::object out = of_collection(row);
  // Beside a $ref nothing counts in draft 7.
  if (out.contains("$ref")) out = json::object{{"allOf", json::array{std::move(out)}}};
  out["description"] = hover(row);
  return out;
}

json::object of_shape(const Shape& shape) {
  json::object properties;
  json::array required;
  for (const KeySpec& row : shape.keys) {
    properties[row.key] = of_key(row);
    if (row.need == Need::compulsory) required.emplace_back(std::string(row.key));
  }
  json::object out{{"description", std::string(shape.meaning)},
                   {"type", "object"},
                   {"properties", std::move(properties)},
                   {"additionalProperties", false}};
  if (!required.empty()) out["required"] = std::move(required);
  return out;
}

// A list of { name: { exactly one verb, its modifiers } }.
void add_steps(json::object& definitions) {
  json::array verbs;
  for (const Shape* verb : verb_shapes()) {
    json::object one = of_shape(*verb);
    one["title"] = std::string(verb->name);
    verbs.emplace_back(std::move(one));
  }
  definitions["step"] =
      json::object{{"description", "exactly one verb, and its modifiers"}, {"oneOf", std::move(verbs)}};
  json::object named = map_of(reference("step"), kIdentifier);
  named["minProperties"] = 1;
  named["maxProperties"] = 1;
  json::object steps = list_of(std::move(named));
  steps["minItems"] = 1;
  definitions["steps"] = std::move(steps);
}

void add_shapes(const Shape& shape, json::object& definitions) {
  for (const KeySpec& row : shape.keys) {
    if (row.form == Form::steps && !definitions.contains("steps")) {
      add_steps(definitions);
      for (const Shape* verb : verb_shapes()) add_shapes(*verb, definitions);
    }
    if (row.shape == nullptr || definitions.contains(row.shape->name)) continue;
    definitions[row.shape->name] = of_shape(*row.shape);
    add_shapes(*row.shape, definitions);
  }
}

void print(const json::value& value, std::size_t depth, std::string& out);

template <typename Items, typename Print>
void print_items(const Items& items, std::string_view brackets, std::size_t depth, std::string& out, Print one) {
  out += brackets[0];
  bool first = true;
  for (const auto& item : items) {
    out += first ? "\n" : ",\n";
    first = false;
    out.append(2 * (depth + 1), ' ');
    one(item);
  }
  if (!first) out += "\n" + std::string(2 * depth, ' ');
  out += brackets[1];
}

void print(const json::value& value, std::size_t depth, std::string& out) {
  if (const json::object* object = value.if_object()) {
    print_items(*object, "{}", depth, out, [&](const auto& member) {
      out += json::serialize(json::value(member.key())) + ": ";
      print(member.value(), depth + 1, out);
    });
  } else if (const json::array* array = value.if_array();
             array != nullptr && !array->empty() && (array->front().is_object() || array->front().is_array())) {
    print_items(*array, "[]", depth, out, [&](const json::value& item) { print(item, depth + 1, out); });
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string_view form_words(Form form) {
  const auto found = std::ranges::find(kWords, form, &std::pair<Form, std::string_view>::first);
  return found == std::end(kWords) ? std::string_view() : found->second;
}

std::string json_schema(const FileKind& kind) {
  json::object definitions;
  add_shapes(*kind.head, definitions);
  json::object out{{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"title", fmt::format("unjam {}", kind.name)}};
  for (auto& member : of_shape(*kind.head)) out[member.key()] = std::move(member.value());
  out["definitions"] = std::move(definitions);
  std::string text;
  print(out, 0, text);
  return text + "\n";
}

std::string keys_as_markdown() {
  std::string out;
  const auto table = [&out](const Shape& shape, std::string_view title) {
    out +=
        fmt::format("\n**{}**: {}\n\n| key | value | default | meaning |\n|---|---|---|---|\n", title, shape.meaning);
    for (const KeySpec& row : shape.keys) {
      const std::string_view otherwise = row.need == Need::compulsory ? "compulsory" : row.fallback;
      std::string form(form_words(row.form));
      if (!row.words.empty()) form = fmt::format("`{}`", fmt::join(row.words, "` `"));
      if (row.form == Form::whole)
        form = row.most == INT64_MAX ? fmt::format("a whole number from {}", row.least)
                                     : fmt::format("a whole number, {} to {}", row.least, row.most);
      out += fmt::format("| `{}` | {} | {} | {} |\n", row.key, form, otherwise, row.meaning);
    }
  };
  for (const FileKind& kind : file_kinds()) {
    out += fmt::format("\n#### {}\n", kind.name);
    std::vector<const Shape*> shapes{kind.head};
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      const bool verb = i > 0 && std::ranges::find(verb_shapes(), shapes[i]) != verb_shapes().end();
      table(*shapes[i], verb ? fmt::format("step `{}`", shapes[i]->name) : fmt::format("{}", shapes[i]->name));
      for (const KeySpec& row : shapes[i]->keys) {
        const auto add = [&shapes](const Shape* shape) {
          if (std::ranges::find(shapes, shape) == shapes.end()) shapes.push_back(shape);
        };
        if (row.form == Form::steps)
          for (const Shape* one : verb_shapes()) add(one);
        if (row.shape != nullptr) add(row.shape);
      }
    }
  }
  return out;
}

}  // namespace unjam::playbooks
