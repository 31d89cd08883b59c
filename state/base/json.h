// The one JSON facade (Boost.JSON behind it). A number without point or exponent is an int64, else a double.
#pragma once

#include <boost/json.hpp>
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

// Reads of stored objects; absent or of another kind is ErrorKind::corrupt and names the key.
Result<std::string> text_at(const json::object& object, std::string_view key);
Result<std::int64_t> int_at(const json::object& object, std::string_view key);

}  // namespace unjam
