#include "actions/known_hosts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

#include "state/base/digest.h"

namespace unjam::actions {
namespace {

constexpr std::string_view kHashMagic = "|1|";
constexpr std::size_t kHashBytes = SHA_DIGEST_LENGTH;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

std::string lookup_name(std::string_view address, std::uint16_t port) {
  const std::string name = lowered(address);
  return port == 22 ? name : fmt::format("[{}]:{}", name, port);
}

std::string_view next_word(std::string_view& text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  const std::size_t end = std::min(text.find_first_of(" \t", begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

// `*` any run, `?` any one character. Linear in both: on a mismatch only the last star is taken up again.
bool matches_pattern(std::string_view name, std::string_view pattern) {
  std::size_t n = 0;
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || lower(pattern[p]) == name[n])) {
      ++n;
      ++p;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool matches_list(std::string_view name, std::string_view list) {
  bool found = false;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view pattern = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    const bool negated = pattern.starts_with('!');
    if (negated) pattern.remove_prefix(1);
    if (!matches_pattern(name, pattern)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

// |1|salt|hash, both base64 of 20 bytes: HMAC-SHA1 of the name under the salt.
Result<std::pair<std::string, std::string>> split_hash(std::string_view hosts) {
  hosts.remove_prefix(kHashMagic.size());
  const std::size_t bar = hosts.find('|');
  if (bar == std::string_view::npos) return fail(ErrorKind::denied, "the hashed name has no salt");
  auto salt = base64_decode(hosts.substr(0, bar));
  auto hash = base64_decode(hosts.substr(bar + 1));
  if (!salt || !hash || salt->size() != kHashBytes || hash->size() != kHashBytes) {
    return fail(ErrorKind::denied, "the hashed name is not two base64 texts of 20 bytes");
  }
  return std::pair{*std::move(salt), *std::move(hash)};
}

bool matches_hash(const std::string& name, std::string_view hosts) {
  const auto parts = split_hash(hosts);
  if (!parts) return false;
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int length = 0;
  HMAC(EVP_sha1(), parts->first.data(), static_cast<int>(parts->first.size()),
       reinterpret_cast<const unsigned char*>(name.data()), name.size(), mac.data(), &length);
  return length == kHashBytes && CRYPTO_memcmp(mac.data(), parts->second.data(), kHashBytes) == 0;
}

}  // namespace

std::string fingerprint(std::string_view key) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data());
  std::string text = base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
  while (text.ends_with('=')) text.pop_back();
  return "SHA256:" + text;
}

std::string key_type(std::string_view key) {
  if (key.size() < 4) return {};
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) length = (length << 8) | static_cast<unsigned char>(key[i]);
  constexpr std::size_t kLongestType = 64;
  if (length == 0 || length > kLongestType || length > key.size() - 4) return {};
  return std::string(key.substr(4, length));
}

Result<KnownHosts::Line> KnownHosts::parse_line(std::string_view text) {
  Line line;
  std::string_view word = next_word(text);
  if (word.starts_with('@')) {
    if (word == "@revoked") {
      line.marker = Marker::revoked;
    } else if (word == "@cert-authority") {
      line.marker = Marker::authority;
    } else {
      return fail(ErrorKind::denied, fmt::format("unknown marker '{}'", word));
    }
    word = next_word(text);
  }
  line.hosts = word;
  const std::string_view type = next_word(text);
  const std::string_view encoded = next_word(text);
  if (line.hosts.empty() || type.empty() || encoded.empty()) {
    return fail(ErrorKind::denied, "a line is 'hosts type key', this has too few words");
  }
  if (line.hosts.starts_with(kHashMagic)) {
    if (const auto parts = split_hash(line.hosts); !parts) return std::unexpected(parts.error());
  }
  auto key = base64_decode(encoded);
  if (!key) return fail(ErrorKind::denied, "the key is not base64");
  if (key_type(*key) != type) return fail(ErrorKind::denied, fmt::format("the key is not of the type '{}'", type));
  line.key = *std::move(key);
  return line;
}

Result<KnownHosts> KnownHosts::parse(std::string_view text, std::string path) {
  KnownHosts known;
  known.path_ = std::move(path);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view raw = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!raw.empty() && (raw.back() == '\r' || raw.back() == ' ' || raw.back() == '\t')) raw.remove_suffix(1);
    std::string_view rest = raw;
    const std::string_view first = next_word(rest);
    if (first.empty() || first.starts_with('#')) continue;
    auto line = parse_line(raw);
    if (!line) {
      return fail(ErrorKind::denied, "malformed line of known host keys: " + line.error().message,
                  fmt::format("{}:{}", known.path_, number));
    }
    line->number = number;
    known.lines_.push_back(*std::move(line));
  }
  return known;
}

bool KnownHosts::applies(const Line& line, const std::string& name) {
  return line.hosts.starts_with(kHashMagic) ? matches_hash(name, line.hosts) : matches_list(name, line.hosts);
}

std::string KnownHosts::spell(const Line& line) {
  return fmt::format("{} {} (line {})", key_type(line.key), fingerprint(line.key), line.number);
}

std::vector<std::string> KnownHosts::pinned(std::string_view address, std::uint16_t port) const {
  const std::string name = lookup_name(address, port);
  std::vector<std::string> found;
  for (const Line& line : lines_) {
    if (line.marker == Marker::none && applies(line, name)) found.push_back(spell(line));
  }
  return found;
}

Result<void> KnownHosts::check(std::string_view address, std::uint16_t port, std::string_view key) const {
  const std::string name = lookup_name(address, port);
  bool known = false;
  bool authority = false;
  std::vector<std::string> others;
  for (const Line& line : lines_) {
    if (!applies(line, name)) continue;
    const bool same = line.key == key;
    if (line.marker == Marker::revoked && same) {
      return fail(
          ErrorKind::denied,
          fmt::format("the host key of {} is revoked: {} {} ({}:{}); do not connect before its owner has been asked",
                      name, key_type(key), fingerprint(key), path_, line.number));
    }
    if (line.marker == Marker::authority) authority = true;
    if (line.marker != Marker::none) continue;
    if (same) known = true;
    if (!same) others.push_back(spell(line));
  }
  if (known) return {};
  const std::string shown = fmt::format("{} {}", key_type(key), fingerprint(key));
  if (!others.empty()) {
    return fail(
        ErrorKind::denied,
        fmt::format("the host key of {} is not the pinned one: it shows {}, {} has {}; it was installed anew, or "
                    "another machine answers",
                    name, shown, path_, fmt::join(others, ", ")));
  }
  if (authority) {
    return fail(ErrorKind::denied,
                fmt::format("{} is known by @cert-authority only ({}), which needs `transport: openssh`", name, path_));
  }
  return fail(ErrorKind::denied,
              fmt::format("the host key of {} is unknown: it shows {}, and {} has none for it", name, shown, path_));
}

std::vector<std::string> KnownHosts::types(std::string_view address, std::uint16_t port) const {
  const std::string name = lookup_name(address, port);
  std::vector<std::string> found;
  for (const Line& line : lines_) {
    if (line.marker != Marker::none || !applies(line, name)) continue;
    std::string type = key_type(line.key);
    if (std::ranges::find(found, type) == found.end()) found.push_back(std::move(type));
  }
  return found;
}

std::vector<std::size_t> KnownHosts::lines(std::string_view address, std::uint16_t port) const {
  const std::string name = lookup_name(address, port);
  std::vector<std::size_t> found;
  for (const Line& line : lines_) {
    if (applies(line, name)) found.push_back(line.number);
  }
  return found;
}

Result<KnownHosts> load_known_hosts(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorKind::denied, "the file of known host keys cannot be read", path);
  std::string text;
  std::array<char, 1u << 16> piece{};
  while (file.read(piece.data(), piece.size()) || file.gcount() > 0) {
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxKnownHostsBytes) {
      return fail(ErrorKind::denied, fmt::format("more than {} bytes of known host keys", kMaxKnownHostsBytes), path);
    }
  }
  if (file.bad()) return fail(ErrorKind::denied, "the file of known host keys cannot be read", path);
  return KnownHosts::parse(text, path);
}

}  // namespace unjam::actions
