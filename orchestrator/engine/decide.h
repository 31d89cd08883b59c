// The mind: decide(plan, run, surroundings, now) says what to do next. Pure: no clock, IO, log, randomness, await.
//
// The machine is walked from its entry along the outcomes that the journal holds, down to the nodes without one; what
// these need is the answer. So the place of a run is never stored, and after a crash the same walk finds it again.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/engine/command.h"

namespace unjam::engine {

inline constexpr Millis kPoll{10'000};  // between two looks of expect, gate, until (policy `poll` may raise it)
inline constexpr Millis kObserveFirst{
    2'000};  // between two looks at a host that is rebooting or did not answer: doubles ...
inline constexpr Millis kObserveMost{30'000};    // ... up to this (OpenSSH PerSourcePenalties, reliability.md 4.2)
inline constexpr Millis kLockPatience{600'000};  // for the locks of the sites that another run holds
inline constexpr Millis kUndoPatience{600'000};  // for an undo without a step that settles it
inline constexpr int kResends = 2;               // of an idempotent nudge whose answer was lost

inline constexpr Millis kDay{24LL * 3'600'000};
inline constexpr Millis kLeastEffectHistory = kDay * 8;

// How far back the effects reach that surround a run: a day longer than any limit of the policy looks, and at least
// kLeastEffectHistory.
Millis effect_history(const playbooks::Policy& policy);

// What surrounds the run: claims of all runs, whether the kill switch is thrown, and what is being read.
struct Surroundings {
  std::vector<state::SlotRow> slots;
  std::vector<state::LockRow> locks;
  std::vector<state::EffectRow> effects;
  bool kill_switch = false;
  // Keys of the reads that are under way: only their inputs are not worked out again. Null: not known, as in a replay.
  const std::set<std::string>* under_way = nullptr;
};

// Where walks of one run came to, by machine and prefix: all before has ended, and for good until the run settles. They
// save the way there and change no answer; whoever keeps them does so for one run of one plan.
using Waymarks = std::map<std::pair<const playbooks::Machine*, std::string>, playbooks::NodeId>;

// Empty when the run waits for an answer or a person. After a Record it must be asked again before anything else is
// done. `waymarks` are used and moved on; without them every walk begins at the entry.
std::vector<Command> decide(const Plan& plan, const state::Run& run, const Surroundings& around, Now now,
                            Waymarks* waymarks = nullptr);

// Whether an effect may start now, whatever the gate says: cancel, kill switch, window, freeze, approval. Asked by
// decide, and again by the driver in the transaction of each intent. Empty: yes; else the cause and the reason.
struct Obstacle {
  std::string cause;  // cancel, interrupt, kill_switch, window, freeze, approval
  std::string text;
};
std::optional<Obstacle> obstacle(const Plan& plan, const state::Run& run, bool kill_switch, playbooks::Effect effect,
                                 Wall now);

}  // namespace unjam::engine
