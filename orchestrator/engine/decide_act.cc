// What changes: sending, trying again, looking for what became of it, settling.
#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/engine/policy_bounds.h"
#include "orchestrator/engine/walker.h"
#include "state/base/plants.h"

namespace unjam::engine {

using state::EffectPhase;

namespace {

constexpr Millis kRetryPause{5'000};  // between two tries of one action on one host

bool fenced(const playbooks::ActionSpec& action) {
  return action.effect >= playbooks::Effect::reversible || action.retry == playbooks::Retry::fenced ||
         action.retry == playbooks::Retry::once;
}

bool resendable(const playbooks::ActionSpec& action) {
  return action.effect == playbooks::Effect::nudge && action.retry == playbooks::Retry::idempotent;
}

playbooks::ExprUses uses_of(const std::vector<playbooks::Argument>& with) {
  playbooks::ExprUses uses;
  for (const auto& argument : with) {
    const auto& facts = argument.expr ? argument.expr->uses.facts : argument.text->uses.facts;
    uses.facts.insert(uses.facts.end(), facts.begin(), facts.end());
  }
  return uses;
}

// The only `no` of a change is that it was refused.
std::string cause_of(state::StepOutcome outcome) {
  return outcome == state::StepOutcome::no ? kLimitOfPolicy : "";
}

}  // namespace

void Walker::visit_act(const Node& node, const std::string& path, const Where& where) {
  const auto* started = step(path);
  if (started == nullptr) {
    if (settling_) return;
    if (!where.host && !admitted(node.action->effect)) return;
    return record(state::StepStarted{path});
  }
  if (!node.expr) {
    if (const auto outcome = act_on(node, path, *where.host, where))
      end_step(path, *outcome, cause_of(*outcome), why(*started, *where.host, *outcome));
    return;
  }
  if (!started->hosts) {
    if (settling_) return;
    const auto view = scope(where, path);
    if (read(view, view.missing(node.expr->uses))) return;
    const auto set = playbooks::evaluate(*node.expr->tree, view);
    if (!set) return escalate(path, fmt::format("hosts: {}", set.error().reason), true, Outcome::unknown);
    std::vector<std::string> hosts;
    for (const auto& host : *set->as_set()) hosts.push_back(host.as_host()->name);
    return record(state::HostsChosen{path, std::move(hosts)});
  }
  auto worst = Outcome::skipped;
  bool waiting = false;
  std::string cause;
  std::string detail;
  for (const auto& host : *started->hosts) {
    Where at = where;
    at.host = host;
    const auto outcome = act_on(node, path, host, at);
    if (!outcome) {
      waiting = true;
      continue;
    }
    if (*outcome > worst) {
      cause = cause_of(*outcome);
      detail = why(*started, host, *outcome);
      if (!detail.empty()) detail = fmt::format("{}: {}", host, detail);
    }
    worst = std::max(worst, *outcome);
  }
  if (!waiting) end_step(path, worst, cause, worst > Outcome::ok ? detail : "");
}

// Its gate, or without one a limit of policy, is shut for this host since it was last asked.
bool Walker::over_limit(const state::StepRecord& step, const std::string& host) const {
  return step.gate_first.contains(host);
}

// What there is to say of the outcome on this host.
std::string Walker::why(const state::StepRecord& step, const std::string& host, Outcome outcome) const {
  if (outcome == Outcome::no && over_limit(step, host))
    for (const auto& reason : step.gates.at(host).reasons)
      if (!reason.open) return fmt::format("{}: {}", reason.name, reason.text);
  const auto last = step.intents.find(host);
  return last == step.intents.end() ? std::string{} : run_.effects_by_intent.at(last->second).reason;
}

// The outcome on one host once it is final.
std::optional<state::StepOutcome> Walker::act_on(const Node& node, const std::string& path, const std::string& host,
                                                 const Where& where) {
  const auto* started = step(path);
  const auto intent = started->intents.find(host);
  if (intent == started->intents.end()) {
    if (!gated(*node.action, where) && over_limit(*started, host)) return Outcome::no;  // refused, not queued
    if (!settling_) try_send(node, path, host, 1, where);
    return settling_ ? std::optional(Outcome::not_sent) : std::nullopt;
  }
  return after_try(node, *started, run_.effects_by_intent.at(intent->second), path, host, where);
}

std::optional<state::StepOutcome> Walker::after_try(const Node& node, const state::StepRecord& started,
                                                    const state::EffectRecord& effect, const std::string& path,
                                                    const std::string& host, const Where& where) {
  const Mono deadline = started.started + patience(node.limit, where.frame->fields());
  const int attempt = effect.intent.attempt;
  const auto again = [&](int tries) {
    if (settling_ || attempt >= tries || now_.mono + kRetryPause >= deadline) return false;
    if (!gated(*node.action, where) && over_limit(started, host)) return false;
    if (now_.mono < effect.at + kRetryPause) {
      sleep(effect.at + kRetryPause);
    } else {
      try_send(node, path, host, attempt + 1, where);
    }
    return true;
  };
  switch (effect.phase) {
    case EffectPhase::ok:
      return Outcome::ok;
    case EffectPhase::not_sent:
      // Lost with the process that wrote it down, before it was sent: that was no try. The gate is asked anew.
      if (effect.epoch != run_.epoch && again(attempt + 1)) return std::nullopt;
      if (again(static_cast<int>(node.retry) + 1)) return std::nullopt;
      return Outcome::not_sent;
    case EffectPhase::failed:
      if (again(static_cast<int>(node.retry) + 1)) return std::nullopt;
      return Outcome::failed;
    case EffectPhase::intended:
      if (planted("recovery-forgets-open-effect") && effect.epoch != run_.epoch && again(attempt + 1))
        return std::nullopt;
      if (planted("recovery-believes-it-was-done") && effect.epoch != run_.epoch) return Outcome::ok;
      if (effect.epoch == run_.epoch || planted("waits-for-a-dead-process")) {
        sleep(deadline + kPoll);  // under way in this process; its own deadline ends it first
        return std::nullopt;
      }
      break;
    case EffectPhase::unknown:
      if ((resendable(*node.action) || planted("sent-again-without-a-look")) && again(kResends + 1))
        return std::nullopt;
      break;
    default:
      break;
  }
  // At its limit it is unknown, but not without one look: a call to a host that went away may have hung until now.
  const bool looked = effect.last_observed.has_value() || effect.phase != EffectPhase::unknown;
  if (now_.mono >= deadline && looked) return planted("limit-is-success") ? Outcome::ok : Outcome::unknown;
  observe(effect, deadline);
  return std::nullopt;
}

void Walker::observe(const state::EffectRecord& effect, Mono deadline) {
  Millis interval = kObserveFirst;
  for (int i = 0; i < effect.observations && interval < kObserveMost; ++i)
    interval = std::min(interval * 2, kObserveMost);
  const Mono last = effect.last_observed.value_or(effect.at);
  const Mono due = std::min(last + interval, deadline);
  // A crash leaves an intent that nobody has looked at in this process: look at once.
  if (effect.last_observed && now_.mono < due) return sleep(due);
  if (!effect.last_observed && effect.epoch == run_.epoch && now_.mono < due) return sleep(due);
  out_.push_back(Observe{effect.intent.intent, effect.intent.host});
}

void Walker::try_send(const Node& node, const std::string& path, const std::string& host, int attempt,
                      const Where& where) {
  const auto& action = *node.action;
  const auto* known = plan_.inventory->find(HostName{host});
  if (known == nullptr || plan_.packs->provider(*known, action.name) == nullptr)
    return escalate(path, fmt::format("no pack of {} offers {}", host, action.name), false, Outcome::not_sent);
  if (const auto blocked = obstacle(plan_, run_, around_.kill_switch, action.effect, now_.wall))
    return stop(blocked->cause, path, blocked->text);

  const bool behind_gate = gated(action, where);
  const auto* started = step(path);
  Mono not_before{Millis{-1}};
  if (const auto shut = started->gate_first.find(host); behind_gate && shut != started->gate_first.end()) {
    const Mono deadline = shut->second + patience(where.rollout->gate->limit, where.frame->fields());
    if (now_.mono >= deadline) return end_step(path, Outcome::no, "gate", "the gate stayed shut until its limit");
    not_before = started->gate_last.at(host);
    const Mono due = std::min(not_before + poll(), deadline);
    if (now_.mono < due) return sleep(due);
  }
  const auto view = behind_gate ? gate_scope(where, path, not_before) : scope(where, path);
  bool waiting = read(view, view.missing(uses_of(node.with)));
  if (fenced(action))
    if (const auto demand = view.missing_implicit(kBootAction, host)) {
      read_one(view, *demand);
      waiting = true;
    }
  if (behind_gate && gate_demands(*where.rollout, host, action.floor_required, view)) waiting = true;
  if (waiting) return;

  auto answer = behind_gate ? ask_gate(*where.rollout, path, host, &action, view) : ask_limits(path, host, action);
  if (!answer.asked.open) {
    if (!behind_gate || answer.queued) return record(std::move(answer.asked));
    return record({answer.asked, state::StepEnded{path, Outcome::no, kLimitOfPolicy, ""}});
  }
  send(node, path, host, attempt, where, std::move(answer));
}

void Walker::send(const Node& node, const std::string& path, const std::string& host, int attempt, const Where& where,
                  GateAnswer answer) {
  const auto& action = *node.action;
  const auto view = scope(where, path);
  auto& gate = answer.asked;
  auto inputs = inputs_of(node.with, view, plan_);
  if (!inputs) return escalate(path, inputs.error().reason, true, Outcome::unknown);

  const Mono deadline = step(path)->started + patience(node.limit, where.frame->fields());
  json::object fence;
  if (fenced(action)) {
    const auto boot = view.implicit(kBootAction, host);
    const auto* fields = boot ? boot->as_record() : nullptr;
    const bool complete = fields != nullptr && fields->contains("machine") && fields->contains("boot");
    if (!complete) {
      if (now_.mono >= deadline)
        return end_step(path, Outcome::not_sent, "identity", boot ? "no machine or boot token" : boot.error().reason);
      if (!gated(action, where)) return sleep(std::min(now_.mono + poll(), deadline));
      gate.open = false;
      gate.reasons.push_back(
          {"identity", false, boot ? "the host did not say which machine it is" : boot.error().reason});
      return record(std::move(gate));
    }
    const std::string machine = *fields->at("machine").as_text();
    const auto pinned = run_.machines.find(host);
    if (pinned != run_.machines.end() && pinned->second != machine && !planted("identity-not-asked"))
      return escalate(path,
                      fmt::format("another machine answers at {}: {} instead of {}", host, machine, pinned->second),
                      false, Outcome::not_sent);
    fence = {{"machine", machine}, {"boot", *fields->at("boot").as_text()}};
  }
  Send send;
  send.action = &action;
  send.claims = std::move(answer.claims);
  send.gate = std::move(gate);
  send.gated = gated(action, where);
  send.intent.path = path;
  send.intent.host = host;
  send.intent.action = action.name;
  send.intent.effect = std::string(playbooks::spell(action.effect));
  send.intent.retry = std::string(playbooks::spell(action.retry));
  send.intent.attempt = attempt;
  send.intent.inputs = std::move(*inputs);
  send.intent.undo = action.undo;
  send.intent.fence = std::move(fence);
  send.intent.limit_ms = std::max<std::int64_t>((deadline - now_.mono).count(), 0);
  send.intent.slot = send.claims.slot.has_value();
  if (const auto wrong = against_policy(plan_, run_, send)) return stop(wrong->cause, path, wrong->text);
  out_.push_back(std::move(send));
}

// In a rollout it is the debt of the host in hand, elsewhere those of all hosts of the step that opened them.
void Walker::visit_settle(const Node& node, const std::string& path, const Where& where) {
  if (step(path) == nullptr) return record(state::StepStarted{path});
  std::vector<const state::EffectRecord*> debts;
  if (const auto* opened = step(where.prefix + node.target)) {
    for (const auto& [host, intent] : opened->intents) {
      const auto& effect = run_.effects_by_intent.at(intent);
      const bool ours = !where.host || host == *where.host;
      if (ours && effect.phase != EffectPhase::not_sent) debts.push_back(&effect);
    }
  }
  if (debts.empty()) return end_step(path, Outcome::skipped, "", "nothing was opened");
  const Millis limit = patience(node.limit, where.frame->fields());
  bool waiting = false;
  bool owed = false;
  for (const auto* debt : debts) {
    if (debt->settled) continue;
    if (settle_effect(*debt, path, limit, false)) {
      waiting = true;
    } else {
      owed = true;
    }
  }
  if (waiting) return;
  if (owed) return end_step(path, Outcome::failed, "undo", "the undo did not succeed within its limit");
  end_step(path, Outcome::ok);
}

// One try after another until the limit; true while there is still something to wait for.
bool Walker::settle_effect(const state::EffectRecord& effect, const std::string& path, Millis limit, bool look_first) {
  const auto* started = step(path);
  const Mono deadline = started->started + limit;
  const auto found = started->intents.find(effect.intent.host);
  const auto* tried = found == started->intents.end() ? nullptr : &run_.effects_by_intent.at(found->second);
  if (tried != nullptr) {
    const bool open = tried->phase == EffectPhase::unknown || tried->phase == EffectPhase::accepted ||
                      (tried->phase == EffectPhase::intended && tried->epoch != run_.epoch);
    if (tried->phase == EffectPhase::intended && !open) return sleep(deadline + kPoll), true;
    if (now_.mono >= deadline) return false;
    if (open) return observe(*tried, deadline), true;
    if (now_.mono < tried->at + kRetryPause) return sleep(tried->at + kRetryPause), true;
  }
  if (now_.mono >= deadline) return false;
  const Where at{&plan_.root, "", effect.intent.host};
  if (look_first && !planted("put-back-unseen")) {
    // A host is put back only if it answers under its pinned key and is ready, drained or not.
    const auto view = scope(at, path, started->last_look.value_or(Mono{Millis{-1}}));
    if (started->last_look && now_.mono < *started->last_look + poll() && started->last_verdict != "true")
      return sleep(std::min(*started->last_look + poll(), deadline)), true;
    if (started->last_verdict != "true") {
      const auto ready = health(effect.intent.host, "ready", view);
      if (!ready) return true;
      const bool yes = *ready && (*ready)->as_bool() != nullptr && *(*ready)->as_bool();
      record(state::Looked{path, yes ? "true" : (*ready ? "false" : "unknown"), *ready ? "" : ready->error().reason});
      return true;
    }
  }
  const auto view = scope(at, path);
  if (const auto demand = view.missing_implicit(kBootAction, effect.intent.host)) return read_one(view, *demand), true;
  send_undo(effect, path, tried == nullptr ? 1 : tried->intent.attempt + 1, deadline - now_.mono);
  return true;
}

void Walker::send_undo(const state::EffectRecord& effect, const std::string& path, int attempt, Millis limit) {
  const auto* action = plan_.packs->find(effect.intent.undo);
  const auto boot = scope(Where{&plan_.root, "", effect.intent.host}, path).implicit(kBootAction, effect.intent.host);
  const auto* fields = boot ? boot->as_record() : nullptr;
  if (action == nullptr || fields == nullptr || !fields->contains("machine") || !fields->contains("boot"))
    return sleep(now_.mono + poll());
  Send send;
  send.action = action;
  send.settling = true;
  send.intent.path = path;
  send.intent.host = effect.intent.host;
  send.intent.action = action->name;
  send.intent.effect = std::string(playbooks::spell(action->effect));
  send.intent.retry = std::string(playbooks::spell(action->retry));
  send.intent.attempt = attempt;
  send.intent.undoes = effect.intent.intent;
  // The machine that was changed is owed it: another one that answers at its address refuses.
  const auto pinned = run_.machines.find(effect.intent.host);
  const auto machine = pinned != run_.machines.end() ? pinned->second : *fields->at("machine").as_text();
  send.intent.fence = {{"machine", machine}, {"boot", *fields->at("boot").as_text()}};
  send.intent.limit_ms = limit.count();
  out_.push_back(std::move(send));
}

}  // namespace unjam::engine
