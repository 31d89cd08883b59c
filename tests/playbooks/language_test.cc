// LANGUAGE.md: every example does what the page says, every table is what the code's own tables print.
// UNJAM_UPDATE_GOLDEN=1 writes the tables anew.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "playbooks/checker.h"
#include "playbooks/contracts.h"
#include "playbooks/rules.h"
#include "playbooks/schema.h"
#include "tests/playbooks/action_table.h"
#include "tests/playbooks/document.h"
#include "tests/playbooks/expr_published.h"
#include "tests/playbooks/load_support.h"
#include "tests/source_tree.h"

namespace unjam::playbooks {
namespace {

std::string path() {
  return testing_support::source_dir() + "/playbooks/LANGUAGE.md";
}

std::string codes_of(const Diagnostics& faults) {
  std::string out;
  for (const Diagnostic& fault : faults.all()) out += (out.empty() ? "" : " ") + fault.code;
  return out;
}

void expect_playbook(const Example& example) {
  const auto loaded = load_text("LANGUAGE.md", example_file(example.text));
  const std::string wanted = example.mark == "accepted" ? "" : example.mark.substr(std::string("refused: ").size());
  EXPECT_EQ(codes_of(loaded.faults), wanted) << "line " << example.line << "\n" << loaded.told();
  EXPECT_EQ(loaded.program != nullptr, wanted.empty()) << "line " << example.line;
}

void expect_contracts(const Example& example) {
  Contracts contracts;
  Diagnostics out;
  contracts.add(std::make_shared<Source>("LANGUAGE.md", example.text), out);
  contracts.check(out);
  EXPECT_EQ(codes_of(out), "") << "line " << example.line;
}

void expect_policy(const Example& example) {
  Diagnostics out;
  EXPECT_TRUE(load_policy(std::make_shared<Source>("LANGUAGE.md", example.text), shipped_contracts(), out));
  EXPECT_EQ(codes_of(out), "") << "line " << example.line;
}

void expect_section(const std::string& name, const std::string& text) {
  const std::string document = read_text_file(path());
  if (std::getenv("UNJAM_UPDATE_GOLDEN") != nullptr) std::ofstream(path()) << with_section(document, name, text);
  EXPECT_EQ(section_of(read_text_file(path()), name), text);
}

// given every marked playbook, policy and contract file of the page, when loaded, then what the mark says
TEST(Language, ExamplesAreAcceptedOrRefusedAsMarked) {
  std::size_t playbooks = 0;
  for (const Example& example : examples_of(read_text_file(path()), "yaml")) {
    if (example.mark == "contracts") {
      expect_contracts(example);
    } else if (example.mark == "policy") {
      expect_policy(example);
    } else if (example.mark != "inventory") {  // tests/actions/inventory_test.cc
      expect_playbook(example);
      ++playbooks;
    }
  }
  EXPECT_GT(playbooks, 10U);
}

// given every line `E => answer` of the page, when evaluated as `unjam eval` does, then the answer
TEST(Language, ExpressionsGiveWhatIsWritten) {
  std::size_t count = 0;
  for (const Example& example : examples_of(read_text_file(path()), "cel")) {
    std::istringstream lines(example.text);
    for (std::string line; std::getline(lines, line); ++count) {
      const std::size_t arrow = line.find("  =>  ");
      ASSERT_NE(arrow, std::string::npos) << line;
      EXPECT_EQ(answer(line.substr(0, arrow)), line.substr(arrow + 6)) << line;
    }
  }
  EXPECT_GT(count, 40U);
}

TEST(Language, KeysAreThoseOfTheLoader) {
  expect_section("keys", keys_as_markdown());
}

TEST(Language, RulesAreThoseOfExplain) {
  expect_section("rules", rules_as_markdown());
}

TEST(Language, ActionsAreThoseOfTheShippedContracts) {
  expect_section("actions", actions_as_markdown());
}

TEST(Language, LimitsAreThoseOfTheCode) {
  std::string table = "| limit | value |\n|---|---|\n";
  const auto row = [&table](std::string_view what, std::size_t value) {
    table += fmt::format("| {} | {} |\n", what, value);
  };
  row("bytes of a file", kMaxYamlBytes);
  row("levels of a file", kMaxYamlDepth);
  row("values in a file", kMaxYamlNodes);
  row("keys in one map", kMaxYamlKeys);
  row("bytes of an expression, or of a text with `${}`", kMaxExprBytes);
  row("levels of an expression", kMaxExprDepth);
  row("operators, names and literals in an expression", kMaxExprNodes);
  row("steps of one evaluation, lets included", kMaxEvalSteps);
  row("levels of one evaluation, lets included", kMaxEvalDepth);
  row("lets defined by lets, levels", kMaxDefinitionDepth);
  row("playbooks played by playbooks, levels", kMaxPlayDepth);
  row("`--var` of `unjam eval`", kMaxEvalVariables);
  row("faults shown of one check", kMaxDiagnostics);
  expect_section("limits", table);
}

}  // namespace
}  // namespace unjam::playbooks
