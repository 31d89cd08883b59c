#include "playbooks/compiler.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <set>
#include <sstream>

#include "tests/playbooks/load_support.h"

namespace unjam::playbooks {
namespace {

const char* kind(Node::Kind k) {
  constexpr const char* kNames[] = {"end",  "stop",    "undecided", "guard",   "act",  "snapshot", "settle",  "expect",
                                    "look", "rollout", "play",      "approve", "wait", "done",     "escalate"};
  return kNames[static_cast<int>(k)];
}

std::string name_of(const Machine& machine, NodeId id) {
  return id == kEnd ? "END" : id == kStop ? "STOP" : id == kUndecided ? "UNDECIDED" : machine.nodes[id].path;
}

// One line a node: kind path -> yes | no, and where it differs from the rule, unknown and skipped.
std::string spelled(const Machine& machine) {
  std::string out = fmt::format("entry {}\n", name_of(machine, machine.entry));
  for (NodeId id = kUndecided + 1; id < machine.nodes.size(); ++id) {
    const Node& node = machine.nodes[id];
    out += fmt::format("{} {}", kind(node.kind), node.path);
    if (node.kind != Node::Kind::done && node.kind != Node::Kind::escalate)
      out += fmt::format(" -> {} | {}", name_of(machine, node.yes), name_of(machine, node.no));
    if (node.kind == Node::Kind::guard && node.unknown != kUndecided) out += " unknown!";
    if (node.skipped) out += fmt::format(" skipped {}", name_of(machine, *node.skipped));
    out += "\n";
  }
  return out;
}

ProgramPtr program_of(const std::string& name) {
  auto loaded = load_file(catalog_folder() / (name + ".yaml"));
  EXPECT_EQ(loaded.told(), "");
  return loaded.program;
}

const Node* find(const Machine& machine, const std::string& path) {
  for (const Node& node : machine.nodes)
    if (node.path == path) return &node;
  return nullptr;
}

void check_machine(const Machine& machine, std::set<NodeId>& all) {
  std::set<std::string> paths;
  ASSERT_GT(machine.nodes.size(), kUndecided);
  for (NodeId id = 0; id < machine.nodes.size(); ++id) {
    const Node& node = machine.nodes[id];
    for (const NodeId to : {node.yes, node.no, node.unknown, node.skipped.value_or(kEnd)}) {
      ASSERT_LT(to, machine.nodes.size());
      all.insert(to);
    }
    EXPECT_TRUE(id <= kUndecided || paths.insert(node.path).second) << node.path;
    if (node.body) check_machine(*node.body, all);
    if (node.after_turn) check_machine(*node.after_turn, all);
  }
}

// given each shipped playbook, when compiled, then every edge ends at a node and no two nodes share a path
TEST(Compiler, EdgesEndAndPathsAreUnique) {
  for (const auto* name : {"heal-intersite-queue", "rolling-reboot-hubs", "check-intersite-mail"}) {
    const auto program = program_of(name);
    ASSERT_TRUE(program) << name;
    std::set<NodeId> all;
    check_machine(program->machine, all);
  }
}

TEST(Compiler, LadderIsUnrolledAndSkippedRungsHaveNoLook) {
  const auto program = program_of("heal-intersite-queue");
  ASSERT_TRUE(program);
  const Machine& machine = program->machine;
  const Node* clocks = find(machine, "heal/clocks");
  ASSERT_NE(clocks, nullptr);
  EXPECT_EQ(name_of(machine, clocks->yes), "heal/look[1]/retry");
  ASSERT_TRUE(clocks->skipped);
  EXPECT_EQ(name_of(machine, *clocks->skipped), "heal/directory");
  const Node* look = find(machine, "heal/look[1]");
  ASSERT_NE(look, nullptr);
  EXPECT_EQ(name_of(machine, look->yes), "mark");
  EXPECT_EQ(name_of(machine, look->no), "heal/directory");
  EXPECT_EQ(name_of(machine, look->unknown), "UNDECIDED");
  EXPECT_EQ(look->hold.param, "calm");
  EXPECT_EQ(look->limit.param, "look");
  EXPECT_EQ(name_of(machine, find(machine, "heal/look[7]")->no), "heal/else/exhausted");
  EXPECT_EQ(name_of(machine, find(machine, "heal/roll/when")->no), "heal/else/exhausted");
  EXPECT_EQ(name_of(machine, find(machine, "heal/look[0]")->no), "heal/clocks");
}

TEST(Compiler, GuardsAreAskedAgainBehindTheApproval) {
  const auto program = program_of("heal-intersite-queue");
  ASSERT_TRUE(program);
  const Machine& machine = program->machine;
  EXPECT_EQ(name_of(machine, find(machine, "go")->yes), "go/again/healthy/when");
  EXPECT_EQ(name_of(machine, find(machine, "go")->no), "STOP");
  const Node* last = find(machine, "go/again/unsafe_codes/when");
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(name_of(machine, last->yes), "go/again/unsafe_codes");
  EXPECT_EQ(name_of(machine, last->no), "seed");
}

TEST(Compiler, UntilOfARolloutInALadderIsTheWholeLook) {
  const auto program = program_of("heal-intersite-queue");
  ASSERT_TRUE(program);
  const Node* roll = find(program->machine, "heal/roll");
  ASSERT_NE(roll, nullptr);
  ASSERT_TRUE(roll->after_turn);
  EXPECT_EQ(
      spelled(*roll->after_turn),
      "entry until/retry\nact until/retry -> until | STOP\nlook until -> until/enough | END\ndone until/enough\n");
  EXPECT_EQ(find(*roll->after_turn, "until")->hold.param, "calm");
  ASSERT_TRUE(roll->body);
  EXPECT_EQ(spelled(*roll->body),
            "entry drain\nact drain -> reboot | STOP\nact reboot -> back | STOP\nexpect back -> resume | STOP\n"
            "settle resume -> up | STOP\nexpect up -> END | STOP\n");
  EXPECT_EQ(find(*roll->body, "resume")->target, "drain");
}

constexpr const char* kForms = R"(unjam: 1
playbook: forms
summary: Every construct once
params:
  keep: { type: int, min: 1 }
targets:
  hubs: hosts.filter(h, h.role == "hub")
facts:
  hub: { run: probe.hub, hosts: hubs }
  svc: { run: service.health, hosts: hubs, with: { service: "post${hubs.size()}" } }
steps:
  - group:
      when: hubs.exists(h, hub(h).reboot_pending)
      do:
        - pause: { wait: 1m }
        - out: { when: hubs.size() > 9, escalate: "many" }
  - ask: { approve: "may I?", limit: 1h }
  - pick:
      choose:
        - { when: hubs.all(h, hub(h).ready), do: [ a: { wait: 1m } ] }
        - { when: hubs.all(h, hub(h).serving), do: [ b: { wait: 2m } ] }
      else: [ c: { wait: 3m } ]
  - kind:
      choose:
        - { when: svc(hubs.first()).state == "starting", do: [ k1: { wait: 1m } ] }
        - { when: svc(hubs.first()).state == "up", do: [ k2: { wait: 1m } ] }
        - { when: svc(hubs.first()).state == "degraded", do: [ k3: { wait: 1m } ] }
        - { when: svc(hubs.first()).state == "down", do: [ k4: { wait: 1m } ] }
  - turns:
      rollout: hubs
      batch: 50%
      stop_after: params.keep
      until: hubs.all(h, hub(h).ready)
      do:
        - kick: { run: tickets.purge, limit: 1m, retry: 2 }
        - seen: { expect: hub(host).ready, limit: 1m, else: [ lost: { escalate: "${host.name}" } ] }
)";

std::string with_quotes(std::string text) {
  // `hubs.all(h, ...)` has a comma and stands in { } here.
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>{"when: hubs.all(h, hub(h).ready),", "when: \"hubs.all(h, hub(h).ready)\","},
        {"when: hubs.all(h, hub(h).serving),", "when: \"hubs.all(h, hub(h).serving)\","}})
    text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(Compiler, GroupsChoicesAndElseAreFlattenedWithTheirPaths) {
  const auto loaded = load_text("forms.yaml", with_quotes(kForms));
  ASSERT_TRUE(loaded.program) << loaded.told();
  EXPECT_EQ(spelled(loaded.program->machine),
            "entry group/when\n"
            "guard group/when -> group/pause | ask\n"
            "wait group/pause -> group/out/when | STOP\n"
            "guard group/out/when -> group/out | ask\n"
            "escalate group/out\n"
            "approve ask -> pick/arm[0] | STOP\n"
            "guard pick/arm[0] -> pick/a | pick/arm[1]\n"
            "wait pick/a -> kind/arm[0] | STOP\n"
            "guard kind/arm[0] -> kind/k1 | kind/arm[1]\n"
            "wait kind/k1 -> turns | STOP\n"
            "rollout turns -> END | STOP\n"
            "guard kind/arm[1] -> kind/k2 | kind/arm[2]\n"
            "wait kind/k2 -> turns | STOP\n"
            "guard kind/arm[2] -> kind/k3 | kind/arm[3]\n"
            "wait kind/k3 -> turns | STOP\n"
            "guard kind/arm[3] -> kind/k4 | UNDECIDED\n"
            "wait kind/k4 -> turns | STOP\n"
            "guard pick/arm[1] -> pick/b | pick/else/c\n"
            "wait pick/b -> kind/arm[0] | STOP\n"
            "wait pick/else/c -> kind/arm[0] | STOP\n");
  const Node* turns = find(loaded.program->machine, "turns");
  EXPECT_EQ(turns->stop_after.param, "keep");
  EXPECT_TRUE(turns->batch.percent);
  EXPECT_EQ(turns->batch.literal, 50);
  ASSERT_TRUE(turns->after_turn);
  EXPECT_EQ(spelled(*turns->after_turn), "entry until\nlook until -> until/enough | END\ndone until/enough\n");
  EXPECT_EQ(find(*turns->after_turn, "until")->limit.literal, Duration{});
  EXPECT_EQ(spelled(*turns->body),
            "entry kick\nact kick -> seen | STOP\nexpect seen -> END | seen/else/lost\nescalate seen/else/lost\n");
}

