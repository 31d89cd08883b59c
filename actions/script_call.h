// Script and parameters -> a constant command and its stdin; the framed answer -> typed outputs, or why there are none.
// Pure.
//
// Wire format (both worlds, see actions/packs/PROTOCOL.md):
// - stdin of sh: prelude, parameters (base64 values), script, all in one compound command: a cut input runs nothing
// - stdin of powershell: one line, base64 of the script with its parameters; a bootstrap in -EncodedCommand reads it
// - stdout: "UNJAM-BEGIN <token>", base64 of one JSON object (may be wrapped), "UNJAM-END <token> <its length>"
// - JSON: { "outputs": {...}, "before": {...}, "after": {...} }, or
//   { "error": { "kind": "unreadable" | "failed" | "refused" | "absent", "text": "..." } }
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "actions/transport.h"
#include "playbooks/action_spec.h"
#include "playbooks/value.h"

namespace unjam::actions {

// What the host answered.
struct Answer {
  playbooks::Value outputs;  // record of the contract's outputs; an output that the script left out is absent from it
  json::object before{};     // of a change: what was there, and what is there now; for the rollback log
  json::object after{};
};

// A framed refusal or failure that the script itself reported: it ran, and this is its word.
struct Refusal {
  enum class Kind { unreadable, failed, refused, absent } kind;
  std::string text;
};

// What one call came to, told apart as design.md 4 demands.
struct Outcome {
  enum class Kind { answered, refused, not_sent, unknown } kind = Kind::unknown;
  Answer answer{};       // answered
  Refusal refusal{};     // refused
  std::string reason{};  // not_sent, unknown: for people
  bool denied = false;   // not_sent because of the host key or authentication
};

// Classifies a reply. Success needs the frame with the token, the length and a JSON object of the declared types.
Outcome classify(const Result<Reply>& reply, const std::string& token, const playbooks::ActionSpec& spec);

struct Script {              // views: whoever has the texts outlives it
  std::string_view shell;    // "sh" or "powershell"
  std::string_view prelude;  // shared functions of the shell
  std::string_view text;
};

inline constexpr std::size_t kMaxInput = 4u << 20;  // bytes of a call's script and inputs, before they are encoded

// Inputs in the wire's JSON form: hosts as { name, address, site, role }, a site as { name, hosts: [...] }, durations
// in milliseconds, records as objects. Scalars, lists of scalars, and lists of flat objects; nothing deeper.
// Each becomes a text under one name: `in_NAME`, or NAME itself if it begins with `unjam_`; a site also
// `in_NAME_hosts`; the keys of `fence` as `fence_KEY`. Booleans are true or false; lists one item a line, records one
// line with tabs between the fields in the object's order (hosts: name, address, site, role). sh gets them as
// variables, PowerShell as the hashtable $UnjamInput of base64 texts, which its prelude decodes.
struct Rendered {
  std::string command;
  std::function<std::string()> input;  // its stdin, see Request; refers to the script's texts
};
// ErrorKind::invalid if a value cannot travel (NUL, newline or tab where the form is line based), or all is too large.
Result<Rendered> render_call(const Script& script, const json::object& inputs, const json::object& fence,
                             const std::string& token, bool become);

// The command for PowerShell behind a scheduled task (`via: scheduled-task`), for the same input: it hands the call to
// the task and brings its answer back. A task that does not take the call within kTaskStart ran nothing, and never
// will.
inline constexpr Millis kTaskStart{30'000};
std::string task_command(const std::string& task);

}  // namespace unjam::actions
