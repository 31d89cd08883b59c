#include "tests/support/tcp_proxy.h"

#include <array>
#include <boost/asio.hpp>
#include <list>
#include <thread>
#include <utility>
#include <vector>

namespace unjam::testing_support {

namespace asio = boost::asio;
using asio::ip::tcp;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

namespace {

struct Link {
  Link(tcp::socket c, tcp::socket s, const ProxyPlan& p) : client(std::move(c)), server(std::move(s)), plan(p) {}
  tcp::socket client;
  tcp::socket server;
  ProxyPlan plan;
  bool frozen = false;

  void cut() {
    boost::system::error_code ignored;
    if (plan.reset && client.is_open()) client.set_option(asio::socket_base::linger(true, 0), ignored);
    client.close(ignored);
    server.close(ignored);
  }
};

}  // namespace

struct TcpProxy::State {
  explicit State(std::uint16_t u, std::function<ProxyPlan(int)> p)
      : upstream(u), plan(std::move(p)), acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {}

  asio::io_context io;
  std::uint16_t upstream;
  std::function<ProxyPlan(int)> plan;
  tcp::acceptor acceptor;
  std::list<std::shared_ptr<Link>> links;
  std::atomic<int> connections{0};
  std::atomic<std::uint64_t> to_client{0};
  std::atomic<std::uint64_t> to_server{0};
  std::thread thread;

  asio::awaitable<void> forward(std::shared_ptr<Link> link, bool down) {
    tcp::socket& from = down ? link->server : link->client;
    tcp::socket& to = down ? link->client : link->server;
    std::uint64_t left = down ? link->plan.cut_to_client : link->plan.cut_to_server;
    std::uint64_t until_freeze = down ? link->plan.freeze_to_client : ProxyPlan::kNever;
    std::vector<char> piece(link->plan.piece);
    while (left > 0) {
      const auto want = std::min<std::uint64_t>({left, piece.size(), std::max<std::uint64_t>(until_freeze, 1)});
      auto [ec, got] = co_await from.async_read_some(asio::buffer(piece.data(), want), kTuple);
      if (link->frozen) co_return;  // both sides stay open, held by `links`
      if (ec) break;
      if (until_freeze == 0) {
        link->frozen = true;
        co_return;
      }
      (down ? to_client : to_server) += got;
      left -= got;
      if (until_freeze != ProxyPlan::kNever) until_freeze -= got;
      std::tie(ec, got) = co_await asio::async_write(to, asio::buffer(piece.data(), got), kTuple);
      if (ec) break;
    }
    link->cut();
  }

  asio::awaitable<void> serve() {
    for (;;) {
      auto [ec, client] = co_await acceptor.async_accept(kTuple);
      if (ec) co_return;
      const int number = connections++;
      tcp::socket server(io);
      std::tie(ec) = co_await server.async_connect({asio::ip::address_v4::loopback(), upstream}, kTuple);
      if (ec) continue;
      client.set_option(tcp::no_delay(true));
      server.set_option(tcp::no_delay(true));
      const auto link = std::make_shared<Link>(std::move(client), std::move(server), plan(number));
      links.push_back(link);
      asio::co_spawn(io, forward(link, true), asio::detached);
      asio::co_spawn(io, forward(link, false), asio::detached);
    }
  }
};

TcpProxy::TcpProxy(std::uint16_t upstream, std::function<ProxyPlan(int)> plan)
    : state_(std::make_shared<State>(upstream, std::move(plan))) {
  asio::co_spawn(state_->io, state_->serve(), asio::detached);
  state_->thread = std::thread([state = state_.get()] { state->io.run(); });
}

TcpProxy::~TcpProxy() {
  state_->io.stop();
  state_->thread.join();
  for (const auto& link : state_->links) link->cut();
}

std::uint16_t TcpProxy::port() const {
  return state_->acceptor.local_endpoint().port();
}
int TcpProxy::connections() const {
  return state_->connections;
}
std::uint64_t TcpProxy::to_client() const {
  return state_->to_client;
}
std::uint64_t TcpProxy::to_server() const {
  return state_->to_server;
}
void TcpProxy::freeze() {
  asio::post(state_->io, [state = state_] {
    for (const auto& link : state->links) link->frozen = true;
  });
}
void TcpProxy::cut_all() {
  asio::post(state_->io, [state = state_] {
    for (const auto& link : state->links) link->cut();
  });
}

}  // namespace unjam::testing_support
