#include "actions/packs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/source_tree.h"
#include "tests/support/sshd.h"

namespace unjam::actions {
namespace {

namespace fs = std::filesystem;
using playbooks::Diagnostics;

// A root of packs that lives as long as the test.
class PackRoot : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  std::unique_ptr<Packs> load() {
    faults_ = {};
    return load_packs({root_.string()}, faults_);
  }

  std::string told() const {
    std::string out;
    for (const auto& d : faults_.all()) out += playbooks::render(d);
    return out;
  }

  const testing_support::TempDir folder_;
  const fs::path root_{folder_.path()};
  Diagnostics faults_;
};

constexpr const char* kContracts =
    "unjam: 1\ncontracts: c\nactions:\n  a.look: { effect: read, limit: 1m, outputs: { ok: bool } }\n"
    "  a.go: { effect: nudge, retry: idempotent }\n";

// given the shipped packs, when loaded, then every contract and provider fits
TEST(Packs, ShippedOnesLoad) {
  Diagnostics out;
  const auto packs = load_packs({testing_support::source_dir() + "/actions/packs"}, out);
  std::string told;
  for (const auto& d : out.all()) told += playbooks::render(d);
  ASSERT_TRUE(packs) << told;
  const auto* reboot = packs->find("host.reboot");
  ASSERT_NE(reboot, nullptr);
  EXPECT_EQ(reboot->effect, playbooks::Effect::disruptive);
  EXPECT_EQ(reboot->undo, "none");
  EXPECT_TRUE(reboot->floor_required);
  EXPECT_FALSE(packs->digest("host.reboot").empty());
  EXPECT_TRUE(packs->digest("no.such").empty());
}

TEST_F(PackRoot, FirstPackOfTheHostWithAProviderForItsRoleWins) {
  write("one/contracts.yaml", kContracts);
  write("one/pack.yaml", "unjam: 1\npack: one\nsummary: s\nproviders: { a.look: { script: l.sh, roles: [ hub ] } }\n");
  write("one/l.sh", "one");
  write("two/pack.yaml", "unjam: 1\npack: two\nsummary: s\nproviders: { a.look: { script: l.sh } }\n");
  write("two/l.sh", "two");
  const auto packs = load();
  ASSERT_TRUE(packs) << told();
  Host hub{HostName("h"), "s", "hub", "a", {"one", "two"}, "c"};
  Host dc{HostName("d"), "s", "dc", "a", {"one", "two"}, "c"};
  ASSERT_NE(packs->provider(hub, "a.look"), nullptr);
  EXPECT_EQ(packs->provider(hub, "a.look")->text, "one");
  EXPECT_EQ(packs->provider(dc, "a.look")->text, "two");
  EXPECT_EQ(packs->provider(dc, "a.go"), nullptr);
}

// given a provider that looks from the orchestrator, when its pack is one of PowerShell, then it is a script of sh; and
// the digest tells whether it is run here or there
TEST_F(PackRoot, ALookFromTheOrchestratorIsOfSh) {
  write("one/contracts.yaml", kContracts);
  write("one/l.sh", "one");
  write("one/pack.yaml",
        "unjam: 1\npack: one\nsummary: s\nshell: powershell\nproviders: { a.look: { script: l.sh } }\n");
  const auto there = load();
  ASSERT_TRUE(there) << told();
  write("one/pack.yaml",
        "unjam: 1\npack: one\nsummary: s\nshell: powershell\n"
        "providers: { a.look: { script: l.sh, from: orchestrator } }\n");
  const auto here = load();
  ASSERT_TRUE(here) << told();
  const Host hub{HostName("h"), "s", "hub", "a", {"one"}, "c"};
  EXPECT_EQ(there->provider(hub, "a.look")->shell, "powershell");
  EXPECT_FALSE(there->provider(hub, "a.look")->from_here);
  EXPECT_EQ(here->provider(hub, "a.look")->shell, "sh");
  EXPECT_TRUE(here->provider(hub, "a.look")->from_here);
  EXPECT_NE(here->digest("a.look"), there->digest("a.look"));
}

// given a provider that changes something, when it says that it runs at the orchestrator, then it is refused
TEST_F(PackRoot, OnlyALookIsTakenFromTheOrchestrator) {
  write("one/contracts.yaml", kContracts);
  write("one/g.sh", "go");
  write("one/pack.yaml",
        "unjam: 1\npack: one\nsummary: s\nproviders: { a.go: { script: g.sh, from: orchestrator } }\n");
  EXPECT_FALSE(load());
  EXPECT_NE(told().find("4:14: error UJ0206: a.go changes something: only a look can be taken from the orchestrator"),
            std::string::npos)
      << told();
}

TEST_F(PackRoot, EqualContractsAreOneDifferentOnesAreAnError) {
  write("one/contracts.yaml", kContracts);
  write("two/contracts.yaml", kContracts);
  EXPECT_TRUE(load()) << told();
  write("two/contracts.yaml",
        "unjam: 1\ncontracts: d\nactions:\n  a.go: { effect: reversible, retry: idempotent, undo: a.go }\n");
  EXPECT_FALSE(load());
  EXPECT_NE(told().find("contracts.yaml:4:3: error UJ0204: another contract of a.go says something else"),
            std::string::npos)
      << told();
}

TEST_F(PackRoot, DigestChangesWithScriptPreludeAndContract) {
  write("prelude.sh", "p");
  write("one/contracts.yaml", kContracts);
  write("one/pack.yaml", "unjam: 1\npack: one\nsummary: s\nproviders: { a.look: { script: l.sh } }\n");
  write("one/l.sh", "one");
  const auto digest = [this] { return load()->digest("a.look"); };
  const auto first = digest();
  EXPECT_EQ(digest(), first);
  write("one/l.sh", "other");
  const auto second = digest();
  EXPECT_NE(second, first);
  write("prelude.sh", "q");
  EXPECT_NE(digest(), second);
}

struct Fault {
  const char* file;
  const char* text;
  const char* told;
};

class PackFaults : public PackRoot, public testing::WithParamInterface<Fault> {};

// given a pack with one fault, when loaded, then there are no packs and the fault is told with its place
TEST_P(PackFaults, AreLocated) {
  write("one/contracts.yaml", kContracts);
  write("one/pack.yaml", "unjam: 1\npack: one\nsummary: s\n");
  write(GetParam().file, GetParam().text);
  EXPECT_FALSE(load());
  EXPECT_NE(told().find(GetParam().told), std::string::npos) << told();
}

INSTANTIATE_TEST_SUITE_P(
    Table, PackFaults,
    testing::Values(
        Fault{"one/pack.yaml", "unjam: 1\npack: one\nsummary: s\nproviders: { a.lok: { script: l.sh } }\n",
              "pack.yaml:4:14: error UJ0302: no contract of action a.lok"},
        Fault{"one/pack.yaml", "unjam: 1\npack: one\nsummary: s\nproviders: { a.look: { script: ../l.sh } }\n",
              "4:32: error UJ0206: a script is a file beside pack.yaml"},
        Fault{"one/pack.yaml", "unjam: 1\npack: one\nsummary: s\nproviders: { a.look: { script: l.sh } }\n",
              "4:32: error UJ0206: script l.sh"},
        Fault{"one/pack.yaml", "unjam: 1\npack: one\nsummary: s\nproviders: { a.look: { script: l.sh, from: here } }\n",
              "4:44: error UJ0206"},
        Fault{"one/pack.yaml", "unjam: 1\npack: one\nsumary: s\n", "3:1: error UJ0201: a pack has no key `sumary`"},
        Fault{"one/contracts.yaml", "unjam: 2\ncontracts: c\nactions: {}\n", "1:8: error UJ0206"},
        Fault{"one/contracts.yaml", "unjam: 1\ncontracts: c\nactions:\n  a.x: { effect: raed, limit: 1m }\n",
              "did you mean read?"},
        Fault{"one/contracts.yaml",
              "unjam: 1\ncontracts: c\nactions:\n  a.x: { effect: nudge, inputs: { b: lst text } }\n",
              "4:38: error UJ0206: \"lst text\" is not a type"},
        Fault{"one/contracts.yaml", "unjam: 1\ncontracts: c\nactions:\n  a.x: { effect: reversible }\n", "UJ0601"},
        Fault{"one/contracts.yaml",
              "unjam: 1\ncontracts: c\nrecords: { r: { key: secret } }\nactions:\n"
              "  a.x: { effect: read, limit: 1m, outputs: { ok: bool, keys: list r } }\n",
              "5:62: error UJ0307: output keys is a secret"},
        Fault{"one/contracts.yaml",
              "unjam: 1\ncontracts: c\nactions:\n  a.x: { effect: disruptive, verify: [ a.y.z ] }\n",
              "no contract of action a.y"}));

}  // namespace
}  // namespace unjam::actions
