// The files of examples/demo, as a newcomer gets them.
#include "actions/inventory.h"
#include "actions/packs.h"
#include "actions/sim/world_file.h"
#include "playbooks/policy.h"
#include "playbooks/yaml.h"
#include "tests/actions/sim_fixture.h"
#include "tests/source_tree.h"

namespace unjam::actions::sim {
namespace {

const std::string kDemo = testing_support::source_dir() + "/examples/demo/";

std::unique_ptr<Inventory> demo_inventory() {
  playbooks::Diagnostics out;
  auto source = playbooks::read_source(kDemo + "inventory.yaml");
  auto inventory = source ? load_inventory(*source, out) : nullptr;
  for (const auto& diagnostic : out.all()) ADD_FAILURE() << playbooks::render(diagnostic);
  return inventory;
}

std::optional<WorldSpec> demo_world(const std::string& file, const Inventory& inventory) {
  playbooks::Diagnostics out;
  auto source = playbooks::read_source(kDemo + file);
  auto spec = source ? load_world(*source, inventory.hosts, out) : std::nullopt;
  for (const auto& diagnostic : out.all()) ADD_FAILURE() << playbooks::render(diagnostic);
  return spec;
}

TEST(Demo, InventoryPointsAtItsWorld) {
  const auto inventory = demo_inventory();
  ASSERT_NE(inventory, nullptr);
  ASSERT_EQ(inventory->hosts.size(), 6u);
  const Connection& connection = inventory->connection_of(inventory->hosts.front());
  EXPECT_EQ(connection.transport, TransportKind::model);
  EXPECT_TRUE(playbooks::read_source(connection.model).has_value()) << connection.model;
}

struct Story {
  const char* file;
  bool jammed;
  bool own_key;
};

TEST(Demo, EachWorldIsWhatItSays) {
  const auto inventory = demo_inventory();
  ASSERT_NE(inventory, nullptr);
  for (const Story& story : {Story{"world.yaml", true, true}, Story{"world-keytab-lost.yaml", true, false},
                             Story{"world-none.yaml", false, true}}) {
    SCOPED_TRACE(story.file);
    const auto spec = demo_world(story.file, *inventory);
    ASSERT_TRUE(spec.has_value());
    Rig rig(*spec, inventory->hosts);
    for (const char* hub : {"tyohub1", "tyohub2"}) {
      EXPECT_EQ(rig.jam(hub), story.jammed ? "auth" : "none");
      EXPECT_EQ(rig.stuck(hub) >= 5, story.jammed);
    }
    EXPECT_EQ(rig.outputs("osahub1", "kerberos.check").at("own_key").as_bool(), story.own_key);
  }
}

TEST(Demo, PolicyLoadsAndAsksNobody) {
  playbooks::Diagnostics out;
  const auto packs = load_packs({testing_support::source_dir() + "/actions/packs"}, out);
  ASSERT_NE(packs, nullptr);
  const auto source = playbooks::read_source(kDemo + "policy.yaml");
  ASSERT_TRUE(source.has_value());
  const auto policy = playbooks::load_policy(*source, *packs, out);
  for (const auto& diagnostic : out.all()) ADD_FAILURE() << playbooks::render(diagnostic);
  ASSERT_NE(policy, nullptr);
  EXPECT_EQ(policy->approvals.at(playbooks::Effect::disruptive).count, 0);
  EXPECT_TRUE(policy->windows.empty() && policy->freezes.empty());
}

}  // namespace
}  // namespace unjam::actions::sim
