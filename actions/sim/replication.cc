#include "actions/sim/replication.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "actions/sim/clocks.h"

namespace unjam::actions::sim {
namespace {

constexpr std::array<const char*, 5> kPartitions{
    "DC=lab,DC=example", "CN=Configuration,DC=lab,DC=example", "CN=Schema,CN=Configuration,DC=lab,DC=example",
    "DC=DomainDnsZones,DC=lab,DC=example", "DC=ForestDnsZones,DC=lab,DC=example"};
constexpr const char* kDomain = kPartitions[0];  // where machine accounts live

std::int64_t attempt(Fleet& fleet, Link& link) {
  const SimHost& dest = fleet.hosts[link.dest];
  const SimHost& source = fleet.hosts[link.source];
  if (dest.dc.inbound_off) return kSinkDisabled;
  if (source.dc.outbound_off) return kSourceDisabled;
  if (fleet.wan_cut) return kSemTimeout;
  if (source.power != Power::up || !source.services) return kServerUnavailable;
  const Millis ours = offset_of(dest, fleet.now);
  const Millis theirs = offset_of(source, fleet.now);
  if (std::chrono::abs(ours - theirs) > kKerberosSkew) {
    // Who is off sees the skew; the other end only sees its partner hang up.
    return std::chrono::abs(ours) > std::chrono::abs(theirs) ? kTimeSkew : kNetNameDeleted;
  }
  if (dest.dc.stale) return kTimeSkew;
  if (std::exchange(link.dropped, false)) return kNetNameDeleted;
  return 0;
}

}  // namespace

void make_links(Fleet& fleet) {
  for (HostIndex dest = 0; dest < fleet.hosts.size(); ++dest) {
    for (HostIndex source = 0; source < fleet.hosts.size(); ++source) {
      const SimHost& a = fleet.hosts[dest];
      const SimHost& b = fleet.hosts[source];
      if (!a.is_dc || !b.is_dc || a.site == b.site) continue;
      for (const char* partition : kPartitions) fleet.links.push_back({dest, source, partition});
    }
  }
}

std::int64_t replicate(Fleet& fleet, Link& link) {
  SimHost& dest = fleet.hosts[link.dest];
  const SimHost& source = fleet.hosts[link.source];
  link.code = attempt(fleet, link);
  const std::string which = fmt::format("from={} partition={}", source.name, link.partition);
  if (link.code != 0) {
    fleet.note(dest, "replication-failed", fmt::format("{} code={}", which, link.code));
    return link.code;
  }
  if (link.partition == kDomain) {
    for (const auto& [hub, version] : source.dc.knows) {
      std::int64_t& known = dest.dc.knows[hub];
      known = std::max(known, version);
    }
  }
  fleet.note(dest, "replicated", which);
  return 0;
}

void replicate_into(Fleet& fleet, HostIndex dest) {
  const SimHost& host = fleet.hosts[dest];
  if (host.power != Power::up || !host.services) return;
  for (Link& link : fleet.links) {
    if (link.dest == dest) replicate(fleet, link);
  }
}

void drop_connections(Fleet& fleet, HostIndex dc) {
  for (Link& link : fleet.links) {
    if (link.source == dc) link.dropped = true;
  }
}

bool unsafe(const Fleet& fleet, const Link& link) {
  if (link.code == 0) return false;
  // Any failure with the flag set: forcing would override a decision.
  return fleet.hosts[link.dest].dc.inbound_off || fleet.hosts[link.source].dc.outbound_off;
}

}  // namespace unjam::actions::sim
