// What names mean while an expression of a run is evaluated: parameters, targets, facts as read, outputs of steps, the
// host in hand. Pure: a view of (plan, run, now).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/engine/plan.h"
#include "state/run.h"

namespace unjam::engine {

// Where an expression stands.
struct Place {
  const Frame* frame = nullptr;
  std::string path;                 // full path of the node
  std::optional<std::string> host;  // in hand
};

// A fact, or an action that policy or the engine wants to look at (named "@action"), on one host.
struct Demand {
  std::string fact;  // key of Run::readings
  std::string host;
  const playbooks::ActionSpec* action = nullptr;
  std::vector<playbooks::Argument> const* with = nullptr;
  playbooks::Duration fresh{};
  Millis limit{0};
  friend bool operator==(const Demand& a, const Demand& b) { return a.fact == b.fact && a.host == b.host; }
};

class RunScope final : public playbooks::Scope {
 public:
  // `not_before`: readings that began earlier do not count (polls look anew).
  RunScope(const Plan& plan, const state::Run& run, Now now, Place place, Mono not_before = {Millis{-1}});

  // Readings older than this do not count either, however long their fact may stay fresh: what opens a gate.
  void no_older_than(playbooks::Duration most) { oldest_ = most; }

  playbooks::Evaluated name(std::string_view name) const override;
  playbooks::Evaluated of_host(std::string_view function, const playbooks::HostRef& host) const override;
  playbooks::Evaluated attribute(const playbooks::HostRef& host, std::string_view field) const override;

  const Place& place() const { return place_; }

  // What must be read before an expression with these uses may be evaluated: every fact in it that is not usable, at
  // once.
  std::vector<Demand> missing(const playbooks::ExprUses& uses) const;
  // The same for an implicit fact: `action` without inputs on one host.
  std::optional<Demand> missing_implicit(std::string_view action, const std::string& host) const;
  // The usable reading of an implicit fact as a record, or why there is none.
  playbooks::Evaluated implicit(std::string_view action, const std::string& host) const;

 private:
  bool asked_enough(const std::string& key, const std::string& host) const;
  const state::Reading* usable(const std::string& key, const std::string& host, playbooks::Duration fresh) const;
  playbooks::Evaluated reading_value(const std::string& key, const std::string& host,
                                     const playbooks::ActionSpec& action, playbooks::Duration fresh) const;
  playbooks::Evaluated step_value(std::string_view name) const;
  const state::StepRecord* visible_step(std::string_view name, std::string& path) const;
  playbooks::Evaluated hosts_of(const playbooks::Fact& fact) const;

  const Plan& plan_;
  const state::Run& run_;
  Now now_;
  Place place_;
  Mono not_before_;
  playbooks::Duration oldest_ = playbooks::Duration::max();
  mutable std::map<std::string, playbooks::Evaluated, std::less<>> lets_;  // unknown ones too: each is evaluated once
  mutable int depth_ = 0;
};

// A host's answer as a record of the contract's outputs; an output that is missing from `answer`, or of the wrong type,
// is left out.
playbooks::Value record_of(const json::object& answer, const playbooks::ActionSpec& action);

// A duration or count that a parameter may give.
Millis patience(const playbooks::DurationArg& arg, const playbooks::Fields& params);
std::int64_t count(const playbooks::CountArg& arg, const playbooks::Fields& params, std::size_t of);

// Values of `with` in the wire's form (actions/script_call.h). An unknown input is an Unknown, nothing is sent.
std::expected<json::object, playbooks::Unknown> inputs_of(const std::vector<playbooks::Argument>& with,
                                                          const RunScope& scope, const Plan& plan);

// A value in the wire's form: hosts as objects, a site with its hosts, durations in milliseconds.
json::value to_wire(const playbooks::Value& value, const playbooks::Type& type, const playbooks::Estate& estate);

}  // namespace unjam::engine
