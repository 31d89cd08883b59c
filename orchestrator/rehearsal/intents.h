// The intents of a rehearsal's journal with the true time at which each was on disk, and what hosts say of them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "orchestrator/rehearsal/evidence.h"
#include "orchestrator/rehearsal/host_story.h"

namespace unjam::rehearsal {

struct KnownIntent {
  Mono at;
  state::Intent intent;
};

inline std::map<std::string, KnownIntent, std::less<>> intents_of(const Evidence& evidence) {
  std::map<std::string, KnownIntent, std::less<>> out;
  for (const auto& written : evidence.journal)
    if (const auto* intent = std::get_if<state::Intent>(&written.event.body))
      out.try_emplace(intent->intent, KnownIntent{written.at, *intent});
  return out;
}

// Who a host says has done this to it, if it was an intent: what it did, not that its fence let it through.
inline std::string_view done_by(const actions::sim::LogEntry& entry) {
  const auto who = entry.word == "clock" ? detail(entry, "who") : detail(entry, "by");
  const bool other = who == "somebody-else" || who == "nobody" || who == "fault" || who == "-";
  return other || entry.word == "refused" ? std::string_view{} : who;
}

}  // namespace unjam::rehearsal
