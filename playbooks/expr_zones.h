// Time zones of getters. Part of the expression front end: only expr_*.cc include it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace unjam::playbooks {

// How far local time is ahead of UTC, in seconds, at this moment (seconds since 1970): of a fixed offset ("UTC",
// "+09:00", "-02:30", "02:00") or a zone of the tz database ("Asia/Tokyo"). Nothing: no such zone.
std::optional<std::int64_t> zone_offset(std::string_view zone, std::int64_t moment);

}  // namespace unjam::playbooks
