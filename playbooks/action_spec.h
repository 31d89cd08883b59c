// What the checker and the engine must know about an action: its contract (language.md 1, last part).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "playbooks/type.h"
#include "playbooks/value.h"

namespace unjam::playbooks {

enum class Effect { read, nudge, reversible, disruptive, destructive };
enum class Retry { pure, idempotent, fenced, once };

std::string_view spell(Effect e);
std::string_view spell(Retry r);

// A field that a gate or a verification has to look at: time.offset.offset `of host`.
struct FieldRef {
  std::string action;
  std::string field;
  bool of_host = false;
};

struct ActionSpec {
  std::string name;
  std::string contracts;  // the contract file that declares it
  Effect effect = Effect::disruptive;
  Retry retry = Retry::once;
  std::string undo;  // action, "none", or empty: effect below reversible
  std::vector<std::pair<std::string, TypePtr>> inputs;
  std::vector<std::pair<std::string, TypePtr>> outputs;
  std::optional<Duration> limit;     // default patience; facts use it
  std::optional<Duration> at_least;  // a shorter limit is refused (UJ0806)
  bool floor_required = false;
  std::vector<FieldRef> gate;
  std::vector<std::pair<std::string, std::vector<FieldRef>>> proven;  // input -> fields
  std::vector<FieldRef> verify;

  const TypePtr* input(std::string_view input_name) const;
  TypePtr answer() const;  // the outputs as a record type
  bool needs_gate() const { return effect >= Effect::disruptive || floor_required || !gate.empty(); }
};

class ActionCatalog {
 public:
  virtual ~ActionCatalog() = default;
  virtual const ActionSpec* find(std::string_view action) const = 0;
  virtual std::vector<std::string> names() const = 0;
};

}  // namespace unjam::playbooks
