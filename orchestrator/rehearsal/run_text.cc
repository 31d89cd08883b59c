#include "orchestrator/rehearsal/run_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace unjam::rehearsal {

namespace {

std::string at(const std::optional<Mono>& time) {
  return time ? std::to_string(time->since_start.count()) : "-";
}

std::string value_of(const std::optional<json::object>& value) {
  return value ? canonical(*value) : "-";
}

void steps(const state::Run& run, std::string& out) {
  for (const auto& [path, step] : run.steps) {
    out += fmt::format("step {} {} {} {} {} {} looks={} {} {} {} {}\n", path, at(step.started), step.ended,
                       state::spell(step.outcome), step.cause, step.detail, step.looks, at(step.last_look),
                       at(step.held_since), step.last_verdict, step.last_reason);
    if (step.hosts) out += fmt::format("  hosts {}\n", fmt::join(*step.hosts, " "));
    for (const auto& [host, gate] : step.gates)
      out += fmt::format("  gate {} {}\n", host, state::encode(state::EventBody(gate)));
    for (const auto& [host, time] : step.gate_first) out += fmt::format("  gate first {} {}\n", host, at(time));
    for (const auto& [host, time] : step.gate_last) out += fmt::format("  gate last {} {}\n", host, at(time));
    for (const auto& [host, taken] : step.snapshots)
      out += fmt::format("  snapshot {} {}\n", host, state::encode(state::EventBody(taken)));
    for (const auto& [host, intent] : step.intents) out += fmt::format("  intent {} {}\n", host, intent);
  }
  for (const auto& [key, turn] : run.turns)
    out += fmt::format("turn {} {} {} {} {} {}\n", key.first, key.second, at(turn.started), turn.ended,
                       state::spell(turn.outcome), turn.cause);
}

void effects(const state::Run& run, std::string& out) {
  for (const auto& [id, effect] : run.effects_by_intent)
    out += fmt::format("effect {} {} {} {} {} {} {} {} {} {} {} {} {} {}\n", id, state::spell(effect.phase),
                       effect.epoch, at(effect.at), effect.seq, canonical(effect.outputs), canonical(effect.before),
                       canonical(effect.after), effect.reason, effect.settled, effect.undone_by, effect.observations,
                       at(effect.last_observed), state::encode(state::EventBody(effect.intent)));
  out += fmt::format("order {}\nslots {}\nlocks {}\neffects {}\n", fmt::join(run.effect_order, " "),
                     fmt::join(run.slots, " "), fmt::join(run.locks, " "), run.effects);
  for (const auto& [host, machine] : run.machines) out += fmt::format("machine {} {}\n", host, machine);
}

void people(const state::Run& run, std::string& out) {
  for (const auto& [path, approval] : run.approvals) {
    out += fmt::format("approval {} {} {} {}\n", path, at(approval.at), approval.given.size(),
                       approval.denied ? approval.denied->reason : "-");
    for (const auto& given : approval.given) out += fmt::format("  by {} of {}\n", given.by.user, given.digest);
  }
  out +=
      fmt::format("confirmed {} cancelled {}\n", run.confirmed.has_value(), run.cancelled ? run.cancelled->cause : "-");
}

}  // namespace

std::string run_text(const state::Run& run) {
  std::string out = fmt::format("run {} {} epoch {} seq {} acted {} {} {}\n", run.id.text, state::spell(run.phase),
                                run.epoch, run.seq, run.acted, at(run.mono), run.wall.since_epoch.count());
  steps(run, out);
  effects(run, out);
  people(run, out);
  for (const auto& [key, reading] : run.readings)
    out += fmt::format("reading {} {} {} {} {} {} {} {} {}\n", key.first, key.second, value_of(reading.value),
                       reading.unknown, reading.effects, at(reading.started), at(reading.taken), reading.seq,
                       reading.in_row);
  for (const auto& [path, play] : run.plays) out += fmt::format("play {} {}\n", path, canonical(play.params));
  if (run.stop) out += fmt::format("stop {} {} {}\n", run.stop->cause, run.stop->path, run.stop->detail);
  for (const auto& one : run.escalations) out += fmt::format("escalated {} {}\n", one.path, one.text);
  for (const auto& one : run.stuck) out += fmt::format("stuck {} {} {}\n", one.path, one.host, one.reason);
  if (run.ended) out += fmt::format("ended {}\n", state::encode(state::EventBody(*run.ended)));
  return out;
}

std::string first_difference(const std::string& a, const std::string& b) {
  if (a == b) return {};
  const auto differs = std::ranges::mismatch(a, b);
  const auto line_of = [](const std::string& text, std::size_t where) {
    const auto from = where == 0 ? std::string::npos : text.rfind('\n', where - 1);
    const auto begin = from == std::string::npos ? 0 : from + 1;
    return text.substr(begin, std::min<std::size_t>(text.find('\n', where) - begin, 200));
  };
  return line_of(a, static_cast<std::size_t>(differs.in1 - a.begin())) + " | " +
         line_of(b, static_cast<std::size_t>(differs.in2 - b.begin()));
}

}  // namespace unjam::rehearsal
