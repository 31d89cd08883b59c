#include "state/base/digest.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>

namespace unjam {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNotInAlphabet = 0xff;

constexpr std::array<std::uint8_t, 256> reverse_alphabet() {
  std::array<std::uint8_t, 256> table{};
  table.fill(kNotInAlphabet);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}

constexpr auto kReverse = reverse_alphabet();

constexpr std::size_t kSha256Bytes = 32;

// Looked up once: OpenSSL 3 would do it anew for every digest, which takes longer than hashing an event does.
const EVP_MD* sha256() {
  static const EVP_MD* const kept = [] {
    const EVP_MD* found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (found == nullptr) std::fputs("unjam: OpenSSL offers no SHA-256 here (see openssl.cnf)\n", stderr);
    return found;
  }();
  return kept;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, kSha256Bytes> digest{};
  // Without it, or without memory for it, nothing would be right.
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, sha256(), nullptr) != 1) std::terminate();
  std::string hex(2 * digest.size(), '0');
  for (std::size_t i = 0; i < digest.size(); ++i) {
    hex[2 * i] = kDigits[digest[i] >> 4];
    hex[2 * i + 1] = kDigits[digest[i] & 0x0f];
  }
  return hex;
}

std::string base64_encode(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  char* out = text.data();
  for (std::size_t i = 0; i < bytes.size(); i += 3, out += 4) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = (group << 8) | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k <= have; ++k) out[k] = kAlphabet[(group >> (18 - 6 * k)) & 0x3f];
  }
  return text;
}

Result<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return fail(ErrorKind::invalid, "base64: the length is not a multiple of four");
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::uint32_t bits = 0;
    if (i < text.size() - padding) {
      bits = kReverse[static_cast<unsigned char>(text[i])];
      if (bits == kNotInAlphabet) return fail(ErrorKind::invalid, "base64: a character outside of its alphabet");
    }
    group = (group << 6) | bits;
    if (i % 4 != 3) continue;
    const std::size_t whole = i + 1 == text.size() ? 3 - padding : 3;
    for (std::size_t k = 0; k < whole; ++k) bytes += static_cast<char>((group >> (16 - 8 * k)) & 0xff);
    const std::uint32_t left_over = whole == 3 ? 0 : group & (whole == 2 ? 0xffu : 0xffffu);
    if (left_over != 0) return fail(ErrorKind::invalid, "base64: bits after the last byte");
    group = 0;
  }
  return bytes;
}

}  // namespace unjam
