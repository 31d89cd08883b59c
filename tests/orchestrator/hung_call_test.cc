// A call that hangs until its step's limit: the host is looked at once before anything is concluded.
#include <gtest/gtest.h>

#include "tests/orchestrator/model_run.h"

namespace unjam::engine {
namespace {

// Given a reboot that happens and whose answer never comes, not even an end of the connection, when the call's deadline
// passes, then one look proves the reboot and the roll goes on; before it ended stuck (found by a rehearsal).
TEST(HungCall, IsLookedAtOnceBeforeItIsUnknown) {
  WorldSpec spec;
  spec.transport.push_back({.how = actions::sim::TransportFault::How::no_answer, .action = "host.reboot"});
  ModelRun run(demo_texts(source_path("playbooks/catalog/rolling-reboot-hubs.yaml"), {{"site", "tokyo"}}), spec);
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, state::End::done) << run.story();
  for (const auto* hub : {"tyohub1", "tyohub2"}) EXPECT_EQ(run.logged(hub, "shutdown"), 1u) << hub;
}

// Given the same and a host that never comes back, then the look sees nothing and the run is stuck, its slot kept.
TEST(HungCall, StaysUnknownWhenTheLookSeesNothing) {
  auto spec = world_with(FaultKind::no_return, {"tyohub1", "tyohub2"});
  spec.transport.push_back({.how = actions::sim::TransportFault::How::no_answer, .action = "host.reboot"});
  ModelRun run(demo_texts(source_path("playbooks/catalog/rolling-reboot-hubs.yaml"), {{"site", "tokyo"}}), spec);
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, state::End::stuck) << run.story();
  EXPECT_EQ(ended.slots.size(), 1u);
  EXPECT_EQ(run.logged_everywhere("shutdown"), 1u);
}

}  // namespace
}  // namespace unjam::engine
