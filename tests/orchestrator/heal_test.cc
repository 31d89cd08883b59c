// The flagship on the model fleet: what it heals, by which rungs, and what it must leave alone.
#include "tests/orchestrator/model_run.h"

namespace unjam::engine {
namespace {

using state::End;

PlanTexts flagship() {
  return demo_texts(source_path("playbooks/catalog/heal-intersite-queue.yaml"), {{"from", "tokyo"}, {"to", "osaka"}});
}

// Given a domain controller that came up on a wrong clock, when the flagship runs, then the whole ladder heals it:
// time, directory, replication, reboots one at a time; no host is rebooted twice and every drained hub is back.
TEST(Heal, ClimbsTheWholeLadderForAControllerOnAWrongClock) {
  ModelRun run(flagship(), world_with(FaultKind::dc_clock, {"tyodc1"}, std::chrono::minutes(10)));
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, End::done) << run.story();
  EXPECT_EQ(run.logged("tyodc1", "clock"), 1u);
  EXPECT_GE(run.logged_everywhere("boot"), 1u);
  for (const auto* hub : {"tyohub1", "tyohub2", "osahub1", "osahub2"}) {
    EXPECT_LE(run.logged(hub, "boot"), 1u) << hub;
    EXPECT_EQ(run.logged(hub, "drained"), run.logged(hub, "resumed")) << hub;
  }
  EXPECT_TRUE(state::owed(ended).empty());
  EXPECT_TRUE(ended.slots.empty());
}

// Given a hub whose clock is off, when its clock is set and the queue retried, then mail flows and nothing is rebooted.
TEST(Heal, StopsEarlyWhenTimeSyncAloneHeals) {
  ModelRun run(flagship(), world_with(FaultKind::hub_clock, {"tyohub1"}, std::chrono::minutes(10)));
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, End::done) << run.story();
  EXPECT_EQ(run.logged_everywhere("boot"), 0u);
  EXPECT_EQ(run.logged("tyohub1", "clock"), 1u);
}

// Given clocks that are right by now and stale tickets, then it goes on to the reboot and moves no clock.
TEST(Heal, GoesOnToTheRebootWhenClocksAreRightByNow) {
  ModelRun run(flagship(), world_with(FaultKind::stale_tickets, {"tyohub1", "tyohub2"}));
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, End::done) << run.story();
  EXPECT_EQ(run.logged_everywhere("clock"), 0u);
  EXPECT_EQ(run.logged("tyohub1", "boot"), 1u);
}

// Given a roll with an `until` of its own, played by a rung with another, when only the rung's holds after the first
// turn, then the rest is spared: each is looked at for itself.
TEST(Heal, SparesTheRestOfAPlayedRollWhenItsRungHasEnough) {
  auto texts = demo_texts(source_path("playbooks/catalog/rolling-reboot-hubs.yaml"), {{"site", "tokyo"}});
  auto& played = texts.playbooks.front();
  played.name = source_path("playbooks/catalog/roll-to-the-end.yaml");
  const auto replace = [&](const std::string& what, const std::string& with) {
    const auto at = played.text.find(what);
    ASSERT_NE(at, std::string::npos) << what;
    played.text.replace(at, what.size(), with);
  };
  replace("playbook: rolling-reboot-hubs", "playbook: roll-to-the-end");
  replace("rollout: hubs\n", "rollout: hubs\n      until: hubs.exists(h, hub(h).queued > 100000)\n");
  const state::Document ladder{source_path("playbooks/catalog/ladder-of-plays.yaml"), R"yaml(unjam: 1
playbook: ladder-of-plays
summary: Plays a roll in a ladder, and spares the rest of it when that is enough
params:
  site: { type: site }
targets:
  hubs: hosts.filter(h, h.role == "hub" and h.site == params.site)
facts:
  hub: { run: probe.hub, hosts: hubs, fresh: 30s }
steps:
  - heal:
      until: hubs.exists(h, hub(h).queued > 100000)
      hold: 2s
      limit: 1m
      ladder:
        - all: { play: roll-to-the-end, with: { site: params.site }, until: "hubs.all(h, hub(h).ready)" }
      else:
        - over: { escalate: "the ladder is over" }
)yaml"};
  texts.playbooks.insert(texts.playbooks.begin(), ladder);
  ModelRun run(texts, WorldSpec{});
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, End::escalated) << run.story();
  EXPECT_EQ(run.logged_everywhere("boot"), 1u) << run.story();
}

// Given no fault, then it says healthy and touches nothing.
TEST(Heal, LeavesAHealthyFleetAlone) {
  ModelRun run(flagship(), WorldSpec{});
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, End::healthy) << run.story();
  EXPECT_FALSE(ended.changed());
  EXPECT_EQ(run.logged_everywhere("permit"), 0u);
}

struct LookAlike {
  const char* name;
  FaultKind kind;
  std::vector<std::string> hosts;
};

class HealLookAlike : public testing::TestWithParam<LookAlike> {};

// Given a jam of another cause, then it escalates and the hosts' own logs show no change at all.
TEST_P(HealLookAlike, EscalatesAndChangesNothing) {
  ModelRun run(flagship(), world_with(GetParam().kind, GetParam().hosts));
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, End::escalated) << run.story();
  EXPECT_FALSE(ended.changed());
  for (const auto* word : {"permit", "boot", "drained", "clock", "dc-restarted", "replicated"})
    EXPECT_EQ(run.logged_everywhere(word), 0u) << word;
}

INSTANTIATE_TEST_SUITE_P(Causes, HealLookAlike,
                         testing::Values(LookAlike{"KeytabLost", FaultKind::keytab_lost, {"osahub1", "osahub2"}},
                                         LookAlike{"SpnDuplicate", FaultKind::spn_duplicate, {"osahub1", "osahub2"}},
                                         LookAlike{"SpnMissing", FaultKind::spn_missing, {"osahub1", "osahub2"}},
                                         LookAlike{
                                             "KdcPortBlocked", FaultKind::kdc_port_blocked, {"tyohub1", "tyohub2"}},
                                         LookAlike{"PeerDown", FaultKind::peer_down, {"osahub1", "osahub2"}},
                                         LookAlike{"DnsWrong", FaultKind::dns_wrong, {"tyohub1", "tyohub2"}},
                                         LookAlike{"TlsRefused", FaultKind::tls_refused, {"osahub1", "osahub2"}},
                                         LookAlike{"ReplicationOff", FaultKind::replication_off, {"tyodc1"}}),
                         [](const auto& about) { return std::string(about.param.name); });

// Given nobody who confirmed and nobody to ask, when the first change above a nudge is reached, then the run is
// refused.
TEST(Heal, IsRefusedWithoutConfirmation) {
  ModelRun run(flagship(), world_with(FaultKind::stale_tickets, {"tyohub1", "tyohub2"}), false);
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, End::refused) << run.story();
  EXPECT_EQ(ended.ended->cause, "confirm");
  EXPECT_EQ(run.logged_everywhere("permit"), 0u);
}

}  // namespace
}  // namespace unjam::engine
