#include "orchestrator/compose.h"

#include <fmt/format.h>
#include <pwd.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdlib>

#include "orchestrator/plan_report.h"
#include "orchestrator/supervisor.h"
#include "state/sqlite_store.h"

namespace unjam::service {

namespace asio = boost::asio;

namespace {

constexpr Millis kIdleTurn{50};  // how long the loop sleeps when only real sockets and signals can wake it

Result<void> open_log(const std::string& path) {
  try {
    auto log = spdlog::basic_logger_mt("unjam", path);
    log->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    log->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(log));
  } catch (const spdlog::spdlog_ex& error) {
    return fail(ErrorKind::io, fmt::format("cannot write the log: {}", error.what()), path);
  }
  return {};
}

class RealOwner final : public Owner {
 public:
  explicit RealOwner(const OwnerOptions& options) : worlds_(io_, options.speed) {}
  ~RealOwner() override { spdlog::drop("unjam"); }

  Result<void> begin(const OwnerOptions& options) {
    auto store = state::open_sqlite_store(options.state_dir, state::Access::write, tokens_);
    if (!store) return std::unexpected(store.error());
    store_ = std::move(*store);
    if (auto logged = open_log(options.log_file.empty() ? options.state_dir + "/unjam.log" : options.log_file); !logged)
      return logged;
    supervisor_ = std::make_unique<Supervisor>(io_, *store_, tokens_, worlds_, options);
    return {};
  }

  asio::io_context& io() override { return io_; }
  Service& service() override { return *supervisor_; }
  const state::Store& store() const override { return *store_; }
  Worlds& worlds() { return worlds_; }
  Tokens& tokens() { return tokens_; }

  void run_until(const std::function<bool()>& done, const std::function<bool()>& asking) override {
    io_.restart();
    const auto keep = asio::make_work_guard(io_);
    while (!done() && !interrupted_) {
      if (!worlds_.has_unpaced()) {
        io_.run_one_for(kIdleTurn);
        continue;
      }
      // A model's time moves only when everything that is due at its present moment has been done.
      while (io_.poll_one() > 0 && !done()) {}
      if (done() || interrupted_) break;
      if (asking() || !worlds_.advance()) io_.run_one_for(kIdleTurn);
    }
  }

  void interrupt() override {
    interrupted_ = true;
    supervisor_->interrupt();
  }

 private:
  asio::io_context io_{1};
  RandomTokens tokens_;
  Worlds worlds_;
  std::unique_ptr<state::Store> store_;
  std::unique_ptr<Supervisor> supervisor_;
  bool interrupted_ = false;
};

std::string user_name(std::uint32_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::string buffer(16'384, '\0');
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) return found->pw_name;
  return fmt::format("uid-{}", uid);
}

}  // namespace

Result<std::unique_ptr<Owner>> Owner::open(const OwnerOptions& options) {
  auto owner = std::make_unique<RealOwner>(options);
  if (auto begun = owner->begin(options); !begun) return std::unexpected(begun.error());
  return owner;
}

state::Person person_of(std::uint32_t uid) {
  return {uid, user_name(uid), ""};
}

state::Person this_person() {
  auto person = person_of(::getuid());
  if (const char* sudo = std::getenv("SUDO_USER")) person.sudo_user = sudo;
  return person;
}

std::expected<PlanReport, Rejected> plan(const OwnerOptions& options, const StartRequest& request) {
  auto texts = texts_of(request, options);
  if (!texts) return std::unexpected(Rejected{texts.error(), {}});
  auto plan = plan_of(*texts);
  if (!plan) return std::unexpected(std::move(plan.error()));
  asio::io_context io{1};
  RandomTokens tokens;
  Worlds worlds(io, 0);
  auto world = worlds.of(*(*plan)->inventory);
  if (!world) return std::unexpected(Rejected{world.error(), {}});
  std::optional<json::object> report;
  asio::co_spawn(io, report_plan(**plan, *world, tokens),
                 [&](std::exception_ptr, json::object done) { report = std::move(done); });
  while (!report) {
    while (!report && io.poll_one() > 0) {}
    if (report || (worlds.has_unpaced() && worlds.advance())) continue;
    io.restart();
    io.run_one_for(kIdleTurn);
  }
  return PlanReport{std::move(*report)};
}

}  // namespace unjam::service
