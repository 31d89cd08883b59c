// Upper bound of a run's time (language.md 4): no loops but turns over finite sets, so one walk adds it up.
#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "playbooks/program.h"

namespace unjam::playbooks {

namespace {

using HostCount = std::function<std::size_t(const Within&)>;

// What is known before anything is read: the parameters.
class ParamScope final : public Scope {
 public:
  explicit ParamScope(const Fields& params) : params_(params) {}
  Evaluated name(std::string_view name) const override { return name == "params" ? Value::record(params_) : unread(); }
  Evaluated of_host(std::string_view, const HostRef&) const override { return unread(); }
  Evaluated attribute(const HostRef&, std::string_view) const override { return unread(); }

 private:
  static Evaluated unread() { return std::unexpected(Unknown{"not known before the run", true}); }

  const Fields& params_;
};

// Of one program. `known`: parameters with the values they will have; `most`: of the others the largest they may have.
class Bound {
 public:
  Bound(const Fields& known, const Fields& most, const HostCount& count) : known_(known), most_(most), count_(count) {}

  // The longest path from the entry, each node counted once: arms of a choice are alternatives by construction.
  Duration machine(const Machine& machine) { return longest(machine); }

  Duration node(const Node& node) {
    switch (node.kind) {
      case Node::Kind::rollout:
        return rollout(node);
      case Node::Kind::play:
        return node.program ? inside(node, [](Bound& in, const Machine& m) { return in.machine(m); }) : Duration{};
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

  // Nodes that a run can come to, in their order: a guard over parameters alone goes one way only.
  std::vector<const Node*> reached(const Machine& machine) const {
    std::set<NodeId> seen;
    std::vector<NodeId> pending{machine.entry};
    while (!pending.empty()) {
      const NodeId at = pending.back();
      pending.pop_back();
      if (at <= kUndecided || !seen.insert(at).second) continue;
      for (const NodeId to : next_of(machine.nodes[at])) pending.push_back(to);
    }
    std::vector<const Node*> out;
    for (const NodeId at : seen) out.push_back(&machine.nodes[at]);
    return out;
  }

  // The largest undo that one turn may leave to a rollback.
  Duration rollback(const Machine& machine) {
    Duration most{};
    for (const auto& n : machine.nodes) {
      if (n.kind == Node::Kind::settle) most = std::max(most, patience(n.limit));
      if (n.body) most = std::max(most, rollback(*n.body));
      if (n.program) most = std::max(most, inside(n, [](Bound& in, const Machine& m) { return in.rollback(m); }));
    }
    return most;
  }

 private:
  const Value* most_of(const std::string& param) const {
    for (const Fields* fields : {&known_, &most_})
      if (const auto found = fields->find(param); found != fields->end()) return &found->second;
    return nullptr;
  }

  Duration patience(const DurationArg& arg) const {
    if (arg.param.empty()) return arg.literal;
    const auto* value = most_of(arg.param);
    const auto* duration = value == nullptr ? nullptr : value->as_duration();
    return duration == nullptr ? Duration{} : *duration;
  }

  // How often a rollout begins turns, on that many hosts or fewer: of a percentage fewer hosts may be more rounds.
  std::int64_t rounds(const Node& node, std::int64_t hosts) const {
    std::int64_t batch = node.batch.literal;
    if (!node.batch.param.empty()) {
      const auto found = known_.find(node.batch.param);
      batch = found != known_.end() && found->second.as_int() ? *found->second.as_int() : 1;
    }
    const auto at_once = [&](std::int64_t n) {
      return std::max<std::int64_t>(node.batch.percent ? n * batch / 100 : batch, 1);
    };
    std::int64_t most = 0;
    for (std::int64_t n = 1; n <= hosts; ++n) most = std::max(most, (n + at_once(n) - 1) / at_once(n));
    return most;
  }

  Duration rollout(const Node& node) {
    const auto hosts = static_cast<std::int64_t>(count_(node.expr->type->within));
    Duration turn = machine(*node.body) + after_each_turn_;
    if (node.gate) turn += patience(node.gate->limit);
    if (node.after_turn) turn += machine(*node.after_turn);
    return rounds(node, hosts) * turn;
  }

  // The value of an expression over parameters alone; nothing of any other.
  std::optional<Value> fixed(const CheckedExpr& expr) const {
    const auto is_param = [](const std::string& name) { return name == "params" || name.starts_with("params."); };
    if (!expr.uses.facts.empty() || expr.uses.host || !std::ranges::all_of(expr.uses.names, is_param)) return {};
    auto value = evaluate(*expr.tree, ParamScope(known_));
    return value ? std::optional(std::move(*value)) : std::nullopt;
  }

  // What `ask` says of the played program, on every host.
  template <typename Ask>
  Duration inside(const Node& node, Ask ask) {
    Fields known;
    Fields most;
    for (const auto& param : node.program->params) {
      const auto is_it = [&](const Argument& argument) { return argument.input == param.name; };
      const auto argument = std::ranges::find_if(node.with, is_it);
      auto value = argument == node.with.end() ? param.fallback
                   : argument->expr            ? fixed(*argument->expr)
                                               : std::nullopt;
      if (value) {
        known.emplace(param.name, std::move(*value));
      } else if (param.max) {
        most.emplace(param.name, *param.max);
      }
    }
    const HostCount everywhere = [this](const Within&) { return count_({}); };
    Bound in(known, most, everywhere);
    if (node.after_turn) in.after_each_turn_ = machine(*node.after_turn);
    return ask(in, node.program->machine);
  }

  std::vector<NodeId> next_of(const Node& n) const {
    if (n.kind == Node::Kind::guard)
      if (const auto value = fixed(*n.expr); value && value->as_bool() != nullptr)
        return {*value->as_bool() ? n.yes : n.no};
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

  const Fields& known_;
  const Fields& most_;
  const HostCount& count_;
  Duration after_each_turn_{};  // of the play that asks `until` after each turn inside
};

std::string root_step(const std::string& path) {
  return path.substr(0, path.find('/'));
}

}  // namespace

WorstCase worst_case(const Program& program, const Fields& params,
                     const std::function<std::size_t(const Within&)>& count) {
  const Fields none;
  Bound bound(params, none, count);
  WorstCase out;
  out.total = bound.machine(program.machine) + bound.rollback(program.machine);
  std::map<std::string, Duration> times;
  std::vector<std::string> order;
  for (const auto* node : bound.reached(program.machine)) {
    const auto time = bound.node(*node);
    if (time == Duration{}) continue;
    const auto name = root_step(node->path);
    if (!times.contains(name)) order.push_back(name);
    times[name] += time;
  }
  for (const auto& name : order) out.steps.emplace_back(name, times[name]);
  return out;
}

}  // namespace unjam::playbooks
