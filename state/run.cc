#include "state/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "state/base/plants.h"

namespace unjam::state {
namespace {

constexpr std::array<std::string_view, 5> kEffectWords = {"read", "nudge", "reversible", "disruptive", "destructive"};

std::unexpected<Error> bad(std::string message) {
  return fail(ErrorKind::corrupt, std::move(message));
}

// One event body at its place in a run. Each overload checks everything before it changes anything.
class Fold {
 public:
  Fold(Run& run, const Event& event) : run_(run), event_(event) {}

  Result<void> operator()(const RunCreated& body) {
    if (body.format > kFormatVersion) {
      return bad(fmt::format("the journal has format {}, made by a newer Unjam; this one reads up to {}", body.format,
                             kFormatVersion));
    }
    if (body.format < 1) return bad(fmt::format("the journal has format {}, which never was", body.format));
    run_.created = body;
    run_.created_at = event_.wall;
    return {};
  }

  Result<void> operator()(const RunResumed& body) {
    if (body.epoch < run_.epoch) return bad(fmt::format("epoch {} after epoch {}", body.epoch, run_.epoch));
    run_.epoch = body.epoch;
    rebase();
    run_.readings.clear();
    if (run_.cancelled && run_.cancelled->cause == "interrupt") run_.cancelled.reset();
    if (run_.phase != Phase::ended) return {};
    run_.ended.reset();
    run_.stuck.clear();
    if (!run_.stop) run_.stop = StopBegun{.cause = "rollback"};
    return {};
  }

  Result<void> operator()(const RunConfirmed& body) {
    run_.confirmed = body;
    return {};
  }

  Result<void> operator()(const ApprovalAsked& body) {
    run_.approvals[body.path] = ApprovalRecord{.asked = body, .at = event_.mono, .wall = event_.wall};
    return {};
  }

  Result<void> operator()(const ApprovalGiven& body) {
    const auto found = run_.approvals.find(body.path);
    if (found == run_.approvals.end()) return bad(fmt::format("approval of '{}', which asked for none", body.path));
    if (found->second.asked.digest != body.digest) {
      return bad(fmt::format("approval of '{}' is for another digest than was asked for", body.path));
    }
    found->second.given.push_back(body);
    return {};
  }

  Result<void> operator()(const ApprovalDenied& body) {
    const auto found = run_.approvals.find(body.path);
    if (found == run_.approvals.end()) return bad(fmt::format("denial of '{}', which asked for none", body.path));
    found->second.denied = body;
    return {};
  }

  Result<void> operator()(const CancelRequested& body) {
    const bool weaker = run_.cancelled && run_.cancelled->cause != "interrupt";
    if (!weaker) run_.cancelled = body;
    return {};
  }

  Result<void> operator()(const LocksTaken& body) {
    for (const std::string& lock : body.locks)
      if (!std::ranges::count(run_.locks, lock)) run_.locks.push_back(lock);
    return {};
  }

  Result<void> operator()(const PlayStarted& body) {
    if (run_.plays.contains(body.path)) return bad(fmt::format("play '{}' started twice", body.path));
    run_.plays[body.path] = body;
    return {};
  }

  Result<void> operator()(const StepStarted& body) {
    const auto found = run_.steps.find(body.path);
    const bool again = found != run_.steps.end() && found->second.ended && run_.phase == Phase::stopping;
    if (found != run_.steps.end() && !again) return bad(fmt::format("step '{}' started twice", body.path));
    run_.steps[body.path] = StepRecord{.started = event_.mono};
    return {};
  }

  Result<void> operator()(const HostsChosen& body) {
    return in_open_step(body.path, [&](StepRecord& step) { step.hosts = body.hosts; });
  }

  Result<void> operator()(const ReadingTaken& body) {
    if (body.effects < 0 || body.effects > run_.effects) {
      return bad(fmt::format("reading of '{}' on {} after {} effects, but only {} were sent", body.fact, body.host,
                             body.effects, run_.effects));
    }
    const auto before = run_.readings.find({body.fact, body.host});
    const bool again = before != run_.readings.end() && before->second.seq > run_.acted;
    const int in_row = again ? before->second.in_row + 1 : 1;
    run_.readings[{body.fact, body.host}] = Reading{.value = body.value,
                                                    .unknown = body.unknown,
                                                    .effects = body.effects,
                                                    .started = Mono{Millis(body.started_mono)},
                                                    .taken = event_.mono,
                                                    .seq = event_.seq,
                                                    .in_row = in_row};
    return {};
  }

  Result<void> operator()(const SnapshotTaken& body) {
    return in_open_step(body.path, [&](StepRecord& step) { step.snapshots[body.host] = body; });
  }

  Result<void> operator()(const Looked& body) {
    if (body.verdict != "true" && body.verdict != "false" && body.verdict != "unknown") {
      return bad(fmt::format("look '{}' with the verdict '{}'", body.path, body.verdict));
    }
    return in_open_step(body.path, [&](StepRecord& step) {
      ++step.looks;
      step.last_look = event_.mono;
      step.last_verdict = body.verdict;
      step.last_reason = body.reason;
      if (body.verdict != "true") {
        step.held_since.reset();
      } else if (!step.held_since) {
        step.held_since = event_.mono;
      }
    });
  }

