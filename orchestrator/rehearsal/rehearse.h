// One rehearsal: the real engine and driver on one thread, with virtual time, on a model fleet, with an in-memory
// store. Nothing leaves this process, nothing waits, and the same plan and scenario give the same evidence, byte for
// byte.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "orchestrator/rehearsal/evidence.h"
#include "state/store.h"

namespace unjam::rehearsal {

struct Setting {
  Wall start{Millis(1'795'464'000'000)};  // 2026-11-23T20:00:00Z: the orchestrator's wall clock when the run begins
  Millis longest{48LL * 3'600'000};       // then it is given up, which is a violation
  Millis watched{40LL * 60'000};          // for so long the hosts are watched after the end
  int processes = 16;                     // a run that needs more is given up
  // Where the journal lies; none: in memory, gone with the rehearsal. Opened anew for each process.
  std::function<Result<std::unique_ptr<state::Store>>(state::Access)> store{};
};

Evidence rehearse(const std::shared_ptr<const engine::Plan>& plan, const Scenario& scenario,
                  const Setting& setting = {});

// Draws and runs scenarios of one plan; learns once per incident how long and busy a calm run is.
class Rehearser {
 public:
  Rehearser(std::shared_ptr<const engine::Plan> plan, Choice choice, Setting setting = {})
      : plan_(std::move(plan)), choice_(std::move(choice)), setting_(setting) {}

  Scenario scenario(std::uint64_t seed);
  Evidence run(std::uint64_t seed) { return rehearse(plan_, scenario(seed), setting_); }

 private:
  std::shared_ptr<const engine::Plan> plan_;
  Choice choice_;
  Setting setting_;
  std::map<std::string, Nominal> calm_;  // by incident
};

}  // namespace unjam::rehearsal
