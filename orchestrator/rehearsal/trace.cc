#include "orchestrator/rehearsal/trace.h"

#include <fmt/format.h>

#include <algorithm>

namespace unjam::rehearsal {

namespace {

struct Line {
  Mono at;
  std::string text;
};

}  // namespace

std::string trace(const Evidence& evidence) {
  std::vector<Line> lines;
  for (const auto& note : evidence.notes) lines.push_back({note.at, "-- " + note.text});
  for (const auto& written : evidence.journal) {
    const auto kind = state::kind_of(written.event.body);
    // What the run is pinned to is in the files that it was started with.
    const auto body = kind == state::EventKind::run_created ? std::string() : state::encode(written.event.body);
    lines.push_back(
        {written.at, fmt::format("journal {}.{} {} {}", written.process, written.event.seq, state::spell(kind), body)});
  }
  for (const auto& entry : evidence.hosts)
    lines.push_back({entry.at, fmt::format("{} {} {}", entry.host, entry.word, entry.detail)});
  std::ranges::stable_sort(lines, {}, &Line::at);
  std::string out = fmt::format("seed {}, begun with {}\n", evidence.scenario.seed, evidence.scenario.incident);
  for (const auto& mishap : evidence.scenario.mishaps) out += fmt::format("mishap {}\n", mishap.text());
  for (const auto& line : lines)
    out += fmt::format("{:>12} {}\n", actions::sim::spell_seconds(line.at.since_start), line.text);
  if (!evidence.broken.empty()) out += fmt::format("broken: {}\n", evidence.broken);
  return out;
}

}  // namespace unjam::rehearsal
