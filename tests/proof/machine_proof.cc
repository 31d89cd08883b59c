#include "tests/proof/machine_proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

namespace unjam::test {
namespace {

using playbooks::Condition;
using playbooks::Effect;
using playbooks::Expr;
using playbooks::ExprPtr;
using playbooks::Gate;
using playbooks::kEnd;
using playbooks::kStop;
using playbooks::kUndecided;
using playbooks::Machine;
using playbooks::Node;
using playbooks::NodeId;
using playbooks::ProgramPtr;
using Kind = Node::Kind;
using Ids = std::set<NodeId>;

bool changes(const Node& node);

bool any_change(const Machine& machine) {
  return std::ranges::any_of(machine.nodes, changes);
}

bool changes(const Node& node) {
  if (node.kind == Kind::act || node.kind == Kind::settle) return true;
  if (node.body && any_change(*node.body)) return true;
  if (node.after_turn && any_change(*node.after_turn)) return true;
  return node.program && any_change(node.program->machine);
}

Effect strongest(const Machine& machine) {
  Effect most = Effect::read;
  for (const Node& node : machine.nodes) {
    if (node.kind == Kind::act) most = std::max(most, node.action->effect);
    if (node.body) most = std::max(most, strongest(*node.body));
    if (node.program) most = std::max(most, strongest(node.program->machine));
  }
  return most;
}

bool looks(const Node& node) {
  return (node.kind == Kind::expect || node.kind == Kind::look) && node.expr && !node.expr->uses.facts.empty();
}

// The edges that an outcome can take; what is left of the others is never followed (decide.cc).
std::vector<NodeId> edges_of(const Node& node) {
  switch (node.kind) {
    case Kind::end:
    case Kind::stop:
    case Kind::undecided:
    case Kind::done:
    case Kind::escalate:
      return {};
    case Kind::guard:
    case Kind::look:
      return {node.yes, node.no, node.unknown};
    default: {
      std::vector<NodeId> out{node.yes, node.no};
      if (node.skipped) out.push_back(*node.skipped);
      return out;
    }
  }
}

class Proof {
 public:
  Proof(const Machine& machine, const Node* rollout, std::string where, std::vector<std::string>& out)
      : machine_(machine), rollout_(rollout), where_(std::move(where)), out_(out) {}

  // `after_turn`: its `done` means that enough was done, not that there was nothing to do.
  void prove(bool after_turn) {
    if (!well_formed()) return;
    for (NodeId id = kUndecided + 1; id < machine_.nodes.size(); ++id) {
      const Node& node = machine_.nodes[id];
      edges(node);
      if (node.kind == Kind::act) act(node);
      if (node.kind == Kind::approve) asked_again(node);
      if (node.kind == Kind::rollout) rollout(node);
      if (!after_turn && changes(node)) nothing_done_behind(node);
    }
    approved();
  }

  // Whether the end can be reached with something changed that nobody has looked at since.
  bool ends_unseen() const {
    for (NodeId id = kUndecided + 1; id < machine_.nodes.size(); ++id) {
      const Node& node = machine_.nodes[id];
      if (!leaves_unseen(node)) continue;
      if (reached({node.yes}, looks).contains(kEnd)) return true;
    }
    return false;
  }

 private:
  void fault(const Node& node, std::string text) { out_.push_back(fmt::format("{}{}: {}", where_, node.path, text)); }

  bool well_formed() {
    const auto size = machine_.nodes.size();
    if (size <= kUndecided || machine_.entry >= size) return out_.push_back(where_ + "no machine"), false;
    const Kind ends[] = {Kind::end, Kind::stop, Kind::undecided};
    for (NodeId id = 0; id <= kUndecided; ++id)
      if (machine_.nodes[id].kind != ends[id]) return out_.push_back(where_ + "an end is not in its place"), false;
    std::set<std::string> paths;
    for (NodeId id = kUndecided + 1; id < size; ++id) {
      const Node& node = machine_.nodes[id];
      if (!paths.insert(node.path).second) fault(node, "two nodes of this path");
      for (const NodeId to : {node.yes, node.no, node.unknown, node.skipped.value_or(kEnd)})
        if (to >= size) return fault(node, "an edge to nowhere"), false;
    }
    std::vector<int> state(size, 0);
    if (cyclic(machine_.entry, state)) return out_.push_back(where_ + "a cycle: it may never end"), false;
    const Ids all = reached({machine_.entry}, [](const Node&) { return false; });
    for (NodeId id = kUndecided + 1; id < size; ++id)
      if (!all.contains(id)) fault(machine_.nodes[id], "is never reached");
    return true;
  }