constexpr std::size_t kHosts = 6;
std::size_t count_hosts(const Within& within) {
  if (within.empty()) return kHosts;
  std::set<std::string> hosts;
  for (const std::string& atom : within) {
    if (atom == "hubs" || atom == "senders") hosts.insert({"tyohub1", "tyohub2"});
    if (atom == "hubs" || atom == "receivers") hosts.insert({"osahub1", "osahub2"});
    if (atom == "dcs") hosts.insert({"tyodc1", "osadc2"});
  }
  return hosts.size();
}

Fields defaults_of(const Program& program) {
  Fields params;
  for (const Param& param : program.params)
    if (param.fallback) params.emplace(param.name, *param.fallback);
  return params;
}

std::int64_t worst_minutes(const Program& program, const Fields& params) {
  return std::chrono::duration_cast<std::chrono::minutes>(worst_case(program, params, count_hosts).total).count();
}

// 2 sites, 4 hubs and 2 controllers: before 1, seed 1, five looks of 1 + 3, clocks 6 x (5 + 3 + 10), directory
// 2 x (5 + 3 + 5), replication 2 x (5 + 5 + 10), roll 4 x (10 + 10 + 15 + 10 + 5 + 5 and a look), mark 1, probe 5,
// healed 20, and the rollback of one turn 5
constexpr std::int64_t kFlagshipMinutes = 1 + 1 + 5 * 4 + 108 + 26 + 40 + 4 * 59 + 26 + 5;

