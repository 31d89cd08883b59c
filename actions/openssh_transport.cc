#include "actions/openssh_transport.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "actions/child_process.h"
#include "actions/known_hosts.h"
#include "actions/secret_text.h"

namespace unjam::actions {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMaxLogBytes = 256u << 10;
constexpr std::size_t kMaxWords = 400;  // of ssh's log in a message
constexpr int kStatusOfFailure = 255;   // ssh's own failures, and a remote 255

// A file in memory that a child opens by path: gone with its descriptor, whatever happens.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : fd_(::memfd_create(name, MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  bool ok() const { return fd_ >= 0; }
  std::string path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), fd_); }
  bool write(std::string_view text) const {
    return ::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }
  std::string read() const {
    std::string text(kMaxLogBytes, '\0');
    const ssize_t got = ::pread(fd_, text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

 private:
  int fd_;
};

// Single quotes for sh; a path only, never a value of a host.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

bool has_line(std::string_view log, std::string_view beginning) {
  for (std::size_t at = log.find(beginning); at != std::string_view::npos; at = log.find(beginning, at + 1)) {
    if (at == 0 || log[at - 1] == '\n' || log[at - 1] == '\r') return true;
  }
  return false;
}

// The lines for people: without ssh's own narration.
std::string words_of(std::string_view log) {
  std::string words;
  while (!log.empty()) {
    const std::size_t end = std::min(log.find('\n'), log.size());
    std::string_view line = log.substr(0, end);
    log.remove_prefix(std::min(end + 1, log.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    const bool narration = line.starts_with("debug") || line.starts_with("OpenSSH_") || line.starts_with("@@@") ||
                           line.find("WARNING: ") != std::string_view::npos;
    if (line.empty() || narration) continue;
    if (!words.empty()) words += "; ";
    for (const char c : line) words += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  if (words.size() > kMaxWords) words.erase(0, words.size() - kMaxWords);
  return words;
}

// "debug1: Server host key: ssh-ed25519 SHA256:..."
std::string shown_key(std::string_view log) {
  constexpr std::string_view kMark = "debug1: Server host key: ";
  const std::size_t at = log.find(kMark);
  if (at == std::string_view::npos) return "an unknown key";
  std::string_view rest = log.substr(at + kMark.size());
  rest = rest.substr(0, std::min(rest.find_first_of("\r\n"), rest.size()));
  return std::string(rest);
}

Error host_key_error(const std::string& log, const Host& host, const Connection& connection) {
  std::vector<std::string> pinned;
  if (const auto known = load_known_hosts(connection.known_hosts); known) {
    pinned = known->pinned(host.address, connection.port);
  }
  return {ErrorKind::denied,
          fmt::format("the host key of {} is unknown, changed or revoked: it shows {}, {} has {} ({})", host.address,
                      shown_key(log), connection.known_hosts,
                      pinned.empty() ? std::string("none for it") : fmt::format("{}", fmt::join(pinned, ", ")),
                      words_of(log)),
          host.name.text};
}

std::vector<std::string> arguments(const OpenSshOptions& options, const Host& host, const Connection& connection,
                                   const std::string& log_path, const std::string& command) {
  std::vector<std::string> argv{options.program, "-T", "-x", "-a", "-E", log_path};
  const auto option = [&argv](std::string text) {
    argv.emplace_back("-o");
    argv.push_back(std::move(text));
  };
  if (!connection.ssh_config.empty()) argv.insert(argv.end(), {"-F", connection.ssh_config});
  for (const char* fixed :
       {"LogLevel=DEBUG1", "StrictHostKeyChecking=yes", "UpdateHostKeys=no", "CheckHostIP=no", "ControlMaster=no",
        "ControlPath=none", "ConnectTimeout=10", "ConnectionAttempts=1", "ServerAliveInterval=15",
        "ServerAliveCountMax=3", "PermitLocalCommand=no", "ClearAllForwardings=yes", "RemoteCommand=none",
        "EscapeChar=none", "NumberOfPasswordPrompts=1"}) {
    option(fixed);
  }
  option(connection.password ? "BatchMode=no" : "BatchMode=yes");
  if (!connection.known_hosts.empty()) {
    option(fmt::format("UserKnownHostsFile=\"{}\"", connection.known_hosts));
    option("GlobalKnownHostsFile=/dev/null");
  }
  if (connection.key) {
    argv.insert(argv.end(), {"-i", connection.key->path});
    option("IdentitiesOnly=yes");
  }
  if (connection.agent) option("IdentitiesOnly=no");
  if (connection.key && !connection.agent) option("IdentityAgent=none");
  if (connection.port != 22) argv.insert(argv.end(), {"-p", fmt::format("{}", connection.port)});
  if (!connection.user.empty()) argv.insert(argv.end(), {"-l", connection.user});
  argv.insert(argv.end(), {"--", host.address, command});
  return argv;
}

}  // namespace

OpenSshTransport::OpenSshTransport(OpenSshOptions options) : options_(std::move(options)) {}

Result<Reply> judge_openssh(const std::string& log, Reply reply, const Host& host, const Connection& connection) {
  const bool reached = has_line(log, "Authenticated to ") || has_line(log, "debug1: Entering interactive session") ||
                       has_line(log, "debug1: Sending command");
  if (reached) {
    if (reply.exit_status == kStatusOfFailure || reply.ended == Ended::signalled) {
      // A lost connection and a remote 255 look alike; a signal ended our ssh, not the command.
      reply.ended = Ended::cut;
      reply.exit_status.reset();
    }
    return reply;
  }
  for (const char* mark :
       {"Host key verification failed", "REMOTE HOST IDENTIFICATION HAS CHANGED", "REVOKED HOST KEY"}) {
    if (log.find(mark) != std::string::npos) return std::unexpected(host_key_error(log, host, connection));
  }
  std::string words = words_of(log.empty() ? std::string_view(reply.err) : std::string_view(log));
  if (reply.ended == Ended::timed_out) words = "not authenticated before the deadline; " + words;
  const bool refused = log.find("Permission denied (") != std::string::npos ||
                       log.find("Too many authentication failures") != std::string::npos;
  return fail(refused ? ErrorKind::denied : ErrorKind::not_sent, "ssh: " + words, host.name.text);
}

asio::awaitable<Result<Reply>> OpenSshTransport::call(const Host& host, const Connection& connection, Request request) {
  const auto executor = co_await asio::this_coro::executor;
  Deadline deadline(executor, request.deadline);
  const MemoryFile log("ssh-log");
  const MemoryFile askpass("ssh-askpass");
  if (!log.ok() || !askpass.ok()) {
    co_return fail(ErrorKind::not_sent, fmt::format("no memory file: {}", std::strerror(errno)), host.name.text);
  }
  if (connection.key) {
    if (const auto key = read_secret(*connection.key); !key) co_return std::unexpected(key.error());
  }
  std::vector<std::string> environment = plain_environment();
  environment.insert(environment.end(), options_.environment.begin(), options_.environment.end());
  if (connection.agent) environment.push_back("SSH_AUTH_SOCK=" + options_.agent_socket);
  if (connection.password) {
    if (const auto password = read_password(*connection.password); !password)
      co_return std::unexpected(password.error());
    // ssh asks this script, which has the secret's path in it, never the secret.
    if (!askpass.write(fmt::format("#!/bin/sh\nexec cat {}\n", shell_quoted(connection.password->path)))) {
      co_return fail(ErrorKind::not_sent, "no memory for the password's script", host.name.text);
    }
    environment.push_back("SSH_ASKPASS=" + askpass.path());
    environment.emplace_back("SSH_ASKPASS_REQUIRE=force");
  }
  auto child =
      ChildProcess::start(executor, arguments(options_, host, connection, log.path(), request.command), environment);
  if (!child) co_return fail(child.error().kind, child.error().message, host.name.text);
  const ChildEnd end = co_await child->finish(request.input(), deadline);
  Reply reply = end.output.reply(end.ended);
  reply.exit_status = end.exit_status;
  co_return judge_openssh(log.read(), std::move(reply), host, connection);
}

}  // namespace unjam::actions
