// A checked playbook, compiled into an explicit state machine. Immutable; shared by all runs of it. Nothing after this
// sees YAML.
//
// The machine is walked, not stored: where a run stands is found by starting at `entry` and following, from each node
// whose outcome the journal holds, the edge of that outcome. What loops in the text (looks of a ladder, guards asked
// again) is unrolled here, so every node is visited at most once a turn and its path is the journal's identity.
//
// Paths mirror the lexical nesting: heal/look[2]/retry, heal/roll[tyohub1]/reboot, go/again/no_key. Beside the names of
// steps they have: <step>/when (guard), <choose>/arm[k] (guard of an arm), <step>/else/..., and in the machine after a
// turn until/... An output `x` that
// a node may read is therefore the step found by replacing the node's last component with x, then dropping components
// from the right.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "playbooks/action_spec.h"
#include "playbooks/diagnostic.h"
#include "playbooks/estate.h"
#include "playbooks/expr.h"
#include "playbooks/policy.h"

namespace unjam::playbooks {

struct Program;
using ProgramPtr = std::shared_ptr<const Program>;

// A literal, or the parameter that gives it (D and N of the grammar).
struct DurationArg {
  Duration literal{};
  std::string param{};  // empty: the literal
  Span span{};
};
struct CountArg {
  std::int64_t literal = 1;
  bool percent = false;  // `batch` only
  std::string param{};
  Span span{};
};

// One input of an action: an expression, or prose for text inputs.
struct Argument {
  std::string input;
  CheckedExprPtr expr{};              // set, or ...
  std::optional<CheckedText> text{};  // ... this
};

struct Condition {  // of `require`
  std::string name;
  CheckedExprPtr expr;
};

struct Gate {
  CheckedExprPtr floor{};  // set of hosts; null: none
  CountArg min{};
  std::vector<Condition> require{};
  DurationArg limit{};
  Span span{};
};

using NodeId = std::uint32_t;

// The three ends that every machine has, at these places.
inline constexpr NodeId kEnd = 0;        // the list came to its end: ok
inline constexpr NodeId kStop = 1;       // stop: settle what is owed, newest first, page
inline constexpr NodeId kUndecided = 2;  // a selection could not be decided: escalated

struct Machine;

struct Node {
  enum class Kind {
    end,
    stop,
    undecided,  // the ends
    guard,      // `when` of a step or arm. yes: into it; no: past it; unknown: kUndecided
    act,        // `run` of an effect above read, on `hosts` or on the host in hand. yes: all ok or skipped
    snapshot,   // `run` of a read action. Always yes: looking never fails a run
    settle,     // runs the undo of the act `target`
    expect,     // yes: held; no: at its limit
    look,       // `until`. yes: the rest is not needed; no: go on; unknown: kUndecided
    rollout,    // `body` once per host. yes: all turns ok or skipped, or until held
    play,       // another program
    approve,    // yes: granted; no: denied or expired
    wait,
    done,     // ends the program: nothing to do
    escalate  // ends the run for a person
  };

  Kind kind = Kind::end;
  std::string path{};  // within the machine
  std::string step{};  // the step's own name
  Span span{};
  NodeId yes = kEnd;
  NodeId no = kStop;
  NodeId unknown = kUndecided;
  std::optional<NodeId> skipped{};  // of a rung: to the next rung, without a look; absent: as yes

  CheckedExprPtr
      expr{};  // guard, expect, look: the condition; act, snapshot: hosts (null: host in hand); rollout: the set
  std::optional<CheckedText> text{};  // done, escalate, approve
  DurationArg limit{};                // act, snapshot, settle, expect, look, approve; wait: how long
  DurationArg hold{};                 // expect, look

  // act, snapshot, settle
  const ActionSpec* action = nullptr;  // owned by the catalogue; outlives the program
  std::vector<Argument> with{};        // act, snapshot; play: values of the parameters
  std::int64_t retry = 0;
  std::string target{};  // settle: path of the act whose undo it runs

  // rollout
  CheckedExprPtr order{};
  CountArg batch{};
  CountArg stop_after{};
  std::optional<Gate> gate{};
  std::shared_ptr<const Machine> body{};
  std::shared_ptr<const Machine>
      after_turn{};  // rollout, play: the look of `until`; its kEnd = not yet, node kind `done` = not needed

  ProgramPtr program{};  // play
};

struct Machine {
  std::vector<Node> nodes;  // kEnd, kStop and kUndecided first
  NodeId entry = kEnd;
};

struct Param {
  std::string name;
  TypePtr type;
  std::optional<Value> fallback{};  // `default`; none: compulsory
  std::optional<Value> min{};
  std::optional<Value> max{};
  Span span{};
};

struct Fact {
  std::string name;
  const ActionSpec* action = nullptr;
  CheckedExprPtr hosts;
  std::vector<Argument> with;
  DurationArg fresh{};
  DurationArg limit{};
  Span span{};
};

struct NamedExpr {
  std::string name;
  CheckedExprPtr expr;
};

struct Program {
  std::string name;
  std::string summary;
  SourcePtr source;
  std::vector<Param> params;
  std::vector<NamedExpr> targets;
  std::vector<Fact> facts;
  std::vector<NamedExpr> lets;
  Machine machine;
  std::vector<ProgramPtr> plays;  // every program played, once

  const Fact* fact(std::string_view fact_name) const;
  const NamedExpr* let(std::string_view let_name) const;
  const NamedExpr* target(std::string_view target_name) const;
};

// What `check` is given. Without estate sites and roles are plain text; without policy its rules do not bind.
struct CheckInput {
  const ActionCatalog* actions = nullptr;
  const Estate* estate = nullptr;
  const Policy* policy = nullptr;
  std::function<Result<SourcePtr>(const std::string& playbook, const std::string& beside)> find_playbook{};
};

// The program, or null and every fault of the file in `out`. Warnings do not stop it. Never throws, whatever the bytes.
ProgramPtr load_playbook(const SourcePtr& source, const CheckInput& input, Diagnostics& out);

// Whether it may do anything but look, what it plays included.
bool changes(const Program& program);

// The compiled machine for people and tools.
std::string to_mermaid(const Program& program);
std::string to_dot(const Program& program);

// Upper bound of the time from start (or approval) to the end, per node and in all; rollback of one turn included
// (language.md 4).
struct WorstCase {
  Duration total{};
  std::vector<std::pair<std::string, Duration>> steps{};  // of the root list, in order
};
// `params` by name; what they switch off does not count. `count` tells how many hosts lie in the union of these
// targets, of none: how many there are.
WorstCase worst_case(const Program& program, const Fields& params,
                     const std::function<std::size_t(const Within&)>& count);

}  // namespace unjam::playbooks