  bool cyclic(NodeId at, std::vector<int>& state) const {
    if (state[at] != 0) return state[at] == 1;
    state[at] = 1;
    for (const NodeId to : edges_of(machine_.nodes[at]))
      if (cyclic(to, state)) return true;
    state[at] = 2;
    return false;
  }

  // Every node on some way from these, ways ending at nodes that `stop_at` names (which are reached, not passed).
  Ids reached(std::vector<NodeId> pending, const std::function<bool(const Node&)>& stop_at) const {
    Ids seen;
    while (!pending.empty()) {
      const NodeId at = pending.back();
      pending.pop_back();
      if (!seen.insert(at).second) continue;
      const Node& node = machine_.nodes[at];
      if (stop_at(node)) continue;
      for (const NodeId to : edges_of(node)) pending.push_back(to);
    }
    return seen;
  }

  void edges(const Node& node) {
    const bool selects = node.kind == Kind::guard || node.kind == Kind::look;
    if (selects && node.unknown != kUndecided) fault(node, "what is unknown decides");
    if (selects && !node.expr) fault(node, "asks nothing");
    const bool fails = node.kind == Kind::act || node.kind == Kind::settle || node.kind == Kind::rollout ||
                       node.kind == Kind::play || node.kind == Kind::approve;
    if (fails && node.no != kStop) fault(node, "goes on after a failure");
    if (node.kind == Kind::expect) stays_inside(node, node.no, node.path + "/else/");
    if (node.kind == Kind::expect && !looks(node)) fault(node, "expects what nobody looks at");
    if (node.kind == Kind::settle && !std::ranges::any_of(machine_.nodes, [&](const Node& other) {
          return other.kind == Kind::act && other.path == node.target;
        }))
      fault(node, "settles nothing");
  }

  // An `else` ends the run: nothing outside of it is reached, and not the end.
  void stays_inside(const Node& node, NodeId from, const std::string& prefix) {
    for (const NodeId id : reached({from}, [](const Node&) { return false; })) {
      if (id == kStop || id == kUndecided) continue;
      if (id == kEnd || !machine_.nodes[id].path.starts_with(prefix)) return fault(node, "its `else` goes on");
    }
  }

  void act(const Node& node) {
    if (node.action->needs_gate()) gated(node);
    if (node.action->undo == "none") verified(node);
    if (!node.action->undo.empty() && node.action->undo != "none") settled(node);
  }

  // The gate is asked by the engine right before the action; here it is left to prove that there is one.
  void gated(const Node& node) {
    if (rollout_ == nullptr || !rollout_->gate) return fault(node, "no gate dominates it");
    const Gate& gate = *rollout_->gate;
    if (node.expr) fault(node, "is done on other hosts than the gate was asked for");
    if (node.action->floor_required && !gate.floor) fault(node, "its gate has no floor");
    if (gate.floor && gate.min.param.empty() && gate.min.literal < 1) fault(node, "its gate's floor is 0");
    bool asks = gate.floor && !gate.floor->uses.facts.empty();
    for (const Condition& condition : gate.require) {
      if (!condition.expr) return fault(node, "its gate has lost a condition");
      asks = asks || !condition.expr->uses.facts.empty();
    }
    if (!asks) fault(node, "its gate looks at nothing");
  }

  // Post-dominance: no way from the action to the end passes by its settling. Ways to a stop are settled by rollback.
  void settled(const Node& node) {
    const auto settles = [&](const Node& other) { return other.kind == Kind::settle && other.target == node.path; };
    for (const NodeId id : reached({node.yes}, settles)) {
      const Kind kind = machine_.nodes[id].kind;
      if (id == kEnd || kind == Kind::done) return fault(node, "a way to the end leaves it owed");
    }
  }

  void verified(const Node& node) {
    const auto verifies = [&](const Node& other) {
      return looks(other) && (rollout_ == nullptr || asks_of_host(*other.expr->tree));
    };
    for (const NodeId id : reached({node.yes}, [&](const Node& n) { return verifies(n) || changes(n); })) {
      const Node& other = machine_.nodes[id];
      if (id == kEnd || other.kind == Kind::done || changes(other))
        return fault(node, fmt::format("is not verified before {}", id == kEnd ? "the end" : other.path));
    }
  }

