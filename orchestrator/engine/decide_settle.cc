// Stopping: no further effect; what is in flight is brought to a safe end; what is owed is settled, newest first; page.
#include <fmt/format.h>

#include "orchestrator/engine/walker.h"
#include "state/base/plants.h"
#include "state/rollback.h"

namespace unjam::engine {

using state::End;

namespace {

constexpr Millis kReleasePatience{120'000};  // for seeing a host healthy whose slot is still held

std::string undo_path(const state::EffectRecord& effect, std::int64_t epoch) {
  return fmt::format("{}/undo@{}", effect.intent.path, epoch);  // every process that settles starts its patience anew
}

// The limit of the step that settles this one, else the undo's own.
Millis undo_limit(const playbooks::Machine& machine, const playbooks::Fields& params,
                  const state::EffectRecord& effect) {
  for (const auto& node : machine.nodes) {
    if (node.kind == playbooks::Node::Kind::settle && effect.intent.path.ends_with("/" + node.target))
      return patience(node.limit, params);
    if (!node.body) continue;
    if (const auto limit = undo_limit(*node.body, params, effect); limit.count() > 0) return limit;
  }
  return Millis{0};
}

}  // namespace

void Walker::decide_stopping() {
  settling_ = true;
  // A turn with something disruptive in it is looked after to its end, and every open effect until its outcome or its
  // limit.
  walk(plan_.program->machine, Where{&plan_.root, ""});
  if (!out_.empty()) return;
  settle_debts();
  if (!out_.empty()) return;
  release_slots();
  if (!out_.empty()) return;
  end_run();
}

void Walker::settle_debts() {
  for (const auto& id : state::owed(run_)) {
    const auto& effect = run_.effects_by_intent.at(id);
    const auto path = undo_path(effect, run_.epoch);
    const auto* started = step(path);
    if (started != nullptr && started->ended) continue;
    if (started == nullptr) return record(state::StepStarted{path});
    Millis limit = undo_limit(plan_.program->machine, plan_.root.fields(), effect);
    for (const auto& played : plan_.program->plays)
      if (limit.count() == 0) limit = undo_limit(played->machine, plan_.root.fields(), effect);
    if (limit.count() == 0) limit = kUndoPatience;
    if (settle_effect(effect, path, limit, true)) return;
    const std::string reason =
        started->intents.empty()
            ? fmt::format("{} was not seen ready, so it stays as it is: {}", effect.intent.host, started->last_reason)
            : run_.effects_by_intent.at(started->intents.at(effect.intent.host)).reason;
    return record({state::StepEnded{path, Outcome::failed, "undo", reason},
                   state::StuckNoted{effect.intent.path, effect.intent.host, reason}});
  }
}

void Walker::release_slots() {
  for (const auto& host : run_.slots) {
    const auto path = fmt::format("@release/{}@{}", host, run_.epoch);
    const auto* started = step(path);
    if (started != nullptr && started->ended) continue;
    if (started == nullptr) return record(state::StepStarted{path});
    bool owes = false;
    for (const auto& note : run_.stuck) owes = owes || note.host == host;
    if (owes) return end_step(path, Outcome::no, "owed", "its slot stays taken: it still owes an undo");
    const Mono deadline = started->started + kReleasePatience;
    if (planted("slot-freed-at-its-limit") && started->last_look && now_.mono >= deadline)
      return record({state::SlotsReleased{{host}, ""}, state::StepEnded{path, Outcome::ok, "", ""}});
    if (started->last_look && now_.mono >= deadline)
      return end_step(path, Outcome::no, "limit", "not seen healthy; its slot stays taken");
    if (started->last_look && now_.mono < *started->last_look + poll())
      return sleep(std::min(*started->last_look + poll(), deadline));
    const auto view = scope(Where{&plan_.root, "", host}, path, started->last_look.value_or(Mono{Millis{-1}}));
    const auto healthy = health(host, "", view);
    if (!healthy) return;
    const bool yes = *healthy && (*healthy)->as_bool() != nullptr && *(*healthy)->as_bool();
    if (yes) return record({state::SlotsReleased{{host}, "seen healthy"}, state::StepEnded{path, Outcome::ok, "", ""}});
    return record(state::Looked{path, *healthy ? "false" : "unknown", *healthy ? "" : healthy->error().reason});
  }
}

void Walker::end_run() {
  bool stuck = !run_.stuck.empty();
  for (const auto& [id, effect] : run_.effects_by_intent) {
    const bool open = effect.phase == state::EffectPhase::unknown || effect.phase == state::EffectPhase::accepted ||
                      effect.phase == state::EffectPhase::intended;
    stuck = stuck || (open && !effect.settled && effect.intent.undoes.empty() && effect.intent.effect != "nudge");
  }
  End end = run_.changed() ? End::failed : End::refused;
  if (!run_.escalations.empty()) end = End::escalated;
  if (stuck) end = End::stuck;
  std::string text = run_.stop ? run_.stop->detail : "";
  if (!run_.escalations.empty()) text = run_.escalations.back().text;
  if (stuck && !run_.stuck.empty()) text = fmt::format("{}: {}", run_.stuck.back().host, run_.stuck.back().reason);
  const std::string cause = run_.stop ? run_.stop->cause : "";
  std::vector<state::EventBody> events;
  if (!plan_.policy->page.empty() && !planted("nobody-is-paged"))
    events.emplace_back(
        state::Paged{plan_.policy->page, fmt::format("{} {}: {}", run_.created.playbook, state::spell(end), text)});
  events.emplace_back(state::RunEnded{end, run_.changed(), cause, text});
  record(std::move(events));
}

}  // namespace unjam::engine
