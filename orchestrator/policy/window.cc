#include "orchestrator/policy/window.h"

#include <absl/time/time.h>
#include <fmt/format.h>

namespace unjam::policy {

namespace {

struct Minute {
  int hour = 0;
  int minute = 0;
};

std::optional<Minute> parse_minute(const std::string& text) {
  int hour = 0;
  int minute = 0;
  char tail = 0;
  if (text.size() != 5 || std::sscanf(text.c_str(), "%2d:%2d%c", &hour, &minute, &tail) != 2) return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return std::nullopt;
  return Minute{hour, minute};
}

Result<absl::Time> parse_date(const std::string& text, const absl::TimeZone& zone) {
  absl::CivilMinute civil;
  if (!absl::ParseCivilTime(text.size() == 16 ? text.substr(0, 10) + "T" + text.substr(11) : text, &civil))
    return fail(ErrorKind::invalid, fmt::format("`{}` is neither \"HH:MM\" nor \"YYYY-MM-DD HH:MM\"", text));
  return zone.At(civil).pre;
}

absl::Time to_absl(Wall now) {
  return absl::FromUnixMillis(now.since_epoch.count());
}

}  // namespace

Result<bool> inside(const playbooks::WindowRule& rule, Wall now) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(rule.zone.empty() ? "UTC" : rule.zone, &zone))
    return fail(ErrorKind::invalid, fmt::format("zone {} is not in the tz database", rule.zone));
  const auto from = parse_minute(rule.from);
  const auto to = parse_minute(rule.to);
  if (from && to) {
    const auto local = absl::ToCivilMinute(to_absl(now), zone);
    const int at = local.hour() * 60 + local.minute();
    const int begin = from->hour * 60 + from->minute;
    const int end = to->hour * 60 + to->minute;
    return begin <= end ? at >= begin && at < end : at >= begin || at < end;
  }
  const auto begin = parse_date(rule.from, zone);
  if (!begin) return std::unexpected(begin.error());
  const auto end = parse_date(rule.to, zone);
  if (!end) return std::unexpected(end.error());
  return to_absl(now) >= *begin && to_absl(now) < *end;
}

WindowVerdict ask_windows(const playbooks::Policy& policy, playbooks::Effect effect, Wall now) {
  for (const auto& freeze : policy.freezes) {
    if (effect <= freeze.above) continue;
    const auto frozen = inside(freeze, now);
    if (!frozen) return {false, "freeze", fmt::format("freeze {}: {}", freeze.name, frozen.error().message)};
    if (*frozen) return {false, "freeze", fmt::format("freeze {} until {} {}", freeze.name, freeze.to, freeze.zone)};
  }
  if (policy.windows.empty()) return {true, "", ""};
  std::string text = "outside of every window:";
  for (const auto& window : policy.windows) {
    const auto open = inside(window, now);
    if (open && *open) return {true, "", ""};
    text += open ? fmt::format(" {} from {} to {} {}", window.name, window.from, window.to, window.zone)
                 : fmt::format(" {}: {}", window.name, open.error().message);
  }
  return {false, "window", text};
}

}  // namespace unjam::policy
