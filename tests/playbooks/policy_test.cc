#include "playbooks/policy.h"

#include <gtest/gtest.h>

#include "tests/playbooks/load_support.h"
#include "tests/source_tree.h"

namespace unjam::playbooks {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

struct LoadedPolicy {
  std::shared_ptr<const Policy> policy;
  std::string told;
};

LoadedPolicy load(const std::string& text) {
  Diagnostics out;
  LoadedPolicy loaded;
  loaded.policy = load_policy(std::make_shared<Source>("p.yaml", text), shipped_contracts(), out);
  for (const auto& fault : out.all()) loaded.told += render(fault);
  EXPECT_EQ(loaded.policy == nullptr, out.failed());
  return loaded;
}

SourcePtr example() {
  return *read_source(testing_support::source_dir() + "/examples/first-incident/policy.yaml");
}

TEST(Policy, TheExampleMeansWhatItSays) {
  const auto loaded = load(example()->text());
  ASSERT_TRUE(loaded.policy) << loaded.told;
  const Policy& policy = *loaded.policy;
  EXPECT_EQ(policy.name, "messaging");
  EXPECT_EQ(policy.healthy.at("hub").action, "probe.hub");
  EXPECT_EQ(policy.healthy.at("hub").field, "serving");
  ASSERT_EQ(policy.floors.size(), 2u);
  EXPECT_EQ(policy.floors[1].per, Per::organisation);
  EXPECT_EQ(policy.one_at_a_time, Per::site);
  EXPECT_EQ(*policy.fresh, minutes(1));
  EXPECT_EQ(policy.gates.at("host.reboot").size(), 2u);
  EXPECT_TRUE(policy.gates.at("host.reboot")[1].of_host);
  EXPECT_EQ(*policy.caps.at("time.sync.max_step").as_duration(), hours(48));
  EXPECT_EQ(*policy.least.at("heal-intersite-queue").at("stay").as_duration(), minutes(2));
  ASSERT_EQ(policy.limits.size(), 4u);
  EXPECT_EQ(*policy.limits[0].every, hours(12));
  EXPECT_EQ(*policy.limits[0].at_most, 1);
  EXPECT_EQ(*policy.limits[0].within, hours(24));
  EXPECT_EQ(policy.approvals.at(Effect::disruptive).by, "messaging-leads");
  EXPECT_EQ(policy.approvals.at(Effect::destructive).count, 2);
  EXPECT_TRUE(policy.windows.empty());
  ASSERT_EQ(policy.freezes.size(), 1u);
  EXPECT_EQ(policy.freezes[0].above, Effect::nudge);
  EXPECT_TRUE(policy.in_group("aiko", "messaging-leads"));
  EXPECT_FALSE(policy.in_group("oncall@example.net", "messaging-leads"));
  EXPECT_FALSE(policy.in_group("aiko", "nobody"));
}

// given roles that the inventory does not have, then one that is nearly one of its own is a slip, another may belong
// elsewhere
TEST(Policy, ARoleThatIsNearlyOneIsASlip) {
  const auto loaded = load(R"(unjam: 1
policy: roles
healthy: { hub: probe.hub.serving, web: probe.hub.serving, hbu: probe.hub.serving }
floors:
  - { role: hubs, per: site, min: 1 }
  - { role: printer, per: site, min: 1 }
)");
  ASSERT_TRUE(loaded.policy) << loaded.told;
  Diagnostics out;
  check_roles(*loaded.policy, {"dc", "hub"}, out);
  ASSERT_EQ(out.all().size(), 2u);
  EXPECT_EQ(out.all()[0].code, "UJ0302");
  EXPECT_EQ(out.all()[0].span.line, 3u);
  EXPECT_EQ(out.all()[1].span.line, 5u);
  EXPECT_NE(render(out.all()[1]).find("did you mean 'hub'?"), std::string::npos);
}

// given the shipped playbooks, the example's policy and its hosts, when checked, then there is not a word
TEST(Policy, TheExampleAllowsTheShippedPlaybooks) {
  const auto loaded = load(example()->text());
  ASSERT_TRUE(loaded.policy);
  for (const auto* name : {"heal-intersite-queue", "rolling-reboot-hubs", "check-intersite-mail"}) {
    CheckInput input;
    input.actions = &shipped_contracts();
    input.estate = &small_estate();
    input.policy = loaded.policy.get();
    LoadedPlaybook book;
    book.program =
        load_playbook(*read_source((catalog_folder() / (std::string(name) + ".yaml")).string()), input, book.faults);
    EXPECT_TRUE(book.program);
    EXPECT_EQ(book.told(), "");
  }
}

struct Fault {
  const char* lines;
  const char* told;
};

class PolicyFaults : public testing::TestWithParam<Fault> {};

// given a policy with one fault, when loaded, then there is none and the fault is told with its place
TEST_P(PolicyFaults, AreLocated) {
  const auto loaded = load(std::string("unjam: 1\npolicy: p\n") + GetParam().lines);
  EXPECT_FALSE(loaded.policy);
  EXPECT_NE(loaded.told.find(GetParam().told), std::string::npos) << loaded.told;
}

INSTANTIATE_TEST_SUITE_P(
    Table, PolicyFaults,
    testing::Values(
        Fault{"flors: [ ]\n", "p.yaml:3:1: error UJ0201"}, Fault{"floors: { }\n", "p.yaml:3:9: error UJ0206"},
        Fault{"floors: [ { role: hub, min: 0 } ]\n", "UJ0505"}, Fault{"floors: [ { role: hub } ]\n", "UJ0202"},
        Fault{"healthy: { hub: probe.hub.servin }\n", "did you mean serving?"},
        Fault{"healthy: { hub: host.reboot.boot }\n", "UJ0303"},
        Fault{"healthy: { hub: probe.hub.queued }\n", "p.yaml:3:17: error UJ0301"},
        Fault{"one_at_a_time: sight\n", "p.yaml:3:16: error UJ0206"},
        Fault{"fresh: 1 minute\n", "p.yaml:3:8: error UJ0206"},
        Fault{"gates: { host.rebot: [ probe.hub.ready ] }\n", "did you mean host.reboot?"},
        Fault{"caps: { time.sync.max: 1h }\n", "UJ0302"},
        Fault{"limits: [ { action: host.reboot, per: host } ]\n", "UJ0202"},
        Fault{"limits: [ { action: host.reboot, at_most: 1 a day } ]\n", "UJ0206"},
        Fault{"approvals: { disruptive: { count: 1 } }\n", "UJ0202"},
        Fault{"approvals: { disruptive: { by: nobody } }\n", "not in `groups`"},
        Fault{"approvals: { scary: { count: 0 } }\n", "UJ0206"},
        Fault{"windows: [ { name: night, from: 22:00, to: \"5\", zone: UTC } ]\n", "UJ0206"},
        Fault{"windows: [ { name: night, from: 22:00, to: 2026-12-28 00:00, zone: UTC } ]\n", "UJ0206"},
        Fault{"windows: [ { name: night, from: 25:00, to: 05:00, zone: UTC } ]\n", "p.yaml:3:33: error UJ0206"},
        Fault{"windows: [ { name: night, from: 22:00, to: 22:00, zone: UTC } ]\n", "is never"},
        Fault{"windows: [ { name: night, from: 22:00, to: 05:00, zone: Asia/Tokio } ]\n",
              "p.yaml:3:57: error UJ0206: zone Asia/Tokio is not in the tz database"},
        Fault{"windows: [ { name: night, from: 22:00, to: 05:00, zone: \"\" } ]\n", "p.yaml:3:58: error UJ0206"},
        Fault{"fresh: \"\"\n", "p.yaml:3:9: error UJ0206"},
        Fault{"freezes: [ { name: x, from: 2026-02-30 00:00, to: 2026-03-05 00:00, zone: UTC } ]\n", "UJ0206"},
        Fault{"freezes: [ { name: x, from: 2026-03-05 00:00, to: 2026-03-04 00:00, zone: UTC } ]\n",
              "before it begins"},
        Fault{"caps: { time.sync.max_step: 48 }\n", "p.yaml:3:29: error UJ0206"},
        Fault{"approvals: { disruptive: { by: leads } }\n", "p.yaml:3:32: error UJ0302"},
        Fault{"modes: { x: sometimes }\n", "UJ0206"},
        Fault{"storm: { above: two, of: runs, within: 1h }\n", "UJ0206"}));

}  // namespace
}  // namespace unjam::playbooks
