#include "playbooks/expr_zones.h"

#include <absl/time/time.h>

#include <algorithm>
#include <string>

namespace unjam::playbooks {
namespace {

constexpr std::size_t kMaxZoneBytes = 64;

std::optional<std::int64_t> fixed_offset(std::string_view zone) {
  if (zone == "UTC" || zone == "Z") return 0;
  const bool negative = zone.starts_with('-');
  if (negative || zone.starts_with('+')) zone.remove_prefix(1);
  if (zone.size() != 5 || zone[2] != ':') return std::nullopt;
  for (const std::size_t i : {0, 1, 3, 4}) {
    if (zone[i] < '0' || zone[i] > '9') return std::nullopt;
  }
  const int hours = (zone[0] - '0') * 10 + (zone[1] - '0');
  const int minutes = (zone[3] - '0') * 10 + (zone[4] - '0');
  if (hours > 23 || minutes > 59) return std::nullopt;
  return (negative ? -1 : 1) * (hours * 3600 + minutes * 60);
}

// The database is a folder: a name must not lead out of it.
bool is_zone_name(std::string_view zone) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
           c == '-' || c == '/';
  };
  return !zone.empty() && zone.size() <= kMaxZoneBytes && zone[0] >= 'A' && zone[0] <= 'Z' &&
         std::ranges::all_of(zone, good);
}

}  // namespace

std::optional<std::int64_t> zone_offset(std::string_view zone, std::int64_t moment) {
  if (const auto fixed = fixed_offset(zone)) return fixed;
  absl::TimeZone loaded;
  if (!is_zone_name(zone) || !absl::LoadTimeZone(std::string(zone), &loaded)) return std::nullopt;
  return loaded.At(absl::FromUnixSeconds(moment)).offset;
}

}  // namespace unjam::playbooks
