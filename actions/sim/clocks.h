// The clocks of the fleet. Offsets are to true time, which only the model knows; what hosts can see is how their clocks
// differ from each other and from the independent reference.
#pragma once

#include <optional>
#include <string>

#include "actions/sim/fleet.h"

namespace unjam::actions::sim {

inline constexpr Millis kKerberosSkew = minutes(5);
// A time service brings a clock back by so much and no more by itself (as chrony after its first updates, and Windows
// beyond MaxAllowedPhaseOffset): a larger error stays, and the service says that it is not synchronised.
inline constexpr Millis kMaxCorrection = seconds(60);

Millis offset_of(const SimHost& host, Mono now);  // to true time
Wall local_time(const Fleet& fleet, const SimHost& host);

// Sets the clock. A controller whose clock moves by more than Kerberos allows while its service runs keeps state from
// before: stale until the service is restarted.
void move_clock(Fleet& fleet, SimHost& host, Millis by, const std::string& by_whom);

// One poll of the host's time service: controllers follow the outside, all others the controller of their site.
void poll_time(Fleet& fleet, SimHost& host);

// Whether `from` can ask `to` for its time now.
bool answers_time(const Fleet& fleet, const SimHost& from, const SimHost& to);

}  // namespace unjam::actions::sim
