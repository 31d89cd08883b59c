#include "tests/conformance/transport_harness.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdlib>
#include <optional>

#include "actions/local_transport.h"
#include "state/base/digest.h"

#ifdef __SANITIZE_ADDRESS__
// libssh2 1.10 loses a few small OpenSSL objects when a connection is cut in its key exchange (libssh2 #2080). Its own
// memory is SessionMemory's, which frees all of it.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:CRYPTO_zalloc\n";
}
#endif

namespace unjam::actions {
namespace {

namespace asio = boost::asio;

std::string agent_socket() {
  const char* path = std::getenv("SSH_AUTH_SOCK");
  return path == nullptr ? "" : path;
}

}  // namespace

Rig::Rig(std::string kind) {
  static const SshLibrary library;
  if (kind == "ssh") transport_ = std::make_unique<SshTransport>(clock_, SshOptions{.agent_socket = agent_socket()});
  if (kind == "openssh") transport_ = std::make_unique<OpenSshTransport>(OpenSshOptions{});
  if (kind == "local") transport_ = std::make_unique<LocalTransport>();
}

Rig::~Rig() = default;

Result<Reply> Rig::call(const Host& host, const Connection& connection, Request request) {
  return std::move(call_all({host}, connection, {std::move(request)}, 1).front());
}

std::vector<Result<Reply>> Rig::call_all(const std::vector<Host>& hosts, const Connection& connection,
                                         const std::vector<Request>& requests, std::size_t at_once) {
  std::vector<std::optional<Result<Reply>>> found(requests.size());
  std::size_t next = 0;
  std::size_t running = 0;
  std::size_t done = 0;
  const auto one = [&](std::size_t i) -> asio::awaitable<void> {
    found[i] = co_await transport_->call(hosts[i], connection, requests[i]);
    --running;
    ++done;
  };
  while (done < requests.size()) {
    for (; running < at_once && next < requests.size(); ++next, ++running)
      asio::co_spawn(*io_, one(next), asio::detached);
    if (io_->run_one() == 0) io_->restart();
  }
  std::vector<Result<Reply>> replies;
  for (auto& reply : found) replies.push_back(std::move(*reply));
  return replies;
}

void Rig::begin_and_drop(const Connection& connection, const std::vector<Request>& requests,
                         const std::function<bool()>& enough) {
  const Host host = loopback_host();
  const auto one = [this, &connection, &host](Request request) -> asio::awaitable<void> {
    co_await transport_->call(host, connection, std::move(request));
  };
  for (const Request& request : requests) asio::co_spawn(*io_, one(request), asio::detached);
  while (!enough()) io_->run_one_for(std::chrono::milliseconds(50));
  transport_.reset();
  io_.reset();
}

Sshd* shared_sshd(std::string& why) {
  static std::string first_why;
  static const std::unique_ptr<Sshd> sshd = Sshd::start(first_why);
  why = first_why;
  return sshd.get();
}

Host loopback_host(const std::string& name) {
  Host host;
  host.name = HostName(name);
  host.address = "127.0.0.1";
  host.connect = "test";
  return host;
}

Connection connection_to(const std::string& kind, const Sshd& sshd, std::uint16_t port) {
  Connection connection;
  connection.name = "test";
  connection.transport = kind == "ssh"       ? TransportKind::ssh
                         : kind == "openssh" ? TransportKind::openssh
                                             : TransportKind::local;
  connection.user = sshd.user();
  connection.port = port;
  connection.key = SecretFile{sshd.key()};
  connection.known_hosts = sshd.known_hosts({port});
  connection.ssh_config = "/dev/null";
  return connection;
}

Request sh(const std::string& text, Millis deadline) {
  Request request;
  request.action = "test.sh";
  request.token = kToken;
  request.command = "/bin/sh -s";
  request.input = [text] { return "unjam_main() {\n" + text + "\n}\nunjam_main </dev/null\n"; };
  request.deadline = deadline;
  return request;
}

std::string answering(const std::string& text) {
  const std::string body = base64_encode(json::serialize(json::object{{"outputs", {{"n", text}}}}));
  return fmt::format("printf 'UNJAM-BEGIN {0}\\n{1}\\nUNJAM-END {0} {2}\\n'\n", kToken, body, body.size());
}

Outcome judged(const Result<Reply>& reply) {
  playbooks::ActionSpec spec;
  spec.name = "test.sh";
  spec.outputs = {{"n", playbooks::types::text()}};
  return classify(reply, kToken, spec);
}

std::string answer_of(const Result<Reply>& reply) {
  const Outcome outcome = judged(reply);
  if (outcome.kind != Outcome::Kind::answered) return "no answer: " + spell(reply) + ": " + outcome.reason;
  const auto* fields = outcome.answer.outputs.as_record();
  const auto found = fields->find("n");
  return found == fields->end() ? "no answer: no n" : *found->second.as_text();
}

std::string spell(const Result<Reply>& reply) {
  if (!reply) return fmt::format("error {}: {}", static_cast<int>(reply.error().kind), reply.error().text());
  return fmt::format("ended {} status {} out {} bytes, err: {}", static_cast<int>(reply->ended),
                     reply->exit_status.value_or(-1), reply->out.size(), reply->err.substr(0, 500));
}

}  // namespace unjam::actions
