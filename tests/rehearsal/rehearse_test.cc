// A rehearsal itself: what it plays is deterministic, ends, and is judged by the hosts.
#include "orchestrator/rehearsal/rehearse.h"

#include "orchestrator/rehearsal/recorded.h"
#include "tests/rehearsal/rehearsal_run.h"

namespace unjam::rehearsal {
namespace {

// Given no mishap, when two hubs are rolled, then both are rebooted once, the run is done and no checker complains.
TEST(Rehearse, RollsBothHubsWhenNothingGoesWrong) {
  const auto evidence = rehearse(rolling(), calm());
  ASSERT_TRUE(evidence.finished()) << evidence.broken << trace(evidence);
  EXPECT_EQ(evidence.run.ended->end, state::End::done) << trace(evidence);
  EXPECT_EQ(told(judge(evidence)), "") << trace(evidence);
  int reboots = 0;
  for (const auto& entry : evidence.hosts) reboots += entry.word == "shutdown" ? 1 : 0;
  EXPECT_EQ(reboots, 2);
}

// Given one seed, when it is played twice, and after others, then every byte of the trace is the same.
TEST(Rehearse, GivesTheSameTraceForTheSameSeed) {
  Rehearser one(flagship(), every_mishap());
  Rehearser two(flagship(), every_mishap());
  for (const std::uint64_t seed : {3u, 4u, 5u}) (void)two.run(seed);
  for (const std::uint64_t seed : {7u, 8u, 9u}) EXPECT_EQ(trace(one.run(seed)), trace(two.run(seed))) << seed;
  EXPECT_NE(trace(one.run(7)), trace(one.run(8)));
}

// Given hubs that are slow to boot and controllers that are slow to answer, when their run is taken as a scenario, then
// each role has its own times in it again.
TEST(Rehearse, LearnsTheTimesOfEachRoleFromARun) {
  auto scenario = calm();
  actions::sim::HostTimes hubs;
  hubs.boot = {std::chrono::minutes(8), std::chrono::minutes(8)};
  actions::sim::HostTimes controllers;
  controllers.look = {std::chrono::seconds(5), std::chrono::seconds(5)};
  scenario.world.times.roles = {{"hub", hubs}, {"dc", controllers}};
  const auto plan = flagship();
  actions::sim::FaultSpec stale;
  stale.kind = actions::sim::FaultKind::stale_tickets;
  stale.hosts = {"tyohub1", "tyohub2"};
  scenario.world.faults = {stale};
  const auto evidence = rehearse(plan, scenario);
  ASSERT_TRUE(evidence.finished()) << evidence.broken;
  std::vector<state::Event> events;
  for (const auto& written : evidence.journal) events.push_back(written.event);
  const auto world = world_of_run(*plan, evidence.run, events);
  EXPECT_GE(world.times.of("hub").boot.least, std::chrono::minutes(8));
  EXPECT_LT(world.times.of("hub").look.most, std::chrono::seconds(3));
  EXPECT_GE(world.times.of("dc").look.least, std::chrono::seconds(4));
}

// Given seeds with every kind of mishap, then no invariant is broken in any of them.
TEST(Rehearse, KeepsEveryPromiseInSomeSeeds) {
  Rehearser flagships(flagship(), every_mishap());
  Rehearser rollings(rolling(), every_mishap());
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    for (auto* rehearser : {&flagships, &rollings}) {
      const auto evidence = rehearser->run(seed);
      EXPECT_EQ(told(judge(evidence)), "") << "seed " << seed << (rehearser == &flagships ? " flagship" : " rolling");
    }
  }
}

}  // namespace
}  // namespace unjam::rehearsal
