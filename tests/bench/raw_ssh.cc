#include "tests/bench/raw_ssh.h"

#include <arpa/inet.h>
#include <libssh2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace unjam::bench {
namespace {

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    return -1;
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

bool run_one(LIBSSH2_SESSION* session, const RawLoad& load) {
  LIBSSH2_CHANNEL* channel = libssh2_channel_open_session(session);
  if (channel == nullptr) return false;
  bool good = libssh2_channel_exec(channel, load.command.c_str()) == 0;
  for (std::size_t sent = 0; good && sent < load.input.size();) {
    const auto n = libssh2_channel_write(channel, load.input.data() + sent, load.input.size() - sent);
    good = n > 0;
    sent += static_cast<std::size_t>(std::max<decltype(n)>(n, 0));
  }
  libssh2_channel_send_eof(channel);
  std::array<char, 16'384> piece{};
  while (good && libssh2_channel_read(channel, piece.data(), piece.size()) > 0) {}
  libssh2_channel_close(channel);
  libssh2_channel_wait_closed(channel);
  good = good && libssh2_channel_get_exit_status(channel) == 0;
  libssh2_channel_free(channel);
  return good;
}

std::size_t run_host(const RawServer& server, const RawLoad& load) {
  const int fd = connect_to(server.port);
  if (fd < 0) return load.commands;
  LIBSSH2_SESSION* session = libssh2_session_init();
  std::size_t good = 0;
  if (libssh2_session_handshake(session, fd) == 0 &&
      libssh2_userauth_publickey_fromfile(session, server.user.c_str(), nullptr, server.key.c_str(), nullptr) == 0) {
    for (std::size_t i = 0; i < load.commands; ++i) good += run_one(session, load) ? 1 : 0;
    libssh2_session_disconnect(session, "done");
  }
  libssh2_session_free(session);
  ::close(fd);
  return load.commands - good;
}

}  // namespace

std::size_t raw_loop(const RawServer& server, const RawLoad& load) {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> failed{0};
  std::vector<std::jthread> threads;
  threads.reserve(load.at_once);
  for (std::size_t i = 0; i < load.at_once; ++i) {
    threads.emplace_back([&] {
      while (next.fetch_add(1) < load.hosts) failed += run_host(server, load);
    });
  }
  threads.clear();
  return failed;
}

}  // namespace unjam::bench
