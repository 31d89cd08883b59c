#include "actions/tcp_connect.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace unjam::actions {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// Asio cannot cancel a lookup that has begun: it is waited for by a timer that the answer, or the deadline, ends.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
  tcp::resolver resolver;
  asio::steady_timer done;
  boost::system::error_code error = asio::error::host_not_found_try_again;
  std::vector<tcp::endpoint> found;
};

asio::awaitable<Result<std::vector<tcp::endpoint>>> resolve(const std::string& name, std::uint16_t port,
                                                            Deadline& deadline) {
  boost::system::error_code ec;
  const auto literal = asio::ip::make_address(name, ec);
  if (!ec) co_return std::vector{tcp::endpoint(literal, port)};

  const auto executor = co_await asio::this_coro::executor;
  const auto lookup = std::make_shared<Lookup>(executor);
  lookup->done.expires_at(asio::steady_timer::time_point::max());
  lookup->resolver.async_resolve(
      name, std::to_string(port), tcp::resolver::numeric_service,
      [lookup](const boost::system::error_code& error, const tcp::resolver::results_type& all) {
        lookup->error = error;
        for (const auto& one : all) lookup->found.push_back(one.endpoint());
        lookup->done.cancel();
      });
  {
    const Deadline::Guard guard(deadline, [lookup] {
      lookup->resolver.cancel();
      lookup->done.cancel();
    });
    if (!deadline.passed()) co_await lookup->done.async_wait(kTuple);
  }
  if (lookup->found.empty()) {
    co_return fail(ErrorKind::not_sent,
                   fmt::format("the name '{}' cannot be resolved: {}", name,
                               deadline.passed() ? "no answer before the deadline" : lookup->error.message()));
  }
  if (lookup->found.size() > kMaxAddresses) lookup->found.resize(kMaxAddresses);
  co_return std::move(lookup->found);
}

void set_options(tcp::socket& socket) {
  boost::system::error_code ignored;  // all three only make a dead peer known sooner
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMillis, sizeof kUserTimeoutMillis);
}

}  // namespace

asio::awaitable<Result<tcp::socket>> tcp_connect(std::string address, std::uint16_t port, Deadline& deadline) {
  const auto endpoints = co_await resolve(address, port, deadline);
  if (!endpoints) co_return std::unexpected(endpoints.error());

  const auto executor = co_await asio::this_coro::executor;
  std::string why = "no address";
  for (const tcp::endpoint& endpoint : *endpoints) {
    tcp::socket socket(executor);
    const auto stop = [&socket] {
      boost::system::error_code ignored;
      socket.close(ignored);
    };
    boost::system::error_code ec;
    Deadline patience(executor, kConnectPatience);
    {
      const Deadline::Guard outer(deadline, stop);
      const Deadline::Guard inner(patience, stop);
      if (deadline.passed()) break;
      std::tie(ec) = co_await socket.async_connect(endpoint, kTuple);
    }
    if (!ec && socket.is_open()) {
      set_options(socket);
      co_return std::move(socket);
    }
    why = patience.passed() ? fmt::format("no answer within {} s", kConnectPatience.count() / 1000) : ec.message();
    if (deadline.passed()) break;
  }
  if (deadline.passed()) why = fmt::format("no connection before the deadline of {} s", seconds(deadline.length()));
  co_return fail(ErrorKind::not_sent, fmt::format("cannot connect to {} port {}: {}", address, port, why));
}

}  // namespace unjam::actions
