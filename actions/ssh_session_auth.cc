// Authentication: key, agent, password, keyboard-interactive. A refusal is ErrorKind::denied, a broken connection
// not_sent; messages name the ways tried, never a secret.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "actions/known_hosts.h"
#include "actions/secret_text.h"
#include "actions/ssh_agent.h"
#include "actions/ssh_session_impl.h"

namespace unjam::actions {
namespace {

namespace asio = boost::asio;
using Impl = SshSession::Impl;

constexpr std::array<std::string_view, 4> kUsableTypes{"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
                                                       "ecdsa-sha2-nistp521"};

// What one way of authenticating came to.
enum class Tried { accepted, refused };
using Attempt = Result<Tried>;

// Refused is the server's word or a key that cannot be used; the connection lives on. Anything else ends it.
Attempt attempt_of(const Impl& impl, int rc) {
  if (rc == 0) return Tried::accepted;
  const bool refused = rc == LIBSSH2_ERROR_AUTHENTICATION_FAILED || rc == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED ||
                       rc == LIBSSH2_ERROR_METHOD_NOT_SUPPORTED;
  if (refused && !impl.closed()) return Tried::refused;
  return fail(ErrorKind::not_sent, "SSH authentication");
}

asio::awaitable<Attempt> by_key(Impl& impl, const std::string& user, const SecretFile& file) {
  const auto key = read_secret(file);
  if (!key) co_return std::unexpected(key.error());
  bool encrypted = false;
  const std::string type = private_key_type(key->view(), encrypted);
  if (encrypted) {
    co_return fail(ErrorKind::denied, "the private key needs a passphrase; use `agent: true` for such a key",
                   file.path);
  }
  if (!type.empty() && std::ranges::find(kUsableTypes, type) == kUsableTypes.end()) {
    co_return fail(ErrorKind::denied,
                   fmt::format("keys of type {} cannot be used by `transport: ssh`; make an Ed25519 key, or use "
                               "`transport: openssh`",
                               type),
                   file.path);
  }
  const int rc = co_await impl.drive([&] {
    return libssh2_userauth_publickey_frommemory(impl.session, user.data(), user.size(), nullptr, 0, key->view().data(),
                                                 key->view().size(), nullptr);
  });
  if (rc == LIBSSH2_ERROR_FILE) {
    co_return fail(ErrorKind::denied, "the private key cannot be read: it is damaged, or of a form unknown to libssh2",
                   file.path);
  }
  co_return attempt_of(impl, rc);
}

// One signature, asked for by libssh2's callback and fetched outside of it: the callback may not wait.
struct Signing {
  SessionMemory* memory = nullptr;
  std::string wanted{};     // data to sign; empty: nothing asked yet
  std::string signature{};  // empty: not there yet
};

int sign_later(LIBSSH2_SESSION*, unsigned char** signature, std::size_t* length, const unsigned char* data,
               std::size_t data_length, void** abstract) {
  auto& signing = *static_cast<Signing*>(*abstract);
  if (signing.signature.empty()) {
    signing.wanted.assign(reinterpret_cast<const char*>(data), data_length);
    return LIBSSH2_ERROR_EAGAIN;
  }
  *signature = static_cast<unsigned char*>(signing.memory->take(signing.signature.size()));
  if (*signature == nullptr) return LIBSSH2_ERROR_ALLOC;
  std::memcpy(*signature, signing.signature.data(), signing.signature.size());
  *length = signing.signature.size();
  return 0;
}

asio::awaitable<Attempt> by_agent_key(Impl& impl, const std::string& user, SshAgent& agent, const std::string& key,
                                      Deadline& deadline) {
  Signing signing{.memory = &impl.wire->memory};
  void* abstract = &signing;
  for (;;) {
    if (impl.closed()) co_return fail(ErrorKind::not_sent, "SSH authentication");
    const int rc =
        libssh2_userauth_publickey(impl.session, user.c_str(), reinterpret_cast<const unsigned char*>(key.data()),
                                   key.size(), sign_later, &abstract);
    if (rc != LIBSSH2_ERROR_EAGAIN) co_return attempt_of(impl, rc);
    if (signing.wanted.empty() || !signing.signature.empty()) {
      co_await impl.wait();
      continue;
    }
    auto signature = co_await agent.sign(key, signing.wanted, deadline);
    // libssh2 now waits for this signature: the session cannot be used for another attempt.
    if (!signature) co_return fail(ErrorKind::denied, signature.error().text());
    signing.signature = *std::move(signature);
  }
}

asio::awaitable<Attempt> by_agent(Impl& impl, const std::string& user, const std::string& socket, Deadline& deadline) {
  auto agent = co_await SshAgent::connect(socket, deadline);
  if (!agent) co_return fail(ErrorKind::denied, agent.error().text());
  const auto keys = co_await agent->keys(deadline);
  if (!keys) co_return fail(ErrorKind::denied, keys.error().text());
  std::size_t tried = 0;
  for (const std::string& key : *keys) {
    if (std::ranges::find(kUsableTypes, key_type(key)) == kUsableTypes.end()) continue;
    if (++tried > kMaxAgentTries) break;
    const Attempt attempt = co_await by_agent_key(impl, user, *agent, key, deadline);
    if (!attempt || *attempt == Tried::accepted) co_return attempt;
  }
  co_return Tried::refused;
}

void answer_prompts(const char*, int, const char*, int, int count, const LIBSSH2_USERAUTH_KBDINT_PROMPT* prompts,
                    LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses, void** abstract) {
  auto& wire = *static_cast<SshWire*>(*abstract);
  for (int i = 0; i < count; ++i) {
    // Only what is not echoed is asked for a secret; the password is not shown to a server that asks something else.
    const std::string_view answer = prompts[i].echo != 0 ? std::string_view() : wire.password;
    auto* text = static_cast<char*>(wire.memory.take(answer.size() + 1));
    if (text == nullptr) continue;
    std::ranges::copy(answer, text);
    responses[i].text = text;
    responses[i].length = static_cast<unsigned>(answer.size());
  }
}

// The ways that the server offers, "publickey,password"; empty if it lets everybody in. An error if it no longer
// answers: libssh2 reports a connection that was cut during an attempt as a refusal.
asio::awaitable<Result<std::string>> offered(Impl& impl, const std::string& user) {
  const char* list = nullptr;
  const int rc = co_await impl.drive([&] {
    list = libssh2_userauth_list(impl.session, user.data(), static_cast<unsigned>(user.size()));
    return list != nullptr ? 0 : libssh2_session_last_errno(impl.session);
  });
  if (list != nullptr) co_return std::string(list);
  if (rc == 0 && libssh2_userauth_authenticated(impl.session) != 0) co_return std::string();
  co_return fail(ErrorKind::not_sent, "SSH authentication");
}

bool offers(std::string_view list, std::string_view way) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == way) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

asio::awaitable<Attempt> by_password(Impl& impl, const std::string& user, const SecretFile& file,
                                     const std::string& ways) {
  const auto password = read_password(file);
  if (!password) co_return std::unexpected(password.error());
  const std::string_view secret = password->view();
  const auto user_length = static_cast<unsigned>(user.size());
  Attempt attempt = Tried::refused;
  if (offers(ways, "password")) {
    const int rc = co_await impl.drive([&] {
      return libssh2_userauth_password_ex(impl.session, user.data(), user_length, secret.data(),
                                          static_cast<unsigned>(secret.size()), nullptr);
    });
    if (rc == LIBSSH2_ERROR_PASSWORD_EXPIRED) co_return fail(ErrorKind::denied, "the password has expired", file.path);
    attempt = attempt_of(impl, rc);
  }
  const bool refused = attempt.has_value() && *attempt == Tried::refused;
  if (!refused || !offers(ways, "keyboard-interactive")) co_return attempt;
  impl.wire->password = secret;
  const int rc = co_await impl.drive(
      [&] { return libssh2_userauth_keyboard_interactive_ex(impl.session, user.data(), user_length, answer_prompts); });
  impl.wire->password = {};
  co_return attempt_of(impl, rc);
}

}  // namespace

