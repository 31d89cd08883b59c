// Which keys each kind of map in Unjam's files may have, which it must have, and what their values look like. One
// table: the loaders close their maps with it, `unjam schema` gives it to editors, and a test holds LANGUAGE.md against
// it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace unjam::playbooks {

struct Shape;

// The look of a value: as much as can be told without knowing what the names in it mean.
enum class Form {
  version,            // 1
  expression,         // E
  truth,              // B
  hosts,              // S
  prose,              // T
  line,               // one line of text
  text,               // text
  literal,            // a constant of the parameter's type
  time,               // D: 30s 5m 4h 1d, or params.x
  duration,           // 30s 5m 4h 1d
  count,              // N: whole number from 1, or params.x
  count_or_percent,   // N, or 1% to 100%
  whole,              // whole number from `least` to `most`
  truth_value,        // true or false
  word,               // one of `words`
  name,               // letters, digits, - and _
  action,             // the same and dots
  names,              // list of names
  allowed,            // list of actions; hub.*: all whose name begins with hub.
  address,            // host name or IP address
  path,               // of a file
  secret,             // file:/path of the secret, never the secret
  moment,             // 22:00, or 2026-12-28 00:00
  rate,               // 1 per 1d
  field,              // action.field
  fields,             // list of action.field, `of host` behind one that must be asked of the host in hand
  member_type,        // type of an input or output
  arguments,          // map: input -> expression, or text for inputs of type text
  steps,              // list of steps
  arms,               // list of maps of `shape`
  map,                // one map of `shape`
  list,               // list of maps of `shape`
  named,              // map: name of an expression -> map of `shape`
  called,             // map: name -> map of `shape`
  actions,            // map: action -> map of `shape`
  named_expressions,  // map: name -> E
  named_truths,       // map: name -> B
  named_hosts,        // map: name -> S
  named_types,        // map: name -> type
  records,            // map: name -> map: name -> type
  proven,             // map: input -> list of action.field
  by_role,            // map: role -> action.field
  by_action,          // map: action -> list of action.field
  by_effect,          // map: effect -> map of `shape`
  bounds,             // map: action.input -> number or duration
  bounds_by_book,     // map: playbook -> map: parameter -> number or duration
  modes,              // map: playbook -> one of `words`
  groups              // map: name -> list of users
};

enum class Need { optional, compulsory };

struct KeySpec {
  std::string_view key;
  Form form;
  Need need = Need::optional;
  std::string_view meaning;
  std::string_view fallback = {};  // what holds if it is not written; empty: nothing
  const Shape* shape = nullptr;
  std::span<const std::string_view> words = {};
  std::int64_t least = 0;
  std::int64_t most = INT64_MAX;
};

struct Shape {
  std::string_view name;  // one word or two, unique in its kind of file: "gate"
  std::string_view meaning;
  std::span<const KeySpec> keys;

  const KeySpec* find(std::string_view key) const;
};

// Steps: a map of exactly one of these verbs and its keys. `do` alone is a group; beside `rollout` it is its body.
std::span<const Shape* const> verb_shapes();

// A whole file of one kind.
struct FileKind {
  std::string_view name;  // playbook, policy, inventory, contracts
  std::string_view meaning;
  const Shape* head;
};
std::span<const FileKind> file_kinds();

extern const Shape kPlaybookShape;
extern const Shape kParamShape;
extern const Shape kFactShape;
extern const Shape kGateShape;
extern const Shape kArmShape;

extern const Shape kPolicyShape;
extern const Shape kFloorShape;
extern const Shape kLimitShape;
extern const Shape kApprovalShape;
extern const Shape kWindowShape;
extern const Shape kFreezeShape;
extern const Shape kStormShape;

extern const Shape kInventoryShape;
extern const Shape kConnectionShape;
extern const Shape kHostShape;

extern const Shape kContractsShape;
extern const Shape kActionShape;

}  // namespace unjam::playbooks
