#include "actions/sim/kerberos.h"

#include <fmt/format.h>

#include <algorithm>

#include "actions/sim/clocks.h"

namespace unjam::actions::sim {
namespace {

constexpr Millis kTicketLife = hours(10);

bool beyond(Millis skew) {
  return std::chrono::abs(skew) > kKerberosSkew;
}

Login fetch(Fleet& fleet, SimHost& sender, HostIndex receiver) {
  if (sender.hub.keytab_lost || sender.hub.trust_broken || sender.hub.kdc_blocked) return Login::no_ticket;
  if (kdc_elsewhere(fleet)) {
    if (fleet.hosts[receiver].hub.spn != Spn::ok) return Login::no_ticket;
    sender.hub.cache.filled = true;
    sender.hub.cache.tickets[receiver] = {fleet.hosts[receiver].hub.kvno, fleet.now + kTicketLife};
    return Login::ok;
  }
  SimHost* kdc = kdc_for(fleet, sender);
  if (kdc == nullptr) return Login::no_ticket;
  const HostIndex self = fleet.index(sender);
  if (kdc->dc.knows[self] != sender.hub.kvno) return Login::no_ticket;
  if (fleet.hosts[receiver].hub.spn != Spn::ok) return Login::no_ticket;
  TicketCache& cache = sender.hub.cache;
  const Millis difference = offset_of(*kdc, fleet.now) - offset_of(sender, fleet.now);
  if (!cache.filled) {
    cache.filled = true;
    cache.offset = beyond(difference) ? difference : Millis(0);
    if (cache.offset != Millis(0)) {
      fleet.note(sender, "tickets", fmt::format("offset={} of={}", spell_seconds(cache.offset), kdc->name));
    }
  } else if (beyond(difference - cache.offset)) {
    return Login::clock_skew;
  }
  cache.tickets[receiver] = {kdc->dc.knows[receiver], fleet.now + kTicketLife};
  return Login::ok;
}

}  // namespace

bool kdc_elsewhere(const Fleet& fleet) {
  return std::ranges::none_of(fleet.hosts, &SimHost::is_dc);
}

SimHost* kdc_for(Fleet& fleet, const SimHost& host) {
  if (host.hub.kdc_blocked) return nullptr;
  SimHost* any = nullptr;
  for (SimHost& dc : fleet.hosts) {
    if (!dc.is_dc || dc.power != Power::up || !dc.services) continue;
    if (dc.site == host.site) return &dc;
    if (any == nullptr && !fleet.wan_cut) any = &dc;
  }
  return any;
}

Login log_in(Fleet& fleet, HostIndex sender_index, HostIndex receiver_index) {
  SimHost& sender = fleet.hosts[sender_index];
  const SimHost& receiver = fleet.hosts[receiver_index];
  auto& tickets = sender.hub.cache.tickets;
  auto ticket = tickets.find(receiver_index);
  if (ticket != tickets.end() && ticket->second.until <= fleet.now) {
    tickets.erase(ticket);
    ticket = tickets.end();
  }
  if (ticket == tickets.end()) {
    if (const Login fetched = fetch(fleet, sender, receiver_index); fetched != Login::ok) return fetched;
    ticket = tickets.find(receiver_index);
  }
  if (receiver.hub.keytab_lost) return Login::no_key;
  const Millis shown = offset_of(sender, fleet.now) + sender.hub.cache.offset;
  if (beyond(shown - offset_of(receiver, fleet.now))) return Login::clock_skew;
  if (receiver.hub.trust_broken || ticket->second.kvno != receiver.hub.kvno) return Login::wrong_key;
  return Login::ok;
}

void fetch_tickets(Fleet& fleet, HostIndex hub) {
  for (HostIndex i = 0; i < fleet.hosts.size(); ++i) {
    if (fleet.hosts[i].is_hub && fleet.hosts[i].site != fleet.hosts[hub].site) {
      fetch(fleet, fleet.hosts[hub], i);
    }
  }
}

void drop_tickets(SimHost& hub) {
  hub.hub.cache = {};
}

}  // namespace unjam::actions::sim