  static bool asks_of_host(const Expr& e) {
    const bool call = e.kind == Expr::Kind::call && e.args.size() == 1 && e.args[0]->kind == Expr::Kind::name &&
                      e.args[0]->name == "host";
    const bool member = e.kind == Expr::Kind::call && e.name == "in" && e.args[0]->kind == Expr::Kind::name &&
                        e.args[0]->name == "host";
    if (call || member) return true;
    if (e.receiver && asks_of_host(*e.receiver)) return true;
    return std::ranges::any_of(e.args, [](const ExprPtr& arg) { return asks_of_host(*arg); });
  }

  void nothing_done_behind(const Node& node) {
    for (const NodeId id : reached({node.yes}, [](const Node&) { return false; }))
      if (machine_.nodes[id].kind == Kind::done) fault(machine_.nodes[id], "says `done` behind a change");
    if (rollout_ == nullptr) return;
    for (const Node& other : machine_.nodes)
      if (other.kind == Kind::done) fault(other, "says `done` in a turn behind the change of another");
  }

  // With an approval in the machine, no way comes to anything above a nudge without one.
  void approved() {
    if (std::ranges::none_of(machine_.nodes, [](const Node& n) { return n.kind == Kind::approve; })) return;
    for (const NodeId id : reached({machine_.entry}, [](const Node& n) { return n.kind == Kind::approve; })) {
      const Node& node = machine_.nodes[id];
      const bool act = node.kind == Kind::act && node.action->effect > Effect::nudge;
      const bool inside = (node.body && strongest(*node.body) > Effect::nudge) ||
                          (node.program && strongest(node.program->machine) > Effect::nudge);
      if (act || inside) fault(node, "is reached past the approval");
    }
  }

  // Every guard of the lists around it that dominates the approval is asked again right behind it.
  void asked_again(const Node& approve) {
    const Ids all = reached({machine_.entry}, [](const Node&) { return false; });
    bool changed = false;
    for (const NodeId id : all) {
      const Node& node = machine_.nodes[id];
      if (changes(node) && reached({node.yes}, [](const Node&) { return false; }).contains(id_of(approve)))
        changed = true;
    }
    for (const NodeId id : all) {
      const Node& guard = machine_.nodes[id];
      if (guard.kind != Kind::guard || !guard.path.ends_with("/when")) continue;
      const Kind out = machine_.nodes[guard.yes].kind;
      const bool ends = out == Kind::escalate || (out == Kind::done && !changed);
      const std::string list = guard.path.substr(0, guard.path.size() - guard.step.size() - 5);
      if (!ends || !approve.path.starts_with(list) || !dominates(id, id_of(approve))) continue;
      const std::string again = fmt::format("{}/again/{}/when", approve.path, guard.step);
      const Ids past = reached({approve.yes}, [&](const Node& n) { return n.path == again; });
      const bool asked = std::ranges::any_of(past, [&](NodeId at) { return machine_.nodes[at].path == again; });
      const bool slips =
          std::ranges::any_of(past, [&](NodeId at) { return at == kEnd || changes(machine_.nodes[at]); });
      if (!asked || slips) fault(approve, fmt::format("{} is not asked again behind it", guard.step));
    }
  }

  NodeId id_of(const Node& node) const { return static_cast<NodeId>(&node - machine_.nodes.data()); }

  bool dominates(NodeId a, NodeId b) const {
    const Node& through = machine_.nodes[a];
    return !reached({machine_.entry}, [&](const Node& n) { return &n == &through; }).contains(b);
  }

  void rollout(const Node& node) {
    if (!node.body) return fault(node, "a rollout without a turn");
    if (!node.expr || node.expr->type->within.empty()) fault(node, "goes over hosts outside of the targets");
    Proof(*node.body, &node, where_ + node.path + "[]/", out_).prove(false);
    if (node.after_turn) Proof(*node.after_turn, nullptr, where_ + node.path + "[]/", out_).prove(true);
  }

  bool leaves_unseen(const Node& node) const {
    if (node.kind == Kind::act || node.kind == Kind::settle) return true;
    if (!node.body) return false;  // a played program is proven for itself
    std::vector<std::string> unheard;
    return Proof(*node.body, &node, {}, unheard).ends_unseen();
  }

  const Machine& machine_;
  const Node* rollout_;
  std::string where_;
  std::vector<std::string>& out_;
};

}  // namespace

std::vector<std::string> faults_of(const playbooks::Program& program) {
  std::vector<std::string> out;
  Proof proof(program.machine, nullptr, program.name + ": ", out);
  proof.prove(false);
  if (out.empty() && proof.ends_unseen()) out.push_back(program.name + ": may end without having looked");
  for (const ProgramPtr& played : program.plays) {
    const auto inner = faults_of(*played);
    out.insert(out.end(), inner.begin(), inner.end());
  }
  return out;
}

}  // namespace unjam::test
