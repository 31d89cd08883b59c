#include "actions/sim/world_spec.h"

#include <algorithm>

namespace unjam::actions::sim {

const std::vector<FaultRow>& fault_rows() {
  using K = FaultKind;
  static const std::vector<FaultRow> rows{
      {.kind = K::none, .word = "none", .role = "none", .summary = "nothing is wrong"},
      {.kind = K::hub_clock,
       .word = "hub-clock",
       .role = "hub",
       .offset = true,
       .corrected = true,
       .summary = "the clock of a hub is off, its tickets are good"},
      {.kind = K::dc_clock,
       .word = "dc-clock",
       .role = "dc",
       .offset = true,
       .corrected = true,
       .summary = "a domain controller came up on a wrong clock and has issued tickets since"},
      {.kind = K::stale_tickets,
       .word = "stale-tickets",
       .role = "hub",
       .offset = true,
       .summary = "clocks are right by now, the hub holds tickets from before"},
      {.kind = K::replication_missed,
       .word = "replication-missed",
       .role = "dc",
       .summary = "machine passwords changed while inbound replication was off; it is on again (8457 on record)"},
      {.kind = K::replication_off, .word = "replication-off", .role = "dc", .summary = "the same, and it is still off"},
      {.kind = K::keytab_lost, .word = "keytab-lost", .role = "hub", .summary = "the hub has lost its Kerberos key"},
      {.kind = K::spn_missing, .word = "spn-missing", .role = "hub", .summary = "no service principal name"},
      {.kind = K::spn_duplicate, .word = "spn-duplicate", .role = "hub", .summary = "two accounts have its name"},
      {.kind = K::kdc_port_blocked, .word = "kdc-port-blocked", .role = "hub", .summary = "cannot reach port 88"},
      {.kind = K::trust_broken, .word = "trust-broken", .role = "hub", .summary = "the domain knows another password"},
      {.kind = K::peer_down, .word = "peer-down", .role = "any", .summary = "powered off"},
      {.kind = K::dns_wrong, .word = "dns-wrong", .role = "hub", .summary = "cannot resolve hubs of other sites"},
      {.kind = K::tls_refused, .word = "tls-refused", .role = "hub", .summary = "refuses TLS of other sites' hubs"},
      {.kind = K::time_disagree,
       .word = "time-disagree",
       .role = "none",
       .offset = true,
       .summary = "the independent time source disagrees with every controller"},
      {.kind = K::wan_cut, .word = "wan-cut", .role = "none", .lasts = true, .summary = "no packets between sites"},
      {.kind = K::inside_broken, .word = "inside-broken", .role = "hub", .summary = "mail inside its site is stuck"},
      {.kind = K::outbound_broken, .word = "outbound-broken", .role = "hub", .summary = "mail to outside is stuck"},
      {.kind = K::no_return, .word = "no-return", .role = "any", .summary = "the next reboot never comes back"},
      {.kind = K::same_boot_id, .word = "same-boot-id", .role = "any", .summary = "the next reboot is none"},
      {.kind = K::other_host_key, .word = "other-host-key", .role = "any", .summary = "has another host key after it"},
      {.kind = K::other_machine, .word = "other-machine", .role = "any", .summary = "another machine answers after it"},
      {.kind = K::slow_boot, .word = "slow-boot", .role = "any", .time = true, .summary = "the next boot takes `time`"},
      {.kind = K::service_dead, .word = "service-dead", .role = "any", .summary = "services do not start after it"},
      {.kind = K::reboots_again,
       .word = "reboots-again",
       .role = "any",
       .time = true,
       .summary = "reboots by itself `time` after the next boot"},
      {.kind = K::unreachable, .word = "unreachable", .role = "any", .lasts = true, .summary = "does not answer us"},
      {.kind = K::clock_step, .word = "clock-step", .role = "any", .offset = true, .summary = "its clock jumps"},
      {.kind = K::reboot_by_other, .word = "reboot-by-other", .role = "any", .summary = "somebody else reboots it"},
      {.kind = K::drain_by_other, .word = "drain-by-other", .role = "hub", .summary = "somebody else drains it"},
      {.kind = K::update_pending, .word = "update-pending", .role = "any", .summary = "an update waits for a reboot"},
  };
  return rows;
}

std::string_view spell(FaultKind kind) {
  const auto row = std::ranges::find(fault_rows(), kind, &FaultRow::kind);
  return row != fault_rows().end() ? row->word : "none";
}

}  // namespace unjam::actions::sim
