#include "orchestrator/rehearsal/recorded.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "orchestrator/engine/plan.h"

namespace unjam::rehearsal {

using actions::sim::FaultKind;
using actions::sim::FaultSpec;
using actions::sim::Range;

namespace {

using Samples = std::vector<Millis>;

// The action behind a reading's key: a fact of the playbook (with the path of its play before it), or "@action".
std::string action_of(const engine::Plan& plan, const std::string& key) {
  if (key.starts_with('@')) return key.substr(1);
  const auto slash = key.rfind('/');
  const auto name = slash == std::string::npos ? key : key.substr(slash + 1);
  if (const auto* fact = plan.program->fact(name)) return fact->action->name;
  for (const auto& played : plan.program->plays)
    if (const auto* fact = played->fact(name)) return fact->action->name;
  return key;
}

bool is_of(const engine::Plan& plan, const std::string& name, std::string_view role) {
  const auto* host = plan.estate.find(name);
  return role.empty() || (host != nullptr && host->role == role);
}

// How long each kind of call took on the hosts of a role, or on all: "read probe.hub", "hub.drain"; a reboot until it
// was proven.
std::map<std::string, Samples> samples_of(const engine::Plan& plan, const std::vector<state::Event>& events,
                                          std::string_view role = {}) {
  std::map<std::string, Samples> out;
  std::map<std::string, std::pair<std::string, Mono>> open;
  for (const auto& event : events) {
    if (const auto* reading = std::get_if<state::ReadingTaken>(&event.body);
        reading != nullptr && reading->value && is_of(plan, reading->host, role))
      out["read " + action_of(plan, reading->fact)].push_back(event.mono.since_start - Millis{reading->started_mono});
    if (const auto* intent = std::get_if<state::Intent>(&event.body);
        intent != nullptr && is_of(plan, intent->host, role))
      open[intent->intent] = {intent->action, event.mono};
    const auto* ended = std::get_if<state::EffectEnded>(&event.body);
    const auto begun = ended == nullptr ? open.end() : open.find(ended->intent);
    if (begun != open.end() && ended->outcome == state::EffectPhase::ok)
      out[begun->second.first].push_back(event.mono - begun->second.second);
  }
  return out;
}

Range range_of(Samples samples, Millis less) {
  std::ranges::sort(samples);
  const auto at = [&](std::size_t percent) {
    return std::max(Millis{0}, samples[samples.size() * percent / 101] - less);
  };
  return {at(5), std::max(at(5), at(95))};
}

// Signed seconds at the begin of what a host said: "600.036 s from osadc2".
std::optional<Millis> offset_in(const json::object& before) {
  const auto* text = before.if_contains("offset");
  if (text == nullptr || !text->is_string()) return std::nullopt;
  const std::string words(text->get_string());
  char* end = nullptr;
  const double seconds = std::strtod(words.c_str(), &end);
  if (end == words.c_str()) return std::nullopt;
  return Millis(static_cast<std::int64_t>(seconds * 1000));
}

// What was wrong, told by what cured it.
std::vector<FaultSpec> faults_of(const engine::Plan& plan, const state::Run& run) {
  std::vector<FaultSpec> out;
  FaultSpec stale;
  stale.kind = FaultKind::stale_tickets;
  for (const auto& id : run.effect_order) {
    const auto& effect = run.effects_by_intent.at(id);
    const auto* host = plan.estate.find(effect.intent.host);
    if (host == nullptr || effect.phase != state::EffectPhase::ok) continue;
    if (const auto offset = effect.intent.action == "time.sync" ? offset_in(effect.before) : std::nullopt) {
      FaultSpec clock;
      clock.kind = host->role == "dc" ? FaultKind::dc_clock : FaultKind::hub_clock;
      clock.hosts = {host->name};
      clock.offset = *offset;
      out.push_back(std::move(clock));
    }
    if (effect.intent.action == engine::kRebootAction && host->role == "hub") stale.hosts.push_back(host->name);
  }
  if (out.empty() && !stale.hosts.empty()) out.push_back(std::move(stale));
  return out;
}

Millis mean(const Samples& samples) {
  Millis sum{0};
  for (const Millis one : samples) sum += one;
  return samples.empty() ? Millis{0} : sum / static_cast<std::int64_t>(samples.size());
}

// While one process drove it: the time between two of them says nothing of hosts.
Millis lasted(const std::vector<state::Event>& events) {
  Millis sum{0};
  for (std::size_t i = 1; i < events.size(); ++i)
    if (!std::holds_alternative<state::RunResumed>(events[i].body)) sum += events[i].mono - events[i - 1].mono;
  return sum;
}

// What was not seen stays as it is.
void learn(const std::map<std::string, Samples>& samples, actions::sim::HostTimes& out) {
  Samples look;
  Samples change;
  for (const auto& [what, times] : samples) {
    auto& into = what.starts_with("read ") ? look : change;
    if (what == "read time.offset") {
      out.measure = range_of(times, out.connect.least);
    } else if (what == engine::kRebootAction) {
      out.boot = range_of(times, out.stop.least);
    } else if (what != "mail.probe" && what != "dc.restart") {
      into.insert(into.end(), times.begin(), times.end());
    }
  }
  if (!look.empty()) out.look = range_of(std::move(look), out.connect.least);
  if (!change.empty()) out.change = range_of(std::move(change), out.connect.least);
}

}  // namespace

actions::sim::WorldSpec world_of_run(const engine::Plan& plan, const state::Run& run,
                                     const std::vector<state::Event>& events) {
  actions::sim::WorldSpec spec;
  spec.faults = faults_of(plan, run);
  learn(samples_of(plan, events), spec.times);
  for (const auto& role : plan.estate.roles) {
    auto& times = spec.times.roles.emplace(role, static_cast<const actions::sim::HostTimes&>(spec.times)).first->second;
    learn(samples_of(plan, events, role), times);
  }
  return spec;
}

std::vector<Deviation> compare(const engine::Plan& plan, const std::vector<state::Event>& recorded,
                               const Evidence& rehearsed) {
  std::vector<state::Event> events;
  for (const auto& written : rehearsed.journal) events.push_back(written.event);
  const auto a = samples_of(plan, recorded);
  const auto b = samples_of(plan, events);
  std::vector<Deviation> out;
  for (const auto& [what, times] : a) {
    const auto found = b.find(what);
    const Samples none;
    const auto& modelled = found == b.end() ? none : found->second;
    out.push_back({what, mean(times), mean(modelled), std::ssize(times), std::ssize(modelled)});
  }
  std::ranges::stable_sort(out, std::ranges::greater{}, &Deviation::recorded);
  out.insert(out.begin(), {"the whole run", lasted(recorded), lasted(events), 1, 1});
  return out;
}

}  // namespace unjam::rehearsal
