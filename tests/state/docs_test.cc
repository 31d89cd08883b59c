// The state diagram of ARCHITECTURE.md is made from the transition tables, and stays so.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "state/status.h"
#include "tests/source_tree.h"

namespace unjam::state {
namespace {

// Given the tables, when they change, then the picture in ARCHITECTURE.md has to be replaced by what this prints.
TEST(Docs, ArchitectureShowsTheTransitionTablesAsTheyAre) {
  std::ifstream file(testing_support::source_dir() + "/ARCHITECTURE.md");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(transitions_to_mermaid()), std::string::npos) << transitions_to_mermaid();
}

}  // namespace
}  // namespace unjam::state
