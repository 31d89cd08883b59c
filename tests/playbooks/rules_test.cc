// The table behind `unjam explain`: complete, and its examples are what they say.
#include "playbooks/rules.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <filesystem>
#include <set>

#include "tests/playbooks/document.h"
#include "tests/playbooks/load_support.h"
#include "tests/source_tree.h"

namespace unjam::playbooks {
namespace {

std::set<std::string> codes_of(const Diagnostics& faults) {
  std::set<std::string> out;
  for (const Diagnostic& fault : faults.all()) out.insert(fault.code);
  return out;
}

Diagnostics checked(const Rule& rule, std::string_view example) {
  CheckInput input;
  input.actions = &shipped_contracts();
  const std::string text = example_file(example);
  input.find_playbook = [&](const std::string& name, const std::string&) -> Result<SourcePtr> {
    if (name == "example") return std::make_shared<const Source>("example.yaml", text);
    if (name == "played" && !rule.played.empty())
      return std::make_shared<const Source>("played.yaml", std::string(rule.played));
    return fail(ErrorKind::not_found, "no such playbook beside this one");
  };
  Diagnostics out;
  std::shared_ptr<const Policy> policy;
  if (!rule.policy.empty())
    policy = load_policy(std::make_shared<Source>("policy.yaml", std::string(rule.policy)), shipped_contracts(), out);
  input.policy = policy.get();
  load_playbook(std::make_shared<Source>("example.yaml", text), input, out);
  return out;
}

// given the example of each rule, when checked, then it is refused by this code and no other; mended, it passes
TEST(Rules, ExamplesAreRefusedAndMended) {
  for (const Rule& rule : rules()) {
    const std::string code(rule.code);
    EXPECT_EQ(codes_of(checked(rule, rule.refused)), std::set<std::string>{code}) << code;
    EXPECT_EQ(codes_of(checked(rule, rule.mended)), std::set<std::string>{}) << code << " mended";
    EXPECT_FALSE(rule.title.empty() || rule.meaning.empty()) << code;
  }
}

// given every code in the sources, when looked up, then explain knows it, and knows no other
TEST(Rules, AreThoseThatTheSourcesIssue) {
  std::set<std::string> issued;
  const RE2 code("\"(UJ[0-9]{4})\"");
  const std::filesystem::path root(testing_support::source_dir());
  for (const auto* folder : {"playbooks", "actions", "orchestrator"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const std::string name = entry.path().filename().string();
      if (entry.path().extension() != ".cc" || name.starts_with("rules") || name == "sarif.cc") continue;
      const std::string text = read_text_file(entry.path().string());
      re2::StringPiece rest(text);
      for (std::string found; RE2::FindAndConsume(&rest, code, &found);) issued.insert(found);
    }
  }
  std::set<std::string> explained;
  for (const Rule& rule : rules()) explained.emplace(rule.code);
  EXPECT_EQ(issued, explained);
}

TEST(Rules, AreFoundInAnyCaseAndNearOnesNamed) {
  ASSERT_NE(find_rule("UJ0701"), nullptr);
  EXPECT_EQ(find_rule("uj0701"), find_rule("UJ0701"));
  EXPECT_EQ(find_rule("0701"), find_rule("UJ0701"));
  EXPECT_EQ(find_rule("UJ9999"), nullptr);
  EXPECT_EQ(find_rule(""), nullptr);
  EXPECT_EQ(nearest_rule("UJ0071"), "UJ0701");
  EXPECT_EQ(nearest_rule("nonsense"), "");
}

}  // namespace
}  // namespace unjam::playbooks
