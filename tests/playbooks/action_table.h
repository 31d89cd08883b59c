// The table of shipped actions in LANGUAGE.md, made of the contract files that the packs bring.
#pragma once

#include <string>

namespace unjam::playbooks {

// One table per contract file under actions/packs, in the order of the folders; what an action does is said by the
// comments that stand at it in its file.
std::string actions_as_markdown();

}  // namespace unjam::playbooks
