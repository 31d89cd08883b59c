// Every rule that `check` can refuse a file by, as data: what it means, an example that it refuses, the same mended.
// Printed by `unjam explain`, listed in LANGUAGE.md; a test holds each example against the checker, and each code of
// the sources against this table.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unjam::playbooks {

struct Rule {
  std::string_view code;     // UJ0701
  std::string_view title;    // what is refused, in a few words
  std::string_view meaning;  // why, and what to do
  // A whole file, or the lines that matter: top-level keys, or a list of steps. See example_file.
  std::string_view refused;
  std::string_view mended;
  std::string_view policy = {};  // that both are checked with
  std::string_view played = {};  // the playbook `played` that lies beside
};

// By code, in rising order.
const std::vector<Rule>& rules();
// In any case, with or without UJ; null if there is none.
const Rule* find_rule(std::string_view code);
// The code nearest to what was typed; empty if none is near.
std::string nearest_rule(std::string_view typed);

// The example as a whole playbook: the head, a target `hubs` and a fact `hub` are put before what does not bring its
// own.
std::string example_file(std::string_view example);

// `| code | refuses |` for every rule.
std::string rules_as_markdown();

// Parts of the table; for rules.cc only.
std::span<const Rule> rules_of_text();
std::span<const Rule> rules_of_types();
std::span<const Rule> rules_of_gates();
std::span<const Rule> rules_of_ends();

}  // namespace unjam::playbooks
