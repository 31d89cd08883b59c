#include "actions/sim/world_file.h"
#include "playbooks/yaml.h"
#include "tests/actions/sim_fixture.h"

namespace unjam::actions::sim {
namespace {

std::optional<WorldSpec> load(const std::string& text, playbooks::Diagnostics& out) {
  return load_world(std::make_shared<playbooks::Source>("worlds/test.yaml", text), six_hosts(), out);
}

TEST(WorldFile, ReadsEveryKey) {
  playbooks::Diagnostics out;
  const auto spec = load(R"(unjam: 1
world: everything
summary: all keys
seed: 7
age: 45m
speed: 60
logs: hosts
times: { boot: [ 1m, 3m ], services: 20s, connect_timeout: 5s }
mail: { every: 30s, retry_every: 2m }
faults:
  - { kind: dc-clock, host: tyodc1, offset: 600s, corrected: -5m }
  - { kind: hub-clock, hosts: [ tyohub1, tyohub2 ], offset: -8m, at: 10m }
  - { kind: wan-cut, at: 1h, for: 2m }
  - { kind: reboots-again, host: osahub1, time: 3m }
transport:
  - { how: cut-after, action: host.reboot, host: tyohub1, after: 1, times: 2 }
  - { how: late, by: 30s }
)",
                         out);
  ASSERT_TRUE(spec.has_value()) << (out.all().empty() ? "" : playbooks::render(out.all().front()));
  EXPECT_EQ(spec->name, "everything");
  EXPECT_EQ(spec->seed, 7u);
  EXPECT_EQ(spec->age, minutes(45));
  EXPECT_EQ(spec->speed, 60);
  EXPECT_EQ(spec->logs, "worlds/hosts");
  EXPECT_EQ(spec->times.boot.most, minutes(3));
  EXPECT_EQ(spec->times.services.least, seconds(20));
  EXPECT_EQ(spec->times.services.most, seconds(20));
  EXPECT_EQ(spec->mail.every, seconds(30));
  ASSERT_EQ(spec->faults.size(), 4u);
  EXPECT_EQ(spec->faults[0].kind, FaultKind::dc_clock);
  EXPECT_EQ(spec->faults[0].corrected, Millis(-minutes(5)));
  EXPECT_EQ(spec->faults[1].hosts, (std::vector<std::string>{"tyohub1", "tyohub2"}));
  EXPECT_EQ(spec->faults[1].offset, -minutes(8));
  EXPECT_EQ(spec->faults[2].lasts, Millis(minutes(2)));
  EXPECT_EQ(spec->faults[3].time, minutes(3));
  ASSERT_EQ(spec->transport.size(), 2u);
  EXPECT_EQ(spec->transport[0].how, TransportFault::How::cut_after);
  EXPECT_EQ(spec->transport[0].times, 2);
  EXPECT_EQ(spec->transport[1].by, seconds(30));
}

// Given times of a role, then its hosts have them, what it does not say is as with all others, and other roles are not
// touched.
TEST(WorldFile, ReadsTimesRoleByRole) {
  playbooks::Diagnostics out;
  const auto text = "unjam: 1\ntimes: { boot: 2m, stop: 7s, roles: { hub: { boot: [ 6m, 9m ] } } }\n";
  const auto times = load_times(std::make_shared<playbooks::Source>("times.yaml", text), six_hosts(), out);
  ASSERT_TRUE(times.has_value()) << playbooks::render(out.all().front());
  EXPECT_EQ(times->of("hub").boot.least, minutes(6));
  EXPECT_EQ(times->of("hub").boot.most, minutes(9));
  EXPECT_EQ(times->of("hub").stop.least, seconds(7));
  EXPECT_EQ(times->of("dc").boot.most, minutes(2));
}

// Given them in a world, when a hub is rebooted, then it boots in its role's time and not in that of all others.
TEST(WorldFile, HostsOfARoleTakeItsTimes) {
  playbooks::Diagnostics out;
  auto spec = load(R"(unjam: 1
world: slow-hubs
times: { stop: 1s, boot: 10s, roles: { hub: { boot: 8m } } }
faults:
  - { kind: reboot-by-other, hosts: [ tyohub1 ], at: 1m }
)",
                   out);
  ASSERT_TRUE(spec.has_value()) << playbooks::render(out.all().front());
  Rig rig(*spec);
  const auto before = rig.log().count("tyohub1", "boot");
  rig.pass(minutes(8));
  EXPECT_EQ(rig.log().count("tyohub1", "boot"), before);
  rig.pass(minutes(2));
  EXPECT_EQ(rig.log().count("tyohub1", "boot"), before + 1);
}

