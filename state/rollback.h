// The rollback log is a view of the journal, so the two cannot disagree. One line per effect above read, newest first.
#pragma once

#include <string>
#include <vector>

#include "state/run.h"

namespace unjam::state {

enum class Debt {
  owed,  // must be undone and has not been
  undone,
  undo_failed,
  cannot,       // undo: none, and why that cannot be
  nothing_owed  // below reversible, never sent, failed without effect, or itself an undo
};
BOOST_DESCRIBE_ENUM(Debt, owed, undone, undo_failed, cannot, nothing_owed)

struct RollbackLine {
  std::string intent;
  std::string path;
  std::string host;
  std::string action;
  EffectPhase outcome = EffectPhase::unknown;
  json::object before;
  json::object after;
  std::string undo;
  Debt debt = Debt::nothing_owed;
  std::string note;  // for people
  Wall at;
};

std::vector<RollbackLine> rollback_log(const Run& run);

// Intents whose undo is still owed, newest first: Debt::owed and undo_failed. Of several attempts of one step on one
// host the newest stands for all; its undo settles them together.
std::vector<std::string> owed(const Run& run);

}  // namespace unjam::state
