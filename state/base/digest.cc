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
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
  const auto put = [&](std::uint32_t group, std::size_t letters) {
    for (std::size_t k = 0; k < letters; ++k) *out++ = kAlphabet[(group >> (18 - 6 * k)) & 0x3f];
  };
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) put(byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2), 4);
  if (bytes.size() - i == 2) put(byte(i) << 16 | byte(i + 1) << 8, 3);
  if (bytes.size() - i == 1) put(byte(i) << 16, 2);
  return text;
}

Result<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return fail(ErrorKind::invalid, "base64: the length is not a multiple of four");
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string bytes(text.size() / 4 * 3, '\0');
  char* out = bytes.data();
  const std::string_view letters = text.substr(0, text.size() - padding);
  std::uint32_t group = 0;
  std::uint32_t wrong = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint32_t bits = i < letters.size() ? kReverse[static_cast<unsigned char>(letters[i])] : 0;
    wrong |= bits & ~0x3fu;
    group = group << 6 | (bits & 0x3fu);
    if (i % 4 != 3) continue;
    for (const unsigned shift : {16u, 8u, 0u}) *out++ = static_cast<char>(group >> shift & 0xffu);
  }
  if (wrong != 0) return fail(ErrorKind::invalid, "base64: a character outside of its alphabet");
  const std::uint32_t unused = padding == 0 ? 0 : padding == 1 ? 0xffu : 0xffffu;
  if ((group & unused) != 0) return fail(ErrorKind::invalid, "base64: bits after the last byte");
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace unjam
