#include "orchestrator/audit/decisions.h"

#include <fmt/format.h>

#include <span>

#include "orchestrator/engine/decide.h"
#include "orchestrator/engine/policy_bounds.h"
#include "state/append_rules.h"
#include "state/holdings.h"

namespace unjam::audit {
namespace {

using state::EventBody;
using state::EventKind;

constexpr std::size_t kMostText = 400;  // bytes of an event in a message

// What comes from hosts, people and the owner process: not for the rules to require.
bool given(const EventBody& body) {
  if (const auto* denied = std::get_if<state::ApprovalDenied>(&body)) return denied->by.has_value();  // else it expired
  switch (state::kind_of(body)) {
    case EventKind::run_created:
    case EventKind::run_resumed:
    case EventKind::run_confirmed:
    case EventKind::approval_given:
    case EventKind::cancel_requested:
    case EventKind::reading_taken:
    case EventKind::snapshot_taken:
    case EventKind::effect_accepted:
    case EventKind::effect_observed:
    case EventKind::effect_ended:
      return true;
    default:
      return false;
  }
}

// The driver gives an intent its id, and its fence the store's: they follow from no rule.
EventBody without_tokens(EventBody body) {
  if (auto* intent = std::get_if<state::Intent>(&body)) {
    intent->intent.clear();
    for (const auto* key : {"store", "epoch", "intent"}) intent->fence.erase(key);
  }
  return body;
}

std::string told(const EventBody& body) {
  auto text = fmt::format("{} {}", state::spell(state::kind_of(body)), state::encode(without_tokens(body)));
  if (text.size() > kMostText) text = text.substr(0, kMostText) + " ...";
  return text;
}

class Replay {
 public:
  Replay(const engine::Plan& plan, RunId run, std::span<const OthersEvent> others) : plan_(plan), others_(others) {
    run_.id = std::move(run);
  }

  Replayed through(const std::vector<state::Event>& events) {
    Replayed out;
    for (std::size_t at = 0; at < events.size() && !out.first;) {
      hear_others(events[at].wall);
      if (given(events[at].body)) {
        out.first = unasked(events[at]);
        take(events[at++]);
        continue;
      }
      const auto required = required_at(std::span(events).subspan(at), out.first);
      for (std::size_t i = 0; i < required.size() && !out.first; ++i, ++at, ++out.decisions) take(events[at]);
    }
    return out;
  }

 private:
  void take(const state::Event& event) {
    (void)state::apply(run_, event);  // the caller has folded them
    held_.apply(run_.id, event);
  }

  // What others wrote before this time. What they wrote in the same millisecond is tried both ways.
  void hear_others(Wall now) {
    for (; heard_ < others_.size() && others_[heard_].event.wall < now; ++heard_)
      held_.apply(others_[heard_].run, others_[heard_].event);
  }
  state::Holdings with_those_of(Wall now) const {
    auto held = held_;
    for (auto i = heard_; i < others_.size() && others_[i].event.wall == now; ++i)
      held.apply(others_[i].run, others_[i].event);
    return held;
  }

  // What only a check at the door keeps out.
  std::optional<Unrequired> unasked(const state::Event& event) const {
    const auto hosts = plan_.created.changes_at_most;
    const auto* created = std::get_if<state::RunCreated>(&event.body);
    const auto* confirmed = std::get_if<state::RunConfirmed>(&event.body);
    if ((created == nullptr || created->changes_at_most == hosts) &&
        (confirmed == nullptr || confirmed->hosts == hosts))
      return std::nullopt;
    return Unrequired{event.seq, told(event.body), fmt::format("that {} hosts may be changed", hosts)};
  }

  // The events that the rules require where `rest` begins, if it begins with them; else `first` is set.
  std::vector<EventBody> required_at(std::span<const state::Event> rest, std::optional<Unrequired>& first) const {
    const auto* stop = std::get_if<state::StopBegun>(&rest.front().body);
    const bool thrown = stop != nullptr && stop->cause == "kill_switch";
    const Now now{.mono = rest.front().mono, .wall = rest.front().wall};
    for (const auto& held : {with_those_of(now.wall), held_}) {
      const auto required = decided(held, thrown, now);
      first = differs(required, rest);
      if (!first) return required;
    }
    return {};
  }

