// The one JSON facade (Boost.JSON behind it). A number without point or exponent is an int64, else a double.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "state/base/result.h"

namespace unjam {

namespace json = boost::json;

// Parses untrusted text: depth at most 32, at most `kMaxJsonBytes` bytes, valid UTF-8, no duplicate keys
// (ErrorKind::invalid otherwise).
inline constexpr std::size_t kMaxJsonBytes = 16u << 20;
Result<json::value> parse_json(std::string_view text);

// One spelling per value: keys sorted, no white space. What is hashed is always this.
std::string canonical(const json::value& value);

// The same at the end of `out`: for what is spelt member by member without being made a value first.
void append_canonical(const json::value& value, std::string& out);
void append_canonical(const json::object& object, std::string& out);
void append_canonical(std::string_view text, std::string& out);
void append_canonical(std::int64_t number, std::string& out);

// Reads of stored objects; absent or of another kind is ErrorKind::corrupt and names the key.
Result<std::string> text_at(const json::object& object, std::string_view key);
Result<std::int64_t> int_at(const json::object& object, std::string_view key);

}  // namespace unjam
