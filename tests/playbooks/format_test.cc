// `unjam fmt`: what it changes, and that it changes nothing else.
#include "playbooks/format.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "tests/playbooks/document.h"
#include "tests/playbooks/load_support.h"
#include "tests/source_tree.h"

namespace unjam::playbooks {
namespace {

namespace fs = std::filesystem;

std::string formatted(const std::string& text) {
  Diagnostics out;
  const auto made = format_yaml(std::make_shared<Source>("file.yaml", text), out);
  for (const auto& fault : out.all()) ADD_FAILURE() << render(fault) << text;
  return made.value_or("");
}

std::vector<fs::path> corpus() {
  std::vector<fs::path> out;
  const fs::path root(testing_support::source_dir());
  for (const auto* folder : {"playbooks/catalog", "tests/golden", "examples", "actions/packs"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder))
      if (entry.path().extension() == ".yaml") out.push_back(entry.path());
  }
  return out;
}

bool readable(const std::string& text) {
  Diagnostics out;
  return parse_yaml(std::make_shared<Source>("file.yaml", text), out) != nullptr;
}

// Levels of another width, blanks at the ends, empty lines: as untidy as YAML allows.
std::string untidy(const std::string& text, std::mt19937& chance) {
  std::string out;
  std::istringstream lines(text);
  const std::size_t factor = 1 + chance() % 3;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    std::string content = line.substr(indent);
    if (content.starts_with("- ")) content = "-" + std::string(2 * factor - 1, ' ') + content.substr(2);
    out += std::string(indent * factor, ' ') + content + std::string(chance() % 3, ' ') + "\n";
    if (chance() % 8 == 0 && !line.empty() && line.back() != '|') out += std::string(chance() % 4, '\n');
  }
  return out + std::string(chance() % 4, '\n');
}

TEST(Format, IndentsByTwoAndTidiesTheEnds) {
  EXPECT_EQ(formatted("\n\na:\n    b: 1   \n    c:\n    -   d: x\n        e: z\n    -  f\n\n\n\ng: 2"),
            "a:\n  b: 1\n  c:\n    - d: x\n      e: z\n    - f\n\ng: 2\n");
}

TEST(Format, KeepsCommentsWithTheirLines) {
  EXPECT_EQ(formatted("# top\na:\n      # of b\n      b: 1   # behind\n      # after b\n# of c\nc: 2\n# end\n"),
            "# top\na:\n  # of b\n  b: 1   # behind\n  # after b\n# of c\nc: 2\n# end\n");
}

TEST(Format, MovesBlocksAsAWholeAndKeepsTheirText) {
  EXPECT_EQ(formatted("a:\n      b: |\n           one  \n             two\n\n           # no comment\n      c: 1\n"),
            "a:\n  b: |\n    one  \n      two\n\n    # no comment\n  c: 1\n");
  EXPECT_EQ(formatted("a:\n- |\n   one\n- two\n"), "a:\n  - |\n    one\n  - two\n");
  EXPECT_EQ(formatted("a: |+\n   one\n\n\nb: 1\n"), "a: |+\n  one\n\n\nb: 1\n");
}

// Given a block whose empty lines are part of its text; when formatted; then they stay, blanks beyond its column too.
TEST(Format, KeepsEmptyLinesThatAreText) {
  EXPECT_EQ(formatted("a: |+\n   one\n\n\n"), "a: |+\n  one\n\n\n");
  EXPECT_EQ(formatted("a: |+\n\n\nb: 1\n"), "a: |+\n\n\nb: 1\n");
  EXPECT_EQ(formatted("a: |\n   one\n     \n   two\n"), "a: |\n  one\n    \n  two\n");
}

TEST(Format, MovesLongBracketsWithTheirFirstLine) {
  EXPECT_EQ(formatted("a:\n    b: { c: 1,\n         d: [ \"}\", 2 ] }   \n    e: 3\n"),
            "a:\n  b: { c: 1,\n       d: [ \"}\", 2 ] }\n  e: 3\n");
}

TEST(Format, TakesCarriageReturnsAway) {
  EXPECT_EQ(formatted("a: 1\r\nb:\r\n   c: 2\r\n"), "a: 1\nb:\n  c: 2\n");
}

TEST(Format, RefusesWhatCannotBeRead) {
  Diagnostics out;
  EXPECT_FALSE(format_yaml(std::make_shared<Source>("file.yaml", "a: &x 1\n"), out));
  ASSERT_TRUE(out.failed());
  EXPECT_EQ(out.all().front().code, "UJ0101");
}

// given every YAML file of the repository, when formatted, then twice is once; format_yaml itself compares the trees
TEST(Format, IsIdempotentOnEveryFile) {
  std::size_t count = 0;
  for (const auto& path : corpus()) {
    const std::string text = read_text_file(path.string());
    if (!readable(text)) continue;
    const std::string once = formatted(text);
    EXPECT_EQ(formatted(once), once) << path;
    ++count;
  }
  EXPECT_GT(count, 60U);
}

// given the shipped playbooks, when checked for form, then they are formatted
TEST(Format, ShippedPlaybooksAreFormatted) {
  for (const auto& entry : fs::directory_iterator(catalog_folder())) {
    const std::string text = read_text_file(entry.path().string());
    EXPECT_EQ(formatted(text), text) << entry.path();
  }
}

// given files made untidy at random, when formatted, then the reading stays, and twice is once
TEST(Format, KeepsTheReadingOfUntidyFiles) {
  std::mt19937 chance(20261125);
  for (const auto& path : corpus()) {
    const std::string text = read_text_file(path.string());
    const std::string mess = untidy(text, chance);
    if (!readable(mess)) continue;
    const std::string once = formatted(mess);
    EXPECT_EQ(formatted(once), once) << path << "\n" << mess;
  }
}

}  // namespace
}  // namespace unjam::playbooks
