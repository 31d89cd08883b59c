// A plan is a program bound to its parameters, hosts, policy and packs, and pinned by a digest. Immutable; one per run.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actions/inventory.h"
#include "actions/packs.h"
#include "playbooks/program.h"
#include "state/event.h"

namespace unjam::engine {

// Actions of every platform that the engine itself needs: who is this machine, and what became of an intent
// (actions/packs/linux).
inline constexpr const char* kBootAction = "host.boot";
inline constexpr const char* kLookAction = "intent.look";
inline constexpr const char* kRebootAction = "host.reboot";  // proven by a new boot token, never by its own answer

using Targets = std::map<std::string, playbooks::Value, std::less<>>;

// One program with its own names: the plan's, or a played one.
struct Frame {
  const playbooks::Program* program = nullptr;
  std::string prefix;                                      // "" or "path/of/play/"
  playbooks::Value params = playbooks::Value::record({});  // a record
  Targets targets{};

  const playbooks::Fields& fields() const { return *params.as_record(); }
};

struct Plan {
  playbooks::ProgramPtr program;
  Frame root;  // of `program`: who puts in another one gives both
  playbooks::Estate estate;
  std::shared_ptr<const actions::Inventory> inventory;
  std::shared_ptr<const playbooks::Policy> policy;
  std::shared_ptr<const actions::Packs> packs;
  std::vector<std::string> changeable;  // hosts on which it may do anything above nudge
  std::vector<std::string> locks;       // what a run of it must hold before its first change
  std::set<playbooks::Effect> effects;  // above read; none: it only looks
  std::string digest;
  state::RunCreated created;  // as it will stand in the journal

  std::optional<playbooks::Effect> strongest() const {
    return effects.empty() ? std::nullopt : std::optional(*effects.rbegin());
  }
};

struct PlanTexts {  // what a plan is made of: from files at the start, from the journal on resume
  std::vector<state::Document> playbooks;  // the first is started, the others are played by it; names are paths
  state::Document inventory;
  state::Document policy;  // empty text: Policy{}
  std::vector<std::string> pack_roots;
  std::vector<std::string> catalogs;
  std::map<std::string, std::string> params;  // as typed
  json::object typed_params;                  // instead of `params`, on resume
};

// Checks and binds. Null and located errors in `out` for faults of the files; `error` for the rest: a parameter that is
// missing, of the wrong type or out of bounds, an empty target set, a changed pack, a step that policy does not allow.
std::shared_ptr<const Plan> make_plan(const PlanTexts& texts, playbooks::Diagnostics& out, std::optional<Error>& error);

// The digest's parts in clear, canonical JSON: what an approval covers.
json::object digest_parts(const Plan& plan);

// Parameters of a program from text (`--param`) or JSON, checked against type, bounds and policy's `least`.
Result<playbooks::Fields> bind_params(const playbooks::Program& program, const playbooks::Estate& estate,
                                      const playbooks::Policy& policy, const std::map<std::string, std::string>& given);
Result<playbooks::Fields> bind_params(const playbooks::Program& program, const playbooks::Estate& estate,
                                      const playbooks::Policy& policy, const json::object& given);

// Evaluates the targets of a program. ErrorKind::invalid names the one that is empty or unknown.
Result<Targets> bind_targets(const playbooks::Program& program, const playbooks::Estate& estate,
                             const playbooks::Value& params);

}  // namespace unjam::engine
