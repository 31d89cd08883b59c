// Journals written by hand for the tests of the views.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "orchestrator/cli/text.h"
#include "state/run.h"

namespace unjam::cli {

class Journal {
 public:
  Journal& add(Millis after, state::EventBody body) {
    at_ += after;
    events_.push_back({static_cast<std::int64_t>(events_.size()) + 1, Wall{Millis{1'767'582'000'000} + at_},
                       Mono{Millis{5'000} + at_}, std::move(body)});
    return *this;
  }

  Journal& created(std::int64_t changes_at_most = 2) {
    state::RunCreated body;
    body.playbook = "rolling-reboot-hubs";
    body.summary = "Reboot the hubs of one site, one at a time, never below the floor";
    body.digest = "d1";
    body.params = {{"site", "tokyo"}};
    body.requester = {1001, "oncall", ""};
    body.trigger = "person";
    body.changes_at_most = changes_at_most;
    return add(Millis{0}, body);
  }

  Journal& intent(Millis after, const std::string& id, const std::string& path, const std::string& action,
                  const std::string& effect, const std::string& undo, const std::string& undoes = {}) {
    state::Intent body;
    body.intent = id;
    body.path = path;
    body.host = "tyohub1";
    body.action = action;
    body.effect = effect;
    body.retry = "idempotent";
    body.undo = undo;
    body.undoes = undoes;
    body.limit_ms = 600'000;
    return add(after, body);
  }

  Journal& effect_ended(Millis after, const std::string& id, state::EffectPhase outcome, json::object before = {},
                        json::object now = {}, const std::string& reason = {}) {
    state::EffectEnded body;
    body.intent = id;
    body.outcome = outcome;
    body.before = std::move(before);
    body.after = std::move(now);
    body.reason = reason;
    return add(after, body);
  }

  // A run that has drained tyohub1 and sent its reboot, whose proof is awaited.
  Journal& rebooting() {
    created();
    add(Millis{0}, state::StepStarted{"roll"});
    add(Millis{0}, state::HostsChosen{"roll", {"tyohub1", "tyohub2"}});
    add(Millis{1000}, state::GateAsked{"roll", "tyohub1", true, {{"floor", true, "tyohub2 remains"}}});
    add(Millis{0}, state::TurnStarted{"roll", "tyohub1"});
    add(Millis{0}, state::StepStarted{"roll[tyohub1]/drain"});
    intent(Millis{0}, "i1", "roll[tyohub1]/drain", "hub.drain", "reversible", "hub.resume");
    effect_ended(Millis{4000}, "i1", state::EffectPhase::ok, {{"policy", "open"}}, {{"policy", "drained"}});
    add(Millis{0}, state::StepEnded{"roll[tyohub1]/drain", state::StepOutcome::ok, "", ""});
    add(Millis{0}, state::StepStarted{"roll[tyohub1]/reboot"});
    intent(Millis{0}, "i2", "roll[tyohub1]/reboot", "host.reboot", "disruptive", "none");
    return add(Millis{2000}, state::EffectAccepted{"i2", {}});
  }

  const std::vector<state::Event>& events() const { return events_; }
  Wall now() const { return events_.back().wall; }

  state::Run run() const {
    auto folded = state::fold(RunId("r-0123456789abcdef"), events_);
    return folded ? *folded : state::Run{};
  }

 private:
  Millis at_{0};
  std::vector<state::Event> events_;
};

inline const Look kPlain{false, 100, 24};

}  // namespace unjam::cli
