// Every playbook that the checker lets through is proven again on its graph; and the proof finds a compiler that errs.
#include "tests/proof/machine_proof.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/playbooks/load_support.h"

namespace unjam::playbooks {
namespace {

namespace fs = std::filesystem;
using test::faults_of;

std::vector<fs::path> shipped_and_good() {
  std::vector<fs::path> out = shipped_playbooks();
  for (const auto& entry : fs::directory_iterator(golden_folder() / "good"))
    if (entry.path().extension() == ".yaml") out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

class MachineProof : public testing::TestWithParam<fs::path> {};

// given a playbook that the checker accepts, when its graph is looked at alone, then gates, approvals, settling and
// verification hold there too
TEST_P(MachineProof, HoldsForWhatTheCheckerAccepts) {
  const auto loaded = load_file(GetParam());
  ASSERT_TRUE(loaded.program) << loaded.told();
  EXPECT_EQ(fmt::format("{}", fmt::join(faults_of(*loaded.program), "\n")), "");
}

INSTANTIATE_TEST_SUITE_P(Accepted, MachineProof, testing::ValuesIn(shipped_and_good()), [](const auto& at) {
  return "F" + std::to_string(at.index) + at.param.stem().string().substr(0, 3);
});

// A compiler that errs: the flagship with one thing wrong in its graph.
struct Planted {
  const char* fault;
  const char* machine;  // path of the rollout whose body is wrong; empty: the root
  std::function<void(Machine&)> plant;
  const char* found;
};

Node& at(Machine& machine, std::string_view path) {
  const auto found = std::ranges::find(machine.nodes, path, &Node::path);
  if (found == machine.nodes.end()) throw std::runtime_error(fmt::format("no node {}", path));
  return *found;
}

NodeId id(Machine& machine, std::string_view path) {
  return static_cast<NodeId>(&at(machine, path) - machine.nodes.data());
}

const std::vector<Planted>& planted() {
  static const std::vector<Planted> kAll{
      {"gate lost", "", [](Machine& m) { at(m, "heal/roll").gate.reset(); }, "no gate dominates"},
      {"floor lost", "", [](Machine& m) { at(m, "heal/roll").gate->floor = nullptr; }, "no floor"},
      {"floor of 0", "", [](Machine& m) { at(m, "heal/directory").gate->min.literal = 0; }, "floor is 0"},
      {"condition lost", "", [](Machine& m) { at(m, "heal/clocks").gate->require[0].expr = nullptr; },
       "lost a condition"},
      {"conditions left out", "", [](Machine& m) { at(m, "heal/clocks").gate->require.clear(); }, "looks at nothing"},
      {"past the settling", "heal/roll", [](Machine& m) { at(m, "back").yes = id(m, "up"); }, "leaves it owed"},
      {"settles another", "heal/roll", [](Machine& m) { at(m, "resume").target = "reboot"; }, "leaves it owed"},
      {"past the verification", "heal/roll", [](Machine& m) { at(m, "reboot").yes = id(m, "resume"); },
       "not verified before resume"},
      {"verification at the end", "heal/clocks", [](Machine& m) { at(m, "sync").yes = kEnd; },
       "not verified before the end"},
      {"goes on after a failure", "heal/roll", [](Machine& m) { at(m, "drain").no = id(m, "reboot"); },
       "after a failure"},
      {"undo fails, goes on", "heal/roll", [](Machine& m) { at(m, "resume").no = kEnd; }, "after a failure"},
      {"unknown opens", "", [](Machine& m) { at(m, "no_key/when").unknown = at(m, "no_key/when").no; },
       "what is unknown decides"},
      {"climbs unseen", "", [](Machine& m) { at(m, "heal/look[1]").unknown = at(m, "heal/look[1]").no; },
       "what is unknown decides"},
      {"past the approval", "", [](Machine& m) { at(m, "unsafe_codes/when").no = id(m, "heal/look[0]/retry"); },
       "past the approval"},
      {"guards not asked again", "", [](Machine& m) { at(m, "go").yes = id(m, "heal/look[0]/retry"); },
       "is not asked again"},
      {"else goes on", "", [](Machine& m) { at(m, "healed").no = kEnd; }, "its `else` goes on"},
      {"the last look lost", "", [](Machine& m) { at(m, "probe").yes = kEnd; }, "is never reached"},
      {"turns for ever", "", [](Machine& m) { at(m, "heal/look[7]").no = id(m, "heal/clocks"); }, "a cycle"},
      {"an edge to nowhere", "", [](Machine& m) { at(m, "mark").yes = 9'999; }, "to nowhere"},
      {"two of one name", "", [](Machine& m) { at(m, "mark").path = "probe"; }, "two nodes"},
      {"no turn", "", [](Machine& m) { at(m, "heal/roll").body = nullptr; }, "without a turn"},
      {"done behind a change", "", [](Machine& m) { at(m, "probe").yes = id(m, "healthy"); }, "behind a change"}};
  return kAll;
}

// given the flagship with one fault planted in its graph, when it is proven, then that fault is found
TEST(MachineProof, FindsWhatACompilerMayDoWrong) {
  const auto loaded = load_file(catalog_folder() / "heal-intersite-queue.yaml");
  ASSERT_TRUE(loaded.program) << loaded.told();
  for (const Planted& fault : planted()) {
    Program program = *loaded.program;
    if (*fault.machine == 0) {
      fault.plant(program.machine);
    } else {
      Machine body = *at(program.machine, fault.machine).body;
      fault.plant(body);
      at(program.machine, fault.machine).body = std::make_shared<const Machine>(std::move(body));
    }
    const auto told = fmt::format("{}", fmt::join(faults_of(program), "\n"));
    EXPECT_NE(told.find(fault.found), std::string::npos) << fault.fault << ": " << told;
  }
}

}  // namespace
}  // namespace unjam::playbooks
