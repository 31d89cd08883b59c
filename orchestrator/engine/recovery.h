// What a look at the host says about an intent whose outcome is open (reliability.md 8.4). Pure.
#pragma once

#include <optional>
#include <string>

#include "playbooks/action_spec.h"
#include "state/run.h"

namespace unjam::engine {

struct Observation {
  bool reached = false;     // a framed answer from under the pinned key
  std::string unreached{};  // why not
  std::string machine{};
  std::string boot{};
  std::string permit{};   // intent that the permit names
  std::string state{};    // of the intent's record on the host: absent, started, finished
  json::object answer{};  // of a finished one: outputs, before, after, or error
};

struct Conclusion {
  state::EffectObserved observed;
  std::optional<state::EffectEnded> ended;  // none: look again until the limit
};

Conclusion conclude(const state::EffectRecord& effect, const Observation& observation);

}  // namespace unjam::engine
