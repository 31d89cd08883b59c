#include "playbooks/compiler.h"

#include <fmt/format.h>

#include <algorithm>

namespace unjam::playbooks {

namespace {

using model::Step;
using model::Steps;
using model::Verb;

// What surrounds the list being compiled.
struct Around {
  const Step* ladder = nullptr;       // the innermost: its look is the look of `until` inside
  std::vector<const Step*> guards{};  // done and escalate of this list and the lists around it, so far
};

Gate gate_of(const model::GateSpec& spec) {
  Gate gate;
  if (spec.floor) gate.floor = spec.floor->expr;
  if (spec.min) gate.min = *spec.min;
  for (const auto& [name, slot] : spec.require) gate.require.push_back({name.name, slot.expr});
  if (spec.limit) gate.limit = *spec.limit;
  gate.span = spec.span;
  return gate;
}

std::vector<Argument> arguments_of(const std::vector<model::ArgumentSlot>& with) {
  std::vector<Argument> out;
  for (const auto& slot : with) out.push_back({slot.name, slot.expr, slot.checked});
  return out;
}

// Compiles lists from their last step to their first, so that every edge's end is known when it is drawn.
class Compiler {
 public:
  Compiler() {
    machine_.nodes.resize(kUndecided + 1);
    machine_.nodes[kEnd].kind = Node::Kind::end;
    machine_.nodes[kStop].kind = Node::Kind::stop;
    machine_.nodes[kUndecided].kind = Node::Kind::undecided;
  }

  Machine finish(NodeId entry) {
    // Nodes were made backwards; turned round they stand in the order of the text.
    const auto turned = [last = static_cast<NodeId>(machine_.nodes.size()) + kUndecided](NodeId id) {
      return id <= kUndecided ? id : last - id;
    };
    std::reverse(machine_.nodes.begin() + kUndecided + 1, machine_.nodes.end());
    for (Node& node : machine_.nodes) {
      node.yes = turned(node.yes);
      node.no = turned(node.no);
      node.unknown = turned(node.unknown);
      if (node.skipped) node.skipped = turned(*node.skipped);
    }
    machine_.entry = turned(entry);
    return std::move(machine_);
  }

  // The entry of the list; `next` is where it goes when it has come to its end.
  NodeId list(const Steps& steps, const std::string& prefix, NodeId next, const Around& around) {
    std::vector<Around> places;
    Around place = around;
    for (const Step& step : steps) {
      places.push_back(place);
      if (step.verb == Verb::done || step.verb == Verb::escalate) place.guards.push_back(&step);
    }
    for (std::size_t i = steps.size(); i-- > 0;) next = this->step(steps[i], prefix, next, next, places[i]);
    return next;
  }

  // `until`: [after_each, until] of the ladder around it, or a single look. Ends in kEnd, or in a `done` node: not
  // needed.
  NodeId look_machine(const Step& step, const std::string& prefix, const Around& around) {
    Node enough = node_of(step, Node::Kind::done, prefix + "enough");
    enough.text = CheckedText{};
    const NodeId not_needed = add(std::move(enough));
    Node look = node_of(step, Node::Kind::look, prefix + "until");
    look.expr = step.until->expr;
    if (around.ladder != nullptr) {
      if (around.ladder->hold) look.hold = *around.ladder->hold;
      if (around.ladder->limit) look.limit = *around.ladder->limit;
    }
    look.yes = not_needed;
    look.no = kEnd;
    const NodeId asked = add(std::move(look));
    return around.ladder == nullptr ? asked : list(around.ladder->after_each, prefix, asked, {});
  }

 private:
  static Node node_of(const Step& step, Node::Kind kind, std::string path) {
    Node node;
    node.kind = kind;
    node.path = std::move(path);
    node.step = step.name.name;
    node.span = step.name.span;
    return node;
  }

  NodeId add(Node node) {
    machine_.nodes.push_back(std::move(node));
    return static_cast<NodeId>(machine_.nodes.size() - 1);
  }

  NodeId guard(const Step& step, const model::ExprSlot& when, const std::string& path, NodeId yes, NodeId no) {
    Node node = node_of(step, Node::Kind::guard, path);
    node.expr = when.expr;
    node.span = when.text.origin;
    node.yes = yes;
    node.no = no;
    return add(std::move(node));
  }

  // `skipped` differs from `next` for rungs: after a skipped one there is no look.
  NodeId step(const Step& step, const std::string& prefix, NodeId next, NodeId skipped, const Around& around) {
    const std::string path = prefix + step.name.name;
    const NodeId entry = verb(step, path, prefix, next, skipped, around);
    return step.when ? guard(step, *step.when, path + "/when", entry, skipped) : entry;
  }

  NodeId verb(const Step& step, const std::string& path, const std::string& prefix, NodeId next, NodeId skipped,
              const Around& around) {
    switch (step.verb) {
      case Verb::run:
        return run(step, path, next, skipped);
      case Verb::expect:
        return expect(step, path, next, around);
      case Verb::choose:
        return choose(step, path, next, around);
      case Verb::group:
        return list(step.body, path + "/", next, around);
      case Verb::rollout:
        return rollout(step, path, next, skipped, around);
      case Verb::ladder:
        return ladder(step, path, next, around);
      case Verb::play:
        return play(step, path, next, around);
      case Verb::approve:
        return approve(step, path, next, around);
      case Verb::settles: {
        Node node = node_of(step, Node::Kind::settle, path);
        node.target = prefix + step.target.name;
        if (step.limit) node.limit = *step.limit;
        node.yes = next;
        return add(std::move(node));
      }
      case Verb::wait: {
        Node node = node_of(step, Node::Kind::wait, path);
        if (step.limit) node.limit = *step.limit;
        node.yes = next;
        return add(std::move(node));
      }
      case Verb::done:
      case Verb::escalate: {
        Node node = node_of(step, step.verb == Verb::done ? Node::Kind::done : Node::Kind::escalate, path);
        node.text = step.text->checked;
        return add(std::move(node));
      }
    }
    return next;
  }

