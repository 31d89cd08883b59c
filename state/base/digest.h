// SHA-256 and base64 (OpenSSL behind them). Digests are 64 lower-case hex digits.
#pragma once

#include <string>
#include <string_view>

#include "state/base/result.h"

namespace unjam {

std::string sha256_hex(std::string_view bytes);

std::string base64_encode(std::string_view bytes);  // RFC 4648 section 4, one line, padded
Result<std::string> base64_decode(
    std::string_view text);  // strict: no white space, correct padding; ErrorKind::invalid

}  // namespace unjam
