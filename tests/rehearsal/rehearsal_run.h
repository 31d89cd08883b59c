// Rehearsals of the flagship and of the rolling reboot, for tests: the demo's fleet under a policy with people in it.
#pragma once

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <fstream>
#include <sstream>
#include <string>

#include "orchestrator/rehearsal/checkers.h"
#include "orchestrator/rehearsal/rehearse.h"
#include "orchestrator/rehearsal/trace.h"
#include "tests/source_tree.h"

namespace unjam::rehearsal {

inline std::string text_of(const std::string& path) {
  std::ifstream file(testing_support::source_dir() + "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The demo's policy, in which one of the group must say yes, and somebody is paged.
inline std::string policy_with_people() {
  auto text = text_of("examples/demo/policy.yaml");
  const std::string nobody = "disruptive:  { count: 0, expires: 4h }";
  text.replace(text.find(nobody), nobody.size(), "disruptive:  { by: oncall, count: 1, expires: 4h }");
  return text + "groups: { oncall: [ hanako, taro ] }\npage: oncall\n";
}

struct Texts {
  std::string playbook;  // name in the catalogue
  std::map<std::string, std::string> params;
  std::string policy = policy_with_people();
};

inline std::shared_ptr<const engine::Plan> plan_of_texts(const Texts& given) {
  engine::PlanTexts texts;
  const auto path = "playbooks/catalog/" + given.playbook + ".yaml";
  texts.playbooks.push_back({testing_support::source_dir() + "/" + path, text_of(path)});
  texts.inventory = {testing_support::source_dir() + "/examples/demo/inventory.yaml",
                     text_of("examples/demo/inventory.yaml")};
  texts.policy = {"policy.yaml", given.policy};
  texts.pack_roots = {testing_support::source_dir() + "/actions/packs"};
  texts.catalogs = {testing_support::source_dir() + "/playbooks/catalog"};
  texts.params = given.params;
  playbooks::Diagnostics faults;
  std::optional<Error> error;
  auto plan = engine::make_plan(texts, faults, error);
  for (const auto& fault : faults.all()) ADD_FAILURE() << playbooks::render(fault);
  if (error) ADD_FAILURE() << error->text();
  return plan;
}

inline std::shared_ptr<const engine::Plan> flagship() {
  static const auto plan = plan_of_texts({"heal-intersite-queue", {{"from", "tokyo"}, {"to", "osaka"}}});
  return plan;
}
inline std::shared_ptr<const engine::Plan> rolling() {
  static const auto plan = plan_of_texts({"rolling-reboot-hubs", {{"site", "tokyo"}}});
  return plan;
}

// Thousands of runs: what matters of them is in their evidence.
inline const bool kQuiet = (spdlog::set_level(spdlog::level::off), true);

inline Scenario calm(std::uint64_t seed = 1) {
  Scenario out;
  out.seed = seed;
  out.incident = "nothing";
  return out;
}

inline std::string told(const Violations& violations) {
  std::string out;
  for (const auto& one : violations) out += one.checker + " " + one.host + ": " + one.text + "\n";
  return out;
}

}  // namespace unjam::rehearsal
