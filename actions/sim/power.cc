#include "actions/sim/power.h"

#include <fmt/format.h>

#include "actions/sim/kerberos.h"
#include "actions/sim/mail.h"
#include "actions/sim/replication.h"

namespace unjam::actions::sim {
namespace {

void begin_shutdown(Fleet& fleet, SimHost& host) {
  host.power = Power::stopping;
  host.services = false;
  ++host.life;
  fleet.note(host, "shutdown", "by=" + host.shutdown_by);
  fleet.later(draw(host.life_rng, fleet.spec.times.of(host.role).stop), Happening::off, fleet.index(host));
}

void go_off(Fleet& fleet, SimHost& host) {
  host.power = Power::down;
  fleet.note(host, "off");
  if (host.next.never_returns) return;
  host.power = Power::booting;
  const Millis takes = host.next.boot_time.value_or(draw(host.life_rng, fleet.spec.times.of(host.role).boot));
  fleet.later(takes, Happening::boot, fleet.index(host));
}

void come_up(Fleet& fleet, SimHost& host) {
  host.power = Power::up;
  const NextRestart quirks = std::exchange(host.next, {});
  host.next.services_dead = quirks.services_dead;
  host.shutdown_by.clear();
  host.other_key = host.other_key || quirks.other_key;
  if (quirks.other_machine) {
    host.other_machine = true;
    host.machine = new_machine_id(host.life_rng);
    host.fence = {};
  }
  if (!quirks.same_boot) {
    host.up_since = fleet.now;
    host.boot = new_boot_token(host.life_rng);
    host.reboot_pending = false;
    host.dc.stale = false;
    drop_tickets(host);
    if (host.is_dc) drop_connections(fleet, fleet.index(host));
    const std::string intent = host.fence.permit ? host.fence.permit->intent : "-";
    fleet.note(host, "boot", fmt::format("id={} intent={}", host.boot, intent));
  }
  fleet.later(draw(host.life_rng, fleet.spec.times.of(host.role).services), Happening::services, fleet.index(host));
  if (quirks.again_after) fleet.later(*quirks.again_after, Happening::reboot_again, fleet.index(host));
}

void start_services(Fleet& fleet, SimHost& host) {
  if (std::exchange(host.next.services_dead, false)) return;
  host.services = true;
  fleet.note(host, "services-up");
  if (host.is_hub) run_queue(fleet, fleet.index(host), {});
  if (host.is_dc) replicate_into(fleet, fleet.index(host));
}

}  // namespace

Reach reach(const SimHost& host) {
  if (host.unreachable || host.power == Power::down || host.power == Power::booting) return Reach::silent;
  if (host.power == Power::stopping) return Reach::refused;
  return host.other_key ? Reach::other_key : Reach::open;
}

bool schedule_reboot(Fleet& fleet, SimHost& host, Millis in, const std::string& by) {
  if (host.power != Power::up || !host.shutdown_by.empty()) return false;
  host.shutdown_by = by;
  fleet.later(in, Happening::shutdown, fleet.index(host));
  return true;
}

void power_off(Fleet& fleet, SimHost& host) {
  host.power = Power::down;
  host.services = false;
  ++host.life;
  fleet.note(host, "off");
}

void restart_directory(Fleet& fleet, SimHost& host, Millis takes, const std::string& by) {
  host.services = false;
  fleet.note(host, "services-down", "by=" + by);
  fleet.later(takes, Happening::directory, fleet.index(host));
}

void boot_at_once(Fleet& fleet, SimHost& host) {
  host.boot = new_boot_token(host.life_rng);
  host.up_since = fleet.now;
  fleet.note(host, "boot", fmt::format("id={} intent=-", host.boot));
}

void power_event(Fleet& fleet, const Event& event) {
  SimHost& host = fleet.hosts[event.subject];
  if (event.life != host.life) return;  // it went down in between
  switch (event.what) {
    case Happening::shutdown:
      begin_shutdown(fleet, host);
      break;
    case Happening::off:
      go_off(fleet, host);
      break;
    case Happening::boot:
      come_up(fleet, host);
      break;
    case Happening::services:
      start_services(fleet, host);
      break;
    case Happening::directory:
      host.services = true;
      host.dc.stale = false;
      drop_connections(fleet, event.subject);
      fleet.note(host, "dc-restarted");
      break;
    case Happening::reboot_again:
      schedule_reboot(fleet, host, Millis(0), "nobody");
      break;
    default:
      break;
  }
}

std::string new_boot_token(Rng& rng) {
  const std::uint64_t a = rng.next();
  const std::uint64_t b = rng.next();
  return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", a >> 32, (a >> 16) & 0xffff, a & 0xfff, b >> 52,
                     b & 0xffffffffffff);
}

std::string new_machine_id(Rng& rng) {
  return fmt::format("{:016x}{:016x}", rng.next(), rng.next());
}

}  // namespace unjam::actions::sim
