// `transport: ssh`: libssh2 sessions, pooled by host and connection and used again.
//
// A session is used again only after a call that ended cleanly. One that turns out dead before a command was sent is
// replaced once by a fresh one; after that the answer is the caller's to judge (Reply, Ended::cut), nothing is
// repeated.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "actions/slots.h"
#include "actions/ssh_session.h"
#include "actions/transport.h"
#include "state/base/time.h"

namespace unjam::actions {

struct SshOptions {
  std::string agent_socket;            // SSH_AUTH_SOCK, read in the composition root
  std::size_t max_idle = 128;          // sessions kept open without a call; the longest unused one goes first
  Millis idle_for{5 * 60 * 1000};      // unused longer than this: closed when the next call is made
  std::size_t max_calls = 256;         // at work at once; further ones wait inside their deadlines
  std::size_t max_calls_per_host = 8;  // below sshd's MaxStartups 10, above which it drops connections at random
  Millis reuse_patience{5'000};        // for a pooled session to open a channel; then a fresh one is tried
};

class SshTransport final : public Transport {
 public:
  // `clock` outlives the transport; an SshLibrary is alive.
  SshTransport(const Clock& clock, SshOptions options);
  ~SshTransport() override;

  boost::asio::awaitable<Result<Reply>> call(const Host& host, const Connection& connection, Request request) override;
  void forget(const HostName& host) override;

  std::size_t idle() const { return idle_.size(); }

 private:
  struct Idle {
    std::string key;
    HostName host;
    std::unique_ptr<SshSession> session;
    Mono since;
  };

  std::unique_ptr<SshSession> take_idle(const std::string& key);
  void keep(const Host& host, const std::string& key, std::uint64_t epoch, std::unique_ptr<SshSession> session);
  void close_old();
  boost::asio::awaitable<Result<Reply>> run(const Host& host, const Connection& connection, const Request& request,
                                            Deadline& deadline);

  const Clock& clock_;
  SshOptions options_;
  std::shared_ptr<Slots> calls_;
  std::map<std::string, std::shared_ptr<Slots>> per_host_;
  std::map<HostName, std::uint64_t> forgotten_;  // how often: a session at work then is not kept
  std::list<Idle> idle_;                         // the latest used one first
};

}  // namespace unjam::actions
