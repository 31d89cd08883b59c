// What is fuzzed: bytes in, and what must hold whatever they are. A broken promise ends the process (std::abort is what
// a fuzzer listens for), so that driver, test and debugger see the same thing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unjam::fuzz {

using Target = void (*)(std::string_view bytes);

// The bytes as a YAML file, through every loader of one: playbook, policy, contracts.
void loader(std::string_view bytes);
// The bytes as an expression, parsed, typed loosely and strictly, evaluated, its texts printed.
void expression(std::string_view bytes);
// The bytes as a playbook, with inventory and policy; what is accepted is compiled and proven again.
void checker(std::string_view bytes);

struct Row {
  std::string name;  // also the folder of its corpus
  Target target;
};
const std::vector<Row>& targets();

}  // namespace unjam::fuzz
