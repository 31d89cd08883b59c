#include "playbooks/compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "playbooks/checker.h"

namespace unjam::playbooks {

using model::Step;
using model::Steps;
using model::Verb;

namespace {

Argument argument_of(const model::ArgumentSlot& slot) {
  return {slot.name, slot.expr, slot.checked};
}

// The ladder that a rollout or play stands in: its looks are the ladder's.
struct Around {
  const Step* ladder = nullptr;
  std::ptrdiff_t guard = -1;  // the last one passed on the way here (Compiler::guards_): asked again after an approval
  bool changed = false;       // something may have been changed on the way here: then nothing is `done` any more
};

// Builds one machine from its last step to its first: each step is compiled with the place where it goes on.
class Compiler {
 public:
  Compiler() {
    for (const Node::Kind kind : {Node::Kind::end, Node::Kind::stop, Node::Kind::undecided}) {
      Node node;
      node.kind = kind;
      machine_.nodes.push_back(std::move(node));
    }
  }

  Machine compile(const Steps& steps, const Around& around) {
    machine_.entry = list(steps, "", kEnd, around);
    return renumbered();
  }

  // The look after a turn: what it does first, then `until`. Its end means: not yet.
  Machine compile_until(const model::ExprSlot& until, const Around& around) {
    Node enough;
    enough.kind = Node::Kind::done;
    enough.path = "until/enough";
    enough.step = "until";
    enough.span = until.text.origin;
    enough.text.emplace();
    Node look;
    look.kind = Node::Kind::look;
    look.path = "until";
    look.step = "until";
    look.span = until.text.origin;
    look.expr = until.expr;
    if (around.ladder != nullptr) {
      look.limit = around.ladder->limit.value_or(DurationArg{});
      look.hold = around.ladder->hold.value_or(DurationArg{});
    }
    look.yes = add(std::move(enough));
    look.no = kEnd;
    const NodeId at = add(std::move(look));
    machine_.entry = around.ladder != nullptr ? list(around.ladder->after_each, "until/", at, Around{}) : at;
    return renumbered();
  }

 private:
  NodeId add(Node node) {
    machine_.nodes.push_back(std::move(node));
    return static_cast<NodeId>(machine_.nodes.size() - 1);
  }

  NodeId list(const Steps& steps, const std::string& prefix, NodeId next, Around around) {
    std::vector<Around> places;
    for (const Step& step : steps) {
      places.push_back(around);
      around.changed = around.changed || is_change(step);
      if (step.when && (step.verb == Verb::done || step.verb == Verb::escalate)) {
        guards_.emplace_back(&step, around.guard);
        around.guard = std::ssize(guards_) - 1;
      }
    }
    for (std::size_t i = steps.size(); i-- > 0;) next = one(steps[i], prefix, next, next, places[i]);
    return next;
  }

  // `skipped`: where a step goes on that had nothing to do.
  NodeId one(const Step& step, const std::string& prefix, NodeId next, NodeId skipped, const Around& around) {
    const NodeId body = verb(step, prefix + step.name.name, next, skipped, around);
    return step.when ? guard(step, prefix + step.name.name + "/when", *step.when, body, skipped) : body;
  }

  NodeId guard(const Step& step, std::string path, const model::ExprSlot& when, NodeId yes, NodeId no) {
    Node node;
    node.kind = Node::Kind::guard;
    node.path = std::move(path);
    node.step = step.name.name;
    node.span = when.text.origin;
    node.expr = when.expr;
    node.yes = yes;
    node.no = no;
    return add(std::move(node));
  }

  Node node_of(const Step& step, std::string path, Node::Kind kind, NodeId next) const {
    Node node;
    node.kind = kind;
    node.path = std::move(path);
    node.step = step.name.name;
    node.span = step.verb_span;
    node.yes = next;
    if (step.limit) node.limit = *step.limit;
    if (step.text) node.text = step.text->checked;
    return node;
  }

  NodeId verb(const Step& step, const std::string& path, NodeId next, NodeId skipped, const Around& around) {
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
        return play(step, path, next, skipped, around);
      case Verb::settles: {
        Node node = node_of(step, path, Node::Kind::settle, next);
        node.target = path.substr(0, path.size() - step.name.name.size()) + step.target.name;
        node.action = step.action;
        return add(std::move(node));
      }
      case Verb::approve:
        return approve(step, path, next, around);
      case Verb::wait:
        return add(node_of(step, path, Node::Kind::wait, next));
      case Verb::done:
        return add(node_of(step, path, Node::Kind::done, kEnd));
      case Verb::escalate:
        return add(node_of(step, path, Node::Kind::escalate, kStop));
    }
    return kStop;
  }

  NodeId run(const Step& step, const std::string& path, NodeId next, NodeId skipped) {
    const bool reads = step.action->effect == Effect::read;
    Node node = node_of(step, path, reads ? Node::Kind::snapshot : Node::Kind::act, next);
    node.action = step.action;
    node.retry = step.retry;
    if (step.hosts) node.expr = step.hosts->expr;
    for (const auto& slot : step.with) node.with.push_back(argument_of(slot));
    if (skipped != next) node.skipped = skipped;
    return add(std::move(node));
  }

  NodeId expect(const Step& step, const std::string& path, NodeId next, const Around& around) {
    Node node = node_of(step, path, Node::Kind::expect, next);
    node.expr = step.expr->expr;
    if (step.hold) node.hold = *step.hold;
    if (step.otherwise) node.no = list(*step.otherwise, path + "/else/", kStop, around);
    node.unknown = node.no;
    return add(std::move(node));
  }

