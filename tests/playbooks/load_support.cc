#include "tests/playbooks/load_support.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/source_tree.h"

namespace unjam::playbooks {
namespace {

Result<SourcePtr> find_playbook(const std::string& name, const std::string&) {
  for (const auto& folder : {golden_folder() / "good", golden_folder() / "bad", catalog_folder()}) {
    if (auto source = read_source((folder / (name + ".yaml")).string())) return source;
  }
  return fail(ErrorKind::not_found, fmt::format("no playbook {} beside this one or in the catalogue", name));
}

std::shared_ptr<const Policy> golden_policy() {
  Diagnostics out;
  auto policy = load_policy(*read_source((golden_folder() / "policy.yaml").string()), shipped_contracts(), out);
  for (const auto& fault : out.all()) ADD_FAILURE() << render(fault);
  return policy;
}

}  // namespace

const Contracts& shipped_contracts() {
  static const Contracts kContracts = [] {
    Contracts contracts;
    Diagnostics out;
    for (const auto* folder : {"actions/packs", "examples"}) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(
               std::filesystem::path(testing_support::source_dir()) / folder)) {
        if (entry.path().filename() != "contracts.yaml") continue;
        if (const auto source = read_source(entry.path().string())) contracts.add(*source, out);
      }
    }
    contracts.check(out);
    for (const auto& fault : out.all()) ADD_FAILURE() << render(fault);
    return contracts;
  }();
  return kContracts;
}

std::vector<std::filesystem::path> shipped_playbooks() {
  std::vector<std::filesystem::path> out;
  for (const auto& folder : {catalog_folder(), std::filesystem::path(testing_support::source_dir()) / "examples"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().extension() != ".yaml") continue;
      const auto source = read_source(entry.path().string());
      if (source && (*source)->text().find("\nplaybook:") != std::string::npos) out.push_back(entry.path());
    }
  }
  std::ranges::sort(out);
  return out;
}

const Estate& small_estate() {
  static const Estate kEstate{{"tokyo", "osaka"},
                              {"dc", "hub"},
                              {{"tyodc1", "tokyo", "dc", "10.77.1.10"},
                               {"osadc2", "osaka", "dc", "10.77.2.10"},
                               {"tyohub1", "tokyo", "hub", "10.77.1.21"},
                               {"tyohub2", "tokyo", "hub", "10.77.1.22"},
                               {"osahub1", "osaka", "hub", "10.77.2.21"},
                               {"osahub2", "osaka", "hub", "10.77.2.22"}}};
  return kEstate;
}

LoadedPlaybook load_text(const std::string& name, const std::string& text) {
  LoadedPlaybook out;
  CheckInput input;
  input.actions = &shipped_contracts();
  input.find_playbook = find_playbook;
  const std::string first = text.substr(0, text.find('\n'));
  const bool with = first.starts_with("# with:");
  if (with && first.find("estate") != std::string::npos) input.estate = &small_estate();
  const auto policy = with && first.find("policy") != std::string::npos ? golden_policy() : nullptr;
  input.policy = policy.get();
  out.program = load_playbook(std::make_shared<Source>(name, text), input, out.faults);
  return out;
}

LoadedPlaybook load_file(const std::filesystem::path& path) {
  const auto source = read_source(path.string());
  if (source) return load_text(path.string(), (*source)->text());
  ADD_FAILURE() << source.error().text();
  return {};
}

}  // namespace unjam::playbooks
