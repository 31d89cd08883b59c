// A client of the SSH agent's socket (draft-miller-ssh-agent), asynchronous and bounded: libssh2's own blocks and has
// no limits of size. Keys stay in the agent; it is asked for signatures only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actions/deadline.h"
#include "state/base/result.h"

namespace unjam::actions {

inline constexpr std::size_t kMaxAgentMessage = 256u << 10;
inline constexpr Millis kAgentPatience{10'000};  // for one answer; an agent may ask a person

class SshAgent {
 public:
  // ErrorKind::not_sent if nobody listens there.
  static boost::asio::awaitable<Result<SshAgent>> connect(std::string socket_path, Deadline& deadline);

  // Public keys in their wire form, in the agent's order.
  boost::asio::awaitable<Result<std::vector<std::string>>> keys(Deadline& deadline);

  // The signature's inner part (without the name of the algorithm), as libssh2 wants it.
  boost::asio::awaitable<Result<std::string>> sign(std::string key, std::string data, Deadline& deadline);

 private:
  using Socket = boost::asio::local::stream_protocol::socket;
  explicit SshAgent(Socket socket) : socket_(std::move(socket)) {}
  boost::asio::awaitable<Result<std::string>> ask(std::string request, Deadline& deadline);

  Socket socket_;
};

}  // namespace unjam::actions
