#include "orchestrator/rehearsal/story.h"

#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/rehearsal/host_story.h"
#include "orchestrator/rehearsal/intents.h"

namespace unjam::rehearsal {

namespace {

struct Line {
  Mono at;
  std::string text;
};

// What an event means to somebody who reads only this; empty: nothing worth a line.
struct Telling {
  const Evidence& evidence;

  std::string operator()(const state::Intent& body) const {
    const auto what = body.undoes.empty() ? "begins" : "undoes by";
    return fmt::format("Unjam {} {} on {}", what, body.action, body.host);
  }
  std::string operator()(const state::EffectEnded& body) const {
    if (body.outcome == state::EffectPhase::ok) return {};
    const auto known = evidence.run.effects_by_intent.find(body.intent);
    const auto what = known == evidence.run.effects_by_intent.end()
                          ? body.intent
                          : fmt::format("{} on {}", known->second.intent.action, known->second.intent.host);
    return fmt::format("Unjam calls {} {}: {}", what, state::spell(body.outcome), body.reason);
  }
  std::string operator()(const state::TurnEnded& body) const {
    if (body.outcome <= state::StepOutcome::ok) return {};
    return fmt::format("the turn of {} ends {}: {}", body.host, state::spell(body.outcome), body.cause);
  }
  std::string operator()(const state::StopBegun& body) const {
    return fmt::format("Unjam stops: {} {}", body.cause, body.detail);
  }
  std::string operator()(const state::Escalated& body) const { return "Unjam escalates: " + body.text; }
  std::string operator()(const state::RunResumed&) const { return "the run is taken up again"; }
  std::string operator()(const state::RunEnded& body) const {
    return fmt::format("the run ends {}: {}", state::spell(body.end), body.text);
  }
  template <typename Other>
  std::string operator()(const Other&) const {
    return {};
  }
};

std::string told_by(const actions::sim::LogEntry& entry) {
  const auto by = done_by(entry).empty() ? std::string() : std::string(" by Unjam");
  const auto& word = entry.word;
  if (word == "fault") return fmt::format("{}: {} is set", entry.host, entry.detail);
  if (word == "shutdown")
    return fmt::format("{} goes down{}", entry.host, by.empty() ? " by " + std::string(detail(entry, "by")) : by);
  if (word == "off") return entry.host + " is off";
  if (word == "boot") return entry.host + " has booted";
  if (word == "services-up") return entry.host + " is back in service";
  if (word == "drained" || word == "resumed" || word == "left" || word == "joined" || word == "flagged" ||
      word == "unflagged" || word == "clock" || word == "services-down" || word == "service-restarted")
    return fmt::format("{} {}{}", entry.host, word, by);
  if (word == "refused") return fmt::format("{} refuses: {}", entry.host, entry.detail);
  return {};
}

std::string moment(Mono at) {
  const auto seconds = at.since_start.count() / 1000;
  return fmt::format("{:>3}:{:02}", seconds / 60, std::abs(seconds % 60));
}

}  // namespace

std::vector<std::string> story(const Evidence& evidence, const Violation& violation) {
  std::vector<Line> lines;
  const auto add = [&](Mono at, std::string text) {
    if (!text.empty() && at >= Mono{} && at <= violation.at) lines.push_back({at, std::move(text)});
  };
  for (const auto& note : evidence.notes) add(note.at, note.text);
  for (const auto& written : evidence.journal) add(written.at, std::visit(Telling{evidence}, written.event.body));
  for (const auto& entry : evidence.hosts) add(entry.at, told_by(entry));
  std::ranges::stable_sort(lines, {}, &Line::at);
  std::vector<std::string> out{fmt::format("before it: {}", evidence.scenario.incident)};
  for (const auto& mishap : evidence.scenario.mishaps) out.push_back("goes wrong: " + mishap.text());
  const std::size_t skipped = lines.size() > kMostStoryLines ? lines.size() - kMostStoryLines : 0;
  if (skipped > 0) out.push_back(fmt::format("({} lines before)", skipped));
  for (std::size_t i = skipped; i < lines.size(); ++i) out.push_back(moment(lines[i].at) + "  " + lines[i].text);
  out.push_back(fmt::format("{}  => {}{}: {}", moment(violation.at), violation.checker,
                            violation.host.empty() ? "" : " on " + violation.host, violation.text));
  return out;
}

}  // namespace unjam::rehearsal
