#include "actions/sim/clocks.h"

#include <fmt/format.h>

#include <algorithm>

namespace unjam::actions::sim {

Millis offset_of(const SimHost& host, Mono now) {
  const auto elapsed = (now - host.clock.since).count();
  return host.clock.offset + Millis(elapsed * host.clock.drift_ppb / 1'000'000'000);
}

Wall local_time(const Fleet& fleet, const SimHost& host) {
  return fleet.start + fleet.now.since_start + offset_of(host, fleet.now);
}

void move_clock(Fleet& fleet, SimHost& host, Millis by, const std::string& by_whom) {
  const Millis from = offset_of(host, fleet.now);
  host.clock.offset = from + by;
  host.clock.since = fleet.now;
  const bool running = host.power == Power::up && host.services;
  if (host.is_dc && running && std::chrono::abs(by) > kKerberosSkew) host.dc.stale = true;
  fleet.note(host, "clock", fmt::format("by={} from={} who={}", spell_seconds(by), spell_seconds(from), by_whom));
}

bool answers_time(const Fleet& fleet, const SimHost& from, const SimHost& to) {
  if (&from == &to) return true;
  return to.power == Power::up && (!to.is_dc || to.services) && (from.site == to.site || !fleet.wan_cut);
}

namespace {

// The controller that a host follows: the first of its site that answers, else the first that does.
const SimHost* followed(const Fleet& fleet, const SimHost& host) {
  const SimHost* any = nullptr;
  for (const SimHost& dc : fleet.hosts) {
    if (!dc.is_dc || !answers_time(fleet, host, dc)) continue;
    if (dc.site == host.site) return &dc;
    if (any == nullptr) any = &dc;
  }
  return any;
}

}  // namespace

void poll_time(Fleet& fleet, SimHost& host) {
  if (host.power != Power::up) return;
  const SimHost* source = host.is_dc ? nullptr : followed(fleet, host);
  const bool has_dc = std::ranges::any_of(fleet.hosts, &SimHost::is_dc);
  if (!host.is_dc && source == nullptr && has_dc) {
    host.clock.synced = false;
    return;
  }
  const Millis target = source != nullptr ? offset_of(*source, fleet.now) : Millis(0);
  const Millis error = offset_of(host, fleet.now) - target;
  host.clock.synced = std::chrono::abs(error) <= kMaxCorrection;
  if (!host.clock.synced) return;
  constexpr Range kNoise{Millis(-3), Millis(3)};
  host.clock.offset = target + draw(host.life_rng, kNoise);
  host.clock.since = fleet.now;
}

}  // namespace unjam::actions::sim
