// Packs that an inventory names and nobody has: a misspelt one would quietly leave its hosts without any provider.
#pragma once

#include "actions/packs.h"

namespace unjam::actions {

// Adds UJ0302 at each such name, with the nearest one. `source` is the text that `inventory` was loaded from.
void check_named_packs(const Inventory& inventory, const Packs& packs, const playbooks::SourcePtr& source,
                       playbooks::Diagnostics& out);

}  // namespace unjam::actions
