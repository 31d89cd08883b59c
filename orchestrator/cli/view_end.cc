#include <fmt/format.h>

#include <set>

#include "orchestrator/cli/views.h"
#include "playbooks/value.h"

namespace unjam::cli {
namespace {

Tone tone_of(state::End end) {
  switch (end) {
    case state::End::healthy:
    case state::End::done:
      return Tone::good;
    case state::End::stuck:
    case state::End::failed:
      return Tone::bad;
    default:
      return Tone::warn;
  }
}

std::string changes(const state::Run& run, std::size_t& cannot, std::size_t& owed) {
  std::set<std::string> hosts;
  std::size_t effects = 0;
  for (const auto& line : state::rollback_log(run)) {
    if (line.debt == state::Debt::cannot) ++cannot;
    if (line.debt == state::Debt::owed || line.debt == state::Debt::undo_failed) ++owed;
    const auto effect = run.effects_by_intent.find(line.intent);
    if (effect == run.effects_by_intent.end() || effect->second.intent.effect == "nudge") continue;
    if (line.outcome == state::EffectPhase::not_sent) continue;
    ++effects;
    hosts.insert(line.host);
  }
  return effects == 0 ? std::string("nothing") : counted(effects, "effect") + " on " + counted(hosts.size(), "host");
}

constexpr std::size_t kMostFailures = 8;

// What hosts said of the effects that did not go well, the newest first: a step that failed names only itself.
std::string failures(const state::Run& run) {
  std::string out;
  std::size_t told = 0;
  for (auto id = run.effect_order.rbegin(); id != run.effect_order.rend() && told < kMostFailures; ++id) {
    const auto& effect = run.effects_by_intent.at(*id);
    const bool bad = effect.phase == state::EffectPhase::failed || effect.phase == state::EffectPhase::unknown ||
                     effect.phase == state::EffectPhase::not_sent;
    if (!bad || effect.reason.empty()) continue;
    ++told;
    out += fmt::format("  {:<9} {} on {}: {}\n",
                       effect.phase == state::EffectPhase::not_sent ? "not sent" : state::spell(effect.phase),
                       effect.intent.action, one_line(effect.intent.host), one_line(effect.reason));
  }
  return out;
}

}  // namespace

int exit_code(state::End end) {
  switch (end) {
    case state::End::healthy:
    case state::End::done:
      return kDone;
    case state::End::refused:
      return kRefused;
    case state::End::failed:
      return kFailed;
    case state::End::stuck:
      return kStuck;
    case state::End::escalated:
      return kEscalated;
    case state::End::interrupted:
    case state::End::none:
      break;
  }
  return kInterrupted;
}

int exit_code(const state::Run& run) {
  return run.ended ? exit_code(run.ended->end) : kInterrupted;
}

std::string state_of(const state::Run& run) {
  if (run.ended) return std::string(state::spell(run.ended->end));
  if (run.phase == state::Phase::stopping) return "stopping";
  return run.phase == state::Phase::none ? "new" : "running";
}

std::string end_report(const state::Run& run, const Look& look, bool kept) {
  std::size_t cannot = 0;
  std::size_t owed = 0;
  const auto changed = changes(run, cannot, owed);
  std::string out;
  if (!run.ended) {
    out += paint(look, Tone::warn, "interrupted") + ": the run is not at its end and nobody drives it now.\n";
    out += fmt::format("  go on     unjam resume {}\n", run.id.text);
  } else {
    const auto took = run.ended && run.wall > run.created_at ? run.wall - run.created_at : Millis{0};
    out += paint(look, tone_of(run.ended->end), std::string(state::spell(run.ended->end)));
    out += fmt::format(" after {}", brief(took, true));
    const auto& text = run.ended->text.empty() ? run.ended->cause : run.ended->text;
    if (!text.empty()) out += ": " + one_line(text);
    out += "\n";
    if (!run.ended->cause.empty() && run.ended->cause != text)
      out += "  cause     " + one_line(run.ended->cause) + "\n";
  }
  const bool well = run.ended && (run.ended->end == state::End::done || run.ended->end == state::End::healthy);
  if (run.ended && !well) out += failures(run);
  if (run.ended && run.ended->end == state::End::escalated) out += evidence_text(run);
  out += "  changed   " + changed;
  if (cannot > 0) out += fmt::format(", {} of them cannot be undone", cannot);
  out += "\n";
  if (owed > 0) {
    out += paint(look, Tone::bad, fmt::format("  owed      {} still to be undone", owed)) +
           fmt::format(": unjam rollback {}\n", run.id.text);
  }
  for (const auto& stuck : run.stuck)
    out += paint(look, Tone::bad, "  stuck     ") + one_line(stuck.host.empty() ? stuck.path : stuck.host) + ": " +
           one_line(stuck.reason) + "\n";
  if (!kept) return out + "  read      nothing was kept; --state DIR keeps the journal\n";
  out += fmt::format("  read      unjam log {0}    unjam rollback {0} --log\n", run.id.text);
  return out;
}

Millis RunClock::at(const state::Event& event) {
  if (!began_) {
    began_ = true;
    first_ = event.wall;
    base_mono_ = event.mono;
  } else if (std::holds_alternative<state::RunResumed>(event.body)) {
    base_ = std::max(last_, event.wall - first_);
    base_mono_ = event.mono;
  }
  last_ = std::max(last_, base_ + (event.mono - base_mono_));
  return last_;
}

std::string step_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto last = slash == std::string::npos ? path : path.substr(slash + 1);
  return last.substr(0, last.find('['));
}

std::string host_of(const std::string& path) {
  const auto close = path.rfind(']');
  if (close == std::string::npos) return {};
  const auto open = path.rfind('[', close);
  if (open == std::string::npos) return {};
  const auto inside = path.substr(open + 1, close - open - 1);
  // look[2]: the second look of a ladder, no host.
  if (inside.find_first_not_of("0123456789") == std::string::npos) return {};
  return inside;
}

namespace {

// A value in few words: a host or site by its name, long lists by their length.
std::string spell_value(const json::value& value, std::size_t most) {
  if (const auto* text = value.if_string()) return std::string(text->data(), text->size());
  if (const auto* object = value.if_object()) {
    if (const auto* name = object->if_contains("name"); name != nullptr && name->is_string())
      return spell_value(*name, most);
    std::string out;
    for (const auto& field : *object)
      out += (out.empty() ? "" : ", ") + std::string(field.key()) + " " + spell_value(field.value(), most);
    return "{" + out + "}";
  }
  if (const auto* list = value.if_array()) {
    if (list->size() > most) return counted(list->size(), "item");
    std::string out;
    for (const auto& item : *list) out += (out.empty() ? "" : ", ") + spell_value(item, most);
    return "[" + out + "]";
  }
  if (const auto* number = value.if_double()) return playbooks::double_text(*number);
  return json::serialize(value);
}

}  // namespace

std::string spell_fields(const json::object& fields, std::size_t limit, std::size_t most_items) {
  std::string out;
  for (const auto& field : fields) {
    if (!out.empty()) out += ", ";
    out += std::string(field.key()) + " = " + spell_value(field.value(), most_items);
  }
  return clip(one_line(out), limit);
}

}  // namespace unjam::cli
