#include "tests/plants/hunt.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/crash/on_disk.h"

namespace unjam::rehearsal {

using K = MishapKind;

namespace {

Scenario calm() {
  Scenario out;
  out.incident = "nothing";
  return out;
}

Scenario with(std::vector<Mishap> mishaps) {
  auto out = calm();
  out.mishaps = std::move(mishaps);
  return out;
}

// When the first host was drained in a run without mishaps.
Mono drained_at(const Evidence& evidence) {
  const auto found = std::ranges::find(evidence.hosts, "drained", &actions::sim::LogEntry::word);
  return found == evidence.hosts.end() ? evidence.ended : found->at;
}

void add_points(const Field& field, const Evidence& sound, const std::vector<Mishap>& before, bool heals,
                std::vector<Trial>& out) {
  for (const auto& point : crash_points(sound)) {
    const auto name = fmt::format("{}killed {}", before.empty() ? "" : "cancelled and ", spell(point));
    out.push_back({name, &field, killed_at(with(before), point.point, point.nth), heals});
  }
}

std::vector<Mishap> on_each(const Field& field, K kind, Mono at = {}, Millis by = {}, Millis lasts = {}) {
  std::vector<Mishap> out;
  for (const auto& host : field.plan->changeable)
    out.push_back({.kind = kind, .host = host, .at = at, .by = by, .lasts = lasts});
  return out;
}

Trial with_answer(const Field& field, std::string name, actions::sim::TransportFault fault,
                  std::vector<Mishap> mishaps) {
  Trial out{std::move(name), &field, with(std::move(mishaps))};
  out.scenario.world.transport.push_back(std::move(fault));
  return out;
}

// What seeds seldom draw: two things that must meet within seconds.
void add_meetings(const Field& field, Mono drained, std::vector<Trial>& out) {
  using How = actions::sim::TransportFault::How;
  constexpr Millis kPastTheDrain{12 * 60'000};
  out.push_back({"services dead", &field, with(on_each(field, K::service_dead))});
  out.push_back({"no return", &field, with(on_each(field, K::no_return))});
  out.push_back(with_answer(field, "the answer to a resume is lost", {How::cut_before, "hub.resume"}, {}));
  for (std::int64_t after = 0; after < 10; ++after) {
    const Mono at = drained + Millis{after * 1'000};
    out.push_back(with_answer(field, fmt::format("a reboot is lost, and {} s after the drain another comes", after),
                              {How::cut_before, "host.reboot"}, on_each(field, K::second_reboot, at)));
    out.push_back(with_answer(field, fmt::format("the answer to a drain is lost, silent from {} s after it", after),
                              {How::cut_after, "hub.drain"}, on_each(field, K::silent, at, {}, kPastTheDrain)));
  }
}

std::string first_of(const Violations& violations) {
  const auto& one = violations.front();
  return fmt::format("{}{}{}", one.host, one.host.empty() ? "" : ": ", one.text);
}

std::optional<Found> judged(const Evidence& evidence, std::string where) {
  const auto violations = judge(evidence);
  if (violations.empty()) return std::nullopt;
  return Found{violations.front().checker, std::move(where), first_of(violations)};
}

std::optional<Found> played(const Trial& trial) {
  const auto& plan = trial.field->plan;
  const auto evidence =
      trial.power ? on_disk(plan, trial.scenario, {.lost_at_death = state::Cut::all}) : rehearse(plan, trial.scenario);
  const auto where = fmt::format("{}, {}", trial.field->name, trial.name);
  if (auto found = judged(evidence, where)) return found;
  const auto end = evidence.run.ended ? evidence.run.ended->end : state::End::none;
  const auto hosts = std::ssize(plan->changeable);
  if (!trial.heals || (end == state::End::done && reboots(evidence) == hosts)) return std::nullopt;
  return Found{"crash-changes-nothing", where,
               fmt::format("the run ended {} after {} reboots, without the crash it is done after {}",
                           state::spell(end), reboots(evidence), hosts)};
}

}  // namespace

std::vector<Trial> trials(const std::vector<Field>& fields) {
  std::vector<Trial> out;
  std::vector<Trial> points;
  for (const auto& field : fields) {
    if (field.name == "plain") out.push_back({"no return", &field, with(on_each(field, K::no_return))});
    if (field.name != "rolling" && field.name != "bare") continue;
    const auto sound = rehearse(field.plan, calm());
    const Mono drained = drained_at(sound);
    add_meetings(field, drained, out);
    const Mishap cancelled{.kind = K::cancelled, .at = drained + Millis{500}};
    add_points(field, rehearse(field.plan, with({cancelled})), {cancelled}, false, points);
    if (field.name != "rolling") continue;
    add_points(field, sound, {}, true, points);
    constexpr std::int64_t kSome = 12;
    for (std::int64_t nth = kSome; nth <= sound.writes; nth += kSome)
      out.push_back({fmt::format("power lost after the {}. write", nth), &field,
                     killed_at(calm(), Point::after_write, nth), true, true});
  }
  std::ranges::move(points, std::back_inserter(out));
  return out;
}

Hunted hunt(const std::vector<Field>& fields, const std::vector<Trial>& trials, std::uint64_t seeds) {
  Hunted out;
  std::vector<Rehearser> rehearsers;
  for (const auto& field : fields) rehearsers.emplace_back(field.plan, every_mishap());
  const std::uint64_t rounds = std::max<std::uint64_t>(seeds, trials.size());
  for (std::uint64_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < fields.size() && round < seeds; ++i) {
      ++out.rehearsals;
      const auto seed = round + 1;
      out.found = judged(rehearsers[i].run(seed), fmt::format("{} seed {}", fields[i].name, seed));
      if (out.found) return out;
    }
    if (round >= trials.size()) continue;
    ++out.rehearsals;
    out.found = played(trials[round]);
    if (out.found) return out;
  }
  return out;
}

}  // namespace unjam::rehearsal
