// A run is the fold of its journal: apply() is the only writer of this struct, live and in recovery alike.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "state/event.h"

namespace unjam::state {

struct Reading {
  std::optional<json::object> value;
  std::string unknown;
  std::int64_t effects = 0;  // Run::effects when it began
  Mono started;
  Mono taken;
  std::int64_t seq = 0;
  int in_row = 1;  // so many readings of it with nothing but readings in between, this one included
};

struct StepRecord {
  Mono started;
  bool ended = false;
  StepOutcome outcome = StepOutcome::ok;
  std::string cause;
  std::string detail;

  // expect, look
  int looks = 0;
  std::optional<Mono> last_look;
  std::optional<Mono> held_since;  // true at every look since then
  std::string last_verdict;        // true, false, unknown
  std::string last_reason;

  // rollout, act on many hosts
  std::optional<std::vector<std::string>> hosts;

  // last asking of the gate, per host
  std::map<std::string, GateAsked> gates;
  std::map<std::string, Mono> gate_first;  // when the asking that is still shut began
  std::map<std::string, Mono> gate_last;

  std::map<std::string, SnapshotTaken> snapshots;  // by host
  std::map<std::string, std::string> intents;      // by host: the latest
};

struct TurnRecord {
  Mono started;
  bool ended = false;
  StepOutcome outcome = StepOutcome::ok;
  std::string cause;
};

struct EffectRecord {
  Intent intent;
  EffectPhase phase = EffectPhase::intended;
  std::int64_t epoch = 0;  // of the process that wrote the intent
  Mono at;
  Wall wall;
  std::int64_t seq = 0;
  json::object outputs;
  json::object before;
  json::object after;
  std::string reason;
  bool settled = false;   // an intent that undoes it ended ok
  std::string undone_by;  // latest intent that tried
  int observations = 0;
  std::optional<Mono> last_observed;
};

struct ApprovalRecord {
  ApprovalAsked asked;
  Mono at;
  Wall wall;
  std::vector<ApprovalGiven> given;
  std::optional<ApprovalDenied> denied;
};

struct Run {
  RunId id;
  Phase phase = Phase::none;
  RunCreated created;
  Wall created_at;
  std::int64_t epoch = 0;  // incarnation of the driving process
  std::int64_t seq = 0;    // last event
  std::int64_t acted = 0;  // last event that is no reading
  Mono mono;               // of the last event
  Wall wall;

  std::optional<RunConfirmed> confirmed;
  std::map<std::string, ApprovalRecord> approvals;  // by path
  std::optional<CancelRequested> cancelled;
  std::vector<std::string> locks;

  std::map<std::string, PlayStarted> plays;
  std::map<std::string, StepRecord> steps;                          // by path
  std::map<std::pair<std::string, std::string>, TurnRecord> turns;  // by path of the rollout and host
  std::map<std::pair<std::string, std::string>, Reading> readings;  // by fact and host
  std::map<std::string, EffectRecord> effects_by_intent;
  std::vector<std::string> effect_order;        // intents, oldest first
  std::int64_t effects = 0;                     // effects above read that may have been sent
  std::set<std::string> slots;                  // hosts whose slot this run holds
  std::map<std::string, std::string> machines;  // host -> machine identity pinned by the first fence

  std::optional<StopBegun> stop;
  std::vector<Escalated> escalations;
  std::vector<StuckNoted> stuck;
  std::optional<RunEnded> ended;

  bool changed() const;  // an effect above nudge that was sent, or may have been; undoing one does not count again
};

// Place of an effect word (read nudge reversible disruptive destructive) in that order; -1 if it is none of them.
int effect_rank(std::string_view effect);
inline constexpr int kRankRead = 0;
inline constexpr int kRankNudge = 1;
inline constexpr int kRankReversible = 2;

// Folds one event. ErrorKind::corrupt if the tables of status.h do not allow it there or it refers to what does not
// exist: a journal that does not fold is not guessed at. `run` is then unchanged. Deterministic: no clock, no chance,
// no IO.
//
// run_resumed moves every Mono of the run to the clock of the process that wrote it, so that the time in between counts
// against no limit; only approvals go on to age by the wall. It forgets all readings and the `hold` of looks, an
// interrupt, and, of a run that had ended, its end and what was stuck: the run then settles what it owes (`stop` is set
// to cause "rollback" if it never stopped).
Result<void> apply(Run& run, const Event& event);

Result<Run> fold(const RunId& id, const std::vector<Event>& events);

}  // namespace unjam::state
