// Upper bound of a run's time (language.md 4): no loops but turns over finite sets, so one walk adds it up.
#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "playbooks/program.h"

namespace unjam::playbooks {

namespace {

class Bound {
 public:
  Bound(const Fields& params, const std::function<std::size_t(const Within&)>& count)
      : params_(params), count_(count) {}

  // The longest path from the entry, each node counted once: arms of a choice are alternatives by construction.
  Duration machine(const Machine& machine) { return longest(machine); }

  Duration node(const Node& node) {
    switch (node.kind) {
      case Node::Kind::rollout:
        return rollout(node);
      case Node::Kind::play:
        return node.program ? machine(node.program->machine) : Duration{};
      case Node::Kind::act:
      case Node::Kind::snapshot:
      case Node::Kind::settle:
      case Node::Kind::expect:
      case Node::Kind::look:
      case Node::Kind::wait:
        return patience(node.limit);
      default:
        return {};  // people are not counted: the bound is from approval
    }
  }

  // The largest undo that one turn may leave to a rollback.
  Duration rollback(const Machine& machine) {
    Duration most{};
    for (const auto& n : machine.nodes) {
      if (n.kind == Node::Kind::settle) most = std::max(most, patience(n.limit));
      if (n.body) most = std::max(most, rollback(*n.body));
      if (n.program) most = std::max(most, rollback(n.program->machine));
    }
    return most;
  }

 private:
  Duration patience(const DurationArg& arg) const {
    if (arg.param.empty()) return arg.literal;
    const auto found = params_.find(arg.param);
    const auto* value = found == params_.end() ? nullptr : found->second.as_duration();
    return value == nullptr ? Duration{} : *value;
  }

  std::int64_t turns_at_once(const Node& node, std::int64_t hosts) const {
    std::int64_t batch = node.batch.literal;
    if (const auto found = params_.find(node.batch.param); found != params_.end() && found->second.as_int())
      batch = *found->second.as_int();
    if (node.batch.percent) batch = hosts * batch / 100;
    return std::max<std::int64_t>(batch, 1);
  }

  Duration rollout(const Node& node) {
    const auto hosts = static_cast<std::int64_t>(count_(node.expr->type->within));
    const std::int64_t batch = turns_at_once(node, hosts);
    Duration turn = machine(*node.body);
    if (node.gate) turn += patience(node.gate->limit);
    if (node.after_turn) turn += machine(*node.after_turn);
    return (hosts + batch - 1) / batch * turn;
  }

  static std::vector<NodeId> next_of(const Node& n) {
    std::vector<NodeId> out{n.yes};
    if (n.kind == Node::Kind::guard || n.kind == Node::Kind::look || n.kind == Node::Kind::expect) out.push_back(n.no);
    if (n.skipped) out.push_back(*n.skipped);
    return out;
  }

  // From the ends backwards, without recursion: a file of thousands of steps is as many nodes deep. A compiled machine
  // has no cycle; that each node is entered once bounds a compiler's mistake.
  Duration longest(const Machine& m) {
    std::vector<Duration> known(m.nodes.size());
    std::vector<bool> entered(m.nodes.size());
    std::vector<std::pair<NodeId, bool>> pending{{m.entry, false}};
    while (!pending.empty()) {
      const auto [at, below_known] = pending.back();
      pending.pop_back();
      const Node& n = m.nodes[at];
      if (at <= kUndecided) continue;
      if (below_known) {
        for (const NodeId to : next_of(n)) known[at] = std::max(known[at], known[to]);
        known[at] += node(n);
      } else if (!entered[at]) {
        entered[at] = true;
        pending.emplace_back(at, true);
        for (const NodeId to : next_of(n)) pending.emplace_back(to, false);
      }
    }
    return known[m.entry];
  }

  const Fields& params_;
  const std::function<std::size_t(const Within&)>& count_;
};

std::string root_step(const std::string& path) {
  return path.substr(0, path.find('/'));
}

}  // namespace

WorstCase worst_case(const Program& program, const Fields& params,
                     const std::function<std::size_t(const Within&)>& count) {
  Bound bound(params, count);
  WorstCase out;
  out.total = bound.machine(program.machine) + bound.rollback(program.machine);
  std::map<std::string, Duration> times;
  std::vector<std::string> order;
  for (const auto& node : program.machine.nodes) {
    const auto time = bound.node(node);
    if (time == Duration{}) continue;
    const auto name = root_step(node.path);
    if (!times.contains(name)) order.push_back(name);
    times[name] += time;
  }
  for (const auto& name : order) out.steps.emplace_back(name, times[name]);
  return out;
}

}  // namespace unjam::playbooks
