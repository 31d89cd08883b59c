#include "state/base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <ranges>
#include <utility>
#include <vector>

namespace unjam {
namespace {

constexpr std::size_t kMaxJsonDepth = 32;

// Boost.JSON silently takes the last of two equal keys, and 1.81 reads some doubles one unit in the last place off what
// it wrote itself (12 in 100 of those with many digits), so a value would not survive its journal. So the value is
// built here: keys are compared and doubles read exactly. Depth and UTF-8 are the parser's.
class Builder {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  json::value release() { return values_.release(); }
  const std::string& twin() const { return twin_; }    // a key that stands twice in one object; empty: none
  bool has_odd_number() const { return odd_number_; }  // no int64 (18446744073709551615), or no finite double (1e999)

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return true; }
  bool on_object_end(std::size_t size, json::error_code&) {
    const auto keys = std::ranges::subrange(keys_.end() - static_cast<std::ptrdiff_t>(size), keys_.end());
    std::ranges::sort(keys);
    const auto twin = std::ranges::adjacent_find(keys);
    if (twin != keys.end() && twin_.empty()) twin_ = *twin;
    keys_.resize(keys_.size() - size);
    values_.push_object(size);
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t size, json::error_code&) {
    values_.push_array(size);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    values_.push_key(key_);
    keys_.push_back(std::exchange(key_, {}));
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    values_.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    values_.push_string(part);
    return true;
  }
  bool on_number_part(json::string_view part, json::error_code&) {
    number_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t number, json::string_view, json::error_code&) {
    number_.clear();
    values_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, json::error_code&) {
    number_.clear();
    odd_number_ = true;
    values_.push_uint64(number);
    return true;
  }
  bool on_double(double rough, json::string_view part, json::error_code&) {
    number_.append(part.data(), part.size());
    double exact = rough;
    const auto read = std::from_chars(number_.data(), number_.data() + number_.size(), exact);
    if (read.ec != std::errc()) exact = rough;
    number_.clear();
    odd_number_ = odd_number_ || !std::isfinite(exact);
    values_.push_double(exact);
    return true;
  }
  bool on_bool(bool flag, json::error_code&) {
    values_.push_bool(flag);
    return true;
  }
  bool on_null(json::error_code&) {
    values_.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  json::value_stack values_;
  std::vector<std::string> keys_;  // of the objects that are open, one after the other
  std::string key_;
  std::string number_;
  std::string twin_;
  bool odd_number_ = false;
};

}  // namespace

Result<json::value> parse_json(std::string_view text) {
  if (text.size() > kMaxJsonBytes) {
    return fail(ErrorKind::invalid, fmt::format("JSON of {} bytes: at most {} are read", text.size(), kMaxJsonBytes));
  }
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::basic_parser<Builder> parser(options);
  json::error_code ec;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && read < text.size()) ec = json::error::extra_data;
  if (ec) return fail(ErrorKind::invalid, "not JSON: " + ec.message());
  Builder& built = parser.handler();
  if (!built.twin().empty()) {
    return fail(ErrorKind::invalid, fmt::format("JSON object with the key '{}' twice", built.twin()));
  }
  if (built.has_odd_number()) return fail(ErrorKind::invalid, "JSON number outside of 64-bit integers and doubles");
  return built.release();
}

// As json::serialize spells it; most texts have nothing to be escaped.
void append_canonical(std::string_view text, std::string& out) {
  const auto plain = [](unsigned char c) { return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f; };
  if (!std::ranges::all_of(text, plain)) {
    out += json::serialize(json::value(json::string_view(text.data(), text.size())));
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

void append_canonical(std::int64_t number, std::string& out) {
  const fmt::format_int digits(number);
  out.append(digits.data(), digits.size());
}

void append_canonical(const json::object& object, std::string& out) {
  std::vector<const json::key_value_pair*> entries;
  entries.reserve(object.size());
  for (const auto& entry : object) entries.push_back(&entry);
  std::ranges::sort(entries, {}, [](const json::key_value_pair* entry) { return entry->key(); });
  char before = '{';
  for (const auto* entry : entries) {
    out += std::exchange(before, ',');
    append_canonical(std::string_view(entry->key().data(), entry->key().size()), out);
    out += ':';
    append_canonical(entry->value(), out);
  }
  out += entries.empty() ? "{}" : "}";
}

void append_canonical(const json::value& value, std::string& out) {
  if (const auto* object = value.if_object()) return append_canonical(*object, out);
  if (const auto* text = value.if_string()) return append_canonical(std::string_view(text->data(), text->size()), out);
  if (const auto* number = value.if_int64()) return append_canonical(*number, out);
  if (const auto* truth = value.if_bool()) {
    out += *truth ? "true" : "false";
    return;
  }
  const auto* array = value.if_array();
  if (array == nullptr) {
    out += json::serialize(value);
    return;
  }
  char before = '[';
  for (const auto& item : *array) {
    out += std::exchange(before, ',');
    append_canonical(item, out);
  }
  out += array->empty() ? "[]" : "]";
}

std::string canonical(const json::value& value) {
  std::string out;
  append_canonical(value, out);
  return out;
}

Result<std::string> text_at(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains({key.data(), key.size()});
  if (found == nullptr) return fail(ErrorKind::corrupt, fmt::format("'{}' is missing", key));
  const json::string* text = found->if_string();
  if (text == nullptr) return fail(ErrorKind::corrupt, fmt::format("'{}' is not a text", key));
  return std::string(text->data(), text->size());
}

Result<std::int64_t> int_at(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains({key.data(), key.size()});
  if (found == nullptr) return fail(ErrorKind::corrupt, fmt::format("'{}' is missing", key));
  const std::int64_t* number = found->if_int64();
  if (number == nullptr) return fail(ErrorKind::corrupt, fmt::format("'{}' is not an integer", key));
  return *number;
}

}  // namespace unjam
