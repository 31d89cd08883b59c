#include "actions/sim/faults.h"

#include <algorithm>

#include "actions/sim/clocks.h"
#include "actions/sim/kerberos.h"
#include "actions/sim/power.h"
#include "actions/sim/replication.h"

namespace unjam::actions::sim {
namespace {

void replicate_all(Fleet& fleet) {
  for (HostIndex i = 0; i < fleet.hosts.size(); ++i) {
    if (fleet.hosts[i].is_dc) replicate_into(fleet, i);
  }
}

// It comes up on a wrong clock, and all that asks it from then on gets its time with the ticket.
void boot_on_wrong_clock(Fleet& fleet, SimHost& dc, Millis offset) {
  dc.clock.offset = offset_of(dc, fleet.now) + offset;
  dc.clock.since = fleet.now;
  dc.clock.synced = false;
  dc.dc.stale = false;
  boot_at_once(fleet, dc);
  drop_connections(fleet, fleet.index(dc));
  replicate_all(fleet);
  for (SimHost& hub : fleet.hosts) {
    if (!hub.is_hub || kdc_for(fleet, hub) != &dc) continue;
    drop_tickets(hub);
    fetch_tickets(fleet, fleet.index(hub));
  }
}

// The hubs of other sites change their passwords, as machines do by themselves; `dc` never hears of it.
void miss_passwords(Fleet& fleet, SimHost& dc, bool on_again) {
  dc.dc.inbound_off = true;
  for (SimHost& hub : fleet.hosts) {
    if (!hub.is_hub || hub.site == dc.site) continue;
    ++hub.hub.kvno;
    for (SimHost& other : fleet.hosts) {
      if (other.is_dc && other.site == hub.site) other.dc.knows[fleet.index(hub)] = hub.hub.kvno;
    }
  }
  replicate_all(fleet);
  if (on_again) dc.dc.inbound_off = false;
}

void lose_name(Fleet& fleet, SimHost& hub, Spn state) {
  hub.hub.spn = state;
  for (SimHost& other : fleet.hosts) other.hub.cache.tickets.erase(fleet.index(hub));
}

void strike_hub(Fleet& fleet, const FaultSpec& fault, SimHost& host) {
  switch (fault.kind) {
    case FaultKind::stale_tickets:
      host.hub.cache.filled = true;
      host.hub.cache.offset = fault.offset;
      break;
    case FaultKind::keytab_lost:
      host.hub.keytab_lost = true;
      drop_tickets(host);
      break;
    case FaultKind::spn_missing:
      lose_name(fleet, host, Spn::missing);
      break;
    case FaultKind::spn_duplicate:
      lose_name(fleet, host, Spn::duplicate);
      break;
    case FaultKind::kdc_port_blocked:
      host.hub.kdc_blocked = true;
      drop_tickets(host);
      break;
    case FaultKind::trust_broken:
      host.hub.trust_broken = true;
      drop_tickets(host);
      break;
    case FaultKind::dns_wrong:
      host.hub.dns_wrong = true;
      break;
    case FaultKind::tls_refused:
      host.hub.tls_refused = true;
      break;
    case FaultKind::inside_broken:
      host.hub.inside_ok = false;
      break;
    case FaultKind::outbound_broken:
      host.hub.outbound_ok = false;
      break;
    case FaultKind::drain_by_other:
      host.hub.drained = true;
      host.hub.drained_by = "somebody else";
      fleet.note(host, "drained", "by=somebody-else");
      break;
    default:
      break;
  }
}

void strike_power(Fleet& fleet, const FaultSpec& fault, SimHost& host) {
  switch (fault.kind) {
    case FaultKind::peer_down:
      power_off(fleet, host);
      break;
    case FaultKind::no_return:
      host.next.never_returns = true;
      break;
    case FaultKind::same_boot_id:
      host.next.same_boot = true;
      break;
    case FaultKind::other_host_key:
      host.next.other_key = true;
      break;
    case FaultKind::other_machine:
      host.next.other_machine = true;
      break;
    case FaultKind::slow_boot:
      host.next.boot_time = fault.time;
      break;
    case FaultKind::service_dead:
      host.next.services_dead = true;
      break;
    case FaultKind::reboots_again:
      host.next.again_after = fault.time;
      break;
    case FaultKind::unreachable:
      host.unreachable = true;
      break;
    case FaultKind::reboot_by_other:
      schedule_reboot(fleet, host, Millis(0), "somebody-else");
      break;
    case FaultKind::update_pending:
      host.reboot_pending = true;
      break;
    default:
      break;
  }
}

void strike(Fleet& fleet, const FaultSpec& fault, SimHost& host) {
  fleet.note(host, "fault", std::string(spell(fault.kind)));
  switch (fault.kind) {
    case FaultKind::hub_clock:
    case FaultKind::clock_step:
      move_clock(fleet, host, fault.offset, "fault");
      break;
    case FaultKind::dc_clock:
      boot_on_wrong_clock(fleet, host, fault.offset);
      break;
    case FaultKind::replication_missed:
    case FaultKind::replication_off:
      miss_passwords(fleet, host, fault.kind == FaultKind::replication_missed);
      break;
    default:
      strike_hub(fleet, fault, host);
      strike_power(fleet, fault, host);
  }
}

}  // namespace

void schedule_faults(Fleet& fleet) {
  for (std::size_t i = 0; i < fleet.spec.faults.size(); ++i) {
    const FaultSpec& fault = fleet.spec.faults[i];
    const Millis at = fault.at.value_or(-fleet.spec.age);
    const auto from_now = [&](Millis when) { return when - fleet.now.since_start; };
    fleet.later(from_now(at), Happening::fault, i);
    if (fault.corrected) fleet.later(from_now(*fault.corrected), Happening::clock_corrected, i);
    if (fault.lasts) fleet.later(from_now(at + *fault.lasts), Happening::fault_over, i);
  }
}

void fault_event(Fleet& fleet, const Event& event) {
  const FaultSpec& fault = fleet.spec.faults[event.subject];
  const bool begins = event.what == Happening::fault;
  if (fault.kind == FaultKind::wan_cut) fleet.wan_cut = begins;
  if (fault.kind == FaultKind::time_disagree && begins) fleet.reference_offset = fault.offset;
  for (const std::string& name : fault.hosts) {
    SimHost* host = fleet.find(name);
    if (host == nullptr) continue;  // the loader has said so
    if (event.what == Happening::clock_corrected) {
      move_clock(fleet, *host, -offset_of(*host, fleet.now), "somebody-else");
    } else if (event.what == Happening::fault_over) {
      host->unreachable = false;
    } else {
      strike(fleet, fault, *host);
    }
  }
}

}  // namespace unjam::actions::sim
