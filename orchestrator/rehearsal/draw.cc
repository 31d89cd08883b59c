// Scenarios from seeds: an incident, some mishaps, each with its place in the run.
#include <fmt/format.h>

#include <algorithm>

#include "actions/sim/world_file.h"
#include "orchestrator/policy/window.h"
#include "orchestrator/rehearsal/scenario.h"
#include "state/base/rng.h"

namespace unjam::rehearsal {

using actions::sim::FaultKind;
using actions::sim::FaultSpec;
using K = MishapKind;

namespace {

constexpr std::uint64_t kDraw = 0x756e6a616dULL;  // apart from the world's own chance, which has the same seed

std::vector<std::string> of_role(const engine::Plan& plan, std::string_view role, std::string_view site = {}) {
  std::vector<std::string> out;
  for (const auto& host : plan.inventory->hosts)
    if (host.role == role && (site.empty() || host.site == site)) out.push_back(host.name.text);
  return out;
}

class Drawer {
 public:
  Drawer(const engine::Plan& plan, std::uint64_t seed) : plan_(plan), rng_(seed ^ kDraw) {}

  template <typename T>
  const T& one_of(const std::vector<T>& all) {
    return all[rng_.below(all.size())];
  }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(most - least + 1)));
  }
  Millis seconds_between(std::int64_t least, std::int64_t most) { return Millis(between(least * 1000, most * 1000)); }
  bool chance(std::uint64_t percent) { return rng_.below(100) < percent; }

  void mishap(K kind, std::vector<Mishap>& out);
  void place_in(const Nominal& nominal) { nominal_ = nominal; }

 private:
  Mono sometime() { return {Millis(between(0, std::max<std::int64_t>(nominal_.lasts.count(), 1)))}; }
  std::string host();
  void of_process(Mishap& drawn);
  void of_time(Mishap& drawn);
  void of_answers(const Mishap& drawn, std::vector<Mishap>& out);

  const engine::Plan& plan_;
  Nominal nominal_;
  Rng rng_;
};

// Mostly a host that the run may change: what happens elsewhere seldom matters to it.
std::string Drawer::host() {
  if (!plan_.changeable.empty() && chance(80)) return one_of(plan_.changeable);
  const auto& hosts = plan_.inventory->hosts;
  return hosts[rng_.below(hosts.size())].name.text;
}

