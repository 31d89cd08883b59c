// What a run, a step and an effect can be, and which event may follow which: the one transition table, as data
// (status.cc). Everything else in the program asks these functions; nothing else knows an order of events.
#pragma once

#include <boost/describe/enum.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace unjam::state {

// Where a run stands.
enum class Phase {
  none,      // before run_created
  running,   // the machine is walked
  stopping,  // no further effect; what is owed is settled, newest first
  ended
};

// How a run ended; exit codes of design.md 9.
enum class End { none, healthy, done, refused, failed, stuck, escalated, interrupted };

// A step on one host, or a step as a whole: worst last, so that the worst of many is the maximum (language.md 3).
enum class StepOutcome { skipped, ok, no, not_sent, failed, unknown };

// One journalled effect.
enum class EffectPhase {
  none,
  intended,  // in the journal, synced; it may or may not have been sent
  accepted,  // the host said that it will (reboot): proof is awaited
  ok,        // the host says, or was seen, that it worked
  not_sent,  // surely nothing happened
  failed,    // the host says that it did not work
  unknown    // may have happened; looked for until the limit
};

enum class EventKind {
  run_created,
  run_resumed,
  run_confirmed,
  approval_asked,
  approval_given,
  approval_denied,
  cancel_requested,
  locks_taken,
  play_started,
  step_started,
  hosts_chosen,
  reading_taken,
  snapshot_taken,
  looked,
  gate_asked,
  turn_started,
  turn_ended,
  intent,
  effect_accepted,
  effect_observed,
  effect_ended,
  step_ended,
  slots_released,
  escalated,
  stop_begun,
  stuck_noted,
  paged,
  run_ended
};

BOOST_DESCRIBE_ENUM(Phase, none, running, stopping, ended)
BOOST_DESCRIBE_ENUM(End, none, healthy, done, refused, failed, stuck, escalated, interrupted)
BOOST_DESCRIBE_ENUM(StepOutcome, skipped, ok, no, not_sent, failed, unknown)
BOOST_DESCRIBE_ENUM(EffectPhase, none, intended, accepted, ok, not_sent, failed, unknown)
BOOST_DESCRIBE_ENUM(EventKind, run_created, run_resumed, run_confirmed, approval_asked, approval_given, approval_denied,
                    cancel_requested, locks_taken, play_started, step_started, hosts_chosen, reading_taken,
                    snapshot_taken, looked, gate_asked, turn_started, turn_ended, intent, effect_accepted,
                    effect_observed, effect_ended, step_ended, slots_released, escalated, stop_begun, stuck_noted,
                    paged, run_ended)

template <typename Enum>
std::string_view spell(Enum value) {
  const char* name = boost::describe::enum_to_string(value, "?");
  return name;
}

struct RunTransition {
  Phase from;
  EventKind event;
  Phase to;
};
struct EffectTransition {
  EffectPhase from;
  EventKind event;
  EffectPhase to;
};

std::span<const RunTransition> run_transitions();
std::span<const EffectTransition> effect_transitions();

// The phase after `event`, or nothing: the event is not legal there.
std::optional<Phase> next(Phase from, EventKind event);

// Whether an effect in `from` may go to `to` by `event` (effect_ended and effect_observed can lead to several).
bool legal(EffectPhase from, EventKind event, EffectPhase to);

// The tables as a Mermaid state diagram; ARCHITECTURE.md's picture is its output.
std::string transitions_to_mermaid();

}  // namespace unjam::state
