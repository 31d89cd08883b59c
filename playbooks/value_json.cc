// Values to JSON and from it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "playbooks/diagnostic.h"
#include "playbooks/value.h"

namespace unjam::playbooks {
namespace {

using Kind = Type::Kind;

constexpr std::size_t kMaxQuotedBytes = 60;  // of an offending value in a message

json::array items_json(const std::vector<Value>& items) {
  json::array out;
  out.reserve(items.size());
  for (const Value& item : items) out.push_back(to_json(item));
  return out;
}

void append_items(std::string& out, const std::vector<Value>& items);

// Calls `each` with the key as JSON has it and the value, for maps and records.
template <typename Each>
void each_entry(const Value& value, Each each) {
  if (const auto* entries = value.as_map()) {
    for (const auto& [key, entry] : *entries) each(spell(key), entry);
  } else if (const auto* fields = value.as_record()) {
    for (const auto& [key, entry] : *fields) each(key, entry);
  }
}

bool is_object(const Value& value) {
  return value.as_map() != nullptr || value.as_record() != nullptr;
}

void append(std::string& out, const Value& value) {
  if (const auto* d = value.as_double(); d != nullptr && std::isfinite(*d)) {
    const std::string text = double_text(*d);
    out += text;
    if (text.find_first_of(".e") == std::string::npos) out += ".0";
  } else if (const auto* list = value.as_list()) {
    append_items(out, *list);
  } else if (const auto* set = value.as_set()) {
    append_items(out, *set);
  } else if (is_object(value)) {
    out += '{';
    bool first = true;
    each_entry(value, [&](const std::string& key, const Value& entry) {
      if (!first) out += ',';
      first = false;
      out += json::serialize(json::value(key)) + ":";
      append(out, entry);
    });
    out += '}';
  } else {
    out += json::serialize(to_json(value));
  }
}

void append_items(std::string& out, const std::vector<Value>& items) {
  out += '[';
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ',';
    append(out, items[i]);
  }
  out += ']';
}

// Reading. A path is where in the answer we are: "failing[0].code".
class Reader {
 public:
  Result<Value> read(const json::value& value, const Type& type);

 private:
  std::unexpected<Error> refuse(const json::value& value, const Type& type) const;
  std::unexpected<Error> refuse(const std::string& why) const {
    return fail(ErrorKind::invalid, path_.empty() ? why : path_ + ": " + why);
  }
  Result<Value> at(const std::string& step, const json::value& value, const Type& type);
  Result<Value> read_double(const json::value& value, const Type& type) const;
  Result<Value> read_text(const json::value& value, const Type& type) const;
  Result<Value> read_word(std::string_view word, const Type& type) const;
  Result<List> read_items(const json::value& value, const Type& type);
  Result<Value> read_map(const json::value& value, const Type& type);
  Result<Value> read_key(std::string_view key, const Type& type) const;
  Result<Value> read_record(const json::value& value, const Type& type);
  Result<Value> read_any(const json::value& value);

  std::string path_;
};

std::unexpected<Error> Reader::refuse(const json::value& value, const Type& type) const {
  std::string shown = json::serialize(value);
  if (shown.size() > kMaxQuotedBytes) shown = shown.substr(0, kMaxQuotedBytes) + "...";
  return refuse(fmt::format("expected {}, not {}", spell(type), printable(shown)));
}

Result<Value> Reader::at(const std::string& step, const json::value& value, const Type& type) {
  const std::size_t length = path_.size();
  path_ += step;
  Result<Value> result = read(value, type);
  path_.resize(length);
  return result;
}

Result<Value> Reader::read(const json::value& value, const Type& type) {
  switch (type.kind) {
    case Kind::boolean:
      return value.is_bool() ? Result<Value>(Value::boolean(value.get_bool())) : refuse(value, type);
    case Kind::integer:
      return value.is_int64() ? Result<Value>(Value::integer(value.get_int64())) : refuse(value, type);
    case Kind::real:
      return read_double(value, type);
    case Kind::null:
      return value.is_null() ? Result<Value>(Value()) : refuse(value, type);
    case Kind::set:
    case Kind::list: {
      Result<List> items = read_items(value, type);
      if (!items) return std::unexpected(items.error());
      return type.kind == Kind::set ? Value::set(std::move(*items)) : Value::list(std::move(*items));
    }
    case Kind::map:
      return read_map(value, type);
    case Kind::record:
      return read_record(value, type);
    case Kind::dyn:
      return read_any(value);
    default:
      return read_text(value, type);
  }
}

Result<Value> Reader::read_double(const json::value& value, const Type& type) const {
  constexpr std::int64_t kLargestExact = std::int64_t{1} << 53;
  if (value.is_double()) return Value::real(value.get_double());
  const std::int64_t* n = value.if_int64();
  if (n == nullptr || *n > kLargestExact || *n < -kLargestExact) return refuse(value, type);
  return Value::real(static_cast<double>(*n));
}

Result<Value> Reader::read_text(const json::value& value, const Type& type) const {
  const json::string* string = value.if_string();
  if (string == nullptr) return refuse(value, type);
  const std::string_view text(string->data(), string->size());
  switch (type.kind) {
    case Kind::text:
      return Value::text(std::string(text));
    case Kind::secret:
      return Value::secret(std::string(text));
    case Kind::host:
      if (text.empty()) return refuse(value, type);
      return Value::host(std::string(text));
    case Kind::duration: {
      const Result<Duration> d = parse_duration(text);
      return d ? Result<Value>(Value::duration(*d)) : refuse(d.error().message);
    }
    case Kind::timestamp: {
      const Result<Timestamp> t = parse_timestamp(text);
      return t ? Result<Value>(Value::timestamp(*t)) : refuse(t.error().message);
    }
    default:
      return read_word(text, type);
  }
}

Result<Value> Reader::read_word(std::string_view word, const Type& type) const {
  if (type.words.empty()) {
    if (word.empty()) return refuse(json::value(""), type);
    return type.kind == Kind::site ? Value::text(std::string(word)) : Value::enumeration(std::string(word), 0);
  }
  const auto found = std::ranges::find(type.words, word);
  if (found == type.words.end()) {
    return refuse(fmt::format("expected one of {}, not \"{}\"", fmt::join(type.words, ", "), printable(word)));
  }
  return Value::enumeration(std::string(word), static_cast<int>(found - type.words.begin()));
}

Result<List> Reader::read_items(const json::value& value, const Type& type) {
  const json::array* array = value.if_array();
  if (array == nullptr) return refuse(value, type);
  List items;
  items.reserve(array->size());
  for (std::size_t i = 0; i < array->size(); ++i) {
    Result<Value> item = at(fmt::format("[{}]", i), (*array)[i], *type.element);
    if (!item) return std::unexpected(item.error());
    items.push_back(std::move(*item));
  }
  return items;
}

Result<Value> Reader::read_key(std::string_view key, const Type& type) const {
  if (type.kind == Kind::integer) {
    std::int64_t n = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), n);
    if (error != std::errc() || end != key.data() + key.size()) return refuse(json::value(key), type);
    return Value::integer(n);
  }
  if (type.kind == Kind::boolean) {
    if (key != "true" && key != "false") return refuse(json::value(key), type);
    return Value::boolean(key == "true");
  }
  if (type.kind == Kind::dyn) return Value::text(std::string(key));
  return read_text(json::value(key), type);
}

