// Replication between the controllers of different sites: per partition and direction, pulled by the destination, with
// the codes of the field (lab.md). What it carries here is the one thing that matters to mail: password versions.
#pragma once

#include <cstdint>

#include "actions/sim/fleet.h"

namespace unjam::actions::sim {

inline constexpr std::int64_t kNetNameDeleted = 64;
inline constexpr std::int64_t kSemTimeout = 121;
inline constexpr std::int64_t kTimeSkew = 1398;
inline constexpr std::int64_t kServerUnavailable = 1722;
inline constexpr std::int64_t kSourceDisabled = 8456;
inline constexpr std::int64_t kSinkDisabled = 8457;

void make_links(Fleet& fleet);

// One attempt; the link keeps its code.
std::int64_t replicate(Fleet& fleet, Link& link);

// Every link into `dest`.
void replicate_into(Fleet& fleet, HostIndex dest);

// Connections to and from this controller are gone: its service was restarted.
void drop_connections(Fleet& fleet, HostIndex dc);

// Forcing would spread damage: while an option flag is set, somebody has decided that this link shall not run.
bool unsafe(const Fleet& fleet, const Link& link);

}  // namespace unjam::actions::sim
