// The walk behind decide(): one instance per question, thrown away afterwards. Split over decide_*.cc by what stands at
// a node.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "orchestrator/engine/decide.h"

namespace unjam::engine {

// Where the walk is: a program, a prefix of paths, and within a rollout the host in hand.
struct Where {
  const Frame* frame = nullptr;
  std::string prefix;
  std::optional<std::string> host{};
  const playbooks::Node* rollout = nullptr;     // whose gate binds, inside its turns
  const playbooks::Node* until_play = nullptr;  // the enclosing play that asks `until` after each turn inside ...
  const Where* play_at = nullptr;               // ... and where that play stands
};

enum class Walked {
  waiting,  // commands say what for
  end,      // came to the end of the list
  stop,     // a step says stop, or nothing more may be begun here while settling
  done      // `done`: nothing to do
};

inline constexpr const char* kLimitOfPolicy = "limit of policy";  // cause of a step or turn that it ended

class Walker {
 public:
  Walker(const Plan& plan, const state::Run& run, const Surroundings& around, Now now, Waymarks* waymarks);

  std::vector<Command> decide();

 private:
  using Node = playbooks::Node;
  using Outcome = state::StepOutcome;

  // decide.cc: the walk
  Walked walk(const playbooks::Machine& machine, const Where& where);
  void visit(const Node& node, const std::string& path, const Where& where);
  void visit_done(const Node& node, const std::string& path, const Where& where);
  void visit_escalate(const Node& node, const std::string& path, const Where& where);
  void visit_wait(const Node& node, const std::string& path, const Where& where);
  void visit_play(const Node& node, const std::string& path, const Where& where);
  void enter_play(const Node& node, const std::string& path, const Where& where);
  bool in_disrupted_turn(const Where& where) const;

  // decide_look.cc: what looks
  void visit_guard(const Node& node, const std::string& path, const Where& where);
  void visit_expect(const Node& node, const std::string& path, const Where& where);
  void end_look(const Node& node, const std::string& path, const state::StepRecord& step);
  void visit_snapshot(const Node& node, const std::string& path, const Where& where);
  bool read(const RunScope& scope, const std::vector<Demand>& demands);  // true: something must be read first
  void read_one(const RunScope& scope, const Demand& demand);
  bool under_way(const Read& read) const;
  void snapshot_one(const Node& node, const std::string& path, const RunScope& scope, const std::string& host);

  // What a gate, or without one the limits of policy, say of an effect, and what is claimed with it.
  struct GateAnswer {
    state::GateAsked asked;
    state::Claims claims;
    bool queued = true;  // false: it cannot open by waiting (a limit of the policy)
  };

  // decide_act.cc: what changes
  void visit_act(const Node& node, const std::string& path, const Where& where);
  std::optional<Outcome> act_on(const Node& node, const std::string& path, const std::string& host, const Where& where);
  std::optional<Outcome> after_try(const Node& node, const state::StepRecord& step, const state::EffectRecord& effect,
                                   const std::string& path, const std::string& host, const Where& where);
  void try_send(const Node& node, const std::string& path, const std::string& host, int attempt, const Where& where);
  void send(const Node& node, const std::string& path, const std::string& host, int attempt, const Where& where,
            GateAnswer answer);
  bool gated(const playbooks::ActionSpec& action, const Where& where) const;
  bool over_limit(const state::StepRecord& step, const std::string& host) const;
  std::string why(const state::StepRecord& step, const std::string& host, Outcome outcome) const;
  void observe(const state::EffectRecord& effect, Mono deadline);
  void visit_settle(const Node& node, const std::string& path, const Where& where);
  bool settle_effect(const state::EffectRecord& effect, const std::string& path, Millis limit, bool look_first);
  void send_undo(const state::EffectRecord& effect, const std::string& path, int attempt, Millis limit);

  // decide_rollout.cc
  void visit_rollout(const Node& node, const std::string& path, const Where& where);
  bool choose_hosts(const Node& node, const std::string& path, const Where& where);
  bool begin_turn(const Node& node, const std::string& path, const std::string& host, const Where& where);
  void turn(const Node& node, const std::string& path, const std::string& host, const Where& where);
  void end_turn(const Node& node, const std::string& path, const std::string& host, Outcome outcome, std::string cause);
  std::optional<bool> not_needed(const Node& node, const std::string& path, const std::string& host,
                                 const Where& where);
  Outcome worst_in(const std::string& prefix, std::string& cause) const;

  // decide_gate.cc
  GateAnswer ask_gate(const Node& rollout, const std::string& path, const std::string& host,
                      const playbooks::ActionSpec* action, const RunScope& scope);
  GateAnswer ask_limits(const std::string& path, const std::string& host, const playbooks::ActionSpec& action) const;
  bool gate_demands(const Node& rollout, const std::string& host, bool floors, const RunScope& scope);
  void add_floors(const Node& rollout, const std::string& host, bool policy_floors, const RunScope& scope,
                  GateAnswer& answer) const;
  void add_policy_floor(const playbooks::FloorRule& rule, const std::string& host, const RunScope& scope,
                        GateAnswer& answer) const;
  void add_conditions(const Node& rollout, const RunScope& scope, GateAnswer& answer) const;
  void add_policy_gates(const Node& rollout, const std::vector<const playbooks::ActionSpec*>& actions,
                        const RunScope& scope, GateAnswer& answer) const;
  void add_limits(const std::vector<const playbooks::ActionSpec*>& actions, const std::string& host,
                  GateAnswer& answer) const;
  std::vector<std::string> scope_of(playbooks::Per per, const std::string& role, const std::string& host) const;
  std::vector<playbooks::FloorRule> floor_rules(const std::string& host) const;

  // decide_admit.cc: confirming, approving, locks
  bool admitted(playbooks::Effect effect);
  bool confirmed();
  bool locked();
  void visit_approve(const Node& node, const std::string& path, const Where& where);
  std::optional<bool> approval(const std::string& path, const std::string& text, const playbooks::ApprovalRule& rule);

  // decide_settle.cc: stopping
  void decide_stopping();
  void settle_debts();
  void release_slots();
  void end_run();

  RunScope scope(const Where& where, const std::string& path, Mono not_before = {Millis{-1}}) const;
  RunScope gate_scope(const Where& where, const std::string& path, Mono not_before) const;  // policy's `fresh` binds
  const state::StepRecord* step(const std::string& path) const;
  void record(state::EventBody event);
  void record(std::vector<state::EventBody> events, state::Claims claims = {});
  void end_step(const std::string& path, Outcome outcome, std::string cause = {}, std::string detail = {});
  void escalate(const std::string& path, std::string text, bool by_unknown, std::optional<Outcome> outcome);
  void stop(std::string cause, const std::string& path, std::string detail);
  void sleep(Mono until);
  Millis poll() const;
  std::optional<playbooks::Evaluated> health(const std::string& host, std::string_view preferred_field,
                                             const RunScope& scope);

  const Plan& plan_;
  const state::Run& run_;
  const Surroundings& around_;
  Now now_;
  Waymarks* waymarks_;
  bool settling_ = false;
  bool recorded_ = false;  // a Record is in `out_`: nothing more is concluded before it is in the journal
  std::vector<Command> out_;
};

}  // namespace unjam::engine
