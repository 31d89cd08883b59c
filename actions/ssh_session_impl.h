// Private to ssh_session*.cc: the libssh2 session, its socket, and waiting for it.
#pragma once

#include <libssh2.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "actions/session_memory.h"
#include "actions/ssh_session.h"

namespace unjam::actions {

// What libssh2 may use of the world; handed to its callbacks. It reads through these only, so that a flood that it
// would swallow in one call ends at a limit or at least lets others have their turn.
struct SshWire {
  SessionMemory memory;
  int fd = -1;
  std::size_t limit = kMaxHandshakeBytes;  // bytes from the server that may still come
  std::size_t turn = kTurnBytes;           // bytes until the thread is given back
  bool turn_over = false;
  bool over_limit = false;
  bool closed = false;  // by us: deadline, error, end

  // While keyboard-interactive authentication runs.
  std::string_view password;
};

// Readiness of the socket. Shared with the handlers in flight, which may outlive the session.
struct SshWaiter {
  explicit SshWaiter(boost::asio::ip::tcp::socket s) : socket(std::move(s)), wake(socket.get_executor()) {}
  boost::asio::ip::tcp::socket socket;
  boost::asio::steady_timer wake;
  bool reading = false;
  bool writing = false;
  bool ready = false;
};

struct SshSession::Impl {
  explicit Impl(boost::asio::ip::tcp::socket socket);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::unique_ptr<SshWire> wire = std::make_unique<SshWire>();
  std::shared_ptr<SshWaiter> waiter;
  LIBSSH2_SESSION* session = nullptr;
  bool clean = false;  // between two calls, nothing half done

  // Ends everything at once; safe at any moment, also from a deadline.
  void close();
  bool closed() const { return wire->closed; }
  std::string last_error() const;

  // Returns when the socket may be ready for what libssh2 waits for, after kRepoll, or when closed.
  boost::asio::awaitable<void> wait();

  // Repeats one libssh2 call, as it must be, until it is finished; SOCKET_DISCONNECT if closed meanwhile.
  template <typename Call>
  boost::asio::awaitable<int> drive(Call call) {
    for (;;) {
      if (closed()) co_return LIBSSH2_ERROR_SOCKET_DISCONNECT;
      const int rc = static_cast<int>(call());
      if (rc != LIBSSH2_ERROR_EAGAIN) co_return rc;
      co_await wait();
    }
  }
};

// ssh_session_auth.cc
boost::asio::awaitable<Result<void>> ssh_authenticate(SshSession::Impl& impl, const Connection& connection,
                                                      const std::string& agent_socket, Deadline& deadline);

}  // namespace unjam::actions
