#include <fmt/format.h>

#include "orchestrator/cli/views.h"

namespace unjam::cli {
namespace {

using namespace state;  // NOLINT(google-build-using-namespace): a view of nearly all of it

bool ended(const Run& run, const std::string& path) {
  const auto step = run.steps.find(path);
  return step == run.steps.end() || step->second.ended;
}

bool turn_ended(const Run& run, const std::string& path, const std::string& host) {
  const auto turn = run.turns.find({path, host});
  return turn != run.turns.end() && turn->second.ended;
}

std::string held_by_others(const Run& run, const Others& others) {
  std::string out;
  for (const auto& slot : others.slots) {
    if (slot.holder.run == run.id) continue;
    out += (out.empty() ? "" : ", ") + fmt::format("{} holds the slot of {}", slot.holder.run.text, slot.host);
  }
  for (const auto& lock : others.locks) {
    if (lock.holder.run == run.id) continue;
    out += (out.empty() ? "" : ", ") + fmt::format("{} holds {}", lock.holder.run.text, lock.lock);
  }
  return out;
}

void add_gates(const Run& run, const Others& others, std::vector<Wait>& out) {
  for (const auto& [path, step] : run.steps) {
    if (step.ended) continue;
    for (const auto& [host, asked] : step.gates) {
      if (asked.open || turn_ended(run, path, host)) continue;
      const auto first = step.gate_first.find(host);
      const auto last = step.gate_last.find(host);
      for (const auto& reason : asked.reasons) {
        if (reason.open) continue;
        Wait wait{"gate", path, host, reason.name, one_line(reason.text)};
        if (first != step.gate_first.end()) wait.since = run.mono - first->second;
        wait.until = "asked again at every look until the gate's limit";
        if (last != step.gate_last.end()) wait.until += "; last asked " + brief(run.mono - last->second) + " before";
        wait.holder = held_by_others(run, others);
        out.push_back(std::move(wait));
      }
    }
  }
}

void add_looks(const Run& run, std::vector<Wait>& out) {
  for (const auto& [path, step] : run.steps) {
    if (step.ended || step.looks == 0) continue;
    Wait wait{"look", path, host_of(path), "", one_line(step.last_reason), run.mono - step.started};
    if (step.held_since) {
      wait.kind = "hold";
      wait.text = "true, and must stay so; held for " + brief(run.mono - *step.held_since);
    } else if (step.last_verdict == "unknown") {
      wait.text = "cannot tell: " + wait.text;
    } else if (wait.text.empty()) {
      wait.text = step.last_verdict == "true" ? "true" : "not true yet";
    }
    wait.until = fmt::format("{} so far; looked at again until the step's limit",
                             counted(static_cast<std::size_t>(step.looks), "look"));
    out.push_back(std::move(wait));
  }
}

void add_effects(const Run& run, std::vector<Wait>& out) {
  for (const auto& intent : run.effect_order) {
    const auto& effect = run.effects_by_intent.at(intent);
    if (effect.phase != EffectPhase::intended && effect.phase != EffectPhase::accepted) continue;
    Wait wait{effect.phase == EffectPhase::accepted ? "proof" : "answer", effect.intent.path, effect.intent.host,
              effect.intent.action};
    wait.since = run.mono - effect.at;
    wait.text = effect.phase == EffectPhase::accepted ? "the host accepted it; looking for the proof that it happened"
                                                      : "sent; the host has not answered yet";
    const auto left = Millis{effect.intent.limit_ms} - wait.since;
    wait.until = left.count() > 0 ? "gives up in " + brief(left) : "at its limit";
    out.push_back(std::move(wait));
  }
}

void add_people(const Run& run, Wall now, std::vector<Wait>& out) {
  for (const auto& [path, approval] : run.approvals) {
    const auto enough = std::max<std::int64_t>(0, approval.asked.count);
    if (approval.denied || static_cast<std::int64_t>(approval.given.size()) >= enough) continue;
    if (run.steps.contains(path) && ended(run, path)) continue;
    Wait wait{"approval", path, {}, {}, one_line(approval.asked.text), run.mono - approval.at};
    wait.name = fmt::format("{} of {} given", approval.given.size(), enough);
    wait.holder = approval.asked.group;
    const auto expires = approval.wall + Millis{approval.asked.expires_ms};
    if (approval.asked.expires_ms > 0)
      wait.until = expires > now ? "expires in " + brief(expires - now) + ", at " + clock_text(expires) : "expired";
    wait.advice = "unjam approve " + run.id.text + "   (as one of " +
                  (approval.asked.group.empty() ? "the policy's approvers" : approval.asked.group) +
                  ", not the requester)";
    out.push_back(std::move(wait));
  }
}

bool open_step(const Run& run, const char* path) {
  return run.steps.contains(path) && !run.steps.at(path).ended;
}

// What a run needs before its first change: the requester's number, and the locks of its sites.
void add_entry(const Run& run, const Others& others, std::vector<Wait>& out) {
  if (run.phase != Phase::running) return;
  if (!run.confirmed && run.created.changes_at_most > 0) {
    Wait wait{"confirmation"};
    const auto hosts = counted(static_cast<std::size_t>(run.created.changes_at_most), "host");
    const bool asked = open_step(run, kConfirmPath);
    wait.text =
        fmt::format("it may change up to {}; nothing above a nudge is done before that number is confirmed", hosts);
    wait.until = asked ? "the number is typed where it was started" : "asked for when the first such change is reached";
    if (asked) {
      wait.path = kConfirmPath;
      wait.since = run.mono - run.steps.at(kConfirmPath).started;
      wait.advice =
          fmt::format("{}, and Enter, at the terminal of {}", run.created.changes_at_most, run.created.requester.user);
    }
    out.push_back(std::move(wait));
  }
  if (open_step(run, kLocksPath) && run.locks.empty()) {
    Wait wait{"lock",
              kLocksPath,
              {},
              {},
              "another run holds a site that this one changes",
              run.mono - run.steps.at(kLocksPath).started};
    wait.holder = held_by_others(run, others);
    wait.until = "the other run ends";
    out.push_back(std::move(wait));
  }
}

std::string label(const Wait& wait) {
  if (wait.kind == "gate") return "gate of " + wait.path;
  if (wait.kind == "approval") return wait.path.empty() ? "approval" : "approval " + wait.path;
  if (wait.kind == "answer" || wait.kind == "proof") return wait.name;
  if (wait.kind == "confirmation" || wait.kind == "lock" || wait.kind == "driver" || wait.kind == "settling")
    return wait.kind;
  return wait.path;
}

}  // namespace

std::vector<Wait> waits(const Run& run, const Others& others, Wall now) {
  std::vector<Wait> out;
  if (run.ended) return out;
  if (others.driven && !*others.driven) {
    Wait wait{"driver", {}, {}, {}, "no living process drives this run", now - run.wall};
    wait.until = "somebody takes it up; the hosts are looked at first";
    wait.advice = "unjam resume " + run.id.text;
    if (!others.quarantine.empty()) {
      wait.text = "in quarantine: the processes that drove this run died one after the other, and it got no further";
      wait.until = "a person has read the log and looked at the hosts, and takes the mark away";
      wait.advice = fmt::format("rm {}; {}", others.quarantine, wait.advice);
    }
    out.push_back(std::move(wait));
  }
  add_people(run, now, out);
  add_entry(run, others, out);
  if (run.phase == Phase::stopping) {
    Wait wait{"settling"};
    const auto debts = owed(run);
    wait.text = run.stop ? "stops (" + one_line(run.stop->cause) + ")" : "stops";
    wait.text += debts.empty() ? ", nothing is owed" : ", " + counted(debts.size(), "change") + " to undo";
    wait.until = "no new change is begun";
    out.push_back(std::move(wait));
  }
  add_effects(run, out);
  add_gates(run, others, out);
  add_looks(run, out);
  return out;
}

std::string why_text(const Run& run, const std::vector<Wait>& waiting, const Look& look) {
  std::string out = fmt::format("{}  {}  ", run.id.text, run.created.playbook);
  if (run.ended) {
    const auto& end = *run.ended;
    out += paint(look, exit_code(end.end) == kDone ? Tone::good : Tone::warn, std::string(spell(end.end)));
    out += "\n";
    if (!end.cause.empty()) out += "  cause   " + one_line(end.cause) + "\n";
    if (!end.text.empty()) out += "  because " + one_line(end.text) + "\n";
    if (run.stop) out += fmt::format("  at      {}: {}\n", run.stop->path, one_line(run.stop->detail));
    for (const auto& escalation : run.escalations)
      out += fmt::format("  by      {}: {}\n", escalation.path, one_line(escalation.text));
    for (const auto& [path, step] : run.steps)
      for (const auto& [host, asked] : step.gates)
        for (const auto& reason : asked.reasons)
          if (!asked.open && !reason.open)
            out += fmt::format("  gate    {}[{}] {}: {}\n", path, host, reason.name, one_line(reason.text));
    if (end.end == state::End::escalated) out += evidence_text(run);
    return out;
  }
  out += paint(look, Tone::strong, state_of(run)) + "\n";
  if (waiting.empty()) return out + "  waits for nothing: it is at work\n";
  for (const auto& wait : waiting) {
    out += "\n  " + paint(look, Tone::strong, label(wait));
    if (!wait.host.empty() && label(wait).find("[" + wait.host + "]") == std::string::npos) out += " on " + wait.host;
    if (!wait.name.empty() && wait.name != label(wait)) out += "   " + paint(look, Tone::warn, wait.name);
    out += "\n";
    const auto row = [&](std::string_view name, const std::string& text) {
      if (!text.empty()) out += fmt::format("    {:<9} {}\n", name, text);
    };
    row("is", wait.text);
    if (wait.since.count() > 0) row("for", brief(wait.since));
    row("held by", wait.holder);
    row("until", wait.until);
    row("type", wait.advice);
  }
  return out;
}

json::object why_json(const Run& run, const std::vector<Wait>& waiting) {
  json::array list;
  for (const auto& wait : waiting) {
    list.push_back(json::object{{"kind", wait.kind},
                                {"path", wait.path},
                                {"host", wait.host},
                                {"name", wait.name},
                                {"text", wait.text},
                                {"since_ms", wait.since.count()},
                                {"holder", wait.holder},
                                {"until", wait.until},
                                {"advice", wait.advice}});
  }
  json::object out{{"run", run.id.text}, {"state", state_of(run)}, {"waits", std::move(list)}};
  if (run.ended) {
    out["cause"] = run.ended->cause;
    out["text"] = run.ended->text;
    if (run.ended->end == state::End::escalated) out["evidence"] = evidence_json(run);
  }
  return out;
}

}  // namespace unjam::cli
