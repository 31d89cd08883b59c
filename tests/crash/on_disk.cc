#include "tests/crash/on_disk.h"

#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/rehearsal/intents.h"
#include "orchestrator/rehearsal/stage.h"
#include "state/sqlite_store.h"
#include "tests/state/temp_dir.h"

namespace unjam::rehearsal {

namespace {

constexpr Millis kDown{5'000};
constexpr std::int64_t kNever = 1LL << 40;  // of calls: only counted

// A process that is killed does not close its journal: when this goes, the disk does not hear what SQLite says then.
class KilledStore final : public state::Store {
 public:
  explicit KilledStore(std::unique_ptr<state::Store> inner) : inner_(std::move(inner)) {}
  ~KilledStore() override { state::go_dark(); }
  KilledStore(const KilledStore&) = delete;
  KilledStore& operator=(const KilledStore&) = delete;

  StoreId id() const override { return inner_->id(); }
  std::int64_t epoch() const override { return inner_->epoch(); }
  Result<std::vector<state::Event>> append(const RunId& run, std::int64_t expected, Now now,
                                           std::vector<state::EventBody> events, const state::Claims& claims) override {
    return inner_->append(run, expected, now, std::move(events), claims);
  }
  std::vector<Result<std::vector<state::Event>>> append_many(std::vector<state::AppendRequest> requests) override {
    return inner_->append_many(std::move(requests));
  }
  Result<std::vector<state::Event>> load(const RunId& run) const override { return inner_->load(run); }
  Result<std::vector<state::RunRow>> runs() const override { return inner_->runs(); }
  Result<std::vector<state::SlotRow>> slots() const override { return inner_->slots(); }
  Result<std::vector<state::LockRow>> locks() const override { return inner_->locks(); }
  std::optional<std::uint64_t> holdings_version() const override { return inner_->holdings_version(); }
  Result<std::vector<state::EffectRow>> effects(Wall since) const override { return inner_->effects(since); }

 private:
  std::unique_ptr<state::Store> inner_;
};

void begin(const Disk& disk) {
  state::disarm();
  if (disk.fault) return state::arm(*disk.fault);
  if (disk.cut) return state::arm(*disk.cut);
  if (disk.lost_at_death) state::arm(state::PowerCut{.at = kNever});
}

}  // namespace

Evidence on_disk(const std::shared_ptr<const engine::Plan>& plan, const Scenario& scenario, const Disk& disk) {
  state::register_fault_vfs();
  const TempDir dir;
  state::SqliteOptions options;
  options.ballast_bytes = 0;
  options.space = [] { return Result<state::Space>(state::Space{1LL << 40, 1LL << 40}); };
  options.vfs = state::kFaultVfs;
  int opened = 0;
  Setting setting;
  setting.store = [&](state::Access access) {
    if (access == state::Access::write && ++opened == 1) begin(disk);
    if (access == state::Access::write && opened > 1 && disk.lost_at_death) {
      state::lose_unsynced(*disk.lost_at_death, scenario.seed + static_cast<std::uint64_t>(opened));
    } else if (access == state::Access::write && opened > 1) {
      state::disarm();
    }
    // Killed behind its last write: no other process has come after it, and the judges are the first to see the loss.
    if (access == state::Access::read && disk.lost_at_death && state::is_dark())
      state::lose_unsynced(*disk.lost_at_death, scenario.seed + static_cast<std::uint64_t>(opened));
    if (access == state::Access::read && !disk.lost_at_death) {  // the judges, when all is over, read a sound disk
      if (disk.calls != nullptr) *disk.calls = state::calls_since_armed();
      state::disarm();
    }
    SeededTokens tokens(scenario.seed + 1);  // as the store in memory
    auto store = state::open_sqlite_store(dir.path(), access, tokens, options);
    if (!store || access == state::Access::read) return store;
    return Result<std::unique_ptr<state::Store>>(std::make_unique<KilledStore>(std::move(*store)));
  };
  auto evidence = rehearse(plan, scenario, setting);
  state::disarm();
  return evidence;
}

std::int64_t calls_of(const std::shared_ptr<const engine::Plan>& plan, const Scenario& scenario, state::DiskCall call) {
  std::int64_t calls = 0;
  (void)on_disk(plan, scenario, {.fault = state::DiskFault{.call = call, .at = kNever}, .calls = &calls});
  return calls;
}

std::int64_t reboots(const Evidence& evidence) {
  return std::ranges::count_if(evidence.hosts,
                               [](const auto& one) { return one.word == "shutdown" && !done_by(one).empty(); });
}

Scenario killed_at(Scenario scenario, Point point, std::int64_t nth) {
  scenario.mishaps.push_back({.kind = MishapKind::killed, .by = kDown, .point = point, .nth = nth});
  return scenario;
}

std::vector<CrashPoint> crash_points(const Evidence& sound) {
  std::vector<CrashPoint> out;
  for (std::size_t i = 0; i < std::size(kPointWords); ++i) {
    const auto point = static_cast<Point>(i);
    const bool write = point <= Point::after_write;
    for (std::int64_t nth = write ? 2 : 1; nth <= (write ? sound.writes : sound.sends); ++nth)
      out.push_back({point, nth});
  }
  return out;
}

std::string spell(const CrashPoint& point) {
  return fmt::format("{}, the {}. time", kPointWords[static_cast<std::size_t>(point.point)], point.nth);
}

namespace {

std::string broken_promises(const Evidence& evidence) {
  std::string out;
  for (const auto& one : judge(evidence)) out += fmt::format("{} {}: {}\n", one.checker, one.host, one.text);
  return out;
}

}  // namespace

std::string differs(const Evidence& crashed, const Evidence& sound) {
  auto out = broken_promises(crashed);
  const auto end = crashed.run.ended ? crashed.run.ended->end : state::End::none;
  if (!sound.run.ended || end != sound.run.ended->end) out += fmt::format("the run ended {}\n", state::spell(end));
  if (reboots(crashed) != reboots(sound))
    out += fmt::format("{} reboots, without the crash {}\n", reboots(crashed), reboots(sound));
  return out;
}

std::string differs_after_two(const Evidence& crashed, const Evidence& sound) {
  const auto& steps = crashed.run.steps;
  const bool held_too_late = std::ranges::any_of(steps, [](const auto& one) {
    return one.second.cause == "limit" && one.second.detail.ends_with("did not hold for long enough");
  });
  const bool failed = crashed.run.ended && crashed.run.ended->end == state::End::failed;
  if (!failed || !held_too_late || reboots(crashed) > reboots(sound)) return differs(crashed, sound);
  return broken_promises(crashed);
}

std::string nothing_wrong(const Evidence& evidence, const Evidence& sound) {
  if (evidence.journal.empty()) return reboots(evidence) == 0 ? "" : "it rebooted, and there is no run\n";
  return differs(evidence, sound);
}

}  // namespace unjam::rehearsal
