// What runs hold beside their journals: hosts' slots, locks of the organisation, effects that cooldowns count. It
// follows from the events alone, so the memory store and an audit fold it alike. Pure.
#pragma once

#include <vector>

#include "state/store.h"

namespace unjam::state {

struct Holdings {
  std::vector<SlotRow> slots;
  std::vector<LockRow> locks;
  std::vector<EffectRow> effects;  // in the order of their intents

  // An event of `run` that was journalled. A slot or lock that is held already stays with its holder.
  void apply(const RunId& run, const Event& event);

  // Begun or ended since, or still open.
  std::vector<EffectRow> effects_since(Wall since) const;
};

}  // namespace unjam::state
