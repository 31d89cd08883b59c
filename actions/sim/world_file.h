// World files: what is set in a model fleet, as YAML. Strict and located, like every file of Unjam.
//
//   unjam: 1
//   world: dc-clock                  # its name
//   summary: a controller came up ten minutes fast
//   seed: 1                          # of all chance in it
//   age: 30m                         # how long the faults have been there at the start; at most 7d
//   speed: 60                        # virtual seconds per real one; 0: as fast as it goes
//   logs: hosts                      # folder of the hosts' own logs, relative to this file; left out: none
//   times: { boot: [ 60s, 180s ], roles: { dc: { boot: 5m } } }  # see Times; one value or [ least, most ]
//   mail:  { every: 1m, retry_every: 5m }
//   faults:                          # see fault_rows(): kind, host | hosts, at, offset, corrected, for, time
//     - { kind: dc-clock, host: tyodc1, offset: 600s }
//   transport:                       # see TransportFault: how, action, host, after, times, by
//     - { how: cut-after, action: host.reboot, host: tyohub1 }
#pragma once

#include <optional>
#include <vector>

#include "actions/inventory.h"
#include "actions/sim/world_spec.h"
#include "playbooks/diagnostic.h"
#include "playbooks/source.h"

namespace unjam::actions::sim {

inline constexpr std::size_t kMaxFaults = 1000;

// The spec, or nothing and located errors. `hosts` (of the inventory) are the words that `host` may be.
std::optional<WorldSpec> load_world(const playbooks::SourcePtr& source, const std::vector<Host>& hosts,
                                    playbooks::Diagnostics& out);

// The same for a file of times alone, `unjam rehearse --times`: `unjam: 1`, and `times` as in a world file.
std::optional<Times> load_times(const playbooks::SourcePtr& source, const std::vector<Host>& hosts,
                                playbooks::Diagnostics& out);

}  // namespace unjam::actions::sim
