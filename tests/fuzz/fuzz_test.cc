// Each fuzzer's corpus as an ordinary test, and some thousand inputs drawn from it. `unjam_fuzz` (driver/main.cc) goes
// on for as long as it is told to.
#include <gtest/gtest.h>

#include "tests/fuzz/mutator.h"
#include "tests/fuzz/targets.h"
#include "tests/source_tree.h"

namespace unjam::fuzz {
namespace {

constexpr int kDrawn = 1'500;  // of each fuzzer: some seconds with sanitizers

std::string folder_of(const std::string& name) {
  return testing_support::source_dir() + "/tests/fuzz/corpus/" + name;
}

class Fuzz : public testing::TestWithParam<Row> {};

// given everything that a fuzzer has found worth keeping, when it is read, then the promises of targets.cc hold
TEST_P(Fuzz, HoldsItsPromisesOnTheCorpus) {
  const auto corpus = read_corpus(folder_of(GetParam().name));
  ASSERT_GE(corpus.size(), 4u);
  for (const auto& input : corpus) GetParam().target(input);
}

TEST_P(Fuzz, HoldsItsPromisesOnWhatIsDrawnFromIt) {
  const auto corpus = read_corpus(folder_of(GetParam().name));
  Mutator mutator(20261125);
  for (int i = 0; i < kDrawn; ++i) GetParam().target(mutator.next(corpus));
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzz, testing::ValuesIn(targets()), [](const auto& row) { return row.param.name; });

// given two mutators of one seed, then they draw the same: what a fuzzer found can be found again
TEST(Mutator, IsDeterministic) {
  const auto corpus = read_corpus(folder_of("checker"));
  Mutator a(7);
  Mutator b(7);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(corpus), b.next(corpus));
}

}  // namespace
}  // namespace unjam::fuzz
