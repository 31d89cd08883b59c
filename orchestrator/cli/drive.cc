#include "orchestrator/cli/drive.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <set>

#include "orchestrator/cli/follow.h"
#include "orchestrator/cli/screen.h"
#include "orchestrator/control_socket.h"

namespace unjam::cli {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxTyped = 256;

// This process as owner: engine, socket, signals, keys, screen.
class Here {
 public:
  Here(const Context& context, std::unique_ptr<service::Owner> owner)
      : context_(context), owner_(std::move(owner)), signals_(owner_->io()), keys_(owner_->io()) {}

  int run(const Wanted& wanted) {
    finish_ = wanted.finish;
    auto socket = service::ControlSocket::open(owner_->io(), owner_->service(), owner_->store(),
                                               context_.state_dir + "/" + service::kSocketName);
    if (!socket) return refuse(context_, socket.error(), kBadInput);
    owner_->service().watch([this](const RunId& run, const state::Event& event) { seen(run, event); });
    if (const auto code = begin(wanted)) return *code;
    listen();
    auto& service = owner_->service();
    owner_->run_until([&] { return leaving_ || !service.driving(run_); }, [&] { return screen_->asking(); });
    const int code = finish_ ? finish_(context_, screen_->run()) : screen_->finish();
    if (!leaving_) serve_others();
    return code;
  }

 private:
  // Nothing, or the exit code of a refusal.
  std::optional<int> begin(const Wanted& wanted) {
    auto& service = owner_->service();
    if (wanted.start) {
      const auto run = service.start(*wanted.start);
      if (!run) {
        const int code = run.error().error.kind == ErrorKind::denied ? kRefused : kBadInput;
        return refuse(context_, service::refused_by(run.error(), context_.out.colour), code);
      }
      run_ = *run;
      return std::nullopt;
    }
    auto past = owner_->store().load(wanted.run);
    if (!past) return refuse(context_, past.error(), code_of(past.error()));
    show(wanted.run);
    screen_->quiet_before(static_cast<std::int64_t>(past->size()) + 1);
    for (const auto& event : *past) screen_->add(event);
    const auto by = service::this_person();
    const auto taken =
        wanted.take_up == service::Op::rollback ? service.rollback(wanted.run, by) : service.resume(wanted.run, by);
    if (!taken) return refuse(context_, taken.error(), code_of(taken.error()));
    if (wanted.take_up == service::Op::cancel) (void)service.cancel(wanted.run, "cancel", by);
    return std::nullopt;
  }

  void show(const RunId& run) {
    run_ = run;
    Hands hands{[this](std::int64_t hosts) { return owner_->service().confirm(run_, hosts, service::this_person()); },
                [this] { return owner_->service().cancel(run_, "cancel", service::this_person()); }};
    screen_ = std::make_unique<Screen>(context_, run, std::move(hands), finish_ != nullptr);
  }

  void seen(const RunId& run, const state::Event& event) {
    if (std::holds_alternative<state::RunEnded>(event.body)) {
      others_.erase(run);
    } else if (run != run_ && screen_) {
      others_.insert(run);
    }
    if (!screen_ && std::holds_alternative<state::RunCreated>(event.body)) show(run);
    if (screen_ && run == run_) screen_->add(event);
  }

  void listen() {
    boost::system::error_code ignored;
    for (const int number : heard_signals()) signals_.add(number, ignored);
    wait_signal();
    if (!context_.asks) return;
    keys_.assign(::dup(STDIN_FILENO), ignored);
    if (!ignored) wait_key();
  }

  void wait_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      if (number == SIGWINCH) {
        screen_->resize();
      } else if (number != SIGINT || screen_->ended() || screen_->interrupted()) {
        leaving_ = true;
        owner_->interrupt();
        return;
      }
      wait_signal();
    });
  }

  void wait_key() {
    asio::async_read_until(keys_, asio::dynamic_buffer(typed_, kMaxTyped), '\n',
                           [this](const boost::system::error_code& error, std::size_t n) {
                             if (error) return;
                             screen_->typed(typed_.substr(0, n));
                             typed_.erase(0, n);
                             wait_key();
                           });
  }

  // Runs that other processes started here go on: their owner is this process.
  void serve_others() {
    const auto at_work = [this] {
      for (const auto& run : others_)
        if (owner_->service().driving(run)) return true;
      return false;
    };
    if (!at_work()) return;
    complain("unjam: this process still drives runs that others started here; Ctrl-C leaves them (unjam resume)\n");
    owner_->run_until([&] { return leaving_ || !at_work(); });
  }

  const Context& context_;
  std::unique_ptr<service::Owner> owner_;
  asio::signal_set signals_;
  asio::posix::stream_descriptor keys_;
  std::unique_ptr<Screen> screen_;
  RunId run_;
  std::set<RunId> others_;
  std::string typed_;
  std::function<int(const Context&, const state::Run&)> finish_;
  bool leaving_ = false;
};

}  // namespace

int drive(const Context& context, const Wanted& wanted) {
  for (int tries = 0; tries < kOwnerTries; ++tries) {
    auto owner = service::Owner::open(context.owner);
    if (owner) return Here(context, std::move(*owner)).run(wanted);
    if (owner.error().kind != ErrorKind::conflict) return refuse(context, owner.error(), kBadInput);
    // Somebody owns it: through the socket. An owner that is just leaving or coming is asked again.
    if (const auto code = follow(context, wanted, tries + 1 == kOwnerTries)) return *code;
  }
  return kBadInput;
}

}  // namespace unjam::cli
