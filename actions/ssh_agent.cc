#include "actions/ssh_agent.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>

namespace unjam::actions {
namespace {

namespace asio = boost::asio;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

constexpr char kRequestIdentities = 11;
constexpr char kIdentitiesAnswer = 12;
constexpr char kSignRequest = 13;
constexpr char kSignResponse = 14;
constexpr std::size_t kMaxKeys = 64;

void put_u32(std::string& out, std::size_t n) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((n >> shift) & 0xff);
}

void put_text(std::string& out, std::string_view text) {
  put_u32(out, text.size());
  out += text;
}

std::optional<std::size_t> take_u32(std::string_view& in) {
  if (in.size() < 4) return std::nullopt;
  std::size_t n = 0;
  for (std::size_t i = 0; i < 4; ++i) n = (n << 8) | static_cast<unsigned char>(in[i]);
  in.remove_prefix(4);
  return n;
}

std::optional<std::string_view> take_text(std::string_view& in) {
  const auto length = take_u32(in);
  if (!length || *length > in.size()) return std::nullopt;
  const std::string_view text = in.substr(0, *length);
  in.remove_prefix(*length);
  return text;
}

std::unexpected<Error> odd_answer() {
  return fail(ErrorKind::not_sent, "the SSH agent's answer cannot be read");
}

}  // namespace

asio::awaitable<Result<SshAgent>> SshAgent::connect(std::string socket_path, Deadline& deadline) {
  Socket socket(co_await asio::this_coro::executor);
  const Deadline::Guard guard(deadline, [&socket] {
    boost::system::error_code ignored;
    socket.close(ignored);
  });
  boost::system::error_code ec;
  // Longer paths do not fit into the socket's address.
  constexpr std::size_t kLongestPath = 107;
  if (socket_path.empty() || socket_path.size() > kLongestPath) {
    co_return fail(ErrorKind::not_sent, "no SSH agent: SSH_AUTH_SOCK names no socket");
  }
  std::tie(ec) = co_await socket.async_connect(asio::local::stream_protocol::endpoint(socket_path), kTuple);
  if (ec) co_return fail(ErrorKind::not_sent, fmt::format("no SSH agent answers: {}", ec.message()), socket_path);
  co_return SshAgent(std::move(socket));
}

asio::awaitable<Result<std::string>> SshAgent::ask(std::string request, Deadline& deadline) {
  const auto stop = [this] {
    boost::system::error_code ignored;
    socket_.close(ignored);
  };
  Deadline patience(socket_.get_executor(), kAgentPatience);
  const Deadline::Guard outer(deadline, stop);
  const Deadline::Guard inner(patience, stop);

  std::string message;
  put_text(message, request);
  boost::system::error_code ec;
  std::size_t moved = 0;
  std::tie(ec, moved) = co_await asio::async_write(socket_, asio::buffer(message), kTuple);
  std::string head(4, '\0');
  if (!ec) std::tie(ec, moved) = co_await asio::async_read(socket_, asio::buffer(head), kTuple);
  std::string_view rest = head;
  const std::size_t length = ec ? 0 : *take_u32(rest);
  if (length > kMaxAgentMessage) co_return odd_answer();
  std::string answer(length, '\0');
  if (!ec) std::tie(ec, moved) = co_await asio::async_read(socket_, asio::buffer(answer), kTuple);
  if (ec) co_return fail(ErrorKind::not_sent, fmt::format("the SSH agent does not answer: {}", ec.message()));
  co_return answer;
}

asio::awaitable<Result<std::vector<std::string>>> SshAgent::keys(Deadline& deadline) {
  const auto answer = co_await ask(std::string(1, kRequestIdentities), deadline);
  if (!answer) co_return std::unexpected(answer.error());
  std::string_view in = *answer;
  if (in.empty() || in.front() != kIdentitiesAnswer) co_return odd_answer();
  in.remove_prefix(1);
  const auto count = take_u32(in);
  if (!count || *count > kMaxKeys) co_return odd_answer();
  std::vector<std::string> found;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto key = take_text(in);
    const auto comment = take_text(in);
    if (!key || !comment) co_return odd_answer();
    found.emplace_back(*key);
  }
  co_return found;
}

asio::awaitable<Result<std::string>> SshAgent::sign(std::string key, std::string data, Deadline& deadline) {
  std::string request(1, kSignRequest);
  put_text(request, key);
  put_text(request, data);
  put_u32(request, 0);  // no flags: they choose among RSA's hashes only
  const auto answer = co_await ask(std::move(request), deadline);
  if (!answer) co_return std::unexpected(answer.error());
  std::string_view in = *answer;
  if (in.empty() || in.front() != kSignResponse) {
    co_return fail(ErrorKind::denied, "the SSH agent refuses to sign");
  }
  in.remove_prefix(1);
  auto signature = take_text(in);
  if (!signature) co_return odd_answer();
  const auto algorithm = take_text(*signature);
  const auto inner = take_text(*signature);
  if (!algorithm || !inner || inner->empty()) co_return odd_answer();
  co_return std::string(*inner);
}

}  // namespace unjam::actions
