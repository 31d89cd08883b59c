#include "actions/sim/model_actions.h"

#include <fmt/format.h>

#include "state/base/digest.h"

namespace unjam::actions::sim {

ModelAction find_model_action(std::string_view name) {
  const ModelAction read = find_model_read(name);
  return read != nullptr ? read : find_model_change(name);
}

ModelAnswer run_model_action(Fleet& fleet, SimHost& host, std::string_view action, const json::object& inputs,
                             const json::object& fence) {
  const ModelAction act = find_model_action(action);
  if (act == nullptr) return cannot("absent", fmt::format("the model fleet has no {}", action));
  ModelCall call{fleet, host, inputs, fence};
  ModelAnswer result = act(call);
  if (call.recording) record_answer(host, fence, base64_encode(json::serialize(result.body)));
  return result;
}

ModelAnswer cannot(std::string_view kind, const std::string& text) {
  constexpr Range kQuick{Millis(50), Millis(200)};
  return {{{"error", json::object{{"kind", kind}, {"text", text}}}}, kQuick};
}

ModelAnswer answer(Range takes, json::object outputs, json::object before, json::object after) {
  json::object body{{"outputs", std::move(outputs)}, {"before", std::move(before)}, {"after", std::move(after)}};
  return {std::move(body), takes};
}

std::string wire_duration(Millis d) {
  return spell_seconds(d) + "s";
}

std::string input_text(const json::object& inputs, std::string_view name) {
  const json::value* value = inputs.if_contains(name);
  if (value == nullptr) return {};
  if (const json::object* object = value->if_object()) value = object->if_contains("name");
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Millis input_duration(const json::object& inputs, std::string_view name) {
  const json::value* value = inputs.if_contains(name);
  return Millis(value != nullptr && value->is_int64() ? value->get_int64() : 0);
}

}  // namespace unjam::actions::sim