TEST(WorstCase, OfTheFlagshipIsTheSumOfItsLongestPath) {
  const auto program = program_of("heal-intersite-queue");
  ASSERT_TRUE(program);
  EXPECT_EQ(worst_minutes(*program, defaults_of(*program)), kFlagshipMinutes);
}

// given the two rungs that are off by default, when a parameter switches one on, then its turns and its look count
TEST(WorstCase, LeavesOutWhatAParameterSwitchesOff) {
  const auto program = program_of("heal-intersite-queue");
  ASSERT_TRUE(program);
  auto params = defaults_of(*program);
  params.insert_or_assign("purge", Value::boolean(true));
  EXPECT_EQ(worst_minutes(*program, params), kFlagshipMinutes + 2 * 6 + 4);
  params.insert_or_assign("restart", Value::boolean(true));
  EXPECT_EQ(worst_minutes(*program, params), kFlagshipMinutes + 2 * 6 + 4 + 2 * 18 + 4);
}

// given a playbook that is played, when its time is bounded, then on every host and with what it is given
TEST(WorstCase, OfAPlayedPlaybookIsOnEveryHost) {
  const auto playing = [](const std::string& with) {
    return load_text(
        "outer.yaml",
        "# with: estate policy\nunjam: 1\nplaybook: outer\nsummary: plays another\nparams:\n"
        "  site: { type: site }\nsteps:\n  - roll: { play: rolling-reboot-hubs, with: { site: params.site" +
            with + " } }\n");
  };
  // Gate, drain, reboot, two looks and resume; the rollback of one turn once.
  for (const auto& [with, reboot] : {std::pair{"", 15}, {", boot: 40m", 40}}) {
    const auto loaded = playing(with);
    EXPECT_EQ(loaded.told(), "");
    ASSERT_TRUE(loaded.program);
    const auto minutes = static_cast<std::int64_t>(kHosts) * (10 + 10 + reboot + 10 + 5 + 5) + 5;
    EXPECT_EQ(worst_minutes(*loaded.program, {}), minutes) << with;
  }
}

