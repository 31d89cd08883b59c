// `transport: openssh`: the OpenSSH client as a child process, one for each call. It brings the user's ssh_config,
// ProxyJump, GSSAPI, RSA keys and certificates, and is the oracle of the transport conformance suite.
//
// What ssh itself says goes to a log of its own (-E), apart from the stderr of the command: so that "not sent" is never
// read from words of the host. A call whose log shows no authenticated session was surely not sent.
#pragma once

#include <string>
#include <vector>

#include "actions/transport.h"

namespace unjam::actions {

struct OpenSshOptions {
  std::string program = "/usr/bin/ssh";
  std::string agent_socket;              // SSH_AUTH_SOCK, read in the composition root
  std::vector<std::string> environment;  // further "NAME=value" for ssh, as KRB5CCNAME for GSSAPI
};

class OpenSshTransport final : public Transport {
 public:
  explicit OpenSshTransport(OpenSshOptions options);

  boost::asio::awaitable<Result<Reply>> call(const Host& host, const Connection& connection, Request request) override;
  void forget(const HostName&) override {}

 private:
  OpenSshOptions options_;
};

// What ssh's own log and its end say of a call. Pure; see above.
Result<Reply> judge_openssh(const std::string& log, Reply reply, const Host& host, const Connection& connection);

}  // namespace unjam::actions
