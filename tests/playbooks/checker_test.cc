// The checker against hostile files: bounded in time and depth whatever they define. What it says is in tests/golden.
#include "playbooks/checker.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

#include "tests/playbooks/load_support.h"

namespace unjam::playbooks {
namespace {

std::string file(const std::string& targets, const std::string& lets, const std::string& steps) {
  return "unjam: 1\nplaybook: x\nsummary: s\ntargets:\n" + targets + "let:\n" + lets + "steps:\n" + steps;
}

// given targets that are each made of two others, sixty levels deep, when inclusion is asked, then each is looked into
// once
TEST(Checker, InclusionIsLinearInTheDefinitions) {
  Atoms atoms;
  atoms.define("a0", {});
  atoms.define("b0", {});
  for (int i = 1; i <= 60; ++i) {
    const Within parents{fmt::format("a{}", i - 1), fmt::format("b{}", i - 1)};
    atoms.define(fmt::format("a{}", i), parents);
    atoms.define(fmt::format("b{}", i), parents);
  }
  EXPECT_TRUE(atoms.inside({"a60"}, {"a0", "b0"}));
  EXPECT_FALSE(atoms.inside({"a60"}, {"a0"}));
  EXPECT_TRUE(atoms.inside({"a60"}, {}));
  EXPECT_FALSE(atoms.inside({}, {"a0"}));
  EXPECT_TRUE(atoms.inside({"a3"}, {"a3"}));
}

// given a thousand lets, each defined by the next, when checked, then the chain is refused and the stack is whole
TEST(Checker, ChainsOfLetsAreBounded) {
  std::string lets;
  for (int i = 0; i < 1000; ++i) lets += fmt::format("  l{}: l{}\n", i, i + 1);
  lets += "  l1000: hubs.size() > 0\n";
  const auto loaded =
      load_text("x", file("  hubs: hosts.filter(h, h.role == \"hub\")\n", lets, "  - a: { when: l0, done: x }\n"));
  EXPECT_FALSE(loaded.program);
  EXPECT_NE(loaded.told().find("more than"), std::string::npos);
}

TEST(Checker, LetsThatDefineEachOtherAreRefused) {
  const auto loaded =
      load_text("x", file("  hubs: hosts.filter(h, h.role == \"hub\")\n",
                          "  a: b\n  b: a\n  c: hubs.size() > 0 and a\n", "  - s: { when: c, done: x }\n"));
  EXPECT_FALSE(loaded.program);
  EXPECT_NE(loaded.told().find("is defined by itself"), std::string::npos) << loaded.told();
}

TEST(Checker, ListsOfStepsAreBounded) {
  std::string steps;
  for (int i = 0; i < 10'001; ++i) steps += fmt::format("  - s{}: {{ wait: 1m }}\n", i);
  const auto loaded = load_text("x", "unjam: 1\nplaybook: x\nsummary: s\nsteps:\n" + steps);
  EXPECT_FALSE(loaded.program);
  EXPECT_NE(loaded.told().find("more than 10000 steps"), std::string::npos);
}

// given playbooks of 2,000 and of 8,000 steps with gates, debts, outputs and lets, when checked, then four times the
// steps take about four times as long: nothing is looked up by walking over all of it
TEST(Checker, IsLinearInTheSteps) {
  const auto seconds_of = [](int groups) {
    std::string steps;
    for (int i = 0; i < groups; ++i)
      steps += fmt::format(
          "  - seen{0}: {{ run: probe.hub, hosts: hubs, limit: 1m }}\n"
          "  - flag{0}: {{ when: \"hubs.exists(h, seen{0}(h).queued > 3 and hub(h).ready)\", run: hub.flag, hosts: "
          "hubs, "
          "limit: 1m, undo: hub.unflag }}\n"
          "  - off{0}: {{ settles: flag{0}, limit: 1m }}\n"
          "  - well{0}: {{ expect: serving.size() > 0, limit: 1m }}\n",
          i);
    const std::string text =
        "unjam: 1\nplaybook: x\nsummary: s\ntargets:\n  hubs: hosts.filter(h, h.role == \"hub\")\nfacts:\n"
        "  hub: { run: probe.hub, hosts: hubs }\nlet:\n  serving: hubs.filter(h, sure(hub(h).serving))\nsteps:\n" +
        steps;
    double best = 1e9;
    for (int round = 0; round < 3; ++round) {
      const std::clock_t begun = std::clock();  // of this process: other ones do not count
      const auto loaded = load_text("x", text);
      best = std::min(best, static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC);
      EXPECT_TRUE(loaded.program) << loaded.told().substr(0, 2000);
    }
    return best;
  };
  const double small = seconds_of(500);
  const double large = seconds_of(2000);
  EXPECT_LT(large, small * 12) << small << " s and " << large << " s";
}

// given doubling lets, sixty deep, when checked in a gate's place, then the walks over them are linear
TEST(Checker, WalksThroughLetsAreLinear) {
  std::string lets = "  l0: hubs.exists(h, sure(hub(h).ready))\n";
  for (int i = 1; i < 45; ++i) lets += fmt::format("  l{}: l{} and not l{}\n", i, i - 1, i - 1);
  const auto loaded =
      load_text("x",
                "unjam: 1\nplaybook: x\nsummary: s\ntargets:\n  hubs: hosts.filter(h, h.role == \"hub\")\nfacts:\n"
                "  hub: { run: probe.hub, hosts: hubs }\nlet:\n" +
                    lets + "steps:\n  - a: { when: l44, done: x }\n");
  EXPECT_FALSE(loaded.program);
  EXPECT_NE(loaded.told().find("UJ0701"), std::string::npos) << loaded.told();
}

}  // namespace
}  // namespace unjam::playbooks
