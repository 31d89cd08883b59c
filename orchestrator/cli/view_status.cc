#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/cli/views.h"

namespace unjam::cli {
namespace {

using namespace state;  // NOLINT(google-build-using-namespace): a view of nearly all of it

constexpr std::size_t kPathWidth = 40;

std::string person(const Person& who) {
  auto text = fmt::format("{} (uid {})", who.user.empty() ? "?" : who.user, who.uid);
  if (!who.sudo_user.empty()) text += ", sudo from " + one_line(who.sudo_user);
  return text;
}

Tone tone_of(const StepRecord& step) {
  if (!step.ended) return Tone::strong;
  if (step.outcome == StepOutcome::ok) return Tone::good;
  if (step.outcome == StepOutcome::skipped) return Tone::dim;
  return step.outcome == StepOutcome::no ? Tone::warn : Tone::bad;
}

// What an open step is doing, or why an ended one ended as it did.
std::string doing(const Run& run, const StepRecord& step) {
  if (step.ended)
    return one_line(step.cause.empty() ? step.detail : step.cause + (step.detail.empty() ? "" : ": ") + step.detail);
  for (const auto& [host, intent] : step.intents) {
    const auto effect = run.effects_by_intent.find(intent);
    if (effect == run.effects_by_intent.end()) continue;
    if (effect->second.phase == EffectPhase::accepted) return host + ": accepted, its proof is awaited";
    if (effect->second.phase == EffectPhase::intended) return host + ": sent, its answer is awaited";
  }
  for (const auto& [host, asked] : step.gates)
    if (!asked.open && !asked.reasons.empty()) return "gate shut for " + host + " (unjam why)";
  if (step.held_since) return "true, held for " + brief(run.mono - *step.held_since);
  if (step.looks > 0) return step.last_verdict == "unknown" ? "cannot tell yet" : "not yet";
  if (step.hosts && step.hosts->size() > 1) return counted(step.hosts->size(), "host");
  return {};
}

// Steps in the order in which they began.
std::vector<std::pair<std::string, const StepRecord*>> in_order(const Run& run) {
  std::vector<std::pair<std::string, const StepRecord*>> out;
  for (const auto& [path, step] : run.steps) out.emplace_back(path, &step);
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.second->started < b.second->started; });
  return out;
}

std::string head(const Run& run, const Look& look) {
  const auto state = state_of(run);
  const auto tone = run.ended ? (exit_code(run) == kDone ? Tone::good : Tone::bad) : Tone::strong;
  auto out = fmt::format("{}  {}  {}  {}\n", run.id.text, paint(look, Tone::strong, run.created.playbook),
                         paint(look, tone, state), brief(run.wall - run.created_at, true));
  if (!run.created.summary.empty())
    out += "  " + clip(one_line(run.created.summary), look.width > 4 ? look.width - 2 : 0) + "\n";
  if (!run.created.params.empty())
    out += "  with      " + spell_fields(run.created.params, look.width > 24 ? look.width - 12 : 0) + "\n";
  out += fmt::format("  begun     {} by {}, {}\n", clock_text(run.created_at), person(run.created.requester),
                     run.created.trigger);
  if (run.created.changes_at_most > 0)
    out += fmt::format("  may change {}{}\n", counted(static_cast<std::size_t>(run.created.changes_at_most), "host"),
                       run.confirmed ? ", confirmed by " + run.confirmed->by.user : ", not confirmed");
  if (run.ended && !run.ended->text.empty()) out += "  end       " + one_line(run.ended->text) + "\n";
  if (run.ended && !run.ended->cause.empty()) out += "  cause     " + one_line(run.ended->cause) + "\n";
  return out;
}

// Guards that did not stop the run, and the engine's own steps, are counted and not shown each.
bool aside(const std::string& path, const StepRecord& step) {
  return path.starts_with('@') || (path.ends_with("/when") && step.ended && step.outcome == StepOutcome::skipped);
}

std::string steps_text(const Run& run, const Look& look) {
  std::string out;
  std::size_t guards = 0;
  for (const auto& [path, step] : in_order(run)) {
    if (aside(path, *step)) {
      guards += path.starts_with('@') ? 0 : 1;
      continue;
    }
    const auto word = step->ended ? std::string(spell(step->outcome)) : std::string("...");
    const auto text = doing(run, *step);
    const auto room = look.width > kPathWidth + 34 ? look.width - kPathWidth - 14 : 0;
    out += "  " + pad(path, kPathWidth) + "  " + paint(look, tone_of(*step), text.empty() ? word : pad(word, 8));
    if (!text.empty()) out += "  " + clip(text, room);
    out += "\n";
  }
  if (guards > 0)
    out = "  " + paint(look, Tone::dim, counted(guards, "guard") + " asked, none of which stopped it") + "\n" + out;
  return out;
}

}  // namespace

