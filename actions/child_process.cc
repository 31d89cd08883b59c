#include "actions/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace unjam::actions {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kPiece = 64u << 10;

// Descriptors of the child's side and ours; closed unless taken.
struct Ends {
  std::array<int, 2> in{-1, -1};  // a socket pair: writing to a pipe whose reader has gone raises SIGPIPE
  std::array<int, 2> out{-1, -1};
  std::array<int, 2> err{-1, -1};

  Ends() = default;
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  ~Ends() {
    for (const int fd : {in[0], in[1], out[0], out[1], err[0], err[1]}) {
      if (fd >= 0) ::close(fd);
    }
  }
  bool open() {
    return ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in.data()) == 0 &&
           ::pipe2(out.data(), O_CLOEXEC) == 0 && ::pipe2(err.data(), O_CLOEXEC) == 0;
  }
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

// 0, or the error number.
int spawn(const Ends& ends, const std::vector<std::string>& argv, const std::vector<std::string>& environment,
          pid_t& pid) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&files, ends.in[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, ends.out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, ends.err[1], STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int rc = ::posix_spawn(&pid, argv.front().c_str(), &files, &attributes, pointers(argv).data(),
                               pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return rc;
}

}  // namespace

// Shared with the operations in flight. Each operation starts the next one of its kind, and wakes `finish`.
struct ChildProcess::State : std::enable_shared_from_this<ChildProcess::State> {
  explicit State(const asio::any_io_executor& executor)
      : in(executor), out(executor), err(executor), process(executor), wake(executor) {}

  asio::local::stream_protocol::socket in;
  asio::posix::stream_descriptor out;
  asio::posix::stream_descriptor err;
  asio::posix::stream_descriptor process;  // the pidfd: readable when the child has ended
  asio::steady_timer wake;
  std::array<std::vector<char>, 2> pieces{std::vector<char>(kPiece), std::vector<char>(kPiece)};
  std::string input;
  std::size_t sent = 0;
  Output output;
  pid_t pid = -1;
  int open_streams = 2;
  bool ended = false;
  int status = 0;
  bool woken = false;

  void notify() {
    woken = true;
    wake.cancel();
  }

  void kill_group() const {
    if (!ended) ::kill(-pid, SIGKILL);
  }

  void read(asio::posix::stream_descriptor& from, std::vector<char>& piece, OutputBuffer& to) {
    from.async_read_some(asio::buffer(piece), [self = shared_from_this(), &from, &piece, &to](
                                                  const boost::system::error_code& ec, std::size_t got) {
      to.add({piece.data(), got});
      if (ec || self->output.flooded()) {
        --self->open_streams;
      } else {
        self->read(from, piece, to);
      }
      if (ec || self->output.flooded()) self->notify();
    });
  }

  void write() {
    if (sent == input.size()) {
      boost::system::error_code ignored;
      in.close(ignored);
      return;
    }
    in.async_write_some(asio::buffer(input.data() + sent, input.size() - sent),
                        [self = shared_from_this()](const boost::system::error_code& ec, std::size_t moved) {
                          if (ec) return;  // it reads no more; what it writes still counts
                          self->sent += moved;
                          self->write();
                        });
  }

  void watch() {
    process.async_wait(asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& ec) {
                         if (ec) return;
                         self->ended = ::waitpid(self->pid, &self->status, WNOHANG) == self->pid;
                         self->notify();
                         if (!self->ended) self->watch();
                       });
  }

  void close_streams() {
    boost::system::error_code ignored;
    in.close(ignored);
    out.close(ignored);
    err.close(ignored);
  }

  asio::awaitable<void> sleep(asio::steady_timer::time_point until) {
    if (!std::exchange(woken, false)) {
      wake.expires_at(until);
      co_await wake.async_wait(asio::as_tuple(asio::use_awaitable));
      woken = false;
    }
  }
};

