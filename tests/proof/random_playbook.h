// Playbooks drawn from a seed: well typed by construction, about the hosts of examples/demo, with gates, ladders,
// choices, settlings and looks in every nesting. Not all of them are proven safe: the checker says which may run.
#pragma once

#include <cstdint>
#include <string>

namespace unjam::test {

std::string random_playbook(std::uint64_t seed);

}  // namespace unjam::test