  static std::optional<Unrequired> differs(const std::vector<EventBody>& required,
                                           std::span<const state::Event> recorded) {
    if (required.empty()) return Unrequired{recorded.front().seq, told(recorded.front().body), "nothing"};
    for (std::size_t i = 0; i < required.size(); ++i) {
      if (i == recorded.size()) return Unrequired{recorded[i - 1].seq + 1, "nothing", told(required[i])};
      if (state::encode(without_tokens(required[i])) != state::encode(without_tokens(recorded[i].body)))
        return Unrequired{recorded[i].seq, told(recorded[i].body), told(required[i])};
    }
    return std::nullopt;
  }

  // What the driver writes next: the first Record, else the first Send.
  std::vector<EventBody> decided(const state::Holdings& held, bool thrown, Now now) const {
    const engine::Surroundings around{.slots = held.slots,
                                      .locks = held.locks,
                                      .effects = held.effects_since(now.wall + -engine::effect_history(*plan_.policy)),
                                      .kill_switch = thrown};
    auto commands = engine::decide(plan_, run_, around, now);
    for (auto& command : commands)
      if (auto* record = std::get_if<engine::Record>(&command)) return std::move(record->events);
    for (auto& command : commands)
      if (auto* send = std::get_if<engine::Send>(&command)) return sent(std::move(*send), held, thrown, now);
    return {};
  }

  std::vector<EventBody> sent(engine::Send send, const state::Holdings& held, bool thrown, Now now) const {
    if (!send.settling) {
      if (const auto blocked = engine::obstacle(plan_, run_, thrown, send.action->effect, now.wall))
        return {state::StopBegun{blocked->cause, send.intent.path, blocked->text}};
    }
    if (const auto wrong = engine::against_policy(plan_, run_, send))
      return {state::StopBegun{wrong->cause, send.intent.path, wrong->text}};
    const auto refused = state::refusal(send.claims, run_.id, now.wall, held.slots, held.locks, held.effects);
    if (!refused.empty()) {
      send.gate.path = send.intent.path;
      send.gate.host = send.intent.host;
      send.gate.open = false;
      send.gate.reasons.push_back({"claim", false, refused});
      return {std::move(send.gate)};
    }
    std::vector<EventBody> events;
    if (!send.gate.reasons.empty()) events.emplace_back(std::move(send.gate));
    events.emplace_back(std::move(send.intent));
    return events;
  }

  const engine::Plan& plan_;
  std::span<const OthersEvent> others_;
  std::size_t heard_ = 0;
  state::Run run_;
  state::Holdings held_;
};

}  // namespace

Replayed replay(const engine::Plan& plan, const RunId& run, const std::vector<state::Event>& events,
                const std::vector<OthersEvent>& others) {
  return Replay(plan, run, others).through(events);
}

std::optional<EventBody> holding_part(const EventBody& body) {
  if (const auto* intent = std::get_if<state::Intent>(&body)) {
    state::Intent part;
    part.intent = intent->intent;
    part.host = intent->host;
    part.action = intent->action;
    part.effect = intent->effect;
    part.slot = intent->slot;
    return part;
  }
  if (const auto* ended = std::get_if<state::EffectEnded>(&body))
    return state::EffectEnded{ended->intent, ended->outcome, {}, {}, {}, ""};
  if (const auto* freed = std::get_if<state::SlotsReleased>(&body)) return state::SlotsReleased{freed->hosts, ""};
  if (const auto* ended = std::get_if<state::RunEnded>(&body)) return state::RunEnded{ended->end, false, "", ""};
  if (std::holds_alternative<state::LocksTaken>(body)) return body;
  return std::nullopt;
}

}  // namespace unjam::audit
