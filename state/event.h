// Every event of the journal. An event says what happened, never in which context; `apply` (run.h) knows the rest.
//
// Stored form: one JSON object per event, keys as the members below (FORMAT.md). Versioned as a whole by
// kFormatVersion; fields are only ever added, with a reading for journals that lack them. Times of the payload are
// milliseconds.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "state/base/ids.h"
#include "state/base/json.h"
#include "state/base/result.h"
#include "state/base/time.h"
#include "state/status.h"

namespace unjam::state {

inline constexpr int kFormatVersion = 1;

struct Person {  // who did it: the peer of the socket or of the process, never a flag or a variable
  std::int64_t uid = 0;
  std::string user;
  std::string sudo_user;  // recorded, not trusted
};

struct Document {  // a text that the run is pinned to
  std::string name;
  std::string text;
};

struct RunCreated {
  int format = kFormatVersion;
  std::string playbook;
  std::string summary;
  std::string digest;  // of the plan: playbooks, parameters, hosts, host keys, policy, contracts, scripts
  json::object params;
  std::vector<Document> playbooks;  // the first is the one that was started
  Document inventory;
  Document policy;
  std::vector<std::string> packs;  // folders, in order
  Person requester;
  std::string trigger;               // person, watch, schedule
  bool interactive = false;          // somebody can be asked to confirm later
  std::int64_t changes_at_most = 0;  // hosts on which it may do anything above nudge: what must be confirmed
};
struct RunResumed {  // another process, or the same after a stop; nothing read before it counts as fresh
  std::int64_t epoch = 0;
  Person by;
};
struct RunConfirmed {
  std::int64_t hosts = 0;
  Person by;
};
struct ApprovalAsked {
  std::string path;
  std::string text;
  std::string digest;
  std::string group;
  std::int64_t count = 0;
  std::int64_t expires_ms = 0;
};
struct ApprovalGiven {
  std::string path;
  std::string digest;
  Person by;
};
struct ApprovalDenied {
  std::string path;
  std::string reason;
  std::optional<Person> by;
};
struct CancelRequested {
  std::string cause;
  std::optional<Person> by;
};  // cause: cancel, interrupt
struct LocksTaken {
  std::vector<std::string> locks;
};
struct PlayStarted {
  std::string path;
  json::object params;
};
struct StepStarted {
  std::string path;
};
struct HostsChosen {
  std::string path;
  std::vector<std::string> hosts;
};
struct ReadingTaken {  // of a fact, on one host
  std::string fact;    // with the path of the play it belongs to
  std::string host;
  std::int64_t effects = 0;       // effects of the run sent when reading began
  std::int64_t started_mono = 0;  // when reading began
  std::optional<json::object> value;
  std::string unknown;  // the reason, if there is no value
};
struct SnapshotTaken {
  std::string path;
  std::string host;
  std::string action;  // whose contract types the value
  std::optional<json::object> value;
  std::string unknown;
};
struct Looked {
  std::string path;
  std::string verdict;
  std::string reason;
};  // of expect, until: true, false, unknown
struct GateReason {
  std::string name;
  bool open = false;
  std::string text;
};
struct GateAsked {
  std::string path;
  std::string host;
  bool open = false;
  std::vector<GateReason> reasons;
};
struct TurnStarted {
  std::string path;
  std::string host;
};
struct TurnEnded {
  std::string path;
  std::string host;
  StepOutcome outcome = StepOutcome::ok;
  std::string cause;
};
struct Intent {
  std::string intent;  // id; travels to the host
  std::string path;    // of the step, turn included
  std::string host;
  std::string action;
  std::string effect;
  std::string retry;
  int attempt = 1;
  json::object inputs;
  std::string undo;    // recipe: an action, `none`, or empty when nothing is owed
  std::string undoes;  // the intent that this one settles
  json::object fence;  // store, epoch, machine, boot: what the host checks before it acts
  std::int64_t limit_ms = 0;
  bool slot = false;  // it takes the slot of its host
};
struct EffectAccepted {
  std::string intent;
  json::object outputs;
};
struct EffectObserved {
  std::string intent;
  std::string saw;
  std::string conclusion;
};  // a look while the outcome was open
struct EffectEnded {
  std::string intent;
  EffectPhase outcome = EffectPhase::unknown;
  json::object outputs;
  json::object before;  // for the rollback log
  json::object after;
  std::string reason;
};
struct StepEnded {
  std::string path;
  StepOutcome outcome = StepOutcome::ok;
  std::string cause;
  std::string detail;
};
struct SlotsReleased {
  std::vector<std::string> hosts;
  std::string evidence;
};
struct Escalated {
  std::string path;
  std::string text;
  bool by_unknown = false;
};
struct StopBegun {
  std::string cause;
  std::string path;
  std::string detail;
};  // cause: no, failed, unknown, cancel, window, kill_switch, escalate ...
struct StuckNoted {
  std::string path;
  std::string host;
  std::string reason;
};  // something owed could not be settled
struct Paged {
  std::string who;
  std::string text;
};
struct RunEnded {
  End end = End::done;
  bool changed = false;
  std::string cause;
  std::string text;
};

using EventBody =
    std::variant<RunCreated, RunResumed, RunConfirmed, ApprovalAsked, ApprovalGiven, ApprovalDenied, CancelRequested,
                 LocksTaken, PlayStarted, StepStarted, HostsChosen, ReadingTaken, SnapshotTaken, Looked, GateAsked,
                 TurnStarted, TurnEnded, Intent, EffectAccepted, EffectObserved, EffectEnded, StepEnded, SlotsReleased,
                 Escalated, StopBegun, StuckNoted, Paged, RunEnded>;

struct Event {
  std::int64_t seq = 0;  // from 1, without a gap, per run
  Wall wall;
  Mono mono;  // of the process that wrote it
  EventBody body;
};

EventKind kind_of(const EventBody& body);  // the variant's order is EventKind's

inline constexpr std::size_t kMaxEventBytes = 4u << 20;  // of one stored body

// The stored JSON, canonical; and back. Reading is strict (every key, no other, each of its type): ErrorKind::corrupt
// names the field.
std::string encode(const EventBody& body);
Result<EventBody> decode(EventKind kind, std::string_view text);

// The same for what is about to be stored: bytes that are no UTF-8 (a host's words) become U+FFFD. ErrorKind::exhausted
// above kMaxEventBytes; ErrorKind::invalid if it could not be read back: nested deeper than parse_json reads, or a
// number that JSON does not have.
Result<std::string> encode_checked(const EventBody& body);

// The format of a stored run_created, readable or not; nothing if it says none. It is asked first, so that a newer
// journal is called newer and not damaged.
std::optional<std::int64_t> format_of(std::string_view text);

// The kind of that name, or nothing.
std::optional<EventKind> kind_named(std::string_view name);

BOOST_DESCRIBE_STRUCT(Person, (), (uid, user, sudo_user))
BOOST_DESCRIBE_STRUCT(Document, (), (name, text))
BOOST_DESCRIBE_STRUCT(RunCreated, (),
                      (format, playbook, summary, digest, params, playbooks, inventory, policy, packs, requester,
                       trigger, interactive, changes_at_most))
BOOST_DESCRIBE_STRUCT(RunResumed, (), (epoch, by))
BOOST_DESCRIBE_STRUCT(RunConfirmed, (), (hosts, by))
BOOST_DESCRIBE_STRUCT(ApprovalAsked, (), (path, text, digest, group, count, expires_ms))
BOOST_DESCRIBE_STRUCT(ApprovalGiven, (), (path, digest, by))
BOOST_DESCRIBE_STRUCT(ApprovalDenied, (), (path, reason, by))
BOOST_DESCRIBE_STRUCT(CancelRequested, (), (cause, by))
BOOST_DESCRIBE_STRUCT(LocksTaken, (), (locks))
BOOST_DESCRIBE_STRUCT(PlayStarted, (), (path, params))
BOOST_DESCRIBE_STRUCT(StepStarted, (), (path))
BOOST_DESCRIBE_STRUCT(HostsChosen, (), (path, hosts))
BOOST_DESCRIBE_STRUCT(ReadingTaken, (), (fact, host, effects, started_mono, value, unknown))
BOOST_DESCRIBE_STRUCT(SnapshotTaken, (), (path, host, action, value, unknown))
BOOST_DESCRIBE_STRUCT(Looked, (), (path, verdict, reason))
BOOST_DESCRIBE_STRUCT(GateReason, (), (name, open, text))
BOOST_DESCRIBE_STRUCT(GateAsked, (), (path, host, open, reasons))
BOOST_DESCRIBE_STRUCT(TurnStarted, (), (path, host))
BOOST_DESCRIBE_STRUCT(TurnEnded, (), (path, host, outcome, cause))
BOOST_DESCRIBE_STRUCT(Intent, (),
                      (intent, path, host, action, effect, retry, attempt, inputs, undo, undoes, fence, limit_ms, slot))
BOOST_DESCRIBE_STRUCT(EffectAccepted, (), (intent, outputs))
BOOST_DESCRIBE_STRUCT(EffectObserved, (), (intent, saw, conclusion))
BOOST_DESCRIBE_STRUCT(EffectEnded, (), (intent, outcome, outputs, before, after, reason))
BOOST_DESCRIBE_STRUCT(StepEnded, (), (path, outcome, cause, detail))
BOOST_DESCRIBE_STRUCT(SlotsReleased, (), (hosts, evidence))
BOOST_DESCRIBE_STRUCT(Escalated, (), (path, text, by_unknown))
BOOST_DESCRIBE_STRUCT(StopBegun, (), (cause, path, detail))
BOOST_DESCRIBE_STRUCT(StuckNoted, (), (path, host, reason))
BOOST_DESCRIBE_STRUCT(Paged, (), (who, text))
BOOST_DESCRIBE_STRUCT(RunEnded, (), (end, changed, cause, text))

}  // namespace unjam::state
