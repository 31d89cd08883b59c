#include "orchestrator/cli/follow.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "orchestrator/cli/screen.h"
#include "orchestrator/control_client.h"
#include "state/store_dir.h"

namespace unjam::cli {
namespace {

using service::Op;
using service::Request;

constexpr Millis kNothing{0};

Result<void> tell(const std::string& state_dir, const Request& request) {
  const auto done = service::ask_owner(state_dir, request);
  if (!done) return std::unexpected(done.error().error);
  return {};
}

std::string sudo_user() {
  return service::this_person().sudo_user;
}

// Blocks the signals and gives them as a descriptor.
state::File signal_descriptor() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : heard_signals()) sigaddset(&set, number);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return state::File(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

class There {
 public:
  There(const Context& context, service::ControlClient client, const RunId& run)
      : context_(context), client_(std::move(client)), run_(run), signals_(signal_descriptor()) {}

  int watch(const Wanted& wanted) {
    const auto& dir = context_.state_dir;
    Hands hands{[&](std::int64_t hosts) {
                  Request request{Op::confirm, run_};
                  request.hosts = hosts;
                  return tell(dir, request);
                },
                [&] {
                  Request request{Op::cancel, run_};
                  request.cause = "cancel";
                  return tell(dir, request);
                }};
    Screen screen(context_, run_, std::move(hands), wanted.finish != nullptr);
    const auto over = loop(screen);
    if (!over) screen.note(Tone::bad, over.error().text());
    if (left_) screen.note(Tone::warn, "Left; the run goes on in the process that owns it.");
    return wanted.finish ? wanted.finish(context_, screen.run()) : screen.finish();
  }

 private:
  Result<void> loop(Screen& screen) {
    for (;;) {
      for (;;) {
        auto answer = client_.next(kNothing);
        if (!answer) return std::unexpected(answer.error());
        if (!*answer) break;
        if ((*answer)->kind == service::Answer::Kind::over) return {};
        if ((*answer)->kind == service::Answer::Kind::refused) return std::unexpected((*answer)->refused.error);
        if ((*answer)->kind == service::Answer::Kind::event) screen.add((*answer)->event);
      }
      std::array<pollfd, 3> wait{{{client_.descriptor(), POLLIN, 0}, {signals_.get(), POLLIN, 0}, {keys_, POLLIN, 0}}};
      if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) return fail(ErrorKind::io, "cannot wait");
      if ((wait[1].revents & POLLIN) != 0 && signalled(screen)) {
        left_ = true;
        return {};
      }
      if (wait[2].revents != 0) type(screen);
    }
  }

  bool signalled(Screen& screen) {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
      if (info.ssi_signo == SIGWINCH)
        screen.resize();
      else if (info.ssi_signo != SIGINT || screen.interrupted())
        return true;
    }
    return false;
  }

  void type(Screen& screen) {
    std::array<char, 256> line{};
    const auto n = ::read(keys_, line.data(), line.size());
    if (n <= 0)
      keys_ = -1;  // poll leaves it out
    else
      screen.typed(std::string(line.data(), static_cast<std::size_t>(n)));
  }

  const Context& context_;
  service::ControlClient client_;
  RunId run_;
  state::File signals_;
  int keys_ = context_.asks ? STDIN_FILENO : -1;
  bool left_ = false;
};

std::expected<RunId, service::Refused> begin(const Context& context, const Wanted& wanted) {
  Request request;
  request.sudo_user = sudo_user();
  request.run = wanted.run;
  request.op = wanted.take_up;
  if (wanted.start) {
    request.op = Op::start;
    request.start = *wanted.start;
  }
  request.cause = "cancel";
  auto done = service::ask_owner(context.state_dir, request);
  if (!done) return std::unexpected(done.error());
  auto run = text_at(*done, "run");
  if (!run) return std::unexpected(service::Refused{run.error()});
  return RunId(*run);
}

}  // namespace

std::vector<int> heard_signals() {
  std::vector<int> out;
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) {
    struct sigaction before{};
    if (::sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) out.push_back(number);
  }
  return out;
}

std::optional<int> follow(const Context& context, const Wanted& wanted, bool last_try) {
  auto client = service::ControlClient::connect(context.state_dir);
  if (!client) {
    if (client.error().kind != ErrorKind::not_found || last_try) return refuse(context, client.error(), kBadInput);
    ::poll(nullptr, 0, static_cast<int>(kOwnerPause.count()));
    return std::nullopt;
  }
  const auto run = begin(context, wanted);
  if (!run)
    return refuse(context, run.error(),
                  run.error().error.kind == ErrorKind::denied ? kRefused : code_of(run.error().error));
  const auto begun = client->ask({Op::watch, *run});
  if (!begun) return refuse(context, begun.error(), kBadInput);
  if (!context.options.json)
    complain(fmt::format("unjam: another process owns {}; it drives {}\n", context.state_dir, run->text));
  return There(context, std::move(*client), *run).watch(wanted);
}

}  // namespace unjam::cli
