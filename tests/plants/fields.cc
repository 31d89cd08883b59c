#include "tests/plants/fields.h"

#include <fstream>
#include <sstream>

#include "tests/source_tree.h"

namespace unjam::rehearsal {

namespace {

struct Files {
  std::string name;
  std::string playbook;
  std::string inventory;
  std::string policy;
  std::map<std::string, std::string> params;
};

state::Document document(const std::string& file) {
  const std::string path = testing_support::source_dir() + "/" + file;
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return {path, text.str()};
}

// The demo asks nobody and pages nobody: here people can be late, say no, and take it back.
state::Document policy(const std::string& file) {
  auto out = document(file);
  const std::string nobody = "disruptive:  { count: 0, expires: 4h }";
  if (const auto at = out.text.find(nobody); at != std::string::npos) {
    out.text.replace(at, nobody.size(), "disruptive:  { by: oncall, count: 1, expires: 4h }");
    out.text += "groups: { oncall: [ hanako, taro ] }\npage: oncall\n";
  }
  return out;
}

Result<Field> field(const Files& files) {
  const std::string root = testing_support::source_dir();
  engine::PlanTexts texts;
  texts.playbooks = {document(files.playbook)};
  texts.inventory = document(files.inventory);
  texts.policy = policy(files.policy);
  texts.pack_roots = {root + "/actions/packs"};
  texts.catalogs = {root + "/playbooks/catalog"};
  texts.params = files.params;
  playbooks::Diagnostics faults;
  std::optional<Error> error;
  auto plan = engine::make_plan(texts, faults, error);
  if (!faults.all().empty()) return fail(ErrorKind::invalid, playbooks::render(faults.all().front()), files.name);
  if (error) return std::unexpected(*error);
  return Field{files.name, std::move(plan)};
}

}  // namespace

Result<std::vector<Field>> fields() {
  const std::string fleet = "tests/plants/fleet/";
  const Files all[] = {
      {"rolling",
       "playbooks/catalog/rolling-reboot-hubs.yaml",
       "examples/demo/inventory.yaml",
       "examples/demo/policy.yaml",
       {{"site", "tokyo"}}},
      {"bare", fleet + "bare.yaml", fleet + "two-hubs.yaml", fleet + "bare-policy.yaml", {{"site", "nara"}}},
      {"bare-of-four",
       fleet + "bare.yaml",
       "examples/rehearsal/inventory.yaml",
       fleet + "limited-policy.yaml",
       {{"site", "kyoto"}}},
      {"plain", fleet + "plain.yaml", fleet + "two-hubs.yaml", fleet + "bare-policy.yaml", {{"site", "nara"}}},
      {"flagship",
       "playbooks/catalog/heal-intersite-queue.yaml",
       "examples/demo/inventory.yaml",
       "examples/demo/policy.yaml",
       {{"from", "tokyo"}, {"to", "osaka"}}},
  };
  std::vector<Field> out;
  for (const auto& files : all) {
    auto made = field(files);
    if (!made) return std::unexpected(made.error());
    out.push_back(std::move(*made));
  }
  return out;
}

}  // namespace unjam::rehearsal
