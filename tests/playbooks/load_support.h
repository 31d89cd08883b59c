// Loading playbooks in tests: the shipped contracts, a small estate, the golden policy.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "playbooks/contracts.h"
#include "playbooks/estate.h"
#include "playbooks/policy.h"
#include "playbooks/program.h"
#include "playbooks/yaml.h"
#include "tests/source_tree.h"

namespace unjam::playbooks {

inline std::filesystem::path golden_folder() {
  return std::filesystem::path(testing_support::source_dir()) / "tests/golden";
}
inline std::filesystem::path catalog_folder() {
  return std::filesystem::path(testing_support::source_dir()) / "playbooks/catalog";
}

struct LoadedPlaybook {
  ProgramPtr program;
  Diagnostics faults;

  // What a person sees, with file names in place of paths.
  std::string told() const {
    std::string out;
    for (Diagnostic fault : faults.all()) {
      if (fault.source) {
        const auto name = std::filesystem::path(fault.source->name()).filename().string();
        fault.source = std::make_shared<Source>(name, fault.source->text());
      }
      out += render(fault);
    }
    return out;
  }
};

// Every playbook of the catalogue and of the examples.
std::vector<std::filesystem::path> shipped_playbooks();
// The shipped contracts, those of the examples' packs among them.
const Contracts& shipped_contracts();
// Sites tokyo and osaka, roles dc and hub, hosts as in language/inventory.yaml.
const Estate& small_estate();

// `# with: estate policy` in the first line of the text gives it these.
LoadedPlaybook load_text(const std::string& name, const std::string& text);
LoadedPlaybook load_file(const std::filesystem::path& path);

}  // namespace unjam::playbooks
