// The pinned host keys: a reader and matcher of OpenSSH's known_hosts format of our own, because libssh2 1.10 does not
// understand @revoked, patterns and negation. Pure but for `load_known_hosts`.
//
// Looked up by the address of the inventory, `[address]:port` if the port is not 22, as the OpenSSH client does; case
// does not matter. Plain and hashed names, `*` and `?`, `!negation`, @revoked are obeyed. @cert-authority is not: a
// host that is known by it alone needs `transport: openssh`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "state/base/result.h"

namespace unjam::actions {

inline constexpr std::size_t kMaxKnownHostsBytes = 8u << 20;

// SHA256:... as ssh-keygen -l prints it, of a public key in its wire form.
std::string fingerprint(std::string_view key);
// The name of the key's type that its wire form begins with ("ssh-ed25519"); empty if it is none.
std::string key_type(std::string_view key);

class KnownHosts {
 public:
  // Reads the text of `path` (for messages). A line that is malformed is an error (ErrorKind::denied) with its number:
  // what cannot be read might have been a revocation.
  static Result<KnownHosts> parse(std::string_view text, std::string path);

  // Ok if `key` is pinned for this address and not revoked. Else ErrorKind::denied: unknown, changed or revoked; the
  // message has the key's fingerprint, the pinned ones and the file.
  Result<void> check(std::string_view address, std::uint16_t port, std::string_view key) const;

  // Types of the keys pinned for this address, in the file's order, each once: what to ask the server for.
  std::vector<std::string> types(std::string_view address, std::uint16_t port) const;

  // The keys pinned for this address as people read them: "ssh-ed25519 SHA256:... (line 3)".
  std::vector<std::string> pinned(std::string_view address, std::uint16_t port) const;

  // Numbers of the lines that apply to this address, revocations included.
  std::vector<std::size_t> lines(std::string_view address, std::uint16_t port) const;

 private:
  enum class Marker { none, revoked, authority };
  struct Line {
    std::size_t number = 0;
    Marker marker = Marker::none;
    std::string hosts;
    std::string key;  // wire form
  };

  static Result<Line> parse_line(std::string_view text);
  static std::string spell(const Line& line);
  static bool applies(const Line& line, const std::string& name);

  std::string path_;
  std::vector<Line> lines_;
};

// ErrorKind::denied if the file is missing, unreadable, too large or malformed: without it no host key can be trusted.
Result<KnownHosts> load_known_hosts(const std::string& path);

}  // namespace unjam::actions