struct Wrong {
  const char* line;  // of the file, after its head
  const char* code;
  const char* says;
};

TEST(WorldFile, RefusesWhatItDoesNotKnowAndSaysWhere) {
  for (const Wrong& wrong :
       {Wrong{"speeed: 1", "UJ0201", "speed"}, Wrong{"seed: -1", "UJ0206", "seed"}, Wrong{"age: fast", "UJ0206", "age"},
        Wrong{"age: 8d", "UJ0206", "age"}, Wrong{"times: { boot: [ 3m, 1m ] }", "UJ0206", "below"},
        Wrong{"times: { roles: { hbu: { boot: 1m } } }", "UJ0201", "hub"},
        Wrong{"times: { roles: { hub: { time_poll: 1m } } }", "UJ0201", "time_poll"},
        Wrong{"times: { time_poll: 0s }", "UJ0206", "1s"}, Wrong{"mail: { every: 0s }", "UJ0206", "1s"},
        Wrong{"faults: [ { kind: hub-clok, host: tyohub1 } ]", "UJ0206", "hub-clock"},
        Wrong{"faults: [ { kind: hub-clock, host: tyohub3 } ]", "UJ0302", "tyohub"},
        Wrong{"faults: [ { kind: hub-clock, host: tyodc1 } ]", "UJ0206", "needs a hub"},
        Wrong{"faults: [ { kind: hub-clock } ]", "UJ0202", "host"},
        Wrong{"faults: [ { kind: keytab-lost, host: tyohub1, offset: 1m } ]", "UJ0201", "offset"},
        Wrong{"faults: [ { host: tyohub1 } ]", "UJ0202", "kind"}, Wrong{"faults: none", "UJ0206", "list"},
        Wrong{"transport: [ { how: cut } ]", "UJ0206", "cut"}, Wrong{"transport: [ { } ]", "UJ0202", "how"}}) {
    SCOPED_TRACE(wrong.line);
    playbooks::Diagnostics out;
    EXPECT_FALSE(load(std::string("unjam: 1\nworld: x\n") + wrong.line + "\n", out).has_value());
    ASSERT_FALSE(out.all().empty());
    const playbooks::Diagnostic& first = out.all().front();
    EXPECT_EQ(first.code, wrong.code) << first.message;
    EXPECT_EQ(first.span.line, 3u);
    EXPECT_NE((first.message + first.help).find(wrong.says), std::string::npos) << first.message << first.help;
  }
}

TEST(WorldFile, NeedsVersionAndName) {
  playbooks::Diagnostics out;
  EXPECT_FALSE(load("summary: x\n", out).has_value());
  EXPECT_EQ(out.all().size(), 2u);
  playbooks::Diagnostics newer;
  EXPECT_FALSE(load("unjam: 2\nworld: x\n", newer).has_value());
}

TEST(WorldFile, HasARowForEveryKindOfFault) {
  // given each kind, when set on a host of its role, then the file is accepted and a world lives through it
  for (const FaultRow& row : fault_rows()) {
    SCOPED_TRACE(std::string(row.word));
    const char* host = row.role == "none" ? "" : row.role == "dc" ? ", host: tyodc1" : ", host: tyohub1";
    playbooks::Diagnostics out;
    const auto spec = load(fmt::format("unjam: 1\nworld: x\nfaults: [ {{ kind: {}{} }} ]\n", row.word, host), out);
    ASSERT_TRUE(spec.has_value()) << playbooks::render(out.all().front());
    Rig rig(*spec);
    rig.pass(hours(1));
    const std::size_t noted = row.role == "none" ? 0 : rig.log().count(spec->faults[0].hosts[0], "fault");
    EXPECT_EQ(noted, row.role == "none" ? 0u : 1u);
  }
}

}  // namespace
}  // namespace unjam::actions::sim
