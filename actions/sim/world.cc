#include "actions/sim/world.h"

#include <algorithm>
#include <utility>

#include "actions/sim/clocks.h"
#include "actions/sim/faults.h"
#include "actions/sim/kerberos.h"
#include "actions/sim/mail.h"
#include "actions/sim/power.h"
#include "actions/sim/replication.h"
#include "state/base/digest.h"

namespace unjam::actions::sim {
namespace {

constexpr Millis kCalm = seconds(10);  // a world is healthy so long before its first fault

// A host's chance comes from the seed and its name, so that one host more does not change the others.
Rng rng_of(std::uint64_t seed, const std::string& name) {
  const std::string digest = sha256_hex(std::to_string(seed) + " " + name);
  return Rng(std::stoull(digest.substr(0, 16), nullptr, 16));
}

}  // namespace

Result<std::unique_ptr<World>> World::create(WorldSpec spec, const std::vector<Host>& hosts, Wall start) {
  std::unique_ptr<World> world(new World());
  world->fleet_.spec = std::move(spec);
  world->fleet_.start = start;
  world->fleet_.now = Mono{-world->fleet_.spec.age - kCalm};
  if (auto done = world->populate(hosts); !done) return std::unexpected(done.error());
  world->begin();
  world->advance_to(Mono{});
  return world;
}

Result<void> World::populate(const std::vector<Host>& hosts) {
  std::vector<std::string> names;
  for (const Host& host : hosts) {
    names.push_back(host.name.text);
    if (std::ranges::find(fleet_.sites, host.site) == fleet_.sites.end()) fleet_.sites.push_back(host.site);
    SimHost& sim = fleet_.hosts.emplace_back();
    sim.name = host.name.text;
    sim.site = host.site;
    sim.role = host.role;
    sim.address = host.address;
    sim.is_dc = host.role == "dc";
    sim.is_hub = host.role == "hub";
    sim.life_rng = rng_of(fleet_.spec.seed, sim.name + "/life");
    sim.call_rng = rng_of(fleet_.spec.seed, sim.name + "/call");
  }
  for (const FaultSpec& fault : fleet_.spec.faults) {
    for (const std::string& name : fault.hosts) {
      if (fleet_.find(name) == nullptr) {
        return fail(ErrorKind::invalid, "the fault '" + std::string(spell(fault.kind)) + "' is set on '" + name +
                                            "', which the inventory does not have");
      }
    }
  }
  if (fleet_.spec.logs.empty()) return {};
  return fleet_.log.open(fleet_.spec.logs, names);
}

void World::begin() {
  make_links(fleet_);
  constexpr std::uint64_t kMostDrift = 20'000;  // parts in 10^9: a good quartz
  for (SimHost& host : fleet_.hosts) {
    host.machine = new_machine_id(host.life_rng);
    host.clock.since = fleet_.now;
    host.clock.drift_ppb =
        static_cast<std::int64_t>(host.life_rng.below(2 * kMostDrift)) - static_cast<std::int64_t>(kMostDrift);
    boot_at_once(fleet_, host);
    for (HostIndex hub = 0; host.is_dc && hub < fleet_.hosts.size(); ++hub) {
      if (fleet_.hosts[hub].is_hub) host.dc.knows[hub] = fleet_.hosts[hub].hub.kvno;
    }
  }
  for (HostIndex i = 0; i < fleet_.hosts.size(); ++i) {
    if (fleet_.hosts[i].is_hub) {
      fetch_tickets(fleet_, i);
      fleet_.later(draw(fleet_.hosts[i].life_rng, {Millis(0), fleet_.spec.mail.retry_every}), Happening::queue_run, i);
    }
    if (fleet_.hosts[i].is_dc) fleet_.later(fleet_.spec.times.replicate_every, Happening::replication, i);
    fleet_.later(draw(fleet_.hosts[i].life_rng, {Millis(0), fleet_.spec.times.time_poll}), Happening::time_poll, i);
  }
  const std::size_t sites = fleet_.sites.size();
  for (std::size_t pair = 0; pair < sites * sites; ++pair) {
    const bool between = pair / sites != pair % sites;
    // Not all pairs at the same instant.
    if (between) fleet_.later(kCalm + seconds(1 + static_cast<int>(pair)), Happening::mail, pair);
  }
  schedule_faults(fleet_);
}

void World::advance_to(Mono when) {
  while (!fleet_.events.empty() && fleet_.events.top().at <= when) {
    const Event event = fleet_.events.top();
    fleet_.events.pop();
    fleet_.now = std::max(fleet_.now, event.at);
    happen(event);
  }
  fleet_.now = std::max(fleet_.now, when);
}

void World::happen(const Event& event) {
  const WorldSpec& spec = fleet_.spec;
  switch (event.what) {
    case Happening::time_poll:
      poll_time(fleet_, fleet_.hosts[event.subject]);
      fleet_.later(spec.times.time_poll, event.what, event.subject);
      break;
    case Happening::mail:
      write_mail(fleet_, event.subject);
      fleet_.later(spec.mail.every, event.what, event.subject);
      break;
    case Happening::queue_run:
      run_queue(fleet_, event.subject, {});
      fleet_.later(spec.mail.retry_every, event.what, event.subject);
      break;
    case Happening::replication:
      replicate_into(fleet_, event.subject);
      fleet_.later(spec.times.replicate_every, event.what, event.subject);
      break;
    case Happening::fault:
    case Happening::clock_corrected:
    case Happening::fault_over:
      fault_event(fleet_, event);
      break;
    default:
      power_event(fleet_, event);
  }
}

}  // namespace unjam::actions::sim
