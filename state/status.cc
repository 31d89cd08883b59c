#include "state/status.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace unjam::state {
namespace {

using enum EventKind;

// Before `stopping` ends a run, the host in flight is brought to a safe end and what is owed is settled: so steps,
// looks and (undoing) intents go on there, but nothing new is chosen, approved, locked or begun on another host.
// `run_resumed` of an ended run is `unjam rollback`: what it still owes can be settled later, then it ends once more.
constexpr RunTransition kRunTransitions[] = {
    {Phase::none, run_created, Phase::running},

    {Phase::running, run_resumed, Phase::running},
    {Phase::running, run_confirmed, Phase::running},
    {Phase::running, approval_asked, Phase::running},
    {Phase::running, approval_given, Phase::running},
    {Phase::running, approval_denied, Phase::running},
    {Phase::running, cancel_requested, Phase::running},
    {Phase::running, locks_taken, Phase::running},
    {Phase::running, play_started, Phase::running},
    {Phase::running, step_started, Phase::running},
    {Phase::running, hosts_chosen, Phase::running},
    {Phase::running, reading_taken, Phase::running},
    {Phase::running, snapshot_taken, Phase::running},
    {Phase::running, looked, Phase::running},
    {Phase::running, gate_asked, Phase::running},
    {Phase::running, turn_started, Phase::running},
    {Phase::running, turn_ended, Phase::running},
    {Phase::running, intent, Phase::running},
    {Phase::running, effect_accepted, Phase::running},
    {Phase::running, effect_observed, Phase::running},
    {Phase::running, effect_ended, Phase::running},
    {Phase::running, step_ended, Phase::running},
    {Phase::running, slots_released, Phase::running},
    {Phase::running, escalated, Phase::running},
    {Phase::running, stop_begun, Phase::stopping},
    {Phase::running, stuck_noted, Phase::running},
    {Phase::running, paged, Phase::running},
    {Phase::running, run_ended, Phase::ended},

    {Phase::stopping, run_resumed, Phase::stopping},
    {Phase::stopping, cancel_requested, Phase::stopping},
    {Phase::stopping, step_started, Phase::stopping},
    {Phase::stopping, reading_taken, Phase::stopping},
    {Phase::stopping, snapshot_taken, Phase::stopping},
    {Phase::stopping, looked, Phase::stopping},
    {Phase::stopping, gate_asked, Phase::stopping},
    {Phase::stopping, turn_ended, Phase::stopping},
    {Phase::stopping, intent, Phase::stopping},
    {Phase::stopping, effect_accepted, Phase::stopping},
    {Phase::stopping, effect_observed, Phase::stopping},
    {Phase::stopping, effect_ended, Phase::stopping},
    {Phase::stopping, step_ended, Phase::stopping},
    {Phase::stopping, slots_released, Phase::stopping},
    {Phase::stopping, escalated, Phase::stopping},
    {Phase::stopping, stuck_noted, Phase::stopping},
    {Phase::stopping, paged, Phase::stopping},
    {Phase::stopping, run_ended, Phase::ended},

    {Phase::ended, run_resumed, Phase::stopping},
};

// `unknown` is no end: it is looked at until the limit, and again when somebody settles the run later. After `accepted`
// it can no longer be `not_sent`: the host holds the permit. `intent` from `not_sent` is the same intent sent once
// more, with the same id, so that a late first copy and the second are one to the host.
constexpr EffectTransition kEffectTransitions[] = {
    {EffectPhase::none, intent, EffectPhase::intended},
    {EffectPhase::not_sent, intent, EffectPhase::intended},

    {EffectPhase::intended, effect_accepted, EffectPhase::accepted},
    {EffectPhase::unknown, effect_accepted, EffectPhase::accepted},

    {EffectPhase::intended, effect_observed, EffectPhase::intended},
    {EffectPhase::accepted, effect_observed, EffectPhase::accepted},
    {EffectPhase::unknown, effect_observed, EffectPhase::unknown},

    {EffectPhase::intended, effect_ended, EffectPhase::ok},
    {EffectPhase::intended, effect_ended, EffectPhase::not_sent},
    {EffectPhase::intended, effect_ended, EffectPhase::failed},
    {EffectPhase::intended, effect_ended, EffectPhase::unknown},
    {EffectPhase::accepted, effect_ended, EffectPhase::ok},
    {EffectPhase::accepted, effect_ended, EffectPhase::failed},
    {EffectPhase::accepted, effect_ended, EffectPhase::unknown},
    {EffectPhase::unknown, effect_ended, EffectPhase::ok},
    {EffectPhase::unknown, effect_ended, EffectPhase::not_sent},
    {EffectPhase::unknown, effect_ended, EffectPhase::failed},
    {EffectPhase::unknown, effect_ended, EffectPhase::unknown},
};

constexpr std::size_t kLabelsPerLine = 4;

template <typename Transition>
std::string diagram(std::string_view title, std::span<const Transition> table) {
  std::vector<std::pair<std::string, std::string>> edges;  // in the table's order
  std::map<std::pair<std::string, std::string>, std::vector<std::string_view>> labels;
  for (const Transition& row : table) {
    const auto name = [](auto phase) {
      return spell(phase) == "none" ? std::string("[*]") : std::string(spell(phase));
    };
    const auto edge = std::pair(name(row.from), name(row.to));
    if (!labels.contains(edge)) edges.push_back(edge);
    labels[edge].push_back(spell(row.event));
  }
  std::string out = "  state " + std::string(title) + " {\n";
  for (const auto& edge : edges) {
    out += "    " + edge.first + " --> " + edge.second + " : ";
    const auto& names = labels[edge];
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i > 0) out += i % kLabelsPerLine == 0 ? "<br/>" : ", ";
      out += names[i];
    }
    out += '\n';
  }
  return out + "  }\n";
}

}  // namespace

std::span<const RunTransition> run_transitions() {
  return kRunTransitions;
}

std::span<const EffectTransition> effect_transitions() {
  return kEffectTransitions;
}

std::optional<Phase> next(Phase from, EventKind event) {
  const auto* row =
      std::ranges::find_if(kRunTransitions, [&](const auto& t) { return t.from == from && t.event == event; });
  if (row == std::end(kRunTransitions)) return std::nullopt;
  return row->to;
}

bool legal(EffectPhase from, EventKind event, EffectPhase to) {
  return std::ranges::any_of(kEffectTransitions,
                             [&](const auto& t) { return t.from == from && t.event == event && t.to == to; });
}

std::string transitions_to_mermaid() {
  return "stateDiagram-v2\n" + diagram("run", run_transitions()) + diagram("effect", effect_transitions());
}

}  // namespace unjam::state
