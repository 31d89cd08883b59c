#include "orchestrator/plan_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

#include "orchestrator/engine/policy_bounds.h"
#include "orchestrator/engine/scope.h"
#include "orchestrator/engine/turn_order.h"

namespace unjam::service {

namespace asio = boost::asio;
using engine::Place;
using engine::Plan;
using engine::RunScope;
using playbooks::Node;

namespace {

// A run that exists only to hold the readings of the plan.
state::Run reading_run() {
  state::Run run;
  run.phase = state::Phase::running;
  return run;
}

json::array names(const playbooks::Value& set) {
  json::array out;
  if (set.as_set() == nullptr) return out;
  for (const auto& host : *set.as_set()) out.push_back(playbooks::to_json(host));
  return out;
}

json::object shown(const playbooks::Evaluated& value) {
  if (!value) return {{"unknown", value.error().reason}};
  return {{"value", playbooks::to_json(*value)}};
}

struct Asked {
  std::string fact;
  std::string host;
  const playbooks::ActionSpec* action;
  json::object inputs;
  Millis limit;
  std::string failed;
};

std::vector<Asked> questions(const Plan& plan, const state::Run& run, Now now) {
  std::vector<Asked> out;
  for (const auto& fact : plan.program->facts) {
    const RunScope scope(plan, run, now, Place{&plan.root, "", std::nullopt});
    const auto hosts = playbooks::evaluate(*fact.hosts->tree, scope);
    if (!hosts || hosts->as_set() == nullptr) continue;
    for (const auto& host : *hosts->as_set()) {
      const RunScope at(plan, run, now, Place{&plan.root, "", host.as_host()->name});
      auto inputs = engine::inputs_of(fact.with, at, plan);
      Asked asked{fact.name, host.as_host()->name, fact.action, {}, engine::patience(fact.limit, plan.root.fields()),
                  ""};
      if (inputs) {
        asked.inputs = std::move(*inputs);
      } else {
        asked.failed = inputs.error().reason;
      }
      out.push_back(std::move(asked));
    }
  }
  return out;
}

asio::awaitable<state::ReadingTaken> ask(const engine::Caller& caller, Asked asked, const Clock& clock) {
  state::ReadingTaken taken;
  taken.fact = asked.fact;
  taken.host = asked.host;
  taken.started_mono = clock.now().mono.since_start.count();
  taken.unknown = asked.failed;
  if (!taken.unknown.empty()) co_return taken;
  const auto outcome =
      co_await caller.call(asked.host, *asked.action, std::move(asked.inputs), json::object(), asked.limit);
  if (outcome.kind == actions::Outcome::Kind::answered) {
    taken.value = playbooks::to_json(outcome.answer.outputs).as_object();
  } else {
    taken.unknown = outcome.kind == actions::Outcome::Kind::refused ? outcome.refusal.text : outcome.reason;
  }
  co_return taken;
}

// All at once; the transports bound how many are at work.
asio::awaitable<std::vector<state::ReadingTaken>> ask_all(const engine::Caller& caller, std::vector<Asked> all,
                                                          const Clock& clock) {
  const auto executor = co_await asio::this_coro::executor;
  using Operation = decltype(asio::co_spawn(executor, ask(caller, Asked{}, clock), asio::deferred));
  std::vector<Operation> operations;
  for (auto& asked : all)
    operations.push_back(asio::co_spawn(executor, ask(caller, std::move(asked), clock), asio::deferred));
  std::vector<state::ReadingTaken> out;
  if (operations.empty()) co_return out;
  auto [order, crashed, taken] = co_await asio::experimental::make_parallel_group(std::move(operations))
                                     .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
  for (auto& reading : taken) out.push_back(std::move(reading));
  co_return out;
}

json::object gate_of(const Node& node, const RunScope& scope, const playbooks::Fields& params) {
  json::object gate{{"limit_s", engine::patience(node.gate->limit, params).count() / 1000}};
  if (node.gate->floor) {
    const auto floor = playbooks::evaluate(*node.gate->floor->tree, scope);
    gate["floor"] = floor ? json::value(names(*floor)) : json::value(floor.error().reason);
    gate["min"] = engine::count(node.gate->min, params, 0);
  }
  json::object require;
  for (const auto& condition : node.gate->require) {
    auto entry = shown(playbooks::evaluate(*condition.expr->tree, scope));
    entry["condition"] = condition.expr->text.text;
    require[condition.name] = std::move(entry);
  }
  gate["require"] = std::move(require);
  return gate;
}

void add_steps(const playbooks::Machine& machine, const Plan& plan, const state::Run& run, Now now,
               const std::string& prefix, json::array& out);

json::object step_of(const Node& node, const Plan& plan, const state::Run& run, Now now, const std::string& path) {
  json::object step{{"path", path}, {"limit_s", engine::patience(node.limit, plan.root.fields()).count() / 1000}};
  const RunScope scope(plan, run, now, Place{&plan.root, path, std::nullopt});
  if (node.action != nullptr) {
    step["action"] = node.action->name;
    step["effect"] = playbooks::spell(node.action->effect);
    if (!node.action->undo.empty()) step["undo"] = node.action->undo;
  }
  if (node.expr &&
      (node.kind == Node::Kind::rollout || node.kind == Node::Kind::act || node.kind == Node::Kind::snapshot)) {
    const auto set = playbooks::evaluate(*node.expr->tree, scope);
    step["hosts"] = set ? json::value(names(*set)) : json::value("unknown: " + set.error().reason);
    if (node.kind == Node::Kind::rollout && set) {
      const auto at = [&](const std::string& host) { return RunScope(plan, run, now, Place{&plan.root, path, host}); };
      const auto turns = engine::turn_order(node, *set->as_set(), at);
      step["hosts"] = json::array(turns.begin(), turns.end());
      if (node.order) step["order"] = node.order->text.text;
      json::object gates;
      for (const auto& host : turns)
        if (node.gate) gates[host] = gate_of(node, at(host), plan.root.fields());
      if (node.gate) step["gates"] = std::move(gates);
    }
  }
  return step;
}

void add_steps(const playbooks::Machine& machine, const Plan& plan, const state::Run& run, Now now,
               const std::string& prefix, json::array& out) {
  static constexpr std::string_view kKinds[] = {"end",       "stop",    "undecided", "guard", "run",
                                                "look once", "settle",  "expect",    "until", "rollout",
                                                "play",      "approve", "wait",      "done",  "escalate"};
  for (const auto& node : machine.nodes) {
    if (node.kind == Node::Kind::end || node.kind == Node::Kind::stop || node.kind == Node::Kind::undecided ||
        node.kind == Node::Kind::guard)
      continue;
    if (node.path.find("/again/") != std::string::npos) continue;  // guards asked again after the approval
    auto step = step_of(node, plan, run, now, prefix + node.path);
    step["kind"] = kKinds[static_cast<std::size_t>(node.kind)];
    out.push_back(std::move(step));
    if (node.body) add_steps(*node.body, plan, run, now, prefix + node.path + "[]/", out);
  }
}

playbooks::Set members(const playbooks::Within& within, const Plan& plan) {
  playbooks::Set hosts;
  if (within.empty())
    for (const auto& host : plan.estate.hosts) hosts.push_back(playbooks::Value::host(host.name));
  for (const auto& atom : within)
    if (const auto found = plan.root.targets.find(atom); found != plan.root.targets.end())
      for (const auto& host : *found->second.as_set()) hosts.push_back(host);
  return *playbooks::Value::set(std::move(hosts)).as_set();
}

json::object worst_case_of(const Plan& plan) {
  const auto counted = [&](const playbooks::Within& within) -> std::size_t { return members(within, plan).size(); };
  const auto worst = playbooks::worst_case(*plan.program, plan.root.fields(), counted);
  json::object steps;
  for (const auto& [name, duration] : worst.steps) steps[name] = playbooks::spell(playbooks::Value::duration(duration));
  return {{"total", playbooks::spell(playbooks::Value::duration(worst.total))}, {"steps", std::move(steps)}};
}

// Actions that a host may be asked for and that none of its packs offers. Such a step escalates when it is reached.
class Unprovided {
 public:
  explicit Unprovided(const Plan& plan) : plan_(plan) {
    for (const auto& fact : plan.program->facts) ask(*fact.action, fact.hosts->type->within);
    walk(plan.program->machine, {});
  }
  json::array list() const { return json::array(found_.begin(), found_.end()); }

