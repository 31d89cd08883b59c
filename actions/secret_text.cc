#include "actions/secret_text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "actions/known_hosts.h"
#include "state/base/digest.h"

namespace unjam::actions {
namespace {

class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

Result<std::size_t> checked_size(int fd, const std::string& path) {
  struct stat info{};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return fail(ErrorKind::denied, "not a plain file", path);
  if (info.st_uid != ::geteuid() && info.st_uid != 0) {
    return fail(ErrorKind::denied, "a secret must belong to the user that runs unjam, or to root", path);
  }
  if ((info.st_mode & 077u) != 0) {
    return fail(ErrorKind::denied,
                fmt::format("its mode {:04o} lets others at it; a secret must be closed to group and world (chmod 600)",
                            info.st_mode & 07777u),
                path);
  }
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > kMaxSecretBytes) return fail(ErrorKind::denied, "too large for a secret", path);
  return size;
}

}  // namespace

SecretText::~SecretText() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

Result<SecretText> read_secret(const SecretFile& file) {
  const OpenFile open(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (open.fd() < 0) {
    return fail(ErrorKind::denied, fmt::format("the secret cannot be read: {}", std::strerror(errno)), file.path);
  }
  const auto size = checked_size(open.fd(), file.path);
  if (!size) return std::unexpected(size.error());
  std::vector<char> bytes(*size + 1);
  std::size_t have = 0;
  while (have < *size) {
    const ssize_t got = ::read(open.fd(), bytes.data() + have, *size - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  SecretText secret(std::move(bytes));
  if (have != *size) return fail(ErrorKind::denied, "the secret cannot be read to its end", file.path);
  return secret;
}

Result<SecretText> read_password(const SecretFile& file) {
  auto secret = read_secret(file);
  if (!secret) return secret;
  std::string_view line = secret->view();
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty() || line.find_first_of(std::string_view("\n\0", 2)) != std::string_view::npos) {
    return fail(ErrorKind::denied, "a password file has one line", file.path);
  }
  std::vector<char> bytes(line.size() + 1);
  std::ranges::copy(line, bytes.begin());
  return SecretText(std::move(bytes));
}

std::string private_key_type(std::string_view pem, bool& encrypted) {
  encrypted = pem.find("ENCRYPTED") != std::string_view::npos;
  if (pem.find("BEGIN RSA PRIVATE KEY") != std::string_view::npos) return "ssh-rsa";
  if (pem.find("BEGIN DSA PRIVATE KEY") != std::string_view::npos) return "ssh-dss";
  constexpr std::string_view kBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
  constexpr std::string_view kMagic("openssh-key-v1\0", 15);
  std::size_t at = pem.find(kBegin);
  if (at == std::string_view::npos) return {};
  // Cipher, its derivation and the public key stand in front, in clear; the first 256 characters hold them.
  constexpr std::size_t kOutside = 256;
  std::string head;
  for (at += kBegin.size(); at < pem.size() && pem[at] != '-' && pem[at] != '=' && head.size() < kOutside; ++at) {
    if (pem[at] != '\n' && pem[at] != '\r') head += pem[at];
  }
  head.resize(head.size() / 4 * 4);
  const auto bytes = base64_decode(head);
  if (!bytes || !bytes->starts_with(kMagic)) return {};
  std::string_view rest = std::string_view(*bytes).substr(kMagic.size());
  const auto field = [&rest]() -> std::string_view {
    if (rest.size() < 4) return {};
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = (length << 8) | static_cast<unsigned char>(rest[i]);
    if (length > rest.size() - 4) return {};
    const std::string_view text = rest.substr(4, length);
    rest.remove_prefix(4 + length);
    return text;
  };
  encrypted = field() != "none";
  field();  // name of the key derivation
  field();  // its options
  if (rest.size() < 8) return {};
  rest.remove_prefix(8);  // number of keys, length of the first public key
  return key_type(rest);
}

}  // namespace unjam::actions