ChildProcess::ChildProcess(std::shared_ptr<State> state) : state_(std::move(state)) {}
ChildProcess::ChildProcess(ChildProcess&&) noexcept = default;

ChildProcess::~ChildProcess() {
  if (!state_) return;
  state_->kill_group();  // reaped by `watch`, which keeps the state alive
  state_->close_streams();
}

Result<ChildProcess> ChildProcess::start(asio::any_io_executor executor, const std::vector<std::string>& argv,
                                         const std::vector<std::string>& environment) {
  Ends ends;
  if (!ends.open()) return fail(ErrorKind::not_sent, fmt::format("no pipes for a process: {}", std::strerror(errno)));
  auto state = std::make_shared<State>(executor);
  if (const int rc = spawn(ends, argv, environment, state->pid); rc != 0) {
    return fail(ErrorKind::not_sent, fmt::format("{} cannot be started: {}", argv.front(), std::strerror(rc)));
  }
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, state->pid, 0));  // glibc 2.36's header is C only
  if (pidfd < 0) {
    const int why = errno;
    ::kill(-state->pid, SIGKILL);
    ::waitpid(state->pid, nullptr, 0);
    return fail(ErrorKind::not_sent, fmt::format("{} cannot be watched: {}", argv.front(), std::strerror(why)));
  }
  state->process.assign(pidfd);
  state->in.assign(asio::local::stream_protocol(), std::exchange(ends.in[0], -1));
  state->out.assign(std::exchange(ends.out[0], -1));
  state->err.assign(std::exchange(ends.err[0], -1));
  return ChildProcess(std::move(state));
}

asio::awaitable<ChildEnd> ChildProcess::finish(std::string input, Deadline& deadline) {
  const std::shared_ptr<State> state = state_;
  state->input = std::move(input);
  state->read(state->out, state->pieces[0], state->output.out);
  state->read(state->err, state->pieces[1], state->output.err);
  state->write();
  state->watch();

  const auto kill = [state] {
    state->kill_group();
    state->notify();
  };
  // Runs from the kill, or from the child's end: what is still open then is not waited for any longer.
  std::optional<Deadline> last;
  const auto executor = state->wake.get_executor();
  const Deadline::Guard guard(deadline, kill);
  bool was_ended = false;
  while (!(state->ended && state->open_streams == 0)) {
    const bool killed = deadline.passed() || state->output.flooded();
    if (killed && !last) {
      state->kill_group();
      last.emplace(executor, kKillPatience);
    }
    if (state->ended && !was_ended) {
      was_ended = true;
      last.emplace(executor, kPipeGrace);
    }
    if (!last) {
      co_await state->sleep(asio::steady_timer::time_point::max());
      continue;
    }
    const Deadline::Guard inner(*last, [state] { state->notify(); });
    if (last->passed()) break;
    co_await state->sleep(asio::steady_timer::time_point::max());
    if (last->passed()) break;
  }
  state->close_streams();

  ChildEnd end;
  end.output = std::move(state->output);
  if (end.output.flooded()) {
    end.ended = Ended::flooded;
  } else if (deadline.passed() && !(state->ended && WIFEXITED(state->status))) {
    end.ended = Ended::timed_out;
  } else if (WIFSIGNALED(state->status)) {
    end.ended = Ended::signalled;
  } else {
    end.exit_status = WEXITSTATUS(state->status);
  }
  co_return end;
}

std::vector<std::string> plain_environment() {
  std::vector<std::string> all{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
  std::array<char, 4096> space{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, space.data(), space.size(), &found) == 0 && found != nullptr) {
    all.push_back(fmt::format("HOME={}", found->pw_dir));
    all.push_back(fmt::format("USER={}", found->pw_name));
    all.push_back(fmt::format("LOGNAME={}", found->pw_name));
    all.push_back("SHELL=/bin/sh");
  }
  return all;
}

}  // namespace unjam::actions
