#include "orchestrator/engine/reach.h"

#include <algorithm>

#include "orchestrator/engine/scope.h"

namespace unjam::engine {

using playbooks::Effect;
using playbooks::Node;
using playbooks::Value;

namespace {

// A program as far as it is known before anything has been read.
struct Known {
  Frame frame;
  bool exact = true;  // false: its parameters depend on what is read later, its targets are every host
};

// Whether these uses have the same value at every moment of the run: parameters, targets and the inventory only.
bool fixed(const playbooks::ExprUses& uses, const Frame& frame) {
  if (!uses.facts.empty() || uses.host) return false;
  return std::ranges::all_of(uses.names, [&](const std::string& name) {
    return name == "params" || name.starts_with("params.") || name == "hosts" || name == "sites" ||
           frame.targets.contains(name) || frame.program->let(name) != nullptr;
  });
}

class Reaching {
 public:
  explicit Reaching(const Plan& plan) : plan_(plan) {}

  Reach reach() {
    program(Known{plan_.root});
    for (const auto& [role, field] : plan_.policy->healthy) reach_.actions.insert(field.action);
    reach_.actions.insert(kBootAction);
    reach_.actions.insert(kLookAction);
    return std::move(reach_);
  }

 private:
  void program(const Known& known) {
    for (const auto& fact : known.frame.program->facts) reach_.actions.insert(fact.action->name);
    if (playbooks::changes(*known.frame.program))
      for (const auto& [name, set] : known.frame.targets)
        for (const auto& host : *set.as_set()) reach_.touched.insert(host.as_host()->name);
    machine(known.frame.program->machine, known, nullptr);
  }

  void machine(const playbooks::Machine& of, const Known& known, const playbooks::Within* in_hand) {
    for (const auto& node : of.nodes) {
      if (node.action != nullptr) reach_.actions.insert(node.action->name);
      if (node.kind == Node::Kind::act) act(node, known, in_hand);
      if (node.body) machine(*node.body, known, &node.expr->type->within);
      if (node.after_turn) machine(*node.after_turn, known, in_hand);
      if (node.program) program(played(node, known));
    }
  }

  void act(const Node& node, const Known& known, const playbooks::Within* in_hand) {
    reach_.effects.insert(node.action->effect);
    if (!node.action->undo.empty() && node.action->undo != "none") reach_.actions.insert(node.action->undo);
    const auto* within = node.expr ? &node.expr->type->within : in_hand;
    if (node.action->effect > Effect::nudge && within != nullptr) changed(*within, known.frame);
  }

  void changed(const playbooks::Within& within, const Frame& frame) {
    if (within.empty())
      for (const auto& host : plan_.estate.hosts) reach_.hosts.insert(host.name);
    for (const auto& atom : within) {
      const auto target = frame.targets.find(atom);
      if (target == frame.targets.end()) continue;
      for (const auto& host : *target->second.as_set()) reach_.hosts.insert(host.as_host()->name);
    }
  }

  Known played(const Node& node, const Known& by) const {
    if (by.exact)
      if (auto inner = bound(node, by.frame)) return Known{std::move(*inner)};
    Known any{Frame{node.program.get(), ""}, false};
    playbooks::Set everyone;
    for (const auto& host : plan_.estate.hosts) everyone.push_back(Value::host(host.name));
    for (const auto& target : node.program->targets) any.frame.targets.emplace(target.name, Value::set(everyone));
    return any;
  }

  // As the walk will bind it, if what the play gives is fixed.
  std::optional<Frame> bound(const Node& node, const Frame& by) const {
    const state::Run nothing;
    const RunScope scope(plan_, nothing, Now{}, Place{&by, "", std::nullopt});
    json::object given;
    for (const auto& argument : node.with) {
      if (!fixed(argument.expr ? argument.expr->uses : argument.text->uses, by)) return std::nullopt;
      if (argument.text) {
        given[argument.input] = playbooks::fill(*argument.text, scope);
        continue;
      }
      const auto value = playbooks::evaluate(*argument.expr->tree, scope);
      if (!value) return std::nullopt;
      given[argument.input] = playbooks::to_json(*value);
    }
    Frame inner{node.program.get(), ""};
    auto params = bind_params(*node.program, plan_.estate, *plan_.policy, given);
    if (!params) return std::nullopt;
    inner.params = Value::record(std::move(*params));
    auto targets = bind_targets(*node.program, plan_.estate, inner.params);
    if (!targets) return std::nullopt;
    inner.targets = std::move(*targets);
    return inner;
  }

  const Plan& plan_;
  Reach reach_;
};

}  // namespace

Reach reach_of(const Plan& plan) {
  return Reaching(plan).reach();
}

std::string lock_of(const playbooks::Policy& policy, const playbooks::Estate& estate, const std::string& host) {
  const auto* known = estate.find(host);
  switch (policy.one_at_a_time) {
    case playbooks::Per::site:
      if (known != nullptr) return "site:" + known->site;
      [[fallthrough]];  // a host that is in no site has a lock of its own
    case playbooks::Per::host:
      return "host:" + host;
    case playbooks::Per::organisation:
      break;
  }
  return "organisation";
}

std::vector<std::string> locks_of(const Plan& plan, const std::set<std::string>& hosts) {
  std::set<std::string> locks;
  for (const auto& host : hosts) locks.insert(lock_of(*plan.policy, plan.estate, host));
  return {locks.begin(), locks.end()};
}

}  // namespace unjam::engine
