// A playbook as it stands in its file: plain structs, every value with its place. The loader fills in the texts, the
// checker the typed expressions beside them; the compiler reads both. Nothing outside of the loader, checker and
// compiler sees it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "playbooks/expr.h"
#include "playbooks/program.h"
#include "playbooks/source.h"

namespace unjam::playbooks::model {

struct ExprSlot {
  ExprText text;
  CheckedExprPtr expr{};  // null: not yet checked, or not well typed
};

struct TextSlot {
  ExprText text;
  std::optional<CheckedText> checked{};
};

struct NameAt {
  std::string name;
  Span span;
};

// One entry of `with`. Which of the two forms it is, the input's type decides.
struct ArgumentSlot {
  std::string name;
  Span name_span;
  ExprText text;
  CheckedExprPtr expr{};
  std::optional<CheckedText> checked{};
};

struct GateSpec {
  Span span;
  std::optional<ExprSlot> floor{};
  std::optional<CountArg> min{};
  std::vector<std::pair<NameAt, ExprSlot>> require{};
  std::optional<DurationArg> limit{};
};

struct FactSpec {
  NameAt name;
  NameAt action;  // empty: missing or of a wrong form, already reported
  std::optional<ExprSlot> hosts{};
  std::vector<ArgumentSlot> with{};
  std::optional<DurationArg> fresh{};
  std::optional<DurationArg> limit{};
};

struct ParamSpec {
  NameAt name;
  NameAt type;
  std::optional<NameAt> fallback{};  // texts, read by the parameter's type
  std::optional<NameAt> min{};
  std::optional<NameAt> max{};
};

struct NamedSlot {  // of `targets` and `let`
  NameAt name;
  ExprSlot value;
};

enum class Verb { run, expect, choose, group, rollout, ladder, play, settles, approve, wait, done, escalate };

std::string_view spell(Verb verb);

struct Step;
using Steps = std::vector<Step>;

struct Arm {
  Span span;
  ExprSlot when;
  Steps body;
};

struct Step {
  NameAt name;
  bool broken = false;  // its name or verb could not be read: told; nothing is concluded from what it lacks
  Verb verb = Verb::escalate;
  Span verb_span;
  std::optional<ExprSlot> when{};

  NameAt target{};                   // run: the action; play: the playbook; settles: the step
  std::optional<ExprSlot> expr{};    // expect; rollout: the set
  std::optional<ExprSlot> hosts{};   // run
  std::vector<ArgumentSlot> with{};  // run, play
  std::optional<NameAt> undo{};      // an empty name: written, but of a wrong form.      // run
  std::int64_t retry = 0;            // run
  std::optional<Span> retry_span{};
  std::optional<DurationArg> limit{};  // run, expect, ladder, settles, approve; wait: how long
  std::optional<DurationArg> hold{};   // expect, ladder
  std::optional<ExprSlot> until{};     // ladder, rollout, play
  std::optional<ExprSlot> order{};     // rollout
  std::optional<CountArg> batch{};     // rollout
  std::optional<CountArg> stop_after{};
  std::optional<GateSpec> gate{};  // rollout
  std::optional<TextSlot> text{};  // approve, done, escalate

  Steps body{};        // group, rollout: `do`; ladder: the rungs
  Steps after_each{};  // ladder
  std::vector<Arm> arms{};
  std::optional<Steps> otherwise{};  // `else`
  Span else_span{};

  // Set by the checker.
  const ActionSpec* action = nullptr;  // run; settles: of the step that it settles
  ProgramPtr program{};                // play
  Within within{};                     // rollout: where its hosts lie
};

struct Playbook {
  std::string name;
  Span name_span;
  std::string summary;
  SourcePtr source;
  std::vector<ParamSpec> params;
  std::vector<NamedSlot> targets;
  std::vector<FactSpec> facts;
  std::vector<NamedSlot> lets;
  Steps steps;
};

}  // namespace unjam::playbooks::model

namespace unjam::playbooks {

struct YamlNode;

// Located tree -> model. Reports unknown and missing keys, wrong forms, verbs (UJ0201-0206); what has a fault is left
// out or empty, so that the rest can be checked as well.
model::Playbook load_model(const YamlNode& root, const SourcePtr& source, Diagnostics& out);

}  // namespace unjam::playbooks
