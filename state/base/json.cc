#include "state/base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

namespace unjam {
namespace {

constexpr std::size_t kMaxJsonDepth = 32;

// Boost.JSON silently takes the last of two equal keys, and 1.81 reads some doubles one unit in the last place off what
// it wrote itself (12 in 100 of those with many digits), so a value would not survive its journal. This pass finds the
// keys and reads the doubles exactly, in the order of the text. Depth and UTF-8 are the parser's.
class SecondReading {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  const std::string& twin() const { return twin_; }
  const std::vector<double>& doubles() const { return doubles_; }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    open_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, json::error_code& ec) {
    std::vector<std::string> keys = std::move(open_.back());
    open_.pop_back();
    std::ranges::sort(keys);
    const auto twin = std::ranges::adjacent_find(keys);
    if (twin == keys.end()) return true;
    twin_ = *twin;
    ec = json::error::syntax;
    return false;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    key_.append(part.data(), part.size());
    open_.back().push_back(std::exchange(key_, {}));
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_number_part(json::string_view part, json::error_code&) {
    number_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) {
    number_.clear();
    return true;
  }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) {
    number_.clear();
    return true;
  }
  bool on_double(double rough, json::string_view part, json::error_code&) {
    number_.append(part.data(), part.size());
    double exact = rough;
    const auto read = std::from_chars(number_.data(), number_.data() + number_.size(), exact);
    doubles_.push_back(read.ec == std::errc() ? exact : rough);
    number_.clear();
    return true;
  }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  std::vector<std::vector<std::string>> open_;
  std::string key_;
  std::string twin_;
  std::string number_;
  std::vector<double> doubles_;
};

SecondReading read_again(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::basic_parser<SecondReading> parser(options);
  json::error_code ec;
  parser.write_some(false, text.data(), text.size(), ec);
  return std::move(parser.handler());
}

// Puts the exact doubles in the places of the rough ones; `next` walks with the text's order, which is the value's.
void set_doubles(json::value& value, const std::vector<double>& exact, std::size_t& next) {
  if (double* number = value.if_double()) {
    if (next < exact.size()) *number = exact[next];
    ++next;
  } else if (auto* array = value.if_array()) {
    for (json::value& item : *array) set_doubles(item, exact, next);
  } else if (auto* object = value.if_object()) {
    for (auto& entry : *object) set_doubles(entry.value(), exact, next);
  }
}

// A number that is no int64 (18446744073709551615) or no finite double (1e999) is not silently another one.
bool has_odd_number(const json::value& value) {
  if (value.is_uint64()) return true;
  if (const double* number = value.if_double()) return !std::isfinite(*number);
  if (const auto* array = value.if_array()) return std::ranges::any_of(*array, has_odd_number);
  const auto odd = [](const auto& entry) { return has_odd_number(entry.value()); };
  const auto* object = value.if_object();
  return object != nullptr && std::ranges::any_of(*object, odd);
}

void write_canonical(const json::value& value, std::string& out) {
  if (const auto* array = value.if_array()) {
    out += '[';
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      write_canonical((*array)[i], out);
    }
    out += ']';
    return;
  }
  const auto* object = value.if_object();
  if (object == nullptr) {
    out += json::serialize(value);
    return;
  }
  std::vector<const json::key_value_pair*> entries;
  entries.reserve(object->size());
  for (const auto& entry : *object) entries.push_back(&entry);
  std::ranges::sort(entries, {}, [](const json::key_value_pair* entry) { return entry->key(); });
  out += '{';
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) out += ',';
    out += json::serialize(json::value(entries[i]->key()));
    out += ':';
    write_canonical(entries[i]->value(), out);
  }
  out += '}';
}

}  // namespace

Result<json::value> parse_json(std::string_view text) {
  if (text.size() > kMaxJsonBytes) {
    return fail(ErrorKind::invalid, fmt::format("JSON of {} bytes: at most {} are read", text.size(), kMaxJsonBytes));
  }
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::error_code ec;
  json::value value = json::parse({text.data(), text.size()}, ec, {}, options);
  if (ec) return fail(ErrorKind::invalid, "not JSON: " + ec.message());
  const SecondReading again = read_again(text);
  if (!again.twin().empty()) {
    return fail(ErrorKind::invalid, fmt::format("JSON object with the key '{}' twice", again.twin()));
  }
  std::size_t next = 0;
  set_doubles(value, again.doubles(), next);
  if (has_odd_number(value)) return fail(ErrorKind::invalid, "JSON number outside of 64-bit integers and doubles");
  return value;
}

std::string canonical(const json::value& value) {
  std::string out;
  write_canonical(value, out);
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
