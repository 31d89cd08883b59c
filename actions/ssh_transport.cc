#include "actions/ssh_transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

namespace unjam::actions {
namespace {

namespace asio = boost::asio;

// Whatever makes two calls unable to share a session.
std::string pool_key(const Host& host, const Connection& connection) {
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", host.name.text, host.address, connection.port, connection.user,
                     connection.name, connection.known_hosts);
}

Error waited_in_vain(const Deadline& deadline) {
  return {ErrorKind::not_sent,
          fmt::format("too many calls at once: none ended before the deadline of {} s", seconds(deadline.length()))};
}

}  // namespace

SshTransport::SshTransport(const Clock& clock, SshOptions options)
    : clock_(clock), options_(std::move(options)), calls_(std::make_shared<Slots>(options_.max_calls)) {}

SshTransport::~SshTransport() = default;

void SshTransport::close_old() {
  const Mono now = clock_.now().mono;
  while (!idle_.empty() && (idle_.size() > options_.max_idle || now - idle_.back().since > options_.idle_for)) {
    idle_.pop_back();
  }
}

std::unique_ptr<SshSession> SshTransport::take_idle(const std::string& key) {
  for (auto it = idle_.begin(); it != idle_.end();) {
    if (it->key != key) {
      ++it;
      continue;
    }
    std::unique_ptr<SshSession> session = std::move(it->session);
    it = idle_.erase(it);
    if (session->usable()) return session;
  }
  return nullptr;
}

void SshTransport::keep(const Host& host, const std::string& key, std::uint64_t epoch,
                        std::unique_ptr<SshSession> session) {
  if (!session->usable() || forgotten_[host.name] != epoch) return;
  idle_.push_front({key, host.name, std::move(session), clock_.now().mono});
  close_old();
}

void SshTransport::forget(const HostName& host) {
  ++forgotten_[host];
  std::erase_if(idle_, [&](const Idle& idle) { return idle.host == host; });
}

asio::awaitable<Result<Reply>> SshTransport::run(const Host& host, const Connection& connection, const Request& request,
                                                 Deadline& deadline) {
  const std::string key = pool_key(host, connection);
  const std::uint64_t epoch = forgotten_[host.name];
  if (auto pooled = take_idle(key)) {
    auto reply = co_await pooled->run(request, options_.reuse_patience, deadline);
    if (reply || deadline.passed()) {
      keep(host, key, epoch, std::move(pooled));
      co_return reply;
    }
    // It was dead before anything of the command was sent; its like are as old.
    std::erase_if(idle_, [&](const Idle& idle) { return idle.key == key; });
  }
  auto fresh = co_await SshSession::open(host, connection, options_.agent_socket, deadline);
  if (!fresh) co_return std::unexpected(fresh.error());
  auto reply = co_await (*fresh)->run(request, deadline.length(), deadline);
  keep(host, key, epoch, *std::move(fresh));
  co_return reply;
}

asio::awaitable<Result<Reply>> SshTransport::call(const Host& host, const Connection& connection, Request request) {
  close_old();
  Deadline deadline(co_await asio::this_coro::executor, request.deadline);
  auto& entry = per_host_[pool_key(host, connection)];
  if (!entry) entry = std::make_shared<Slots>(options_.max_calls_per_host);
  const std::shared_ptr<Slots> of_host = entry;
  const Slots::Held host_slot = co_await of_host->take(deadline);
  if (!host_slot) co_return std::unexpected(waited_in_vain(deadline));
  const Slots::Held slot = co_await calls_->take(deadline);
  if (!slot) co_return std::unexpected(waited_in_vain(deadline));
  auto reply = co_await run(host, connection, request, deadline);
  if (!reply && reply.error().where.empty()) reply.error().where = host.name.text;
  co_return reply;
}

}  // namespace unjam::actions