void Drawer::of_process(Mishap& drawn) {
  drawn.by = seconds_between(1, chance(70) ? 120 : 3'000);
  switch (drawn.kind) {
    case K::killed:
      drawn.point = static_cast<Point>(rng_.below(std::size(kPointWords)));
      drawn.nth = drawn.point <= Point::after_write ? between(2, nominal_.writes) : between(1, nominal_.sends + 1);
      break;
    case K::paused:
      drawn.nth = between(1, nominal_.sends + 1);
      break;
    case K::disk_full:
    case K::lock_lost:
      drawn.by = {};
      drawn.at = sometime();
      if (drawn.kind == K::disk_full) drawn.lasts = seconds_between(10, 1'800);
      break;
    default:
      drawn.nth = between(2, nominal_.writes);
  }
}

void Drawer::of_time(Mishap& drawn) {
  constexpr std::int64_t kTenYears = 10LL * 365 * 86'400;
  drawn.at = sometime();
  switch (drawn.kind) {
    case K::slow_return:
      drawn.by = seconds_between(180, 1'500);
      break;
    case K::boot_loop:
      drawn.by = seconds_between(20, 300);
      break;
    case K::host_clock:
      drawn.by = seconds_between(-7'200, 7'200);
      break;
    case K::clock_jump:
      drawn.by = chance(50) ? seconds_between(-kTenYears, kTenYears) : seconds_between(-7'200, 7'200);
      break;
    case K::silent:
    case K::wan_cut:
      drawn.lasts = seconds_between(10, 1'800);
      break;
    case K::lock_held:
    case K::slot_held:
      drawn.at = {};
      if (chance(80)) drawn.lasts = seconds_between(10, 1'200);
      break;
    case K::approval_late:
      drawn.by = seconds_between(60, 6 * 3'600);
      break;
    default:
      break;
  }
  // What waits for the next reboot is there from the begin, mostly.
  const bool waits = drawn.kind <= K::boot_loop;
  if (waits && chance(70)) drawn.at = {};
}

void Drawer::of_answers(const Mishap& drawn, std::vector<Mishap>& out) {
  const std::int64_t count = drawn.kind == K::reordered ? 6 : 1;
  for (std::int64_t i = 0; i < count; ++i) {
    auto one = drawn;
    one.at = {};
    one.after = between(0, 20);
    one.nth = between(1, 3);
    if (one.kind == K::late_answer || one.kind == K::reordered) one.by = seconds_between(1, 90);
    out.push_back(std::move(one));
  }
}

void Drawer::mishap(K kind, std::vector<Mishap>& out) {
  Mishap drawn;
  drawn.kind = kind;
  if (kind <= K::power_loss || (kind >= K::not_sent && kind <= K::reordered) || kind == K::slot_held)
    drawn.host = host();
  if (const auto hubs = of_role(plan_, "hub");
      kind == K::second_drain && !hubs.empty() && std::ranges::find(hubs, drawn.host) == hubs.end())
    drawn.host = one_of(hubs);  // nothing else can be drained
  if (kind >= K::not_sent && kind <= K::reordered) return of_answers(drawn, out);
  const bool process = kind == K::killed || kind == K::paused || kind == K::io_error || kind == K::io_unknown ||
                       kind == K::disk_full || kind == K::lock_lost;
  process ? of_process(drawn) : of_time(drawn);
  out.push_back(std::move(drawn));
}

FaultSpec fault(FaultKind kind, std::vector<std::string> hosts) {
  FaultSpec out;
  out.kind = kind;
  out.hosts = std::move(hosts);
  return out;
}

// A mail hub that drains others counts only drains: other roles know none of these mishaps.
bool possible(const engine::Plan& plan, K kind) {
  const bool hubs = !of_role(plan, "hub").empty();
  return hubs || (kind != K::second_drain && kind != K::wan_cut);
}

}  // namespace

std::vector<std::pair<std::string, std::vector<FaultSpec>>> incidents_of(const engine::Plan& plan) {
  std::vector<std::pair<std::string, std::vector<FaultSpec>>> out{{"nothing", {}}};
  for (const auto& dc : of_role(plan, "dc")) {
    out.push_back({"the clock of " + dc + " was wrong", {fault(FaultKind::dc_clock, {dc})}});
    out.push_back({dc + " has missed changes", {fault(FaultKind::replication_missed, {dc})}});
  }
  for (const auto& site : plan.inventory->sites) {
    const auto hubs = of_role(plan, "hub", site);
    if (hubs.empty()) continue;
    out.push_back({"stale tickets in " + site, {fault(FaultKind::stale_tickets, hubs)}});
    out.push_back({"a wrong clock of " + hubs.front(), {fault(FaultKind::hub_clock, {hubs.front()})}});
  }
  return out;
}

bool take_times(const playbooks::SourcePtr& file, const engine::Plan& plan, Choice& choice,
                playbooks::Diagnostics& out) {
  auto times = actions::sim::load_times(file, plan.inventory->hosts, out);
  if (!times) return false;
  choice.times = std::move(*times);
  return true;
}

Scenario draw(const engine::Plan& plan, std::uint64_t seed, const Choice& choice, const Calm& calm) {
  Drawer drawer(plan, seed);
  Scenario out;
  out.seed = seed;
  const auto incidents = incidents_of(plan);
  const auto& [name, faults] = drawer.one_of(incidents);
  out.incident = name;
  out.world.faults = faults;
  if (choice.world) {
    out.incident = choice.world->name;
    out.world = *choice.world;
  }
  if (choice.times) out.world.times = *choice.times;
  out.world.name = fmt::format("seed {}", seed);
  if (choice.kinds.empty() || choice.most == 0) return out;
  const auto count = drawer.between(choice.kinds.size() == 1 ? 1 : 0, static_cast<std::int64_t>(choice.most));
  if (count > 0) drawer.place_in(calm(out));
  for (std::int64_t i = 0; i < count; ++i) {
    const auto kind = drawer.one_of(choice.kinds);
    // Two of these would be one: nobody holds what is held.
    const bool once = kind == K::lock_held || kind == K::slot_held;
    const bool there = std::ranges::count(out.mishaps, kind, &Mishap::kind) > 0;
    if (possible(plan, kind) && !(once && there)) drawer.mishap(kind, out.mishaps);
  }
  return out;
}

Wall first_open(const playbooks::Policy& policy, Wall from) {
  constexpr Millis kStep{15LL * 60'000};
  constexpr int kSteps = 366 * 96;
  Wall at = from;
  for (int i = 0; i < kSteps; ++i, at = at + kStep)
    if (policy::ask_windows(policy, playbooks::Effect::destructive, at).open) return at;
  return from;
}

namespace {

std::string civil(Wall at) {
  const auto time = std::chrono::sys_time<Millis>(at.since_epoch);
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto minute = std::chrono::floor<std::chrono::minutes>(time - day).count();
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), minute / 60, minute % 60);
}

}  // namespace

std::shared_ptr<const engine::Plan> plan_of(std::shared_ptr<const engine::Plan> plan, const Scenario& scenario,
                                            Wall start) {
  constexpr Millis kDay{86'400'000};
  std::shared_ptr<playbooks::Policy> policy;
  for (const auto& mishap : scenario.mishaps) {
    if (mishap.kind != K::window_closes && mishap.kind != K::kill_switch) continue;
    if (!policy) policy = std::make_shared<playbooks::Policy>(*plan->policy);
    if (mishap.kind == K::kill_switch && policy->kill_switch.empty()) policy->kill_switch = "the kill switch";
    if (mishap.kind == K::window_closes) {
      const Wall end = start + mishap.at.since_start;
      policy->windows = {{"rehearsal", civil(start + -kDay), civil(end), "UTC", playbooks::Effect::read}};
    }
  }
  if (!policy) return plan;
  auto changed = std::make_shared<engine::Plan>(*plan);
  changed->policy = std::move(policy);
  return changed;
}

}  // namespace unjam::rehearsal