  NodeId choose(const Step& step, const std::string& path, NodeId next, const Around& around) {
    // The arms of an enumeration are exhaustive: below the last one nothing is left to decide.
    NodeId otherwise = step.otherwise ? list(*step.otherwise, path + "/else/", next, around) : kUndecided;
    for (std::size_t i = step.arms.size(); i-- > 0;) {
      const NodeId body = list(step.arms[i].body, path + "/", next, around);
      otherwise = guard(step, fmt::format("{}/arm[{}]", path, i), step.arms[i].when, body, otherwise);
    }
    return otherwise;
  }

  NodeId rollout(const Step& step, const std::string& path, NodeId next, NodeId skipped, const Around& around) {
    Node node = node_of(step, path, Node::Kind::rollout, next);
    node.expr = step.expr->expr;
    if (step.order) node.order = step.order->expr;
    node.batch = step.batch.value_or(CountArg{});
    node.stop_after = step.stop_after.value_or(CountArg{});
    if (step.gate) node.gate = gate(*step.gate);
    node.body = std::make_shared<const Machine>(Compiler().compile(step.body, Around{}));
    if (step.until) node.after_turn = std::make_shared<const Machine>(Compiler().compile_until(*step.until, around));
    if (skipped != next) node.skipped = skipped;
    return add(std::move(node));
  }

  static Gate gate(const model::GateSpec& spec) {
    Gate gate;
    if (spec.floor) gate.floor = spec.floor->expr;
    gate.min = spec.min.value_or(CountArg{});
    for (const auto& [name, condition] : spec.require) gate.require.push_back({name.name, condition.expr});
    gate.limit = spec.limit.value_or(DurationArg{});
    gate.span = spec.span;
    return gate;
  }

  // look[0], rung, look[1], rung, look[2] ... Each look is what `after_each` does and then `until`.
  NodeId ladder(const Step& step, const std::string& path, NodeId next, const Around& around) {
    Around inner = around;
    inner.ladder = &step;
    inner.changed = inner.changed || is_change(step);
    NodeId higher = step.otherwise ? list(*step.otherwise, path + "/else/", kStop, around) : kStop;
    for (std::size_t i = step.body.size(); i-- > 0;) {
      const NodeId look = whole_look(step, fmt::format("{}/look[{}]", path, i + 1), next, higher);
      higher = one(step.body[i], path + "/", look, higher, inner);
    }
    return whole_look(step, path + "/look[0]", next, higher);
  }

  NodeId whole_look(const Step& step, const std::string& path, NodeId yes, NodeId no) {
    Node node = node_of(step, path, Node::Kind::look, yes);
    node.span = step.until->text.origin;
    node.expr = step.until->expr;
    node.no = no;
    if (step.hold) node.hold = *step.hold;
    const NodeId look = add(std::move(node));
    return list(step.after_each, path + "/", look, Around{});
  }

  NodeId play(const Step& step, const std::string& path, NodeId next, NodeId skipped, const Around& around) {
    Node node = node_of(step, path, Node::Kind::play, next);
    node.program = step.program;
    for (const auto& slot : step.with) node.with.push_back(argument_of(slot));
    if (step.until) node.after_turn = std::make_shared<const Machine>(Compiler().compile_until(*step.until, around));
    if (skipped != next) node.skipped = skipped;
    return add(std::move(node));
  }

  // An approval may take hours: what was found before it is asked again behind it.
  NodeId approve(const Step& step, const std::string& path, NodeId next, const Around& around) {
    const std::string again = path + "/again/";
    for (std::ptrdiff_t at = around.guard; at >= 0; at = guards_[static_cast<std::size_t>(at)].second) {
      const Step& above = *guards_[static_cast<std::size_t>(at)].first;
      const bool done = above.verb == Verb::done;
      if (done && around.changed) continue;
      const NodeId way_out = add(
          node_of(above, again + above.name.name, done ? Node::Kind::done : Node::Kind::escalate, done ? kEnd : kStop));
      next = guard(above, again + above.name.name + "/when", *above.when, way_out, next);
    }
    return add(node_of(step, path, Node::Kind::approve, next));
  }

  // Nodes in the order in which a reader meets them: from the entry, yes before no. What is not reached is left out.
  Machine renumbered() {
    constexpr NodeId kNone = static_cast<NodeId>(-1);
    std::vector<NodeId> number(machine_.nodes.size(), kNone);
    std::vector<NodeId> order{kEnd, kStop, kUndecided};
    for (const NodeId fixed : order) number[fixed] = fixed;
    std::vector<NodeId> pending{machine_.entry};
    while (!pending.empty()) {
      const NodeId at = pending.back();
      pending.pop_back();
      if (number[at] != kNone) continue;
      number[at] = static_cast<NodeId>(order.size());
      order.push_back(at);
      const Node& node = machine_.nodes[at];
      for (const NodeId to : {node.unknown, node.skipped.value_or(kEnd), node.no, node.yes}) pending.push_back(to);
    }
    Machine out;
    out.entry = number[machine_.entry];
    for (const NodeId at : order) {
      Node node = std::move(machine_.nodes[at]);
      node.yes = number[node.yes];
      node.no = number[node.no];
      node.unknown = number[node.unknown];
      if (node.skipped) node.skipped = number[*node.skipped];
      out.nodes.push_back(std::move(node));
    }
    return out;
  }

  Machine machine_;
  std::vector<std::pair<const Step*, std::ptrdiff_t>> guards_;  // each with the one before it on its way
};

}  // namespace

Machine compile_steps(const Steps& steps) {
  return Compiler().compile(steps, Around{});
}

bool is_path_word(std::string_view word) {
  constexpr std::array<std::string_view, 2> kWords{"when", "until"};
  return std::ranges::find(kWords, word) != kWords.end();
}

}  // namespace unjam::playbooks
