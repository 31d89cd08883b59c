// Rollouts: who, in which order, turn by turn.
#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/engine/turn_order.h"
#include "orchestrator/engine/walker.h"
#include "state/base/plants.h"

namespace unjam::engine {

using playbooks::Value;

namespace {

constexpr std::string_view kOfPlay = "@play/";

bool contains(const playbooks::Set& set, const std::string& host) {
  return std::any_of(set.begin(), set.end(), [&](const Value& v) { return v.as_host() && v.as_host()->name == host; });
}

}  // namespace

// Fixes set and order on entry. False: something is under way.
bool Walker::choose_hosts(const Node& node, const std::string& path, const Where& where) {
  const auto view = scope(where, path);
  playbooks::ExprUses uses = node.expr->uses;
  if (node.order) uses.facts.insert(uses.facts.end(), node.order->uses.facts.begin(), node.order->uses.facts.end());
  for (auto& use : uses.facts) use.host_only = false;  // `order` asks every host of the set, none is in hand yet
  if (read(view, view.missing(uses))) return false;
  const auto set = playbooks::evaluate(*node.expr->tree, view);
  if (!set || set->as_set() == nullptr) {
    escalate(path,
             fmt::format("`{}` cannot be decided: {}", node.expr->text.text, set ? "not a set" : set.error().reason),
             true, Outcome::unknown);
    return false;
  }
  const auto at = [&](const std::string& host) {
    Where in_hand = where;
    in_hand.host = host;
    return scope(in_hand, path);
  };
  state::HostsChosen chosen{path, turn_order(node, *set->as_set(), at)};
  record(std::move(chosen));
  return false;
}

void Walker::visit_rollout(const Node& node, const std::string& path, const Where& where) {
  const auto* started = step(path);
  if (started == nullptr || !started->hosts) {
    if (settling_) return;
    if (started == nullptr) return record(state::StepStarted{path});
    choose_hosts(node, path, where);
    return;
  }
  const auto& hosts = *started->hosts;
  std::int64_t active = 0;
  std::int64_t failures = 0;
  auto worst = Outcome::skipped;
  std::string cause;
  for (const auto& host : hosts) {
    const auto found = run_.turns.find({path, host});
    if (found == run_.turns.end()) continue;
    if (!found->second.ended) {
      ++active;
      turn(node, path, host, where);
      if (recorded_) return;
      continue;
    }
    if (found->second.outcome > worst) cause = found->second.cause;
    worst = std::max(worst, found->second.outcome);
    if (found->second.outcome > Outcome::ok) ++failures;
  }
  if (settling_) return;
  const bool stopping =
      !planted("failures-not-counted") && failures >= count(node.stop_after, where.frame->fields(), hosts.size());
  if (stopping && active == 0) return end_step(path, worst, cause);
  if (stopping) return;

  const auto batch = count(node.batch, where.frame->fields(), hosts.size());
  for (const auto& host : hosts) {
    const auto found = run_.turns.find({path, host});
    if (found != run_.turns.end()) {
      if (!found->second.ended || found->second.outcome != Outcome::ok) continue;
      const auto enough = not_needed(node, path, host, where);
      if (!enough) return;  // it is being looked at, or the rest has been found unneeded
      if (*enough) return end_step(path, std::max(worst, Outcome::ok), "until", "the rest is not needed");
      continue;
    }
    if (active >= batch && !planted("batch-not-kept")) return;
    if (!begin_turn(node, path, host, where)) return;
    ++active;
  }
  if (active == 0) end_step(path, worst, cause);
}

// `until` after a turn. Nothing: under way.
std::optional<bool> Walker::not_needed(const Node& node, const std::string& path, const std::string& host,
                                       const Where& where) {
  const std::string prefix = fmt::format("{}[{}]/", path, host);
  const auto ask = [&](const playbooks::Machine& machine, Where at, std::string_view below) -> std::optional<bool> {
    at.prefix = prefix + std::string(below);
    at.host.reset();
    at.rollout = nullptr;
    switch (walk(machine, at)) {
      case Walked::done:
        return true;
      case Walked::end:
        return false;
      case Walked::stop:
        end_step(path, Outcome::failed, "until");
        return std::nullopt;
      case Walked::waiting:
        return std::nullopt;
    }
    return std::nullopt;
  };
  if (node.after_turn) {
    const auto enough = ask(*node.after_turn, where, "");
    if (!enough || *enough) return enough;
  }
  if (where.until_play == nullptr) return false;
  // Both looks have one name: beside the rollout's own, the play's stands in a place of its own.
  return ask(*where.until_play->after_turn, *where.play_at, node.after_turn ? kOfPlay : "");
}

// The set again, then the gate. True: the turn may go on being begun (nothing was decided against it, nothing is under
// way).
bool Walker::begin_turn(const Node& node, const std::string& path, const std::string& host, const Where& where) {
  Where at = where;
  at.host = host;
  const auto* started = step(path);
  Mono not_before{Millis{-1}};
  if (const auto shut = started->gate_first.find(host); shut != started->gate_first.end()) {
    const Mono deadline = shut->second + patience(node.gate->limit, where.frame->fields());
    if (now_.mono >= deadline) return end_turn(node, path, host, Outcome::no, "gate"), false;
    not_before = started->gate_last.at(host);
    const Mono due = std::min(not_before + poll(), deadline);
    if (now_.mono < due) return sleep(due), false;
  }
  std::vector<const playbooks::ActionSpec*> actions;
  for (const auto& inner : node.body->nodes)
    if (inner.kind == Node::Kind::act) actions.push_back(inner.action);
  auto strongest = playbooks::Effect::read;
  for (const auto* action : actions) strongest = std::max(strongest, action->effect);
  if (const auto blocked = obstacle(plan_, run_, around_.kill_switch, strongest, now_.wall);
      blocked && !actions.empty())
    return stop(blocked->cause, path, blocked->text), false;

  const auto view = node.gate ? gate_scope(at, path, not_before) : scope(at, path, not_before);
  bool waiting = read(view, view.missing(node.expr->uses));
  const bool floors = std::any_of(actions.begin(), actions.end(), [](const auto* a) { return a->floor_required; });
  if (node.gate && gate_demands(node, host, floors, view)) waiting = true;
  if (waiting) return false;
  const auto set = playbooks::evaluate(*node.expr->tree, view);
  if (!set || set->as_set() == nullptr) {
    escalate(path,
             fmt::format("`{}` cannot be decided: {}", node.expr->text.text, set ? "not a set" : set.error().reason),
             true, std::nullopt);
    return false;
  }
  if (!contains(*set->as_set(), host)) {
    end_turn(node, path, host, Outcome::skipped, "it is no longer in the set");
    return false;
  }
  if (!actions.empty() && !admitted(strongest)) return false;
  std::vector<state::EventBody> events;
  if (node.gate) {
    auto answer = ask_gate(node, path, host, nullptr, view);
    if (!answer.asked.open) {
      events.emplace_back(answer.asked);
      if (!answer.queued) {
        events.emplace_back(state::TurnStarted{path, host});
        events.emplace_back(state::TurnEnded{path, host, Outcome::no, kLimitOfPolicy});
      }
      return record(std::move(events)), false;
    }
    events.emplace_back(std::move(answer.asked));
  }
  events.emplace_back(state::TurnStarted{path, host});
  record(std::move(events));
  return false;
}

void Walker::turn(const Node& node, const std::string& path, const std::string& host, const Where& where) {
  Where at = where;
  at.host = host;
  at.prefix = fmt::format("{}[{}]/", path, host);
  at.rollout = &node;
  at.until_play = nullptr;
  switch (walk(*node.body, at)) {
    case Walked::waiting:
      return;
    case Walked::end:
    case Walked::done:
      return end_turn(node, path, host, Outcome::ok, "");
    case Walked::stop: {
      std::string cause;
      auto worst = worst_in(at.prefix, cause);
      if (settling_ && worst <= Outcome::ok) {
        worst = Outcome::no;
        cause = run_.stop ? run_.stop->cause : "";
      }
      return end_turn(node, path, host, worst, cause);
    }
  }
}

void Walker::end_turn(const Node&, const std::string& path, const std::string& host, Outcome outcome,
                      std::string cause) {
  std::vector<state::EventBody> events;
  if (!run_.turns.contains({path, host})) events.emplace_back(state::TurnStarted{path, host});
  events.emplace_back(state::TurnEnded{path, host, outcome, std::move(cause)});
  // The slot goes back only on positive evidence: every verification of the turn has held.
  if ((outcome == Outcome::ok || planted("slot-freed-early")) && run_.slots.contains(host))
    events.emplace_back(state::SlotsReleased{{host}, "every step of its turn is ok and verified"});
  record(std::move(events));
}

// The worst outcome of the steps directly below `prefix`, and the cause of the first that has it.
state::StepOutcome Walker::worst_in(const std::string& prefix, std::string& cause) const {
  auto worst = Outcome::skipped;
  for (auto at = run_.steps.lower_bound(prefix); at != run_.steps.end() && at->first.starts_with(prefix); ++at) {
    const auto& [path, found] = *at;
    if (!found.ended || path.ends_with("/when")) continue;
    if (found.outcome > worst) {
      worst = found.outcome;
      cause = found.cause.empty() ? path : fmt::format("{}: {}", path, found.cause);
    }
  }
  return worst;
}

}  // namespace unjam::engine