Result<Value> Reader::read_map(const json::value& value, const Type& type) {
  const json::object* object = value.if_object();
  if (object == nullptr) return refuse(value, type);
  Value::MapEntries entries;
  entries.reserve(object->size());
  for (const auto& entry : *object) {
    const std::string_view name(entry.key().data(), entry.key().size());
    Result<Value> key = read_key(name, *type.key);
    if (!key) return std::unexpected(key.error());
    Result<Value> item = at(fmt::format("[{}]", name), entry.value(), *type.element);
    if (!item) return std::unexpected(item.error());
    entries.emplace_back(std::move(*key), std::move(*item));
  }
  return Value::map(std::move(entries));
}

Result<Value> Reader::read_record(const json::value& value, const Type& type) {
  const json::object* object = value.if_object();
  if (object == nullptr) return refuse(value, type);
  Fields fields;
  for (const auto& [name, field_type] : type.fields) {
    const json::value* found = object->if_contains(name);
    if (found == nullptr) return refuse(fmt::format("field '{}' is missing", name));
    Result<Value> field = at((path_.empty() ? "" : ".") + name, *found, *field_type);
    if (!field) return std::unexpected(field.error());
    fields.emplace(name, std::move(*field));
  }
  for (const auto& entry : *object) {
    const std::string_view name(entry.key().data(), entry.key().size());
    if (type.field(name) == nullptr) return refuse(fmt::format("there is no field '{}'", printable(name)));
  }
  return Value::record(std::move(fields));
}

Result<Value> Reader::read_any(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return Value();
    case json::kind::bool_:
      return Value::boolean(value.get_bool());
    case json::kind::int64:
      return Value::integer(value.get_int64());
    case json::kind::double_:
      return Value::real(value.get_double());
    case json::kind::string:
      return Value::text(std::string(value.get_string()));
    case json::kind::array: {
      Result<List> items = read_items(value, *types::list_of(types::dyn()));
      if (!items) return std::unexpected(items.error());
      return Value::list(std::move(*items));
    }
    case json::kind::object:
      return read_map(value, *types::map_of(types::text(), types::dyn()));
    default:
      return refuse("a number outside of the 64-bit integers");
  }
}

}  // namespace

json::value to_json(const Value& value) {
  if (const auto* b = value.as_bool()) return *b;
  if (const auto* n = value.as_int()) return *n;
  if (const auto* d = value.as_double()) return std::isfinite(*d) ? json::value(*d) : json::value(double_text(*d));
  if (const auto* text = value.as_text()) return json::value(*text);
  if (const auto* d = value.as_duration()) return json::value(duration_text(*d));
  if (const auto* t = value.as_timestamp()) return json::value(timestamp_text(*t));
  if (const auto* host = value.as_host()) return json::value(host->name);
  if (const auto* items = value.as_list()) return items_json(*items);
  if (const auto* items = value.as_set()) return items_json(*items);
  if (is_object(value)) {
    json::object out;
    each_entry(value, [&out](const std::string& key, const Value& entry) { out[key] = to_json(entry); });
    return out;
  }
  if (std::holds_alternative<SecretRef>(value.data())) return "***";
  return nullptr;
}

std::string json_text(const Value& value) {
  std::string out;
  append(out, value);
  return out;
}

Result<Value> from_json(const json::value& value, const Type& type) {
  return Reader().read(value, type);
}

}  // namespace unjam::playbooks
