// How a request reaches a host. Four implementations: libssh2, the OpenSSH client, this machine, the model fleet.
// Dry run and rehearsal are transports too, never an `if` in the engine.
//
// One thread runs the io_context; every method is called on it. All waiting is bounded by the request's deadline.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>

#include "actions/inventory.h"
#include "state/base/json.h"
#include "state/base/result.h"
#include "state/base/time.h"

namespace unjam::actions {

inline constexpr std::size_t kKeptHead = 256u << 10;  // of each stream: the first ...
inline constexpr std::size_t kKeptTail = 256u << 10;  // ... and the last bytes are kept
inline constexpr std::size_t kMaxOutput = 64u << 20;  // both streams together; beyond it reading stops: Ended::flooded

// One call of one provider on one host. `command` is constant; script and parameters travel in `input` (stdin), never
// in an argv.
struct Request {
  std::string action;  // for the log; with `inputs` it is what the model fleet acts on
  json::object inputs;
  std::string token;  // of the answer's frame
  std::string command;
  // Put together when it is sent: most of it is a script that many calls share, and a call that waits for its host, or
  // never reaches one, needs none of it. What it refers to outlives the call.
  std::function<std::string()> input;
  Millis deadline{0};    // for everything: connecting, authenticating, sending, running, answering
  json::object fence{};  // of a change: store, epoch, intent, machine, boot; empty for a read
};

enum class Ended {
  exited,     // an exit status arrived (libssh2 1.10 cannot tell; see exit_status)
  signalled,  // killed by a signal on the host
  cut,        // the connection ended first
  timed_out,  // our deadline
  flooded     // more than kMaxOutput
};

// What came back after the request was, or may have been, sent. None of it is success: only a framed answer with the
// token is.
struct Reply {
  Ended ended = Ended::cut;
  std::optional<int> exit_status;  // absent if none provably arrived
  std::string out;                 // kept bytes; a gap is marked by kGapMark
  std::string err;
  bool truncated = false;
};

inline constexpr const char* kGapMark = "\n[... output cut ...]\n";

class Transport {
 public:
  virtual ~Transport() = default;

  // A Reply if anything may have reached the host. Errors mean that surely nothing did: not_sent (connect, handshake,
  // authentication, deadline before the command was sent), denied (host key unknown, changed or revoked; the message
  // shows both fingerprints and the file).
  virtual boost::asio::awaitable<Result<Reply>> call(const Host& host, const Connection& connection,
                                                     Request request) = 0;

  // Drops pooled sessions of this host: it is about to go away. Never fails.
  virtual void forget(const HostName& host) = 0;
};

}  // namespace unjam::actions