  Result<void> operator()(const GateAsked& body) {
    return in_open_step(body.path, [&](StepRecord& step) {
      step.gates[body.host] = body;
      step.gate_last[body.host] = event_.mono;
      if (body.open) {
        step.gate_first.erase(body.host);
      } else {
        step.gate_first.try_emplace(body.host, event_.mono);
      }
    });
  }

  Result<void> operator()(const TurnStarted& body) {
    const auto key = std::pair(body.path, body.host);
    if (run_.turns.contains(key)) return bad(fmt::format("turn of {} in '{}' started twice", body.host, body.path));
    return in_open_step(body.path, [&](StepRecord&) { run_.turns[key] = TurnRecord{.started = event_.mono}; });
  }

  Result<void> operator()(const TurnEnded& body) {
    const auto found = run_.turns.find({body.path, body.host});
    if (found == run_.turns.end() || found->second.ended) {
      return bad(fmt::format("turn of {} in '{}' ended, but none is open", body.host, body.path));
    }
    found->second.ended = true;
    found->second.outcome = body.outcome;
    found->second.cause = body.cause;
    return {};
  }

  Result<void> operator()(const Intent& body) {
    if (const auto checked = check_intent(body); !checked) return checked;
    const auto [effect, first] = run_.effects_by_intent.try_emplace(body.intent);
    if (first) run_.effect_order.push_back(body.intent);
    effect->second =
        EffectRecord{.intent = body, .epoch = run_.epoch, .at = event_.mono, .wall = event_.wall, .seq = event_.seq};
    if (effect_rank(body.effect) > kRankRead) ++run_.effects;
    if (!body.undoes.empty()) run_.effects_by_intent[body.undoes].undone_by = body.intent;
    if (body.slot) run_.slots.insert(body.host);
    if (const auto* machine = body.fence.if_contains("machine"); machine != nullptr && machine->is_string()) {
      // A host that is another machine later is refused before it acts; the first is the one that counts.
      if (!machine->get_string().empty()) run_.machines.try_emplace(body.host, machine->get_string());
    }
    if (const auto step = run_.steps.find(body.path); step != run_.steps.end()) {
      step->second.intents[body.host] = body.intent;
    }
    return {};
  }

  Result<void> operator()(const EffectAccepted& body) {
    const auto found = moved(body.intent, EventKind::effect_accepted, EffectPhase::accepted);
    if (!found) return std::unexpected(found.error());
    (*found)->phase = EffectPhase::accepted;
    (*found)->outputs = body.outputs;
    return {};
  }

  Result<void> operator()(const EffectObserved& body) {
    const auto known = run_.effects_by_intent.find(body.intent);
    const EffectPhase phase = known == run_.effects_by_intent.end() ? EffectPhase::none : known->second.phase;
    const auto found = moved(body.intent, EventKind::effect_observed, phase);
    if (!found) return std::unexpected(found.error());
    ++(*found)->observations;
    (*found)->last_observed = event_.mono;
    return {};
  }

  Result<void> operator()(const EffectEnded& body) {
    const auto found = moved(body.intent, EventKind::effect_ended, body.outcome);
    if (!found) return std::unexpected(found.error());
    EffectRecord& effect = **found;
    effect.phase = body.outcome;
    effect.outputs = body.outputs;
    effect.before = body.before;
    effect.after = body.after;
    effect.reason = body.reason;
    const bool believed = planted("settle-believes-itself") && body.outcome == EffectPhase::unknown;
    if (!effect.intent.undoes.empty() && (body.outcome == EffectPhase::ok || believed)) settle(effect.intent);
    return {};
  }

  Result<void> operator()(const StepEnded& body) {
    return in_open_step(body.path, [&](StepRecord& step) {
      step.ended = true;
      step.outcome = body.outcome;
      step.cause = body.cause;
      step.detail = body.detail;
    });
  }

  Result<void> operator()(const SlotsReleased& body) {
    for (const std::string& host : body.hosts) run_.slots.erase(host);
    return {};
  }

  Result<void> operator()(const Escalated& body) {
    run_.escalations.push_back(body);
    return {};
  }

  Result<void> operator()(const StopBegun& body) {
    run_.stop = body;
    return {};
  }

  Result<void> operator()(const StuckNoted& body) {
    run_.stuck.push_back(body);
    return {};
  }

  Result<void> operator()(const Paged&) { return {}; }

  Result<void> operator()(const RunEnded& body) {
    if (body.end == End::none) return bad("the run ended without saying how");
    run_.ended = body;
    run_.locks.clear();  // the store releases them in the same transaction; slots stay until there is evidence
    return {};
  }

 private:
  template <typename Change>
  Result<void> in_open_step(const std::string& path, Change change) {
    const auto found = run_.steps.find(path);
    if (found == run_.steps.end()) return bad(fmt::format("step '{}' never started", path));
    if (found->second.ended) return bad(fmt::format("step '{}' has ended already", path));
    change(found->second);
    return {};
  }

