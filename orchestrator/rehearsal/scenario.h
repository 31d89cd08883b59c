// What one rehearsal is made of, as data: a world, and what goes wrong in it. Drawn from a seed, or written down by a
// test. Pure: the same plan, seed and choice give the same scenario.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/sim/world_spec.h"
#include "orchestrator/engine/plan.h"
#include "state/base/result.h"

namespace unjam::rehearsal {

// What can go wrong while a run is under way. What was wrong before it (the incident) is a fault of the world.
enum class MishapKind {
  // of a host
  no_return,      // its next reboot is for ever
  slow_return,    // its next boot takes long
  same_boot,      // its next reboot is none
  other_key,      // answers under another host key after its next reboot
  other_machine,  // another machine answers after its next reboot
  service_dead,   // its services do not start after the next boot
  boot_loop,      // reboots once more by itself some time after the next boot
  silent,         // does not answer us for a while
  host_clock,     // its clock jumps
  second_reboot,  // somebody else reboots it
  second_drain,   // somebody else drains it
  update,         // an update waits for a reboot
  power_loss,     // off, and nobody switches it on again
  wan_cut,        // no packets between the sites for a while
  // of an answer
  not_sent,
  cut_before,
  cut_after,
  no_answer,
  half_answer,
  late_answer,
  reordered,  // answers of many calls come late, each by its own time
  // of the engine and its machine
  killed,      // the process dies at a named point, and is started again later
  paused,      // it stands still after an intent, another takes over, then it goes on
  clock_jump,  // the orchestrator's wall clock jumps
  // of the store
  io_error,    // a write fails, and nothing of it is on disk
  io_unknown,  // a write fails, and it is on disk all the same
  disk_full,   // no room for new effects for a while
  lock_held,   // another run holds what this one wants for a while
  slot_held,   // another run has a host in its hand for a while
  lock_lost,   // another process takes over while this one still runs
  // of people and policy
  approval_late,
  approval_denied,
  approval_revoked,
  cancelled,
  window_closes,
  kill_switch
};

struct MishapRow {
  MishapKind kind;
  std::string_view word;  // as in --faults
  std::string_view summary;
};
const std::vector<MishapRow>& mishap_rows();
std::string_view spell(MishapKind kind);

// Where in its work the engine is met.
enum class Point { before_write, after_write, before_send, on_host, after_answer };
inline constexpr std::string_view kPointWords[] = {"before write", "after write", "before send", "on the host",
                                                   "after answer"};

struct Mishap {
  MishapKind kind = MishapKind::killed;
  std::string host{};  // of a host, an answer, a slot; empty: any
  Mono at{};           // when, on the true clock of the rehearsal, which begins with the run
  Millis by{0};        // of clocks, signed; of what comes late; of a process: until it is started again
  Millis lasts{0};     // of what ends by itself; 0: never
  Point point = Point::before_write;
  std::int64_t nth = 1;    // at the nth time that this point is reached
  std::int64_t after = 0;  // answers: so many go well first

  std::string text() const;  // one line for people
};

struct Scenario {
  std::uint64_t seed = 1;
  std::string incident;  // what was wrong before, for people
  actions::sim::WorldSpec world;
  std::vector<Mishap> mishaps;
};

// How long and how busy a run without mishaps is: what places the mishaps of a drawn scenario.
struct Nominal {
  Millis lasts{600'000};
  std::int64_t writes = 100;
  std::int64_t sends = 4;
};

// What may be drawn. Empty kinds: no mishap at all.
struct Choice {
  std::vector<MishapKind> kinds;
  std::size_t most = 3;                            // mishaps of one scenario
  std::optional<actions::sim::Times> times{};      // of the hosts, in every scenario
  std::optional<actions::sim::WorldSpec> world{};  // every scenario begins with it, instead of with a drawn incident
};
Choice every_mishap();
// From "killed,no-return", "all" or "none". ErrorKind::invalid names the word that is none.
Result<Choice> chosen(std::string_view list);

// The times of `choice` from the user's file: `unjam: 1`, and `times` as a world file spells them, role by role. False:
// located errors, and nothing is changed.
bool take_times(const playbooks::SourcePtr& file, const engine::Plan& plan, Choice& choice,
                playbooks::Diagnostics& out);

// The faults that a world of these hosts can begin with, none among them: what the seed chooses from.
std::vector<std::pair<std::string, std::vector<actions::sim::FaultSpec>>> incidents_of(const engine::Plan& plan);

// `calm` tells how long and busy the scenario is without mishaps; asked at most once, and not if there are none.
using Calm = std::function<Nominal(const Scenario& without_mishaps)>;
Scenario draw(const engine::Plan& plan, std::uint64_t seed, const Choice& choice, const Calm& calm);

// The first moment from `from` on, by quarters of an hour, at which policy lets everything begin: rehearsals of a
// change that has a window begin in it. Within a year, else `from`.
Wall first_open(const playbooks::Policy& policy, Wall from);

// The scenario's world with those of its mishaps that are faults of hosts and answers.
actions::sim::WorldSpec world_of(const Scenario& scenario);
// The plan under which it runs: with a window that closes, or a kill switch to be thrown, if a mishap says so.
std::shared_ptr<const engine::Plan> plan_of(std::shared_ptr<const engine::Plan> plan, const Scenario& scenario,
                                            Wall start);

}  // namespace unjam::rehearsal