// given every shipped playbook, when drawn, then brackets are balanced and quotes are closed in every line
TEST(Graph, IsWellFormed) {
  for (const auto* name : {"heal-intersite-queue", "rolling-reboot-hubs", "check-intersite-mail"}) {
    const auto program = program_of(name);
    ASSERT_TRUE(program);
    for (const auto& text : {to_mermaid(*program), to_dot(*program)}) {
      EXPECT_EQ(std::ranges::count(text, '{'), std::ranges::count(text, '}')) << text;
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) EXPECT_EQ(std::ranges::count(line, '"') % 2, 0) << line;
    }
  }
}

// given a drawing, when its arrows are read, then both ends of each are drawn, and every row is reached
TEST(Graph, ArrowsJoinWhatIsDrawn) {
  const std::string text = to_dot(*program_of("heal-intersite-queue"));
  const RE2 drawn("^ *([a-z0-9_]+) \\[");
  const RE2 arrow("^ *([a-z0-9_]+) -> ([a-z0-9_]+)");
  std::set<std::string> nodes{"start"};
  std::set<std::string> reached;
  std::istringstream lines(text);
  std::string from;
  std::string to;
  std::vector<std::pair<std::string, std::string>> arrows;
  for (std::string line; std::getline(lines, line);) {
    if (RE2::PartialMatch(line, arrow, &from, &to)) {
      arrows.emplace_back(from, to);
    } else if (RE2::PartialMatch(line, drawn, &from)) {
      nodes.insert(from);
    }
  }
  for (const auto& [begin, end] : arrows) {
    EXPECT_TRUE(nodes.contains(begin) && nodes.contains(end)) << begin << " -> " << end;
    reached.insert(end);
  }
  for (const std::string& node : nodes) {
    const bool drawn_first = node == "start" || node == "node" || node == "edge";
    EXPECT_TRUE(drawn_first || reached.contains(node)) << node;
  }
}

// given the flagship and the rolling reboot, when drawn, then gates, debts and their ends, guards and looks are told
TEST(Graph, TellsGatesDebtsAndGuards) {
  for (const auto& text :
       {to_mermaid(*program_of("rolling-reboot-hubs")), to_dot(*program_of("rolling-reboot-hubs"))}) {
    for (const auto* part :
         {"roll: for each host of hubs", "GATE, asked before each turn", "floor: params.min_healthy of serving",
          "nobody_else: hubs.all(h, not hub(h).recovering)", "reversible; owes hub.resume",
          "disruptive; cannot be undone", "resume: settles drain", "settles", "turn ok"})
      EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  const auto flagship = to_mermaid(*program_of("heal-intersite-queue"));
  EXPECT_TRUE(flagship.find("flowchart TD") != std::string::npos);
  for (const auto* part : {"the 10 guards above, asked again", "heal, look 0", "first retry", "done: no mail from",
                           "escalate: trust between", "after each turn: until flowing"})
    EXPECT_NE(flagship.find(part), std::string::npos) << part << "\n" << flagship;
}

}  // namespace
}  // namespace unjam::playbooks
