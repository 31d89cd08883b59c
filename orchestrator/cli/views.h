// What people and programs are shown of a run. Views of the journal, nothing else: pure functions over state::Run and
// its events, so that `status`, `log`, `why` and `rollback --log` cannot disagree with what was done.
//
// Text views end with a newline. JSON views have stable keys (README, "For programs").
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "orchestrator/cli/text.h"
#include "state/rollback.h"
#include "state/run.h"
#include "state/store.h"

namespace unjam::cli {

// ---- how a run ended -----------------------------------------------------------------------------------------------

// Exit codes of design.md 9.
inline constexpr int kDone = 0;
inline constexpr int kBadInput = 1;
inline constexpr int kRefused = 2;
inline constexpr int kFailed = 3;
inline constexpr int kStuck = 4;
inline constexpr int kEscalated = 5;
inline constexpr int kInterrupted = 6;

int exit_code(state::End end);
// Of a run that has no end yet: interrupted.
int exit_code(const state::Run& run);

// The lines that end `unjam run`: what came of it, what was changed, what is owed, what to read next if the journal is
// kept.
std::string end_report(const state::Run& run, const Look& look, bool kept = true);

// What a person needs who takes over from an escalated run: the newest reading of every fact on every host. Part of its
// end report and of `why`. Empty if nothing was read.
std::string evidence_text(const state::Run& run);
json::array evidence_json(const state::Run& run);

// ---- time ----------------------------------------------------------------------------------------------------------

// Time since a run began, over several incarnations of the driving process: the monotonic clock within one, the wall
// between them.
class RunClock {
 public:
  Millis at(const state::Event& event);  // events in order

 private:
  bool began_ = false;
  Wall first_{};
  Millis base_{0};
  Mono base_mono_{};
  Millis last_{0};
};

// ---- what it waits for ---------------------------------------------------------------------------------------------

struct Wait {
  std::string kind;  // gate, look, hold, answer, proof, approval, confirmation, lock, driver, settling
  std::string path;
  std::string host;
  std::string name;    // of the condition, if it has one
  std::string text;    // the value, or why there is none
  Millis since{0};     // how long it has been waited for
  std::string holder;  // who has what is wanted: a run, a group of people
  std::string until;   // when it can be met, or what ends the waiting
  std::string advice;  // a command to type; may be empty
};

struct Others {  // what other runs hold, for `why`
  std::vector<state::SlotRow> slots;
  std::vector<state::LockRow> locks;
  std::optional<bool> driven;  // whether a living process drives the run; absent: not known
  std::string quarantine{};    // the file that keeps it from being driven; empty: nothing does
};

// Paths of the engine's own steps: it waits for the requester's number, for the locks of its sites.
inline constexpr const char* kConfirmPath = "@confirm";
inline constexpr const char* kLocksPath = "@locks";

// Every unmet condition, the most important first. `now` is the wall clock of the asking process; durations within the
// run are counted from its last event.
std::vector<Wait> waits(const state::Run& run, const Others& others, Wall now);

std::string why_text(const state::Run& run, const std::vector<Wait>& waiting, const Look& look);
json::object why_json(const state::Run& run, const std::vector<Wait>& waiting);

// ---- status --------------------------------------------------------------------------------------------------------

std::string status_text(const state::Run& run, const std::vector<Wait>& waiting, const Look& look);
json::object status_json(const state::Run& run, const std::vector<Wait>& waiting);

// The table of all runs of a state directory.
std::string runs_text(const std::vector<state::RunRow>& rows, Wall now, const Look& look);
json::array runs_json(const std::vector<state::RunRow>& rows);

// running; ended as done (exit code 0) ...
std::string state_of(const state::Run& run);

// ---- timeline ------------------------------------------------------------------------------------------------------

struct Line {
  std::int64_t seq = 0;
  Millis since{0};
  Wall wall{};
  std::string path;
  std::string host;
  std::string what;
  Tone tone = Tone::plain;
  bool detail = false;  // shown by `log --all` only
};

// Turns events into lines, in order. Equal looks and equal verdicts that follow each other become one line; of the
// readings of a fact the first of each host is a line, later ones are details.
class Timeline {
 public:
  Line add(const state::Event& event);

 private:
  RunClock clock_;
  std::map<std::string, std::string> last_;  // path (and host) -> what was said last
  std::map<std::string, state::Intent> intents_;
  std::set<std::string> read_;  // fact and host
};

std::string line_text(const Line& line, const Look& look);
std::string timeline_text(const std::vector<state::Event>& events, bool all, const Look& look);
json::array timeline_json(const std::vector<state::Event>& events);

// ---- rollback log --------------------------------------------------------------------------------------------------

std::string rollback_text(const state::Run& run, const Look& look);
json::object rollback_json(const state::Run& run);

// ---- paths ---------------------------------------------------------------------------------------------------------

// heal/roll[tyohub1]/reboot -> reboot; tyohub1; and the host of the innermost turn ("" if there is none).
std::string step_of(const std::string& path);
std::string host_of(const std::string& path);

// {"a":1} of an object on one line, cut to `limit` columns: a = 1, b = x. Hosts by name, lists of more than
// `most_items` by their length.
std::string spell_fields(const json::object& fields, std::size_t limit, std::size_t most_items = 4);

}  // namespace unjam::cli
