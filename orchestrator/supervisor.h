// The Service of the owner process: many runs at once, each driven by its own coroutine, none able to stop another.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>

#include "orchestrator/compose.h"
#include "orchestrator/crash_marks.h"
#include "orchestrator/engine/driver.h"
#include "orchestrator/service.h"
#include "orchestrator/worlds.h"
#include "state/store.h"

namespace unjam::service {

inline constexpr std::size_t kMaxRuns = 1'000;  // driven at once by one owner

class Supervisor final : public Service {
 public:
  // All outlive it. Store errors of a run are handed to `on_failure`; the run stays resumable.
  Supervisor(boost::asio::io_context& io, state::Store& store, Tokens& tokens, Worlds& worlds, OwnerOptions options);
  ~Supervisor() override;  // what is still driven is left in order: resumable, and not taken for crashed

  std::expected<RunId, Rejected> start(const StartRequest& request) override;
  Result<void> resume(const RunId& run, const state::Person& by) override;
  Result<void> rollback(const RunId& run, const state::Person& by) override;
  Result<void> confirm(const RunId& run, std::int64_t hosts, const state::Person& by) override;
  Result<void> approve(const RunId& run, const state::Person& by) override;
  Result<void> deny(const RunId& run, const state::Person& by) override;
  Result<void> cancel(const RunId& run, const std::string& cause, const state::Person& by) override;
  void watch(Watcher watcher) override;
  bool driving(const RunId& run) const override;

  void interrupt();
  std::size_t at_work() const;

 private:
  struct Driven {
    std::unique_ptr<engine::Driver> driver;
    bool finished = false;
  };

  Result<void> take_up(const RunId& run, const state::Person& by, bool ended);
  // `crashes`: of processes that drove it before.
  void drive(const RunId& id, std::shared_ptr<const engine::Plan> plan, state::Run run, engine::World world,
             int crashes);
  std::string diary_file(const RunId& run) const;  // of a model fleet
  Result<engine::Driver*> driver_of(const RunId& run);
  Result<std::string> open_approval(const state::Run& run) const;
  Result<std::string> deniable(const state::Run& run) const;  // the open one, else the last that was given

  boost::asio::io_context& io_;
  state::Store& store_;
  engine::JournalWriter journal_;
  Tokens& tokens_;
  Worlds& worlds_;
  OwnerOptions options_;
  CrashMarks marks_;
  std::vector<Watcher> watchers_;
  std::map<RunId, Driven> runs_;
};

// The texts of a start: playbook (path, or name in the catalogue), inventory, policy. ErrorKind::not_found, denied,
// exhausted, io.
Result<engine::PlanTexts> texts_of(const StartRequest& request, const OwnerOptions& options);

// A plan, or why there is none: located diagnostics, or one error. Errors of kind `denied` are refusals (exit code 2).
std::expected<std::shared_ptr<const engine::Plan>, Rejected> plan_of(const engine::PlanTexts& texts);

}  // namespace unjam::service
