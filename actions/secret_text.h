// The content of a secret file: read when it is needed, wiped when it is no longer, never printed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actions/inventory.h"
#include "state/base/result.h"

namespace unjam::actions {

inline constexpr std::size_t kMaxSecretBytes = 64u << 10;

class SecretText {
 public:
  SecretText() = default;
  // `bytes` end with a NUL that does not belong to the secret: libssh2 looks for one.
  explicit SecretText(std::vector<char> bytes) : bytes_(std::move(bytes)) {}
  ~SecretText();
  SecretText(SecretText&& other) noexcept : bytes_(std::move(other.bytes_)) {}
  SecretText& operator=(SecretText&& other) noexcept;

  std::string_view view() const { return {bytes_.data(), bytes_.empty() ? 0 : bytes_.size() - 1}; }

 private:
  std::vector<char> bytes_;  // never grows once filled: no copy is left behind
};

// ErrorKind::denied: missing, not a plain file, owned by somebody else than this user or root, open to group or world,
// or larger than kMaxSecretBytes. The message names the file, never its content.
Result<SecretText> read_secret(const SecretFile& file);

// The same without the end of line of its one line: a password.
Result<SecretText> read_password(const SecretFile& file);

// What a private key is, as far as its outside tells: "ssh-ed25519", "ssh-rsa" ...; empty if it is in none of the forms
// known here. `encrypted` is set if it needs a passphrase.
std::string private_key_type(std::string_view pem, bool& encrypted);

}  // namespace unjam::actions
