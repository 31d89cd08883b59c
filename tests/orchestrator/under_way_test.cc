// Readings that are under way: decide says the same, and does not work out again what they are asked with.
#include <gtest/gtest.h>

#include "orchestrator/engine/decide.h"
#include "tests/orchestrator/model_run.h"

namespace unjam::engine {
namespace {

// What is to be read first of all.
std::vector<Command> first_reads(const Plan& plan, state::Run& run, const Surroundings& around) {
  constexpr int kMostRecords = 100;
  std::vector<Command> commands;
  for (int i = 0; i < kMostRecords; ++i) {
    commands = decide(plan, run, around, {run.mono, run.wall});
    const auto* record = commands.empty() ? nullptr : std::get_if<Record>(&commands.front());
    if (record == nullptr) break;
    for (const auto& body : record->events) {
      const auto folded = state::apply(run, {run.seq + 1, run.wall, run.mono, body});
      EXPECT_TRUE(folded) << folded.error().text();
    }
  }
  return commands;
}

// Given a run that waits for its first readings, when they are under way, then decide waits for the same ones, without
// their inputs.
TEST(UnderWay, IsWaitedForAndNotAskedAnew) {
  const auto plan = plan_of(
      demo_texts(source_path("playbooks/catalog/heal-intersite-queue.yaml"), {{"from", "tokyo"}, {"to", "osaka"}}));
  ASSERT_TRUE(plan);
  auto run =
      state::fold(RunId{"r-test"}, {{1, kStart, Mono{}, plan->created},
                                    {2, kStart, Mono{}, state::RunConfirmed{plan->created.changes_at_most, {}}}});
  ASSERT_TRUE(run) << run.error().text();
  const auto asked = first_reads(*plan, *run, {});
  std::set<std::string> keys;
  std::size_t with_inputs = 0;
  for (const auto& command : asked)
    if (const auto* read = std::get_if<Read>(&command)) {
      keys.insert(read->key());
      with_inputs += read->inputs.empty() ? 0u : 1u;
    }
  ASSERT_GT(with_inputs, 0u);

  const auto again = first_reads(*plan, *run, {.under_way = &keys});
  ASSERT_EQ(again.size(), asked.size());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    ASSERT_EQ(again[i].index(), asked[i].index());
    if (const auto* read = std::get_if<Read>(&again[i])) {
      EXPECT_EQ(read->key(), std::get<Read>(asked[i]).key());
      EXPECT_TRUE(read->inputs.empty());
      EXPECT_EQ(read->failed, "");
    }
  }
}

}  // namespace
}  // namespace unjam::engine
