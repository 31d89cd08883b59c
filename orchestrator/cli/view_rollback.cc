#include <fmt/format.h>

#include <array>

#include "orchestrator/cli/views.h"

namespace unjam::cli {
namespace {

std::string spell_debt(state::Debt debt) {
  switch (debt) {
    case state::Debt::owed:
      return "owed";
    case state::Debt::undone:
      return "undone";
    case state::Debt::undo_failed:
      return "undo failed";
    case state::Debt::cannot:
      return "cannot";
    case state::Debt::nothing_owed:
      break;
  }
  return "nothing owed";
}

Tone tone_of(state::Debt debt) {
  switch (debt) {
    case state::Debt::owed:
    case state::Debt::undo_failed:
      return Tone::bad;
    case state::Debt::undone:
      return Tone::good;
    case state::Debt::cannot:
      return Tone::warn;
    case state::Debt::nothing_owed:
      break;
  }
  return Tone::dim;
}

std::string entry(const state::RollbackLine& line, Wall began, const Look& look) {
  auto out = paint(look, Tone::dim, offset_text(line.at - began)) + "  " +
             paint(look, tone_of(line.debt), pad(spell_debt(line.debt), 12)) + "  " +
             fmt::format("{} on {}", line.action, line.host);
  if (line.outcome != state::EffectPhase::ok)
    out += paint(look, Tone::warn, fmt::format("  [{}]", state::spell(line.outcome)));
  out += "  " + paint(look, Tone::dim, line.path) + "\n";
  if (line.debt == state::Debt::nothing_owed) return out;  // the JSON has its before and after
  const std::size_t room = look.width > 40 ? look.width - 34 : 0;
  if (!line.before.empty()) out += fmt::format("{:25}before  {}\n", "", spell_fields(line.before, room));
  if (!line.after.empty()) out += fmt::format("{:25}after   {}\n", "", spell_fields(line.after, room));
  if (!line.undo.empty() && line.undo != "none") out += fmt::format("{:25}undo    {}\n", "", line.undo);
  if (!line.note.empty()) out += fmt::format("{:25}note    {}\n", "", one_line(line.note));
  return out;
}

}  // namespace

std::string rollback_text(const state::Run& run, const Look& look) {
  const auto lines = state::rollback_log(run);
  if (lines.empty()) return "rollback log of " + run.id.text + ": nothing was changed\n";
  std::array<std::size_t, 5> counts{};
  for (const auto& line : lines) ++counts.at(static_cast<std::size_t>(line.debt));
  const auto count = [&](state::Debt debt) { return counts.at(static_cast<std::size_t>(debt)); };
  auto out = fmt::format("rollback log of {}: {} ({} owed, {} undone, {} undo failed, {} cannot be undone)\n",
                         run.id.text, counted(lines.size(), "effect"), count(state::Debt::owed),
                         count(state::Debt::undone), count(state::Debt::undo_failed), count(state::Debt::cannot));
  // It opens with what is still owed, then what cannot be undone; each newest first.
  for (const auto debt : {state::Debt::owed, state::Debt::undo_failed, state::Debt::cannot, state::Debt::undone,
                          state::Debt::nothing_owed})
    for (const auto& line : lines)
      if (line.debt == debt) out += entry(line, run.created_at, look);
  if (count(state::Debt::owed) + count(state::Debt::undo_failed) > 0 && run.ended)
    out += fmt::format("settle what is owed: unjam rollback {}\n", run.id.text);
  return out;
}

json::object rollback_json(const state::Run& run) {
  json::array lines;
  for (const auto& line : state::rollback_log(run)) {
    lines.push_back(json::object{{"intent", line.intent},
                                 {"path", line.path},
                                 {"host", line.host},
                                 {"action", line.action},
                                 {"outcome", std::string(state::spell(line.outcome))},
                                 {"before", line.before},
                                 {"after", line.after},
                                 {"undo", line.undo},
                                 {"debt", std::string(state::spell(line.debt))},
                                 {"note", line.note},
                                 {"at", clock_text(line.at)},
                                 {"at_ms", line.at.since_epoch.count()}});
  }
  return {{"run", run.id.text}, {"state", state_of(run)}, {"log", std::move(lines)}};
}

}  // namespace unjam::cli
