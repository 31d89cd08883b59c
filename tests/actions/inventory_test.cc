#include "actions/inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "tests/source_tree.h"

namespace unjam::actions {
namespace {

using playbooks::Diagnostics;
using playbooks::Source;

// The example of the language, and pieces of it to be replaced.
const std::string kExample = R"(unjam: 1
inventory: example-mail
summary: Two sites
time_source: ntp.example.net
sites: [ tokyo, osaka ]
roles: [ dc, hub ]
connect:
  lab:
    transport: ssh
    user: unjam
    key: file:/etc/unjam/id_ed25519
    known_hosts: known_hosts
hosts:
  tyodc1:  { site: tokyo, role: dc,  address: 10.77.1.10, packs: [ linux, samba ],   connect: lab }
  tyohub1: { site: tokyo, role: hub, address: 10.77.1.21, packs: [ linux, postfix ], connect: lab }
)";

std::string with(const std::string& old_text, const std::string& new_text) {
  std::string text = kExample;
  text.replace(text.find(old_text), old_text.size(), new_text);
  return text;
}

std::unique_ptr<Inventory> load(const std::string& text, Diagnostics& out) {
  return load_inventory(std::make_shared<Source>("/srv/fleet/inventory.yaml", text), out);
}

// "LINE:COLUMN CODE message | help" of each fault.
std::vector<std::string> faults_of(const std::string& text) {
  Diagnostics out;
  const auto inventory = load(text, out);
  std::vector<std::string> found;
  for (const auto& d : out.all()) {
    found.push_back(std::to_string(d.span.line) + ":" + std::to_string(d.span.column) + " " + d.code + " " + d.message +
                    " | " + d.help);
  }
  EXPECT_EQ(inventory == nullptr, !found.empty()) << text;
  return found;
}

std::string fault_of(const std::string& old_text, const std::string& new_text) {
  const auto found = faults_of(with(old_text, new_text));
  if (found.size() != 1)
    return "not one fault, but " + std::to_string(found.size()) + (found.empty() ? "" : ": " + found[0]);
  return found.front();
}

TEST(Inventory, ReadsHostsInTheFilesOrderWithTheirConnections) {
  Diagnostics out;
  const auto inventory = load(kExample, out);
  ASSERT_NE(inventory, nullptr) << (out.all().empty() ? "" : playbooks::render(out.all().front()));
  EXPECT_EQ(inventory->name, "example-mail");
  EXPECT_EQ(inventory->time_source, "ntp.example.net");
  EXPECT_THAT(inventory->sites, testing::ElementsAre("tokyo", "osaka"));
  ASSERT_EQ(inventory->hosts.size(), 2u);
  const Host* hub = inventory->find(HostName("tyohub1"));
  ASSERT_EQ(hub, &inventory->hosts[1]);
  EXPECT_EQ(hub->address, "10.77.1.21");
  EXPECT_THAT(hub->packs, testing::ElementsAre("linux", "postfix"));
  EXPECT_EQ(inventory->find(HostName("tyohub2")), nullptr);
  const Connection& lab = inventory->connection_of(*hub);
  EXPECT_EQ(lab.user, "unjam");
  EXPECT_EQ(lab.port, 22);
  EXPECT_FALSE(lab.become);
  EXPECT_EQ(lab.shell, "sh");
  ASSERT_TRUE(lab.key.has_value());
  EXPECT_EQ(lab.key->path, "/etc/unjam/id_ed25519");
}

TEST(Inventory, TakesRelativePathsFromItsOwnFolder) {
  Diagnostics out;
  const auto inventory = load(with("file:/etc/unjam/id_ed25519", "file:keys/../id"), out);
  ASSERT_NE(inventory, nullptr);
  EXPECT_EQ(inventory->connect.at("lab").known_hosts, "/srv/fleet/known_hosts");
  EXPECT_EQ(inventory->connect.at("lab").key->path, "/srv/fleet/id");
}

TEST(Inventory, ReadsEveryKindOfConnection) {
  const std::string old_text =
      kExample.substr(kExample.find("  lab:"), kExample.find("\nhosts:") + 1 - kExample.find("  lab:"));
  Diagnostics out;
  const auto inventory = load(with(old_text, R"(  lab: { transport: openssh, ssh_config: cfg, port: 2222, become: sudo }
  here: { transport: local }
  toy: { transport: model, model: world.yaml, shell: powershell }
  task: { transport: openssh, shell: powershell, via: scheduled-task }
  named: { transport: openssh, shell: powershell, via: scheduled-task, task: Unjam-2 }
  word: { user: a, known_hosts: k, password: file:secret, agent: true }
)"),
                              out);
  ASSERT_NE(inventory, nullptr) << playbooks::render(out.all().front());
  EXPECT_EQ(inventory->connect.at("lab").transport, TransportKind::openssh);
  EXPECT_EQ(inventory->connect.at("lab").ssh_config, "/srv/fleet/cfg");
  EXPECT_EQ(inventory->connect.at("lab").port, 2222);
  EXPECT_TRUE(inventory->connect.at("lab").become);
  EXPECT_EQ(inventory->connect.at("here").transport, TransportKind::local);
  EXPECT_EQ(inventory->connect.at("toy").model, "/srv/fleet/world.yaml");
  EXPECT_EQ(inventory->connect.at("toy").shell, "powershell");
  EXPECT_EQ(inventory->connect.at("toy").task, "");
  EXPECT_EQ(inventory->connect.at("task").task, "Unjam");
  EXPECT_EQ(inventory->connect.at("named").task, "Unjam-2");
  EXPECT_EQ(inventory->connect.at("word").transport, TransportKind::ssh);
  EXPECT_TRUE(inventory->connect.at("word").agent);
}

TEST(Inventory, LocatesUnknownKeysWithTheNearestWord) {
  EXPECT_THAT(fault_of("    user: unjam", "    user: unjam\n    pasword: file:/x"),
              testing::AllOf(testing::StartsWith("11:5 UJ0201"), testing::HasSubstr("password")));
  EXPECT_THAT(fault_of("role: hub", "role: hub, adress: x"),
              testing::AllOf(testing::StartsWith("15:"), testing::HasSubstr("UJ0201"), testing::HasSubstr("address")));
  EXPECT_THAT(fault_of("summary:", "sumary:"),
              testing::AllOf(testing::StartsWith("3:1 UJ0201"), testing::HasSubstr("summary")));
}

TEST(Inventory, LocatesWhatIsMissing) {
  EXPECT_THAT(fault_of("time_source: ntp.example.net\n", ""), testing::HasSubstr("UJ0202"));
  EXPECT_THAT(fault_of("    user: unjam\n", ""),
              testing::AllOf(testing::HasSubstr("UJ0202"), testing::HasSubstr("`user`")));
  EXPECT_THAT(fault_of("    known_hosts: known_hosts\n", ""), testing::HasSubstr("`known_hosts`"));
  EXPECT_THAT(fault_of("    key: file:/etc/unjam/id_ed25519\n", ""),
              testing::AllOf(testing::HasSubstr("UJ0202"), testing::HasSubstr("agent: true")));
  EXPECT_THAT(fault_of(", address: 10.77.1.21", ""),
              testing::AllOf(testing::HasSubstr("15:"), testing::HasSubstr("UJ0202")));
  EXPECT_THAT(fault_of("transport: ssh", "transport: model"), testing::HasSubstr("not one fault"));
}

TEST(Inventory, RefusesWrongForms) {
  EXPECT_THAT(fault_of("site: tokyo, role: hub", "site: tokio, role: hub"),
              testing::AllOf(testing::StartsWith("15:20 UJ0206"), testing::HasSubstr("tokyo")));
  EXPECT_THAT(fault_of("role: hub", "role: hud"), testing::HasSubstr("did you mean hub?"));
  EXPECT_THAT(fault_of("[ linux, postfix ], connect: lab", "[ linux, postfix ], connect: lap"),
              testing::HasSubstr("did you mean lab?"));
  EXPECT_THAT(fault_of("transport: ssh", "transport: ssj"), testing::HasSubstr("UJ0206"));
  EXPECT_THAT(fault_of("10.77.1.21", "-oProxyCommand=x"), testing::HasSubstr("UJ0206"));
  EXPECT_THAT(fault_of("10.77.1.21", "\"a b\""), testing::HasSubstr("UJ0206"));
  // What resolvers would quietly take for 0.0.0.1, 10.0.0.77 and the like.
  for (const auto* number : {"1", "10.77", "10.77.1.021", "10.77.1.256", "hub.1", "0x1", "10.0x4d"})
    EXPECT_THAT(fault_of("10.77.1.21", number), testing::HasSubstr("IP address")) << number;
  EXPECT_THAT(fault_of("    user: unjam", "    user: unjam\n    port: 65536"), testing::HasSubstr("from 1 to 65535"));
  EXPECT_THAT(fault_of("    user: unjam", "    user: unjam\n    port: 022"), testing::HasSubstr("UJ0206"));
  EXPECT_THAT(fault_of("    user: unjam", "    user: unjam\n    become: su"), testing::HasSubstr("UJ0206"));
  EXPECT_THAT(fault_of("    user: unjam", "    user: unjam\n    become: sudo\n    shell: powershell"),
              testing::HasSubstr("become"));
  EXPECT_THAT(fault_of("    user: unjam", "    user: unjam\n    via: scheduled-task"),
              testing::HasSubstr("powershell"));
  EXPECT_THAT(fault_of("    user: unjam", "    user: unjam\n    shell: powershell\n    via: winrm"),
              testing::HasSubstr("UJ0206"));
  EXPECT_THAT(fault_of("    user: unjam", "    user: unjam\n    shell: powershell\n    task: Unjam"),
              testing::HasSubstr("without"));
  EXPECT_THAT(
      fault_of("    user: unjam", "    user: unjam\n    shell: powershell\n    via: scheduled-task\n    task: \"a b\""),
      testing::HasSubstr("at most 64"));
  EXPECT_THAT(fault_of("    user: unjam", "    user: unjam\n    model: world.yaml"),
              testing::HasSubstr("means nothing"));
  EXPECT_THAT(fault_of("[ linux, postfix ]", "[ ]"), testing::HasSubstr("UJ0206"));
  EXPECT_THAT(fault_of("[ linux, postfix ]", "[ linux, linux ]"), testing::HasSubstr("twice"));
  EXPECT_THAT(fault_of("[ tokyo, osaka ]", "[ tokyo, tokyo ]"), testing::HasSubstr("twice"));
}

TEST(Inventory, TakesNamesAndAddresses) {
  for (const auto* address : {"10.77.1.99", "hub1", "1hub.example", "hub-1.x0", "hub.example.", "\"::1\"",
                              "\"::ffff:10.77.1.21\"", "\"fe80::1%eth0.100\""})
    EXPECT_THAT(faults_of(with("10.77.1.21", address)), testing::IsEmpty()) << address;
}

TEST(Inventory, NeverRepeatsWhatMayBeASecret) {
  const std::string fault = fault_of("file:/etc/unjam/id_ed25519", "hunter2");
  EXPECT_THAT(fault, testing::HasSubstr("UJ0206"));
  EXPECT_THAT(fault, testing::Not(testing::HasSubstr("hunter2")));
}

TEST(Inventory, RefusesOneMachineUnderTwoNames) {
  // given two hosts at one address, when loaded, then refused: a floor would count one machine as two
  EXPECT_THAT(fault_of("10.77.1.21", "10.77.1.10"),
              testing::AllOf(testing::StartsWith("15:3 UJ0204"), testing::HasSubstr("tyodc1")));
}

TEST(Inventory, RefusesNoHosts) {
  EXPECT_THAT(faults_of(kExample.substr(0, kExample.find("\nhosts:") + 1) + "hosts: {}\n"),
              testing::Contains(testing::HasSubstr("without hosts")));
}

TEST(Inventory, ReportsAllFaultsAtOnce) {
  EXPECT_GE(faults_of("unjam: 2\ninventory: X Y\nsites: a\nhosts: 3\n").size(), 5u);
}

// given the inventory of the language's reference, when loaded, then it is accepted
TEST(Inventory, ExampleOfTheReferenceIsAccepted) {
  std::ostringstream page;
  page << std::ifstream(testing_support::source_dir() + "/playbooks/LANGUAGE.md").rdbuf();
  const std::string mark = "<!-- inventory -->\n```yaml\n";
  const std::size_t begin = page.str().find(mark);
  ASSERT_NE(begin, std::string::npos);
  const std::string rest = page.str().substr(begin + mark.size());
  Diagnostics out;
  EXPECT_TRUE(load(rest.substr(0, rest.find("```")), out));
  EXPECT_TRUE(out.all().empty());
}

}  // namespace
}  // namespace unjam::actions
