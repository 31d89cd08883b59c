// What the transport conformance suites share: the transports under test, a real sshd, and calls that are run to their
// end.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actions/openssh_transport.h"
#include "actions/script_call.h"
#include "actions/ssh_transport.h"
#include "actions/transport.h"
#include "tests/support/sshd.h"
#include "tests/support/tcp_proxy.h"

namespace unjam::actions {

using testing_support::ProxyPlan;
using testing_support::Sshd;
using testing_support::TcpProxy;
using testing_support::TempDir;

// Long enough for a loaded machine under sanitizers; no test that passes waits for it.
inline constexpr Millis kAmple{60'000};

struct StillClock final : Clock {
  Now now() const override { return current; }
  Now current{};
};

// The io_context, and a transport on it; `kind` is "ssh", "openssh" or "local".
class Rig {
 public:
  explicit Rig(std::string kind);
  ~Rig();

  Result<Reply> call(const Host& host, const Connection& connection, Request request);
  // All at once, at most `at_once` in flight; the answers in the order of the requests.
  std::vector<Result<Reply>> call_all(const std::vector<Host>& hosts, const Connection& connection,
                                      const std::vector<Request>& requests, std::size_t at_once);

  // Begins these calls to one host, lets them get somewhere, and drops everything: the transport first.
  void begin_and_drop(const Connection& connection, const std::vector<Request>& requests,
                      const std::function<bool()>& enough);

  Transport& transport() { return *transport_; }
  SshTransport* libssh2() { return dynamic_cast<SshTransport*>(transport_.get()); }
  boost::asio::io_context& io() { return *io_; }
  StillClock& clock() { return clock_; }

 private:
  StillClock clock_;
  std::unique_ptr<boost::asio::io_context> io_ = std::make_unique<boost::asio::io_context>();
  std::unique_ptr<Transport> transport_;
};

// One sshd for all tests of the program. Null, with the reason, where none can be started.
Sshd* shared_sshd(std::string& why);

Host loopback_host(const std::string& name = "tyohub1");
Connection connection_to(const std::string& kind, const Sshd& sshd, std::uint16_t port);

inline const std::string kToken = "00112233445566778899aabbccddeeff";

// Deadlines that are meant to pass while a script runs: the next one if the machine was too slow to begin in time.
inline constexpr std::array<Millis, 3> kShortDeadlines{Millis(3'000), Millis(15'000), Millis(90'000)};

// A request that runs this sh text.
Request sh(const std::string& text, Millis deadline = kAmple);
// sh text that answers { "outputs": { "n": TEXT } } in a frame.
std::string answering(const std::string& text);
// What the answer of such a request came to.
Outcome judged(const Result<Reply>& reply);
// The output "n" of an answered outcome; a text that begins with "no answer:" otherwise.
std::string answer_of(const Result<Reply>& reply);

std::string spell(const Result<Reply>& reply);

}  // namespace unjam::actions
