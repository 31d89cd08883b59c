#include "orchestrator/engine/recovery.h"

#include <fmt/format.h>

#include "orchestrator/engine/plan.h"
#include "state/base/plants.h"

namespace unjam::engine {

using state::EffectEnded;
using state::EffectPhase;

namespace {

std::string text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string{};
}

json::object object_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->as_object() : json::object{};
}

// The answer that the script left on the host before the connection was lost.
EffectEnded from_record(const std::string& intent, const json::object& answer) {
  EffectEnded ended{intent, EffectPhase::ok, {}, {}, {}, "read from the record on the host"};
  if (const auto* error = answer.if_contains("error"); error != nullptr && error->is_object()) {
    const auto kind = text_of(error->as_object(), "kind");
    ended.outcome = kind == "refused" || kind == "absent" ? EffectPhase::not_sent : EffectPhase::failed;
    ended.reason = text_of(error->as_object(), "text");
    return ended;
  }
  ended.outputs = object_of(answer, "outputs");
  ended.before = object_of(answer, "before");
  ended.after = object_of(answer, "after");
  return ended;
}

Conclusion of_reboot(const state::EffectRecord& effect, const Observation& seen) {
  const auto& intent = effect.intent;
  const auto before = text_of(intent.fence, "boot");
  const bool ours = seen.permit == intent.intent;
  const bool rebooted = seen.boot != before || planted("same-boot-token-is-a-reboot");
  if (rebooted && (ours || planted("reboot-of-others-is-ours"))) {
    EffectEnded ended{intent.intent,      EffectPhase::ok,       {{"boot", before}},
                      {{"boot", before}}, {{"boot", seen.boot}}, ""};
    return {{intent.intent, fmt::format("boot token {} -> {}", before, seen.boot), "rebooted"}, ended};
  }
  if (seen.boot != before)
    return {
        {intent.intent,
         fmt::format("new boot token {}, permit names {}", seen.boot, seen.permit.empty() ? "nothing" : seen.permit),
         "somebody else rebooted it"},
        EffectEnded{intent.intent,
                    EffectPhase::failed,
                    {},
                    {{"boot", before}},
                    {{"boot", seen.boot}},
                    "the host was rebooted by somebody else: its permit does not name this intent"}};
  if (ours && seen.state == "finished" && seen.answer.contains("error")) {
    auto ended = from_record(intent.intent, seen.answer);
    return {{intent.intent, "same boot token, the script refused", "it will not reboot"}, ended};
  }
  if (ours || seen.state != "absent")
    return {{intent.intent, "same boot token, permit given", "wait until the limit"}, std::nullopt};
  if (effect.phase == EffectPhase::accepted)
    return {{intent.intent, "same boot token, no permit", "wait until the limit"}, std::nullopt};
  return {{intent.intent, "same boot token, no permit", "it never started"},
          EffectEnded{intent.intent, EffectPhase::not_sent, {}, {}, {}, "the host has no trace of it"}};
}

}  // namespace

Conclusion conclude(const state::EffectRecord& effect, const Observation& seen) {
  const auto& id = effect.intent.intent;
  if (!seen.reached) return {{id, seen.unreached, "look again"}, std::nullopt};
  const auto machine = text_of(effect.intent.fence, "machine");
  if (!machine.empty() && seen.machine != machine && !planted("identity-not-asked"))
    return {{id, fmt::format("machine {} answers, {} was meant", seen.machine, machine),
             "another machine answers; look again"},
            std::nullopt};
  if (planted("absent-is-done") && seen.state == "absent")
    return {{id, "the host has no trace of it", "done"}, EffectEnded{id, EffectPhase::ok, {}, {}, {}, ""}};
  if (effect.intent.action == kRebootAction) return of_reboot(effect, seen);
  if (seen.state == "finished") return {{id, "the host kept the answer", "finished"}, from_record(id, seen.answer)};
  if (seen.state == "absent")
    return {{id, "the host has no trace of it", "it never started"},
            EffectEnded{id, EffectPhase::not_sent, {}, {}, {}, "the host has no trace of it"}};
  if (seen.boot != text_of(effect.intent.fence, "boot"))
    return {{id, "begun, and the host has rebooted since", "interrupted"},
            EffectEnded{id, EffectPhase::failed, {}, {}, {}, "the host went down while it ran"}};
  return {{id, "begun, not finished", "look again"}, std::nullopt};
}

}  // namespace unjam::engine
