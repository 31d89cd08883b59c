// Model -> state machine. The model has been checked: every expression is typed, every action known. Part of the
// loader.
#pragma once

#include "playbooks/model.h"
#include "playbooks/program.h"

namespace unjam::playbooks {

// What loops in the text is unrolled: the looks of a ladder stand at <ladder>/look[k]/, the guards that an approval
// asks again at <approve>/again/, `else` at <step>/else/, arms at <choose>/arm[k]/. Nodes stand in the order of the
// text.
Machine compile(const model::Playbook& book);

}  // namespace unjam::playbooks
