// Rehearsals with the journal on SQLite, on a disk that can fail or lose power: what tests of crash points play.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/rehearsal/checkers.h"
#include "orchestrator/rehearsal/rehearse.h"
#include "tests/state/fault_vfs.h"

namespace unjam::rehearsal {

struct Disk {
  std::optional<state::DiskFault> fault{};  // while the first process lives
  std::optional<state::PowerCut> cut{};     // the same; the second one finds what the cut has left
  // Whenever a process ends, the power fails too: what was not synced is lost. Drawn from the scenario's seed.
  std::optional<state::Cut> lost_at_death{};
  std::int64_t* calls = nullptr;  // set to how often the disk was asked for what is armed
};

// In a folder of its own, which goes away with it. One at a time in a process.
Evidence on_disk(const std::shared_ptr<const engine::Plan>& plan, const Scenario& scenario, const Disk& disk = {});

// How often the disk was asked for this in a run in which nothing goes wrong.
std::int64_t calls_of(const std::shared_ptr<const engine::Plan>& plan, const Scenario& scenario, state::DiskCall call);

// Reboots by our intents, in the hosts' own logs.
std::int64_t reboots(const Evidence& evidence);

// The scenario with the engine killed there, and started again five seconds later.
Scenario killed_at(Scenario scenario, Point point, std::int64_t nth);

// Every single crash point of a run that went like this. The first write creates the run: before it there is none.
struct CrashPoint {
  Point point;
  std::int64_t nth;
};
std::vector<CrashPoint> crash_points(const Evidence& sound);
std::string spell(const CrashPoint& point);

// What the checkers say, and what is otherwise than in the run without the crash: how it ended and how often it
// rebooted. Empty: nothing is lost and nothing was done twice.
std::string differs(const Evidence& crashed, const Evidence& sound);
// The same after two deaths. Each of them begins anew what must hold for a while, as nobody has seen it hold meanwhile;
// so the look's limit may come first, and the run then fails with every promise kept.
std::string differs_after_two(const Evidence& crashed, const Evidence& sound);

// The same on a disk that fails: where the run could not even be created, nothing may have happened; where it could
// not be brought to its end by itself, it was brought there by the next process.
std::string nothing_wrong(const Evidence& evidence, const Evidence& sound);

}  // namespace unjam::rehearsal
