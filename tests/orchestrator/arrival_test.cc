// What arrives together or too late at the driver. On the model fleet.
#include <gtest/gtest.h>

#include "tests/orchestrator/model_run.h"

namespace unjam::engine {
namespace {

// Given an answer that comes three times, twice at once and once more from the host itself, then the first is
// journalled, the others are left out, the run goes on to its end, and its journal can be read again.
TEST(Arrival, OneEffectHasOneAnswer) {
  ModelRun run(demo_texts(source_path("playbooks/catalog/rolling-reboot-hubs.yaml"), {{"site", "tokyo"}}), WorldSpec{});
  std::size_t drains = 0;
  run.on_event = [&](const state::Event& event) {
    const auto* intent = std::get_if<state::Intent>(&event.body);
    if (intent == nullptr || intent->action != "hub.drain") return;
    ++drains;
    for (int copy = 0; copy < 2; ++copy)
      run.say(state::EffectEnded{intent->intent, state::EffectPhase::ok, {}, {}, {}, ""});
  };
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended) << run.story();
  EXPECT_EQ(ended.ended->end, state::End::done) << run.story();
  EXPECT_EQ(drains, 2u);
  EXPECT_EQ(run.logged_everywhere("boot"), 2u);
  EXPECT_TRUE(state::fold(ended.id, run.journal()));
}

}  // namespace
}  // namespace unjam::engine
