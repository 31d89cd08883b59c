#include "tests/playbooks/load_support.h"

#include <gtest/gtest.h>

namespace unjam::playbooks {
namespace {

Result<SourcePtr> find_playbook(const std::string& name, const std::string&) {
  for (const auto& folder : {golden_folder() / "good", golden_folder() / "bad", catalog_folder()}) {
    if (auto source = read_source((folder / (name + ".yaml")).string())) return source;
  }
  return fail(ErrorKind::not_found, "no such playbook beside this one or in the catalogue");
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
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(UNJAM_SOURCE_DIR) / "actions/packs")) {
      if (const auto source = read_source((entry.path() / "contracts.yaml").string())) contracts.add(*source, out);
    }
    contracts.check(out);
    for (const auto& fault : out.all()) ADD_FAILURE() << render(fault);
    return contracts;
  }();
  return kContracts;
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
