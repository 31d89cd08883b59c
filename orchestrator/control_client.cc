#include "orchestrator/control_client.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace unjam::service {
namespace {

constexpr std::size_t kChunk = 64u << 10;

std::unexpected<Refused> refuse(ErrorKind kind, std::string message) {
  return std::unexpected(Refused{{kind, std::move(message), {}}});
}

bool ready(int descriptor, short events, Millis patience) {
  pollfd poll_for{descriptor, events, 0};
  return ::poll(&poll_for, 1, static_cast<int>(patience.count())) > 0;
}

}  // namespace

Result<ControlClient> ControlClient::connect(const std::string& state_dir) {
  const auto path = state_dir + "/" + kSocketName;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path))
    return fail(ErrorKind::invalid, "the path of the state directory is too long for a socket", path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ControlClient client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (client.socket_ < 0) return fail(ErrorKind::io, fmt::format("no socket: {}", std::strerror(errno)));
  if (::connect(client.socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return client;
  if (errno == EACCES || errno == EPERM)
    return fail(ErrorKind::denied, "no permission to reach the process that owns this state directory", path);
  return fail(ErrorKind::not_found, fmt::format("no process owns this state directory ({})", std::strerror(errno)),
              path);
}

ControlClient::~ControlClient() {
  if (socket_ >= 0) ::close(socket_);
}

ControlClient::ControlClient(ControlClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}

std::expected<json::object, Refused> ControlClient::ask(const Request& request) {
  const auto line = encode_request(request);
  if (line.size() > kMaxRequestBytes) return refuse(ErrorKind::exhausted, "the request is larger than 64 KiB");
  std::size_t sent = 0;
  while (sent < line.size()) {
    if (!ready(socket_, POLLOUT, kOwnerPatience))
      return refuse(ErrorKind::exhausted, "the owner process does not read");
    const auto n = ::send(socket_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return refuse(ErrorKind::not_sent, "the owner process closed the connection");
    sent += static_cast<std::size_t>(n);
  }
  auto answer = next(kOwnerPatience);
  if (!answer) return std::unexpected(Refused{answer.error()});
  if (!*answer)
    return refuse(ErrorKind::outcome_unknown, "the owner process has not answered in time: look with `unjam status`");
  if ((*answer)->kind == Answer::Kind::refused) return std::unexpected((*answer)->refused);
  return std::move((*answer)->ok);
}

Result<std::optional<Answer>> ControlClient::next(Millis patience) {
  for (;;) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      auto answer = decode_answer(std::string_view(buffer_).substr(0, end));
      buffer_.erase(0, end + 1);
      if (!answer) return std::unexpected(answer.error());
      return std::optional<Answer>(std::move(*answer));
    }
    if (buffer_.size() > kMaxReplyBytes) return fail(ErrorKind::exhausted, "the owner process sent a line without end");
    if (!ready(socket_, POLLIN, patience)) return std::optional<Answer>();
    const auto had = buffer_.size();
    buffer_.resize(had + kChunk);
    const auto n = ::recv(socket_, buffer_.data() + had, kChunk, 0);
    buffer_.resize(had + (n > 0 ? static_cast<std::size_t>(n) : 0));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail(ErrorKind::io, "the owner process closed the connection");
  }
}

std::expected<json::object, Refused> ask_owner(const std::string& state_dir, const Request& request) {
  auto client = ControlClient::connect(state_dir);
  if (!client) return std::unexpected(Refused{client.error()});
  return client->ask(request);
}

}  // namespace unjam::service
