// What goes wrong in a world: each kind of FaultSpec, when its time has come.
#pragma once

#include "actions/sim/fleet.h"

namespace unjam::actions::sim {

// Puts every fault of the spec, and the end of those that end, on the queue of events.
void schedule_faults(Fleet& fleet);

// fault, clock_corrected, fault_over; subject: index of the fault.
void fault_event(Fleet& fleet, const Event& event);

}  // namespace unjam::actions::sim
