// Debts outside a rollout: `settles` puts back every host of the step that opened them.
#include <gtest/gtest.h>

#include "tests/orchestrator/model_run.h"

namespace unjam::engine {
namespace {

constexpr const char* kFlagsHubs = R"yaml(unjam: 1
playbook: flag-hubs
summary: Flags the hubs of a site, looks, and takes the flags away again
params:
  site: { type: site }
targets:
  hubs: hosts.filter(h, h.role == "hub" and h.site == params.site)
facts:
  hub: { run: probe.hub, hosts: hubs }
steps:
  - flag:   { run: hub.flag, hosts: hubs, limit: 1m, undo: hub.unflag }
  - ready:  { expect: "hubs.all(h, hub(h).ready)",
                     limit : 5m
}
  - unflag: { settles: flag, limit: 5m }
  - well:   { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)yaml";

// Given two hubs that were flagged by one step, when it is settled, then both are put back and nothing is owed at the
// end.
TEST(Settle, PutsBackEveryHostOutsideARollout) {
  auto texts = demo_texts(source_path("playbooks/catalog/rolling-reboot-hubs.yaml"), {{"site", "tokyo"}});
  texts.playbooks.front().text = kFlagsHubs;
  ModelRun run(std::move(texts), WorldSpec{});
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, state::End::done) << run.story();
  for (const char* hub : {"tyohub1", "tyohub2"}) {
    EXPECT_EQ(run.logged(hub, "flagged"), 1u) << run.story();
    EXPECT_EQ(run.logged(hub, "unflagged"), 1u) << run.story();
  }
}

}  // namespace
}  // namespace unjam::engine
