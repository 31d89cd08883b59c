// Waymarks save the walk over what has ended, and nothing else: with and without them decide says the same.
#include <gtest/gtest.h>

#include "orchestrator/engine/decide.h"
#include "tests/orchestrator/model_run.h"

namespace unjam::engine {
namespace {

struct Teller {
  std::string operator()(const Record& record) const {
    std::string out = "record";
    for (const auto& event : record.events) out += " " + state::encode(event);
    return out;
  }
  std::string operator()(const Read& read) const {
    return read.key() + " " + canonical(read.inputs) + " " + read.failed + fmt::format(" {}", read.limit.count());
  }
  std::string operator()(const Send& send) const { return "send " + state::encode(send.intent); }
  std::string operator()(const Observe& observe) const { return "observe " + observe.intent + " " + observe.host; }
  std::string operator()(const Sleep& sleep) const { return fmt::format("sleep {}", sleep.until.since_start.count()); }
};

std::string told(const std::vector<Command>& commands) {
  std::string out;
  for (const auto& command : commands) out += std::visit(Teller{}, command) + "\n";
  return out;
}

struct Case {
  const char* playbook;
  std::map<std::string, std::string> params;
  WorldSpec world;
};

class WaymarksOf : public testing::TestWithParam<Case> {};

// Given a run's journal, when decide is asked after each of its events with the marks of all askings before, then it
// says what it says without any.
TEST_P(WaymarksOf, ChangeNoAnswer) {
  const auto& [playbook, params, world] = GetParam();
  const auto plan = plan_of(demo_texts(source_path("playbooks/catalog/") + playbook + ".yaml", params));
  ASSERT_TRUE(plan);
  ModelRun live(plan, world);
  ASSERT_TRUE(live.go().ended) << live.story();

  state::Run run;
  run.id = RunId{"r-test"};
  Waymarks kept;
  std::size_t asked = 0;
  for (const auto& event : live.journal()) {
    ASSERT_TRUE(state::apply(run, event));
    const Now now{event.mono, event.wall};
    const std::string with = told(decide(*plan, run, {}, now, &kept));
    ASSERT_EQ(with, told(decide(*plan, run, {}, now))) << "after event " << event.seq << "\n" << live.story();
    asked += with.empty() ? 0u : 1u;
  }
  EXPECT_GT(asked, 20u);
  EXPECT_FALSE(kept.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Runs, WaymarksOf,
    testing::Values(Case{"heal-intersite-queue",
                         {{"from", "tokyo"}, {"to", "osaka"}},
                         world_with(FaultKind::dc_clock, {"tyodc1"}, std::chrono::minutes(10))},
                    Case{"heal-intersite-queue",
                         {{"from", "tokyo"}, {"to", "osaka"}},
                         world_with(FaultKind::stale_tickets, {"tyohub1", "tyohub2"})},
                    Case{"heal-intersite-queue",
                         {{"from", "tokyo"}, {"to", "osaka"}},
                         world_with(FaultKind::keytab_lost, {"tyohub1"})},
                    Case{"rolling-reboot-hubs", {{"site", "tokyo"}}, WorldSpec{}},
                    Case{"rolling-reboot-hubs", {{"site", "tokyo"}}, world_with(FaultKind::no_return, {"tyohub1"})}),
    [](const auto& run) { return fmt::format("Run{}", run.index); });

}  // namespace
}  // namespace unjam::engine
