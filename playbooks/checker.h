// The checker: names, types and the structural rules of language.md 4 on a playbook's model. Reports everything at
// once. Part of the loader; load_playbook (program.h) is its only caller outside of its own files.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "playbooks/expr_looks.h"
#include "playbooks/model.h"
#include "playbooks/names.h"
#include "playbooks/program.h"

namespace unjam::playbooks {

// Which playbooks are being loaded around this one, outermost first: `play` may not come back to them.
using PlayStack = std::vector<std::string>;

inline constexpr std::size_t kMaxPlayDepth = 4;
inline constexpr std::size_t kMaxDefinitionDepth = 48;  // lets defined by lets; the engine evaluates no deeper

// What a step stands in.
struct StepPlace {
  const Within* host = nullptr;          // in hand, inside of a rollout
  const model::Step* rollout = nullptr;  // the innermost
  bool ladder = false;                   // somewhere inside of a ladder
  bool rung = false;                     // directly in a ladder's list
  bool after_each = false;
  bool root = false;  // directly in `steps`
};

class BookChecker {
 public:
  BookChecker(model::Playbook& book, const CheckInput& input, const PlayStack& stack, Diagnostics& out);

  // Types everything, then applies the rules. The results stand in the model and in these.
  void check();

  const std::vector<Param>& params() const { return params_; }
  const std::vector<Fact>& facts() const { return facts_; }
  const std::vector<ProgramPtr>& plays() const { return plays_; }
  const NameTable& names() const { return names_; }
  NameTable& names() { return names_; }
  const CheckInput& input() const { return input_; }
  const model::Playbook& book() const { return book_; }

  // For the rules' own files.
  void error(std::string code, Span span, std::string message, std::string help = {});
  // The same, with the way that leads there.
  void error_on(std::vector<Note> way, std::string code, Span span, std::string message, std::string help = {});
  // What a step stands in, outermost first, then the step itself: the beginning of such a way.
  std::vector<Note> way_to(const model::Step& step) const;
  const model::FactSpec* fact_spec(std::string_view fact) const;
  // The action that a fact runs; null if it is unknown.
  const ActionSpec* fact_action(std::string_view fact) const;
  // The question for this field, or (null) for anything that a fact says.
  Looks looks_for(const FieldRef* ref) const;
  // Whether the condition cannot hold without having looked at this field (of the host in hand, if the contract says
  // so), whichever of its alternatives it holds by.
  bool must_look_at(const Expr& condition, const FieldRef& ref) const;
  const Expr* let_tree(std::string_view name) const;
  const Param* param(std::string_view name) const;
  // Least and largest value that a time may have; nothing where a parameter leaves it open.
  std::optional<Duration> least(const DurationArg& arg) const;
  std::optional<Duration> most(const DurationArg& arg) const;

 private:
  // Declarations (checker.cc).
  void declare();
  void declare_name(const model::NameAt& name, Declared declared);
  void declare_steps(const model::Steps& steps, bool root);
  void close_needs();
  void ensure(const std::string& name);
  void check_target(Declared& declared, std::size_t index);
  void check_let(Declared& declared, std::size_t index);
  void check_fact(Declared& declared, std::size_t index);
  std::optional<Within> exact_within(const Expr& tree) const;
  void report_unused();
  bool all_typed() const;

  // Parameters (checker_params.cc).
  void check_params();
  std::optional<Param> check_param(const model::ParamSpec& spec);
  TypePtr param_type(const model::NameAt& word);
  std::optional<Value> param_literal(const model::NameAt& text, const Type& type, std::string_view what);
  void check_bounds(const Param& param, const model::ParamSpec& spec);

  // Expressions (checker.cc).
  CheckedExprPtr check_slot(const ExprText& text, const TypePtr& want, const Position& position);
  std::optional<CheckedText> check_prose(const ExprText& text, const Position& position);
  bool check_with(std::vector<model::ArgumentSlot>& with, const ActionSpec& action, Span span,
                  const Position& position);
  void pass_on(const Diagnostics& own, bool met_broken);
  std::vector<Note> where_from(const Diagnostic& fault) const;
  void mark_used(const ExprUses& uses);

  // Steps (checker_steps.cc).
  void check_steps(model::Steps& steps, StepPlace place);
  void check_step(model::Step& step, const StepPlace& place);
  void check_run(model::Step& step, const StepPlace& place);
  void check_rollout(model::Step& step, const StepPlace& place);
  void check_ladder(model::Step& step, const StepPlace& place);
  void check_choose(model::Step& step, const StepPlace& place);
  void check_gate(model::GateSpec& gate, const Position& position);
  void add_output(const model::Step& step, const StepPlace& place);
  bool exhausts_an_enumeration(const model::Step& step) const;
  CheckedExprPtr check_truth(model::ExprSlot& slot, const StepPlace& place);
  Position position_of(const StepPlace& place) const;

  // Played playbooks (checker_play.cc).
  void check_play(model::Step& step, const StepPlace& place);
  void check_play_arguments(model::Step& step, const Program& program, const StepPlace& place);
  void check_play_bounds(const model::ArgumentSlot& argument, const Param& wanted);

  model::Playbook& book_;
  const CheckInput& input_;
  const PlayStack& stack_;
  Diagnostics& out_;
  NameTable names_;
  std::vector<Param> params_;
  std::vector<Fact> facts_;
  std::vector<ProgramPtr> plays_;
  std::size_t defining_ = 0;                                 // definitions being typed, inside each other
  std::map<const model::Step*, const model::Step*> around_;  // the step that each step stands in
};

// The rules, each family in its own file. All of them need the types, so they run when the walk is over.
void check_gate_rules(BookChecker& checker);        // UJ0501-0507, 0509
void check_obligation_rules(BookChecker& checker);  // UJ0601, 0602, 0604, 0605
void check_flow_rules(BookChecker& checker);        // UJ0508, 0603, 0606, 0801, 0802
void check_time_rules(BookChecker& checker);        // UJ0803, 0805-0807, times given by parameters
void check_unknown_rules(BookChecker& checker);     // UJ0510, 0701, 0702
void mark_times_used(BookChecker& checker);         // parameters that stand as a time or count are asked
void check_policy_rules(BookChecker& checker);      // UJ0901, 1001, 1003

// Calls `visit(step, place)` for every step, outer ones first.
template <typename StepsT, typename Visit>
void walk_steps(StepsT& steps, StepPlace place, const Visit& visit) {
  for (auto& step : steps) {
    visit(step, place);
    StepPlace inner = place;
    inner.root = false;
    inner.rung = false;
    if (step.verb == model::Verb::rollout) {
      inner.host = &step.within;
      inner.rollout = &step;
    }
    StepPlace body = inner;
    body.ladder = body.ladder || step.verb == model::Verb::ladder;
    body.rung = step.verb == model::Verb::ladder;
    walk_steps(step.body, body, visit);
    StepPlace after = inner;
    after.after_each = true;
    walk_steps(step.after_each, after, visit);
    for (auto& arm : step.arms) walk_steps(arm.body, inner, visit);
    if (step.otherwise) walk_steps(*step.otherwise, inner, visit);
  }
}

// A step in a few words, for ways: "drain: run hub.drain".
std::string in_words(const model::Step& step);
// Whether a is less than b; false if they are not two whole numbers or two durations.
bool below(const Value& a, const Value& b);
// Whether some way through these steps may change anything (an effect above read).
bool has_change(const model::Steps& steps);
bool is_change(const model::Step& step);
// The strongest effect of a program and of what it plays; read if it only looks.
Effect strongest_effect(const Program& program);

}  // namespace unjam::playbooks
