// Hosts that answer so slowly that their readings are never fresh together: the run says so, and does not ask for ever.
#include <gtest/gtest.h>

#include "tests/orchestrator/model_run.h"

namespace unjam::engine {
namespace {

constexpr const char* kAsksAllHubs = R"yaml(unjam: 1
playbook: asks-all-hubs
summary: Looks at all hubs at once
targets:
  hubs: hosts.filter(h, h.role == "hub")
facts:
  hub: { run: probe.hub, hosts: hubs, fresh: 1s, limit: 10m }
steps:
  - ready: { when: "hubs.all(h, hub(h).ready)", done: "all are ready" }
  - end:   { escalate: "not all are ready" }
)yaml";

// Given readings of which each takes longer than the others stay an answer, when a guard asks for them, then it is
// undecided after a few rounds.
TEST(SlowReadings, LeaveAGuardUndecidedAfterAFewRounds) {
  auto texts = demo_texts(source_path("playbooks/catalog/rolling-reboot-hubs.yaml"), {});
  texts.playbooks.front().text = kAsksAllHubs;
  WorldSpec slow;
  slow.times.look = {Millis(20'000), Millis(500'000)};
  ModelRun run(std::move(texts), slow);
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, state::End::escalated) << run.story();
  EXPECT_NE(ended.ended->text.find("never fresh together"), std::string::npos) << ended.ended->text;
  const auto readings = std::ranges::count_if(run.events(), [](const state::Event& event) {
    return state::kind_of(event.body) == state::EventKind::reading_taken;
  });
  EXPECT_GE(readings, 5);
  EXPECT_LE(readings, 4 * 5);
}

}  // namespace
}  // namespace unjam::engine
