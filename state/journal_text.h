// A run's journal as text, one JSON object per line: what `unjam log --json` prints, what an auditor files, and how old
// journals are kept as fixtures.
//
// First line: {"journal":1,"run":R,"store":S}. Then each event's envelope (hash_chain.h) with its "hash". The text is
// canonical, so the same journal is the same bytes, and the chain can be verified from it alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "state/event.h"

namespace unjam::state {

inline constexpr int kJournalTextVersion = 1;
inline constexpr std::size_t kMaxJournalTextBytes = 256u << 20;

struct JournalText {
  StoreId store;
  RunId run;
  std::vector<Event> events;
};

std::string export_journal(const JournalText& journal);

// The first line, and each event's line, without line breaks; for writers that print as events arrive. `hash` is the
// chain up to the event: chain_start() at first, moved on by each call.
std::string journal_head(const StoreId& store, const RunId& run);
std::string journal_line(const Event& event, std::string& hash);

// ErrorKind::corrupt names the line: not whole, not canonical, not chained, of a newer version. ErrorKind::exhausted
// above kMaxJournalTextBytes.
Result<JournalText> import_journal(std::string_view text);

}  // namespace unjam::state
