#include "orchestrator/engine/arrival.h"

#include <fmt/format.h>

namespace unjam::engine {

namespace {

std::unexpected<Error> late(const state::Run& run, state::EventKind kind, std::string_view why) {
  return fail(ErrorKind::conflict, fmt::format("{} does not fit run {}: {}", state::spell(kind), run.id.text, why));
}

const state::EffectRecord* effect_of(const state::Run& run, const std::string& intent) {
  const auto found = run.effects_by_intent.find(intent);
  return found == run.effects_by_intent.end() ? nullptr : &found->second;
}

Result<void> moves(const state::Run& run, const std::string& intent, state::EventKind kind, state::EffectPhase to) {
  const auto* effect = effect_of(run, intent);
  if (effect == nullptr) return late(run, kind, "an unknown intent");
  if (!state::legal(effect->phase, kind, to))
    return late(run, kind, fmt::format("intent {} is {}", intent, state::spell(effect->phase)));
  return {};
}

// The step and the host of an event; effects name their intent only.
struct Subject {
  std::string path;
  std::string host;
};

struct SubjectOf {
  const state::Run& run;

  template <typename Body>
  Subject operator()(const Body& body) const {
    Subject out;
    if constexpr (requires { body.path; }) out.path = body.path;
    if constexpr (requires { body.host; }) out.host = body.host;
    if constexpr (!requires { body.path; } && requires { body.intent; }) {
      if (const auto* effect = effect_of(run, body.intent)) out = {effect->intent.path, effect->intent.host};
    }
    return out;
  }
};

// What it came to, in one word.
struct Came {
  template <typename Body>
  std::string operator()(const Body& body) const {
    if constexpr (requires { state::spell(body.outcome); }) return std::string(state::spell(body.outcome));
    if constexpr (requires { body.action; }) return body.action;
    if constexpr (requires { body.open; }) return body.open ? "open" : "shut";
    if constexpr (requires { state::spell(body.end); }) return std::string(state::spell(body.end));
    return {};
  }
};

}  // namespace

Result<void> fits(const state::Run& run, const state::EventBody& event) {
  const auto kind = state::kind_of(event);
  if (!state::next(run.phase, kind)) return late(run, kind, fmt::format("it is {}", state::spell(run.phase)));
  if (const auto* taken = std::get_if<state::SnapshotTaken>(&event)) {
    const auto step = run.steps.find(taken->path);
    if (step == run.steps.end() || step->second.ended) return late(run, kind, "its step is not open");
    return {};
  }
  if (const auto* body = std::get_if<state::EffectAccepted>(&event))
    return moves(run, body->intent, kind, state::EffectPhase::accepted);
  if (const auto* body = std::get_if<state::EffectEnded>(&event)) return moves(run, body->intent, kind, body->outcome);
  if (const auto* body = std::get_if<state::EffectObserved>(&event)) {
    const auto* effect = effect_of(run, body->intent);
    return moves(run, body->intent, kind, effect == nullptr ? state::EffectPhase::none : effect->phase);
  }
  if (std::holds_alternative<state::ReadingTaken>(event)) return {};
  auto copy = run;
  const auto folded = state::apply(copy, {run.seq + 1, run.wall, run.mono, event});
  return folded ? Result<void>{} : late(run, kind, folded.error().message);
}

std::string log_line(const state::Run& run, const state::Event& event) {
  const auto subject = std::visit(SubjectOf{run}, event.body);
  std::string out = fmt::format("run={} seq={} {} phase={}", run.id.text, event.seq,
                                state::spell(state::kind_of(event.body)), state::spell(run.phase));
  if (!subject.path.empty()) out += " step=" + subject.path;
  if (!subject.host.empty()) out += " host=" + subject.host;
  if (const auto came = std::visit(Came{}, event.body); !came.empty()) out += " is=" + came;
  return out;
}

}  // namespace unjam::engine
