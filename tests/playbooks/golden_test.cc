// Golden files: tests/golden/bad/X.yaml must be refused with exactly the text of X.expected, tests/golden/good/*.yaml
// must be accepted without a word. UNJAM_UPDATE_GOLDEN=1 writes the expected texts anew: read the difference.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/playbooks/load_support.h"

namespace unjam::playbooks {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files(const std::string& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(golden_folder() / folder))
    if (entry.path().extension() == ".yaml") out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string name_of(const testing::TestParamInfo<fs::path>& info) {
  return "F" + info.param.stem().string();
}

class Golden : public testing::TestWithParam<fs::path> {};

// given a playbook with a fault, when checked, then it is refused with this very text
TEST_P(Golden, IsRefusedWithThisText) {
  const auto loaded = load_file(GetParam());
  EXPECT_FALSE(loaded.program);
  fs::path expected = GetParam();
  expected.replace_extension(".expected");
  if (std::getenv("UNJAM_UPDATE_GOLDEN") != nullptr) std::ofstream(expected) << loaded.told();
  EXPECT_EQ(loaded.told(), read(expected));
  const std::string stem = GetParam().stem().string();
  const bool coded = stem[0] >= '0' && stem[0] <= '9';
  EXPECT_TRUE(!coded || loaded.told().find("error UJ" + stem.substr(0, 4)) != std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Bad, Golden, testing::ValuesIn(files("bad")), name_of);

class GoldenGood : public testing::TestWithParam<fs::path> {};

// given a good playbook, when checked, then it is accepted without a word
TEST_P(GoldenGood, IsAcceptedWithoutAWord) {
  const auto loaded = load_file(GetParam());
  EXPECT_TRUE(loaded.program);
  EXPECT_EQ(loaded.told(), "");
}

INSTANTIATE_TEST_SUITE_P(Good, GoldenGood, testing::ValuesIn(files("good")), name_of);

}  // namespace
}  // namespace unjam::playbooks