  NodeId run(const Step& step, const std::string& path, NodeId next, NodeId skipped) {
    const bool reads = step.action->effect == Effect::read;
    Node node = node_of(step, reads ? Node::Kind::snapshot : Node::Kind::act, path);
    node.action = step.action;
    if (step.hosts) node.expr = step.hosts->expr;
    node.with = arguments_of(step.with);
    if (step.limit) node.limit = *step.limit;
    node.retry = step.retry;
    node.yes = next;
    if (skipped != next) node.skipped = skipped;
    return add(std::move(node));
  }

  NodeId expect(const Step& step, const std::string& path, NodeId next, const Around& around) {
    const NodeId otherwise = step.otherwise ? list(*step.otherwise, path + "/else/", kStop, around) : kStop;
    Node node = node_of(step, Node::Kind::expect, path);
    node.expr = step.expr->expr;
    if (step.limit) node.limit = *step.limit;
    if (step.hold) node.hold = *step.hold;
    node.yes = next;
    node.no = otherwise;
    return add(std::move(node));
  }

  NodeId choose(const Step& step, const std::string& path, NodeId next, const Around& around) {
    NodeId otherwise = step.otherwise ? list(*step.otherwise, path + "/else/", next, around) : kStop;
    for (std::size_t i = step.arms.size(); i-- > 0;) {
      const std::string arm = fmt::format("{}/arm[{}]/", path, i);
      const NodeId body = list(step.arms[i].body, arm, next, around);
      otherwise = guard(step, step.arms[i].when, arm + "when", body, otherwise);
    }
    return otherwise;
  }

  NodeId rollout(const Step& step, const std::string& path, NodeId next, NodeId skipped, const Around& around) {
    Node node = node_of(step, Node::Kind::rollout, path);
    node.expr = step.expr->expr;
    if (step.order) node.order = step.order->expr;
    if (step.batch) node.batch = *step.batch;
    if (step.stop_after) node.stop_after = step.stop_after->literal;
    if (step.gate) node.gate = gate_of(*step.gate);
    Compiler body;
    const NodeId first = body.list(step.body, "", kEnd, {});
    node.body = std::make_shared<const Machine>(body.finish(first));
    if (step.until) node.after_turn = after_turn(step, "look/", around);
    node.yes = next;
    if (skipped != next) node.skipped = skipped;
    return add(std::move(node));
  }

  static std::shared_ptr<const Machine> after_turn(const Step& step, const std::string& prefix, const Around& around) {
    Compiler look;
    const NodeId first = look.look_machine(step, prefix, around);
    return std::make_shared<const Machine>(look.finish(first));
  }

  NodeId play(const Step& step, const std::string& path, NodeId next, const Around& around) {
    Node node = node_of(step, Node::Kind::play, path);
    node.program = step.program;
    node.with = arguments_of(step.with);
    // Another prefix than a rollout's own `until`: both may be asked after one turn.
    if (step.until) node.after_turn = after_turn(step, "outer_look/", around);
    node.yes = next;
    return add(std::move(node));
  }

  NodeId approve(const Step& step, const std::string& path, NodeId next, const Around& around) {
    for (std::size_t i = around.guards.size(); i-- > 0;)
      next = this->step(*around.guards[i], path + "/again/", next, next, {});
    Node node = node_of(step, Node::Kind::approve, path);
    node.text = step.text->checked;
    if (step.limit) node.limit = *step.limit;
    node.yes = next;
    return add(std::move(node));
  }

  // look[0], rung, look[1], rung, look[2] ...; exhausted: else.
  NodeId ladder(const Step& step, const std::string& path, NodeId next, const Around& around) {
    Around inside = around;
    inside.ladder = &step;
    NodeId exhausted = step.otherwise ? list(*step.otherwise, path + "/else/", kStop, around) : kStop;
    const auto look_at = [&](std::size_t k, NodeId no) {
      const std::string prefix = fmt::format("{}/look[{}]/", path, k);
      Node look = node_of(step, Node::Kind::look, prefix + "until");
      look.expr = step.until->expr;
      if (step.hold) look.hold = *step.hold;
      if (step.limit) look.limit = *step.limit;
      look.yes = next;
      look.no = no;
      return list(step.after_each, prefix, add(std::move(look)), around);
    };
    for (std::size_t i = step.body.size(); i-- > 0;) {
      const NodeId look = look_at(i + 1, exhausted);
      exhausted = this->step(step.body[i], path + "/", look, exhausted, inside);
    }
    return look_at(0, exhausted);
  }

  Machine machine_;
};

}  // namespace

Machine compile(const model::Playbook& book) {
  Compiler compiler;
  const NodeId entry = compiler.list(book.steps, "", kEnd, {});
  return compiler.finish(entry);
}

}  // namespace unjam::playbooks
