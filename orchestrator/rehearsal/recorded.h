// A recorded run as a scenario: how long its hosts took, what was wrong with them, and how far a rehearsal with these
// times is off. Pure.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/rehearsal/evidence.h"

namespace unjam::rehearsal {

// What the journal shows of the hosts, role by role. A role of which it shows nothing is as the others; what it does
// not show at all is as in every model.
actions::sim::WorldSpec world_of_run(const engine::Plan& plan, const state::Run& run,
                                     const std::vector<state::Event>& events);

struct Deviation {
  std::string what;  // "the whole run", "read probe.hub", "host.reboot"
  Millis recorded{0};
  Millis modelled{0};
  std::int64_t recorded_count = 0;
  std::int64_t modelled_count = 0;
};

// Mean times of both, what takes longest first.
std::vector<Deviation> compare(const engine::Plan& plan, const std::vector<state::Event>& recorded,
                               const Evidence& rehearsed);

}  // namespace unjam::rehearsal
