#include "actions/ssh_session.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <cerrno>
#include <utility>
#include <vector>

#include "actions/known_hosts.h"
#include "actions/ssh_session_impl.h"
#include "actions/tcp_connect.h"

namespace unjam::actions {
namespace {

namespace asio = boost::asio;

// Nothing with SHA-1, MD5, CBC, RC4, 3DES or DSA, and no group exchange (1.10 does not check the group's size).
constexpr const char* kKex =
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
    "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256";
constexpr const char* kCiphers = "aes128-ctr,aes192-ctr,aes256-ctr";
constexpr const char* kMacs = "hmac-sha2-256,hmac-sha2-512";
constexpr std::array<std::string_view, 4> kHostKeys{"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
                                                    "ecdsa-sha2-nistp521"};

SshWire& wire_of(void** abstract) {
  return *static_cast<SshWire*>(*abstract);
}

void* take_memory(std::size_t bytes, void** abstract) {
  return wire_of(abstract).memory.take(bytes);
}
void* take_memory_again(void* block, std::size_t bytes, void** abstract) {
  return wire_of(abstract).memory.take_again(block, bytes);
}
void give_memory_back(void* block, void** abstract) {
  wire_of(abstract).memory.give_back(block);
}

ssize_t receive(libssh2_socket_t fd, void* buffer, std::size_t length, int flags, void** abstract) {
  SshWire& wire = wire_of(abstract);
  if (wire.closed) return -ECONNABORTED;
  if (wire.limit == 0) {
    wire.over_limit = true;
    return -ECONNABORTED;
  }
  if (wire.turn == 0) {
    wire.turn_over = true;
    return -EAGAIN;
  }
  const ssize_t got = ::recv(fd, buffer, std::min({length, wire.limit, wire.turn}), flags | MSG_DONTWAIT);
  if (got < 0) return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
  wire.limit -= static_cast<std::size_t>(got);
  wire.turn -= std::min(wire.turn, std::max(static_cast<std::size_t>(got), kLeastRead));
  return got;
}

ssize_t transmit(libssh2_socket_t fd, const void* buffer, std::size_t length, int flags, void** abstract) {
  if (wire_of(abstract).closed) return -ECONNABORTED;
  const ssize_t sent = ::send(fd, buffer, length, flags | MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
  return sent;
}

// The pinned types first, so that a server that has several keys shows a pinned one; then the others, so that an
// unknown host's fingerprint can be told.
Result<std::string> host_key_preference(const KnownHosts& known, const Host& host, std::uint16_t port) {
  const std::vector<std::string> pinned = known.types(host.address, port);
  std::vector<std::string_view> order;
  for (const std::string_view type : kHostKeys) {
    if (std::ranges::find(pinned, type) != pinned.end()) order.push_back(type);
  }
  if (order.empty() && !pinned.empty()) {
    return fail(ErrorKind::denied,
                fmt::format("only a key of type {} is pinned for {}; pin its Ed25519 or ECDSA key, or use "
                            "`transport: openssh`",
                            pinned.front(), host.address));
  }
  for (const std::string_view type : kHostKeys) {
    if (std::ranges::find(order, type) == order.end()) order.push_back(type);
  }
  return fmt::format("{}", fmt::join(order, ","));
}

Error not_sent_at(const SshSession::Impl& impl, const Deadline& deadline, std::string_view stage) {
  std::string why = impl.last_error();
  if (impl.wire->over_limit) why = fmt::format("the server sent more than {} bytes", kMaxHandshakeBytes);
  if (deadline.passed()) why = fmt::format("not finished at the deadline of {} s", seconds(deadline.length()));
  return {ErrorKind::not_sent, fmt::format("{}: {}", stage, why)};
}

asio::awaitable<Result<void>> shake_hands(SshSession::Impl& impl, const Host& host, const Connection& connection,
                                          Deadline& deadline) {
  const auto known = load_known_hosts(connection.known_hosts);
  if (!known) co_return std::unexpected(known.error());
  const auto preference = host_key_preference(*known, host, connection.port);
  if (!preference) co_return std::unexpected(preference.error());
  LIBSSH2_SESSION* session = impl.session;
  const std::array<std::pair<int, const char*>, 6> methods{{{LIBSSH2_METHOD_KEX, kKex},
                                                            {LIBSSH2_METHOD_HOSTKEY, preference->c_str()},
                                                            {LIBSSH2_METHOD_CRYPT_CS, kCiphers},
                                                            {LIBSSH2_METHOD_CRYPT_SC, kCiphers},
                                                            {LIBSSH2_METHOD_MAC_CS, kMacs},
                                                            {LIBSSH2_METHOD_MAC_SC, kMacs}}};
  for (const auto& [method, names] : methods) {
    if (libssh2_session_method_pref(session, method, names) != 0) {
      co_return fail(ErrorKind::not_sent, "libssh2 knows none of the permitted algorithms: " + impl.last_error());
    }
  }
  const int rc = co_await impl.drive([&] { return libssh2_session_handshake(session, impl.wire->fd); });
  if (rc != 0) co_return std::unexpected(not_sent_at(impl, deadline, "SSH handshake"));
  std::size_t length = 0;
  int type = 0;
  const char* key = libssh2_session_hostkey(session, &length, &type);
  if (key == nullptr) co_return fail(ErrorKind::denied, "the server showed no host key");
  co_return known->check(host.address, connection.port, {key, length});
}

}  // namespace

SshLibrary::SshLibrary() {
  libssh2_init(0);
}
SshLibrary::~SshLibrary() {
  libssh2_exit();
}

SshSession::Impl::Impl(asio::ip::tcp::socket socket) : waiter(std::make_shared<SshWaiter>(std::move(socket))) {
  wire->fd = waiter->socket.native_handle();
  session = libssh2_session_init_ex(take_memory, give_memory_back, take_memory_again, wire.get());
  if (session == nullptr) return;
  libssh2_session_set_blocking(session, 0);
  libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV, reinterpret_cast<void*>(&receive));
  libssh2_session_callback_set(session, LIBSSH2_CALLBACK_SEND, reinterpret_cast<void*>(&transmit));
}

SshSession::Impl::~Impl() {
  if (session != nullptr && clean && !closed()) libssh2_session_disconnect(session, "done");
  close();
  // Everything fails at once now; a few rounds unwind what was half done. What libssh2 keeps, SessionMemory frees.
  constexpr int kRounds = 8;
  for (int i = 0; session != nullptr && i < kRounds; ++i) {
    if (libssh2_session_free(session) != LIBSSH2_ERROR_EAGAIN) break;
  }
}

void SshSession::Impl::close() {
  wire->closed = true;
  boost::system::error_code ignored;
  waiter->socket.close(ignored);
  waiter->ready = true;
  waiter->wake.cancel();
}

std::string SshSession::Impl::last_error() const {
  char* text = nullptr;
  int length = 0;
  const int code = libssh2_session_last_error(session, &text, &length, 0);
  if (text == nullptr || length <= 0) return fmt::format("libssh2 error {}", code);
  return fmt::format("{} (libssh2 {})", std::string_view(text, static_cast<std::size_t>(length)), code);
}

asio::awaitable<void> SshSession::Impl::wait() {
  wire->turn = kTurnBytes;
  if (std::exchange(wire->turn_over, false)) {
    co_await asio::post(waiter->socket.get_executor(), asio::use_awaitable);
    co_return;
  }
  const int directions = libssh2_session_block_directions(session);
  const bool write = (directions & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0;
  const bool read = !write || (directions & LIBSSH2_SESSION_BLOCK_INBOUND) != 0;
  const auto arm = [this](asio::socket_base::wait_type type, bool SshWaiter::* armed) {
    if (waiter.get()->*armed) return;
    waiter.get()->*armed = true;
    waiter->socket.async_wait(type, [shared = waiter, armed](const boost::system::error_code&) {
      shared.get()->*armed = false;
      shared->ready = true;
      shared->wake.cancel();
    });
  };
  if (read) arm(asio::socket_base::wait_read, &SshWaiter::reading);
  if (write) arm(asio::socket_base::wait_write, &SshWaiter::writing);
  if (!waiter->ready) {
    waiter->wake.expires_after(kRepoll);
    co_await waiter->wake.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  waiter->ready = closed();
}

SshSession::SshSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SshSession::~SshSession() = default;

asio::awaitable<Result<std::unique_ptr<SshSession>>> SshSession::open(const Host& host, const Connection& connection,
                                                                      const std::string& agent_socket,
                                                                      Deadline& deadline) {
  auto socket = co_await tcp_connect(host.address, connection.port, deadline);
  if (!socket) co_return std::unexpected(socket.error());
  auto impl = std::make_unique<Impl>(*std::move(socket));
  if (impl->session == nullptr) co_return fail(ErrorKind::not_sent, "no memory for an SSH session");
  const Deadline::Guard guard(deadline, [raw = impl.get()] { raw->close(); });
  auto done = co_await shake_hands(*impl, host, connection, deadline);
  if (!done) co_return std::unexpected(done.error());
  done = co_await ssh_authenticate(*impl, connection, agent_socket, deadline);
  if (!done && done.error().kind == ErrorKind::not_sent) {
    co_return std::unexpected(not_sent_at(*impl, deadline, done.error().message));
  }
  if (!done) co_return std::unexpected(done.error());
  impl->clean = true;
  co_return std::unique_ptr<SshSession>(new SshSession(std::move(impl)));
}

bool SshSession::usable() const {
  if (!impl_->clean || impl_->closed()) return false;
  char byte = 0;
  const ssize_t got = ::recv(impl_->wire->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got > 0 || (got < 0 && (errno == EWOULDBLOCK || errno == EINTR));
}

}  // namespace unjam::actions
