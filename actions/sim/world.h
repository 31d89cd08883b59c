// The model fleet as a whole: hosts, mail and faults, advanced by time. Pure: no clock, no files but the hosts' logs,
// no chance but the seed. The same spec, hosts and seed give the same world, byte for byte in its logs.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actions/inventory.h"
#include "actions/sim/fleet.h"
#include "state/base/result.h"

namespace unjam::actions::sim {

class World {
 public:
  // `hosts`: of the inventory; role "dc" is a domain controller, "hub" a mail hub, any other a plain Linux host. The
  // world begins `spec.age` before mono 0, healthy, and is lived through from there: at mono 0 queues, logs and codes
  // are what the faults have made of them. `start`: true time at mono 0, where VirtualTime starts too.
  // ErrorKind::invalid: a fault names a host that is not there; io: the folder of logs.
  static Result<std::unique_ptr<World>> create(WorldSpec spec, const std::vector<Host>& hosts, Wall start);

  // Lets everything happen that is due until `when`, in order. Earlier times change nothing.
  void advance_to(Mono when);

  Fleet& fleet() { return fleet_; }
  const Fleet& fleet() const { return fleet_; }
  const EffectLog& log() const { return fleet_.log; }

 private:
  World() = default;
  Result<void> populate(const std::vector<Host>& hosts);
  void begin();
  void happen(const Event& event);

  Fleet fleet_;
};

}  // namespace unjam::actions::sim
