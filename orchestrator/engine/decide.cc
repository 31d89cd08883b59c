#include "orchestrator/engine/decide.h"

#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/engine/walker.h"
#include "state/base/plants.h"

namespace unjam::engine {

using playbooks::kEnd;
using playbooks::kStop;
using playbooks::kUndecided;
using playbooks::NodeId;

namespace {

// The edge that an outcome takes (table of language.md 3).
NodeId edge(const playbooks::Node& node, state::StepOutcome outcome) {
  switch (outcome) {
    case state::StepOutcome::ok:
      return node.yes;
    case state::StepOutcome::skipped:
      return node.kind == playbooks::Node::Kind::guard ? node.no : node.skipped.value_or(node.yes);
    case state::StepOutcome::unknown:
      return node.kind == playbooks::Node::Kind::guard || node.kind == playbooks::Node::Kind::look ? node.unknown
                                                                                                   : node.no;
    default:
      return node.no;
  }
}

// What the `done` that ended the run's own playbook said; one of a played playbook ended only that.
std::string done_text(const state::Run& run) {
  for (const auto& [path, step] : run.steps) {
    const bool played = std::any_of(run.plays.begin(), run.plays.end(), [&path = path](const auto& play) {
      return !play.first.empty() && path.starts_with(play.first + "/");
    });
    if (!played && step.ended && step.cause == "done") return step.detail;
  }
  return {};
}

}  // namespace

Millis effect_history(const playbooks::Policy& policy) {
  playbooks::Duration longest{};
  for (const auto& limit : policy.limits)
    longest = std::max({longest, limit.every.value_or(longest), limit.within.value_or(longest)});
  return std::max(kLeastEffectHistory, std::chrono::ceil<Millis>(longest) + kDay);
}

std::vector<Command> decide(const Plan& plan, const state::Run& run, const Surroundings& around, Now now,
                            Waymarks* waymarks) {
  return Walker(plan, run, around, now, waymarks).decide();
}

Walker::Walker(const Plan& plan, const state::Run& run, const Surroundings& around, Now now, Waymarks* waymarks)
    : plan_(plan), run_(run), around_(around), now_(now), waymarks_(waymarks) {}

std::vector<Command> Walker::decide() {
  if (run_.phase == state::Phase::none || run_.phase == state::Phase::ended) return {};
  if (run_.phase == state::Phase::stopping) {
    decide_stopping();
    return std::move(out_);
  }
  if (run_.cancelled && !planted("cancel-ignored")) {
    stop(run_.cancelled->cause, "", run_.cancelled->by ? "by " + run_.cancelled->by->user : "");
    return std::move(out_);
  }
  if (!run_.escalations.empty()) {
    stop("escalate", run_.escalations.back().path, run_.escalations.back().text);
    return std::move(out_);
  }
  switch (walk(plan_.program->machine, Where{&plan_.root, ""})) {
    case Walked::waiting:
      break;
    case Walked::end:
      record(state::RunEnded{state::End::done, run_.changed(), "", "every step is done"});
      break;
    case Walked::done:
      record(state::RunEnded{state::End::healthy, run_.changed(), "", done_text(run_)});
      break;
    case Walked::stop: {
      std::string cause;
      const auto worst = worst_in("", cause);
      stop(std::string(state::spell(worst)), "", cause);
      break;
    }
  }
  return std::move(out_);
}

Walked Walker::walk(const playbooks::Machine& machine, const Where& where) {
  NodeId from_entry = machine.entry;
  NodeId& at = settling_ || waymarks_ == nullptr
                   ? from_entry
                   : waymarks_->try_emplace({&machine, where.prefix}, machine.entry).first->second;
  std::string path = where.prefix;
  for (std::size_t visited = 0; visited <= machine.nodes.size(); ++visited) {
    const Node& node = machine.nodes[at];
    if (at == kEnd) return Walked::end;
    if (at == kStop || at == kUndecided) return Walked::stop;
    path.resize(where.prefix.size());
    path += node.path;
    const auto* record_of_step = step(path);
    if (record_of_step != nullptr && record_of_step->ended) {
      if (node.kind == Node::Kind::done) return Walked::done;
      if (node.kind == Node::Kind::escalate) return Walked::stop;
      at = edge(node, record_of_step->outcome);
      continue;
    }
    const auto before = out_.size();
    visit(node, path, where);
    // Nothing to wait for and nothing begun: while settling that is a barrier, otherwise an answer is under way.
    return settling_ && out_.size() == before ? Walked::stop : Walked::waiting;
  }
  return Walked::stop;  // unreachable in a compiled machine: every node is visited at most once
}

void Walker::visit(const Node& node, const std::string& path, const Where& where) {
  const bool acts = node.kind == Node::Kind::act || node.kind == Node::Kind::rollout || node.kind == Node::Kind::play;
  if (settling_ && !acts && !in_disrupted_turn(where)) return;
  switch (node.kind) {
    case Node::Kind::guard:
      return visit_guard(node, path, where);
    case Node::Kind::act:
      return visit_act(node, path, where);
    case Node::Kind::snapshot:
      return visit_snapshot(node, path, where);
    case Node::Kind::settle:
      return visit_settle(node, path, where);
    case Node::Kind::expect:
    case Node::Kind::look:
      return visit_expect(node, path, where);
    case Node::Kind::rollout:
      return visit_rollout(node, path, where);
    case Node::Kind::play:
      return visit_play(node, path, where);
    case Node::Kind::approve:
      return visit_approve(node, path, where);
    case Node::Kind::wait:
      return visit_wait(node, path, where);
    case Node::Kind::done:
      return visit_done(node, path, where);
    case Node::Kind::escalate:
      return visit_escalate(node, path, where);
    case Node::Kind::end:
    case Node::Kind::stop:
    case Node::Kind::undecided:
      return;
  }
}

// A turn in which something disruptive was sent is looked after to its end: the host must not be left between down and
// up.
bool Walker::in_disrupted_turn(const Where& where) const {
  if (!where.host || where.rollout == nullptr) return false;
  for (const auto& [id, effect] : run_.effects_by_intent) {
    if (effect.intent.host != *where.host || !effect.intent.path.starts_with(where.prefix)) continue;
    if (effect.intent.effect != "disruptive" && effect.intent.effect != "destructive") continue;
    if (effect.phase != state::EffectPhase::not_sent) return true;
  }
  return false;
}

void Walker::visit_done(const Node& node, const std::string& path, const Where& where) {
  const auto view = scope(where, path);
  if (read(view, view.missing(node.text->uses))) return;
  end_step(path, Outcome::ok, "done", playbooks::fill(*node.text, view));
}

void Walker::visit_escalate(const Node& node, const std::string& path, const Where& where) {
  const auto view = scope(where, path);
  if (read(view, view.missing(node.text->uses))) return;
  escalate(path, playbooks::fill(*node.text, view), false, Outcome::ok);
}

void Walker::visit_wait(const Node& node, const std::string& path, const Where& where) {
  const auto* started = step(path);
  if (started == nullptr) return record(state::StepStarted{path});
  const Mono until = started->started + patience(node.limit, where.frame->fields());
  if (now_.mono >= until) return end_step(path, Outcome::ok);
  sleep(until);
}

void Walker::enter_play(const Node& node, const std::string& path, const Where& where) {
  const auto view = scope(where, path);
  playbooks::ExprUses uses;
  for (const auto& argument : node.with) {
    const auto& more = argument.expr ? argument.expr->uses.facts : argument.text->uses.facts;
    uses.facts.insert(uses.facts.end(), more.begin(), more.end());
  }
  if (read(view, view.missing(uses))) return;
  json::object params;
  for (const auto& argument : node.with) {
    if (argument.text) {
      params[argument.input] = playbooks::fill(*argument.text, view);
      continue;
    }
    const auto value = playbooks::evaluate(*argument.expr->tree, view);
    if (!value)
      return escalate(path, fmt::format("{}: {}", argument.input, value.error().reason), true, Outcome::unknown);
    params[argument.input] = playbooks::to_json(*value);
  }
  record(state::PlayStarted{path, std::move(params)});
}

void Walker::visit_play(const Node& node, const std::string& path, const Where& where) {
  const auto started = run_.plays.find(path);
  if (started == run_.plays.end()) {
    if (!settling_) enter_play(node, path, where);
    return;
  }
  Frame frame{node.program.get(), path + "/"};
  auto params = bind_params(*node.program, plan_.estate, *plan_.policy, started->second.params);
  if (!params) return escalate(path, params.error().text(), false, Outcome::failed);
  frame.params = playbooks::Value::record(std::move(*params));
  auto targets = bind_targets(*node.program, plan_.estate, frame.params);
  if (!targets) return escalate(path, targets.error().text(), false, Outcome::failed);
  frame.targets = std::move(*targets);

  Where inside{&frame, frame.prefix};
  if (node.after_turn) {
    inside.until_play = &node;
    inside.play_at = &where;
  }
  switch (walk(node.program->machine, inside)) {
    case Walked::waiting:
      return;
    case Walked::end:
    case Walked::done:
      if (!settling_) end_step(path, Outcome::ok);
      return;
    case Walked::stop:
      if (!settling_) {
        std::string cause;
        const auto worst = worst_in(frame.prefix, cause);
        end_step(path, run_.changed() ? std::max(worst, Outcome::failed) : worst, cause);
      }
      return;
  }
}

// Shared by all parts of the walk.

RunScope Walker::scope(const Where& where, const std::string& path, Mono not_before) const {
  return RunScope(plan_, run_, now_, Place{where.frame, path, where.host}, not_before);
}

RunScope Walker::gate_scope(const Where& where, const std::string& path, Mono not_before) const {
  auto view = scope(where, path, not_before);
  if (plan_.policy->fresh) view.no_older_than(*plan_.policy->fresh);
  return view;
}

const state::StepRecord* Walker::step(const std::string& path) const {
  const auto found = run_.steps.find(path);
  return found == run_.steps.end() ? nullptr : &found->second;
}

void Walker::record(state::EventBody event) {
  record(std::vector<state::EventBody>{std::move(event)});
}

void Walker::record(std::vector<state::EventBody> events, state::Claims claims) {
  if (recorded_) return;
  recorded_ = true;
  out_.push_back(Record{std::move(events), std::move(claims)});
}

void Walker::end_step(const std::string& path, Outcome outcome, std::string cause, std::string detail) {
  std::vector<state::EventBody> events;
  if (step(path) == nullptr) events.emplace_back(state::StepStarted{path});
  events.emplace_back(state::StepEnded{path, outcome, std::move(cause), std::move(detail)});
  record(std::move(events));
}

void Walker::escalate(const std::string& path, std::string text, bool by_unknown, std::optional<Outcome> outcome) {
  std::vector<state::EventBody> events;
  if (outcome) {
    if (step(path) == nullptr) events.emplace_back(state::StepStarted{path});
    events.emplace_back(state::StepEnded{path, *outcome, by_unknown ? "unknown" : "escalate", text});
  }
  events.push_back(state::Escalated{path, std::move(text), by_unknown});
  record(std::move(events));
}

void Walker::stop(std::string cause, const std::string& path, std::string detail) {
  record(state::StopBegun{std::move(cause), path, std::move(detail)});
}

void Walker::sleep(Mono until) {
  out_.push_back(Sleep{until});
}

Millis Walker::poll() const {
  if (!plan_.policy->poll) return kPoll;
  return std::max(kPoll, std::chrono::duration_cast<Millis>(*plan_.policy->poll));
}

// What policy's `healthy` fact of the host's role says; `preferred_field` (ready) is read instead where the contract
// has it. Nothing: it must be read first.
std::optional<playbooks::Evaluated> Walker::health(const std::string& host, std::string_view preferred_field,
                                                   const RunScope& view) {
  const auto* known = plan_.estate.find(host);
  const auto rule = known == nullptr ? plan_.policy->healthy.end() : plan_.policy->healthy.find(known->role);
  if (rule == plan_.policy->healthy.end())
    return playbooks::Evaluated(std::unexpect,
                                playbooks::Unknown{"policy does not say what healthy means for " + host, false});
  if (const auto demand = view.missing_implicit(rule->second.action, host)) {
    read_one(view, *demand);
    return std::nullopt;
  }
  auto answer = view.implicit(rule->second.action, host);
  if (!answer) return answer;
  const auto* fields = answer->as_record();
  auto found = fields->find(preferred_field);
  if (found == fields->end()) found = fields->find(rule->second.field);
  if (found == fields->end())
    return playbooks::Evaluated(std::unexpect, playbooks::Unknown{host + " did not say whether it is healthy", false});
  return found->second;
}

}  // namespace unjam::engine