 private:
  void walk(const playbooks::Machine& machine, const playbooks::Within& in_hand) {
    for (const auto& node : machine.nodes) {
      if (node.kind == Node::Kind::act || node.kind == Node::Kind::snapshot)
        ask(*node.action, node.expr ? node.expr->type->within : in_hand);
      if (node.body) walk(*node.body, node.expr->type->within);
      if (node.after_turn && node.kind == Node::Kind::rollout) walk(*node.after_turn, in_hand);
    }
  }

  void ask(const playbooks::ActionSpec& action, const playbooks::Within& within) {
    for (const auto& member : members(within, plan_)) {
      const auto* host = plan_.inventory->find(HostName{member.as_host()->name});
      if (host == nullptr) continue;
      if (plan_.packs->provider(*host, action.name) == nullptr)
        found_.insert(fmt::format("{} on {}", action.name, host->name.text));
      const bool owes = !action.undo.empty() && action.undo != "none";
      if (owes && plan_.packs->provider(*host, action.undo) == nullptr)
        found_.insert(fmt::format("{} on {}", action.undo, host->name.text));
    }
  }

  const Plan& plan_;
  std::set<std::string> found_;
};

// Whom policy wants to be asked; nothing: it names nobody who may, and the run will be refused.
std::optional<json::array> approvals_of(const Plan& plan) {
  json::array out;
  const auto strongest = plan.strongest().value_or(playbooks::Effect::read);
  std::set<playbooks::Effect> kinds{strongest};  // nudges are asked for by themselves
  if (plan.effects.contains(playbooks::Effect::nudge)) kinds.insert(playbooks::Effect::nudge);
  for (const auto effect : kinds) {
    const auto wanted = engine::questions(plan, effect);
    if (!wanted) return std::nullopt;
    for (const auto& question : *wanted)
      out.push_back({{"for", spell(question.effect)}, {"by", question.rule.by}, {"count", question.rule.count}});
  }
  return out;
}

json::object head_of(const Plan& plan) {
  json::array changeable(plan.changeable.begin(), plan.changeable.end());
  json::array locks(plan.locks.begin(), plan.locks.end());
  json::object targets;
  for (const auto& [name, set] : plan.root.targets) targets[name] = names(set);
  json::object out{{"playbook", plan.program->name},
                   {"summary", plan.program->summary},
                   {"digest", plan.digest},
                   {"confirm", plan.created.changes_at_most},
                   {"changeable", std::move(changeable)},
                   {"locks", std::move(locks)},
                   {"strongest", playbooks::spell(plan.strongest().value_or(playbooks::Effect::read))},
                   {"targets", std::move(targets)}};
  if (auto asked = approvals_of(plan)) {
    if (plan.strongest() && plan.policy->approvals.contains(*plan.strongest())) {
      const auto& rule = plan.policy->approvals.at(*plan.strongest());
      out["approval"] = {{"by", rule.by}, {"count", rule.count}};
    }
    out["approvals"] = std::move(*asked);
  }
  out["no_provider"] = Unprovided(plan).list();
  return out;
}

json::array facts_of(const std::vector<state::ReadingTaken>& readings) {
  json::array out;
  for (const auto& reading : readings) {
    json::object entry{{"fact", reading.fact}, {"host", reading.host}};
    if (reading.value) {
      entry["value"] = *reading.value;
    } else {
      entry["unknown"] = reading.unknown;
    }
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace

asio::awaitable<json::object> report_plan(const Plan& plan, engine::World world, Tokens& tokens) {
  auto run = reading_run();
  const Clock& clock = *world.clock;
  const engine::Caller caller(plan, tokens, world);
  const auto readings = co_await ask_all(caller, questions(plan, run, clock.now()), clock);
  // Evaluated at the moment when the last answer came, with every reading as fresh as that.
  const Now now = clock.now();
  for (const auto& taken : readings)
    run.readings[{taken.fact, taken.host}] = state::Reading{taken.value, taken.unknown, 0, now.mono, now.mono, 0};
  auto out = head_of(plan);
  json::array steps;
  add_steps(plan.program->machine, plan, run, now, "", steps);
  out["steps"] = std::move(steps);
  out["facts"] = facts_of(readings);
  out["worst_case"] = worst_case_of(plan);
  co_return out;
}

}  // namespace unjam::service
