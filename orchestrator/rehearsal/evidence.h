// What a rehearsal leaves behind: the hosts' own logs, the journal with the true time of each write, and what was done
// to the run from outside. The checkers judge this and nothing else.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actions/sim/effect_log.h"
#include "orchestrator/rehearsal/scenario.h"
#include "state/run.h"

namespace unjam::rehearsal {

struct Written {
  Mono at;          // true time, which no clock of the orchestrator shows
  int process = 0;  // from 1, in the order in which they were started
  state::Event event;
};

struct OfAnother {  // an event of another run of the same owner
  RunId run;
  state::Event event;
};

struct Note {  // what the rehearsal itself did, or a person
  Mono at;
  std::string text;
};

struct Evidence {
  std::shared_ptr<const engine::Plan> plan;
  Scenario scenario;
  std::vector<actions::sim::LogEntry> hosts;  // from before the run, in order
  std::vector<Written> journal;
  std::vector<OfAnother> others;
  std::vector<Note> notes;
  state::Run run;                      // as the last process left it
  std::vector<state::Event> kept;      // the journal, read back when all is over
  std::optional<state::Run> replayed;  // the same, folded; none: it cannot be read or does not fold ...
  std::string unreadable;              // ... and why
  std::string broken;                  // the engine failed in a way that is no mishap; empty: it did not
  int processes = 0;                   // that were started
  std::int64_t writes = 0;             // appends to the journal, whether or not they came to be
  std::int64_t sends = 0;              // calls of what changes hosts
  Mono ended{};                        // when the run ended, or when the rehearsal gave up
  Mono until{};                        // the hosts were watched until then

  bool finished() const { return run.ended.has_value(); }
};

}  // namespace unjam::rehearsal
