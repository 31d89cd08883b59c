#include "state/store.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "state/base/plants.h"

namespace unjam::state {
namespace {

constexpr std::size_t kNamedHosts = 5;  // in a refusal; more are counted

std::string utc(Wall time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.since_epoch);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date{std::chrono::sys_days(day)};
  const std::chrono::hh_mm_ss clock{seconds - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

std::string spoken(Millis span) {
  const auto ms = span.count();
  if (ms >= 3'600'000 && ms % 3'600'000 == 0) return fmt::format("{}h", ms / 3'600'000);
  if (ms >= 60'000 && ms % 60'000 == 0) return fmt::format("{}m", ms / 60'000);
  if (ms % 1000 == 0) return fmt::format("{}s", ms / 1000);
  return fmt::format("{}ms", ms);
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kNamedHosts); ++i) out += (i > 0 ? ", " : "") + names[i];
  if (names.size() > kNamedHosts) out += fmt::format(" and {} more", names.size() - kNamedHosts);
  return out;
}

std::string below(const FloorClaim& floor, const std::string& host, const std::vector<SlotRow>& held) {
  std::int64_t remain = 0;
  std::vector<std::string> in_hand;
  for (const std::string& member : floor.members) {
    if (member == host) continue;
    const bool taken = std::ranges::any_of(held, [&](const SlotRow& row) { return row.host == member; });
    if (taken) {
      in_hand.push_back(member);
    } else {
      ++remain;
    }
  }
  if (remain >= floor.min) return {};
  const std::string others = in_hand.empty() ? "" : fmt::format(" and what is in hand ({})", listed(in_hand));
  return fmt::format("{}: without {}{} only {} of the {} that are up would remain, at least {} must", floor.name, host,
                     others, remain, floor.members.size(), floor.min);
}

// How long before `now` the effect ended. Open ones end now; so does one that ended after `now`, which is what a wall
// clock that was set back makes of it: it must not open the gate.
Millis since_end(const EffectRow& effect, Wall now) {
  if (!effect.ended) return Millis(0);
  return std::max(Millis(0), now - *effect.ended);
}

}  // namespace

std::string refused_by(const SlotClaim& claim, const std::vector<SlotRow>& held, const RunId& run) {
  if (planted("slots-of-others-not-asked")) return {};
  for (const SlotRow& row : held) {
    if (row.host != claim.host || row.holder.run == run) continue;
    return fmt::format("{} is in the hands of run {} since {}", claim.host, row.holder.run.text, utc(row.holder.since));
  }
  for (const FloorClaim& floor : claim.floors)
    if (std::string why = below(floor, claim.host, held); !why.empty()) return why;
  return {};
}

std::string refused_by(const RateClaim& claim, const std::vector<EffectRow>& effects, Wall now) {
  if (planted("cooldown-ignored")) return {};
  std::int64_t within = 0;
  for (const EffectRow& effect : effects) {
    if (effect.action != claim.action || !std::ranges::count(claim.hosts, effect.host)) continue;
    const Millis age = since_end(effect, now);
    if (claim.every && age < *claim.every) {
      const std::string ended = effect.ended ? fmt::format("ended {} ago", spoken(age)) : "has not ended";
      return fmt::format("{}: {} on {} by run {} {}, at least {} must pass", claim.name, effect.action, effect.host,
                         effect.run.text, ended, spoken(*claim.every));
    }
    if (age < claim.within) ++within;
  }
  if (claim.at_most && within >= *claim.at_most) {
    return fmt::format("{}: {} was done {} times within {}, at most {} are allowed", claim.name, claim.action, within,
                       spoken(claim.within), *claim.at_most);
  }
  return {};
}

std::string refused_by(const LockClaim& claim, const std::vector<LockRow>& held, const RunId& run) {
  if (planted("locks-of-others-not-asked")) return {};
  for (const LockRow& row : held) {
    if (row.holder.run == run || !std::ranges::count(claim.locks, row.lock)) continue;
    return fmt::format("lock {} is held by run {} since {}", row.lock, row.holder.run.text, utc(row.holder.since));
  }
  return {};
}

}  // namespace unjam::state
