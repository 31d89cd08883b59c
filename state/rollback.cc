#include "state/rollback.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <set>
#include <tuple>

#include "state/base/plants.h"

namespace unjam::state {
namespace {

std::string text_in(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains({key.data(), key.size()});
  if (found == nullptr) return "not recorded";
  if (const auto* text = found->if_string()) return std::string(text->data(), text->size());
  return json::serialize(*found);
}

std::string reboot_note(const EffectRecord& effect) {
  return fmt::format("a reboot cannot be undone; boot token before {}, after {}", text_in(effect.before, "boot"),
                     text_in(effect.after, "boot"));
}

std::string time_note(const EffectRecord& effect) {
  return fmt::format("putting a wrong time back is not wanted; the clock was moved by {}",
                     text_in(effect.outputs, "moved"));
}

// Why this cannot be undone, in the words of the action if it is one that people ask about.
std::string cannot_note(const EffectRecord& effect) {
  const std::string& action = effect.intent.action;
  if (action == "host.reboot") return reboot_note(effect);
  if (action == "time.sync") return time_note(effect);
  if (action.ends_with(".restart")) return "a restart cannot be undone";
  return "its contract says that it cannot be undone";
}

// Whether the host says that it failed and shows the same state as before.
bool left_no_trace(const EffectRecord& effect) {
  return effect.phase == EffectPhase::failed && !effect.before.empty() && effect.before == effect.after;
}

std::pair<Debt, std::string> debt_of(const Run& run, const EffectRecord& effect) {
  const Intent& intent = effect.intent;
  if (!intent.undoes.empty()) return {Debt::nothing_owed, fmt::format("undoes {}", intent.undoes)};
  if (effect.phase == EffectPhase::not_sent) return {Debt::nothing_owed, "surely nothing happened on the host"};
  if (effect_rank(intent.effect) < kRankReversible) {
    return {Debt::nothing_owed, "asks the system to do now what it would do anyway"};
  }
  if (left_no_trace(effect)) return {Debt::nothing_owed, "failed, and the host shows the state of before"};
  const bool open = effect.phase == EffectPhase::intended || effect.phase == EffectPhase::accepted;
  const bool unsure = open || effect.phase == EffectPhase::unknown;
  if (planted("undo-skipped-after-unknown") && unsure) return {Debt::nothing_owed, "it did not succeed"};
  const std::string may = unsure ? "it may or may not have happened; " : "";
  if (intent.undo == "none") return {Debt::cannot, may + cannot_note(effect)};
  if (intent.undo.empty()) return {Debt::cannot, may + "no undo was recorded with it"};
  if (effect.settled) return {Debt::undone, fmt::format("undone by {}", effect.undone_by)};
  const auto undo = run.effects_by_intent.find(effect.undone_by);
  if (undo == run.effects_by_intent.end()) return {Debt::owed, may + fmt::format("{} is still owed", intent.undo)};
  if (planted("undo-under-way-is-done") && undo->second.phase == EffectPhase::intended) return {Debt::undone, "done"};
  switch (undo->second.phase) {
    case EffectPhase::failed:
      return {Debt::undo_failed, fmt::format("{} failed: {}", intent.undo, undo->second.reason)};
    case EffectPhase::unknown:
      return {Debt::undo_failed, fmt::format("whether {} worked is unknown", intent.undo)};
    case EffectPhase::not_sent:
      return {Debt::owed, fmt::format("{} could not be sent yet", intent.undo)};
    default:
      return {Debt::owed, fmt::format("{} is under way", intent.undo)};
  }
}

}  // namespace

std::vector<RollbackLine> rollback_log(const Run& run) {
  std::vector<RollbackLine> log;
  for (const std::string& id : std::views::reverse(run.effect_order)) {
    const auto found = run.effects_by_intent.find(id);
    if (found == run.effects_by_intent.end()) continue;
    const EffectRecord& effect = found->second;
    if (effect_rank(effect.intent.effect) <= kRankRead) continue;
    if (planted("rollback-log-incomplete") && effect.phase == EffectPhase::unknown) continue;
    auto [debt, note] = debt_of(run, effect);
    log.push_back({.intent = id,
                   .path = effect.intent.path,
                   .host = effect.intent.host,
                   .action = effect.intent.action,
                   .outcome = effect.phase,
                   .before = effect.before,
                   .after = effect.after,
                   .undo = effect.intent.undo,
                   .debt = debt,
                   .note = std::move(note),
                   .at = effect.wall});
  }
  return log;
}

std::vector<std::string> owed(const Run& run) {
  std::vector<std::string> intents;
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  for (const RollbackLine& line : rollback_log(run)) {
    if (line.debt != Debt::owed && line.debt != Debt::undo_failed) continue;
    if (seen.emplace(line.path, line.host, line.action).second) intents.push_back(line.intent);
  }
  if (planted("undo-order-reversed")) std::ranges::reverse(intents);
  return intents;
}

}  // namespace unjam::state
