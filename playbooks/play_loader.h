// Loading a playbook that another one plays. Part of the checker.
#pragma once

#include "playbooks/checker.h"

namespace unjam::playbooks {

// As load_playbook, with the playbooks that are being loaded around it.
ProgramPtr load_played(const SourcePtr& source, const CheckInput& input, const PlayStack& around, Diagnostics& out);

}  // namespace unjam::playbooks
