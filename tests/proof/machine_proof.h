// The compiled graph proven again, knowing nothing of the checker or of the text: by reachability and dominance over
// the nodes alone. What it refuses is a fault of the compiler, or of the checker that let a playbook through.
#pragma once

#include <string>
#include <vector>

#include "playbooks/program.h"

namespace unjam::test {

// One line for each fault, with the path of the node; none: proven. Played programs are proven too.
std::vector<std::string> faults_of(const playbooks::Program& program);

}  // namespace unjam::test