std::string status_text(const Run& run, const std::vector<Wait>& waiting, const Look& look) {
  auto out = head(run, look);
  if (!run.steps.empty()) out += "\n";
  out += steps_text(run, look);
  const auto debts = owed(run);
  if (!debts.empty()) out += "\n" + paint(look, Tone::warn, "  owed") + "\n";
  for (const auto& intent : debts) {
    const auto& effect = run.effects_by_intent.at(intent).intent;
    out += fmt::format("    {} on {}: {}\n", effect.action, effect.host, effect.undo);
  }
  if (!waiting.empty()) out += "\n" + paint(look, Tone::strong, "  waits for") + "\n";
  for (const auto& wait : waiting) {
    auto text = wait.path.empty() || wait.path.starts_with('@') ? wait.kind : wait.kind + " " + wait.path;
    if (!wait.host.empty() && wait.path.find("[" + wait.host + "]") == std::string::npos) text += " on " + wait.host;
    if (!wait.name.empty()) text += ", " + wait.name;
    out += "    " + clip(text + ": " + wait.text, look.width > 24 ? look.width - 4 : 0) + "\n";
    if (!wait.advice.empty()) out += "      type: " + wait.advice + "\n";
  }
  for (const auto& stuck : run.stuck)
    out += paint(look, Tone::bad, "  stuck  ") + stuck.path + " " + stuck.host + ": " + one_line(stuck.reason) + "\n";
  return out;
}

json::object status_json(const Run& run, const std::vector<Wait>& waiting) {
  json::array steps;
  for (const auto& [path, step] : in_order(run)) {
    json::object item{{"path", path},
                      {"host", host_of(path)},
                      {"ended", step->ended},
                      {"outcome", step->ended ? json::value(std::string(spell(step->outcome))) : json::value(nullptr)},
                      {"cause", step->cause},
                      {"detail", step->detail}};
    if (step->looks > 0) {
      item["looks"] = step->looks;
      item["verdict"] = step->last_verdict;
      item["reason"] = step->last_reason;
    }
    steps.push_back(std::move(item));
  }
  json::array debts;
  for (const auto& intent : owed(run)) {
    const auto& effect = run.effects_by_intent.at(intent).intent;
    debts.push_back(json::object{{"intent", intent},
                                 {"action", effect.action},
                                 {"host", effect.host},
                                 {"undo", effect.undo},
                                 {"path", effect.path}});
  }
  json::array hosts;
  for (const auto& slot : run.slots) hosts.push_back(json::value(slot));
  json::object out{{"run", run.id.text},
                   {"playbook", run.created.playbook},
                   {"summary", run.created.summary},
                   {"params", run.created.params},
                   {"digest", run.created.digest},
                   {"state", state_of(run)},
                   {"phase", std::string(spell(run.phase))},
                   {"created_at", clock_text(run.created_at)},
                   {"created_at_ms", run.created_at.since_epoch.count()},
                   {"requester", run.created.requester.user},
                   {"trigger", run.created.trigger},
                   {"changes_at_most", run.created.changes_at_most},
                   {"confirmed", run.confirmed.has_value()},
                   {"changed", run.changed()},
                   {"seq", run.seq},
                   {"steps", std::move(steps)},
                   {"owed", std::move(debts)},
                   {"slots", std::move(hosts)},
                   {"waits", why_json(run, waiting)["waits"]}};
  if (run.ended) {
    out["end"] = std::string(spell(run.ended->end));
    out["exit_code"] = exit_code(run);
    out["cause"] = run.ended->cause;
    out["text"] = run.ended->text;
  }
  return out;
}

std::string runs_text(const std::vector<RunRow>& rows, Wall now, const Look& look) {
  if (rows.empty()) return "no runs yet\n";
  std::string out =
      paint(look, Tone::strong, pad("RUN", 18) + "  " + pad("STATE", 11) + "  " + pad("BEGUN", 20) + "  PLAYBOOK") +
      "\n";
  for (const auto& row : rows) {
    const bool over = row.phase == Phase::ended;
    const auto state = over ? std::string(spell(row.end)) : std::string(spell(row.phase));
    const auto tone = !over ? Tone::strong : exit_code(row.end) == kDone ? Tone::good : Tone::warn;
    out += pad(row.id.text, 18) + "  " + paint(look, tone, pad(state, 11)) + "  " + clock_text(row.created) + "  " +
           clip(row.playbook + (row.summary.empty() ? "" : ": " + one_line(row.summary)),
                look.width > 80 ? look.width - 56 : 0) +
           (over ? "" : paint(look, Tone::dim, "  (" + brief(now - row.created) + ")")) + "\n";
  }
  return out;
}

json::array runs_json(const std::vector<RunRow>& rows) {
  json::array out;
  for (const auto& row : rows) {
    out.push_back(json::object{{"run", row.id.text},
                               {"playbook", row.playbook},
                               {"summary", row.summary},
                               {"created_at", clock_text(row.created)},
                               {"created_at_ms", row.created.since_epoch.count()},
                               {"phase", std::string(spell(row.phase))},
                               {"end", std::string(spell(row.end))},
                               {"seq", row.seq}});
  }
  return out;
}

}  // namespace unjam::cli