asio::awaitable<Result<void>> ssh_authenticate(Impl& impl, const Connection& connection,
                                               const std::string& agent_socket, Deadline& deadline) {
  const std::string& user = connection.user;
  std::vector<std::string_view> tried;
  Attempt attempt = Tried::refused;
  const auto go_on = [&attempt] { return attempt.has_value() && *attempt == Tried::refused; };
  if (connection.key) {
    tried.emplace_back("key");
    attempt = co_await by_key(impl, user, *connection.key);
  }
  if (go_on() && connection.agent) {
    tried.emplace_back("agent");
    attempt = co_await by_agent(impl, user, agent_socket, deadline);
  }
  std::string ways;
  if (go_on()) {
    auto list = co_await offered(impl, user);
    if (!list) co_return std::unexpected(list.error());
    ways = *std::move(list);
    if (ways.empty()) co_return Result<void>{};
  }
  if (go_on() && connection.password) {
    tried.emplace_back("password");
    attempt = co_await by_password(impl, user, *connection.password, ways);
  }
  if (!attempt) co_return std::unexpected(attempt.error());
  if (*attempt == Tried::accepted) co_return Result<void>{};
  if (impl.closed()) co_return fail(ErrorKind::not_sent, "SSH authentication");
  co_return fail(ErrorKind::denied,
                 fmt::format("the host does not let user '{}' in: tried {}; it offers {}", user,
                             tried.empty() ? "nothing, the connection names no key, agent or password"
                                           : fmt::format("{}", fmt::join(tried, ", ")),
                             ways));
}

}  // namespace unjam::actions
