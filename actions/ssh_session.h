// One authenticated SSH connection over libssh2, and the calls on it, one after the other. The only files that include
// libssh2 are ssh_session*.cc.
//
// All methods run on the io_context's one thread: never two operations in flight on a session (libssh2 1.10 answers
// BAD_USE, or worse). Whatever a server does, a session is bounded in bytes (kMax...Bytes), memory (SessionMemory) and
// time (Deadline), and it gives the thread back after kTurnBytes. libssh2's own timers read the wall clock, which Unjam
// itself steps: they decide nothing here.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "actions/deadline.h"
#include "actions/inventory.h"
#include "actions/transport.h"
#include "state/base/result.h"

namespace unjam::actions {

inline constexpr std::size_t kMaxHandshakeBytes = 256u << 10;           // from the server, until authenticated
inline constexpr std::size_t kMaxCallBytes = kMaxOutput + (32u << 20);  // from the server, during one call
inline constexpr std::size_t kTurnBytes = 256u << 10;                   // read before other sessions have their turn
inline constexpr std::size_t kLeastRead =
    256;                               // each read counts as so many at least: libssh2 reads a banner byte by byte
inline constexpr Millis kRepoll{250};  // libssh2 may wait for something else than it says (libssh2 #1945)
inline constexpr std::size_t kMaxAgentTries = 5;  // sshd's MaxAuthTries is 6

// libssh2_init is not thread safe: one of these is made in the composition root before anything else, and outlives all
// sessions.
class SshLibrary {
 public:
  SshLibrary();
  ~SshLibrary();
  SshLibrary(const SshLibrary&) = delete;
  SshLibrary& operator=(const SshLibrary&) = delete;
};

class SshSession {
 public:
  // Connects, checks the host key against the connection's known_hosts, authenticates: by key, agent, password,
  // keyboard-interactive with the password, in this order, of what the connection has. ErrorKind::not_sent or denied.
  static boost::asio::awaitable<Result<std::unique_ptr<SshSession>>> open(const Host& host,
                                                                          const Connection& connection,
                                                                          const std::string& agent_socket,
                                                                          Deadline& deadline);
  ~SshSession();
  SshSession(const SshSession&) = delete;
  SshSession& operator=(const SshSession&) = delete;

  // Runs one command. An error (not_sent) means that surely nothing of it was sent: the channel could not be opened
  // within `open_patience` and the deadline, or the server refused the request. Success is not known here: libssh2 1.10
  // reports status 0 when none arrived, so exit_status is given only when it is not 0.
  boost::asio::awaitable<Result<Reply>> run(const Request& request, Millis open_patience, Deadline& deadline);

  // Whether another call may be made: the last one ended cleanly, and the server has not closed the connection since.
  bool usable() const;

  struct Impl;

 private:
  explicit SshSession(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace unjam::actions