  Result<void> check_intent(const Intent& body) const {
    if (body.intent.empty()) return bad("an intent without an id");
    if (effect_rank(body.effect) < kRankRead) {
      return bad(fmt::format("intent {} with the effect '{}'", body.intent, body.effect));
    }
    const auto known = run_.effects_by_intent.find(body.intent);
    const EffectPhase phase = known == run_.effects_by_intent.end() ? EffectPhase::none : known->second.phase;
    if (!legal(phase, EventKind::intent, EffectPhase::intended)) {
      return bad(fmt::format("intent {} again while it is {}", body.intent, spell(phase)));
    }
    if (body.undoes.empty()) {
      if (run_.phase == Phase::stopping) {
        return bad(fmt::format("intent {} for a new effect while the run is stopping", body.intent));
      }
      return {};
    }
    const auto undone = run_.effects_by_intent.find(body.undoes);
    if (undone == run_.effects_by_intent.end() || body.undoes == body.intent) {
      return bad(fmt::format("intent {} undoes {}, which is no earlier one", body.intent, body.undoes));
    }
    return {};
  }

  Result<EffectRecord*> moved(const std::string& intent, EventKind kind, EffectPhase to) {
    const auto found = run_.effects_by_intent.find(intent);
    if (found == run_.effects_by_intent.end())
      return bad(fmt::format("{} of the unknown intent {}", spell(kind), intent));
    if (!legal(found->second.phase, kind, to)) {
      return bad(
          fmt::format("{} of intent {}, from {} to {}", spell(kind), intent, spell(found->second.phase), spell(to)));
    }
    return &found->second;
  }

  // One resume ends what every earlier attempt of the same drain had begun.
  void settle(const Intent& undo) {
    const EffectRecord& undone = run_.effects_by_intent[undo.undoes];
    const Intent target = undone.intent;
    const std::int64_t until = undone.seq;
    for (auto& [id, effect] : run_.effects_by_intent) {
      const Intent& other = effect.intent;
      const bool attempt = other.path == target.path && other.host == target.host && other.action == target.action &&
                           other.undoes.empty() && effect.seq <= until;
      if (id != undo.undoes && !attempt) continue;
      effect.settled = true;
      if (effect.undone_by.empty()) effect.undone_by = undo.intent;
    }
  }

  void rebase() {
    if (planted("clock-of-the-old-process")) return;
    const Millis shift = event_.mono - run_.mono;
    const auto move = [&](Mono& time) { time = time + shift; };
    const auto move_all = [&](std::map<std::string, Mono>& times) {
      for (auto& entry : times) move(entry.second);
    };
    for (auto& [path, step] : run_.steps) {
      move(step.started);
      if (step.last_look) move(*step.last_look);
      step.held_since.reset();
      move_all(step.gate_first);
      move_all(step.gate_last);
    }
    for (auto& [key, turn] : run_.turns) move(turn.started);
    for (auto& [id, effect] : run_.effects_by_intent) {
      move(effect.at);
      if (effect.last_observed) move(*effect.last_observed);
    }
    const Millis down = std::max(Millis(0), event_.wall - run_.wall);
    for (auto& [path, approval] : run_.approvals) approval.at = approval.at + (shift - down);
  }

  Run& run_;
  const Event& event_;
};

}  // namespace

int effect_rank(std::string_view effect) {
  const auto found = std::ranges::find(kEffectWords, effect);
  return found == kEffectWords.end() ? -1 : static_cast<int>(found - kEffectWords.begin());
}

bool Run::changed() const {
  return std::ranges::any_of(effects_by_intent, [](const auto& entry) {
    const EffectRecord& effect = entry.second;
    return effect_rank(effect.intent.effect) > kRankNudge && effect.phase != EffectPhase::not_sent &&
           effect.intent.undoes.empty();
  });
}

Result<void> apply(Run& run, const Event& event) {
  const EventKind kind = kind_of(event.body);
  const auto where = [&] { return fmt::format("run {}, event {}", run.id.text, event.seq); };
  if (event.seq != run.seq + 1) {
    return fail(ErrorKind::corrupt, fmt::format("follows event {}", run.seq), where());
  }
  const auto phase = next(run.phase, kind);
  if (!phase) {
    return fail(ErrorKind::corrupt,
                fmt::format("{} is not possible while the run is {}", spell(kind), spell(run.phase)), where());
  }
  Result<void> folded = std::visit(Fold(run, event), event.body);
  if (!folded) return fail(folded.error().kind, std::move(folded.error().message), where());
  run.phase = *phase;
  run.seq = event.seq;
  if (kind != EventKind::reading_taken) run.acted = event.seq;
  run.mono = event.mono;
  run.wall = event.wall;
  return {};
}

Result<Run> fold(const RunId& id, const std::vector<Event>& events) {
  Run run;
  run.id = id;
  for (const Event& event : events)
    if (auto applied = apply(run, event); !applied) return std::unexpected(std::move(applied.error()));
  return run;
}

}  // namespace unjam::state
