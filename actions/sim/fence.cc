#include "actions/sim/fence.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace unjam::actions::sim {
namespace {

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return {};
  if (value->is_int64()) return std::to_string(value->get_int64());
  return value->is_string() ? std::string(value->get_string()) : std::string();
}

bool well_formed(const std::string& text) {
  constexpr std::size_t kMostBytes = 128;
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == ':' || c == '-';
  };
  return !text.empty() && text.front() != '.' && text.size() <= kMostBytes && std::ranges::all_of(text, allowed);
}

// The first word of the refusal is what PROTOCOL.md promises.
std::string refuse(Fleet& fleet, const SimHost& host, const std::string& word, const std::string& text) {
  fleet.note(host, "refused", word);
  return fmt::format("fence: {}: {}", word, text);
}

void remember(FenceState& state, const std::string& intent) {
  if (!state.intents.contains(intent)) {
    state.order.push_back(intent);
    if (state.order.size() > kMaxIntents) {
      state.intents.erase(state.order.front());
      state.order.pop_front();
    }
  }
  state.intents[intent] = {};
}

}  // namespace

std::optional<std::string> pass_fence(Fleet& fleet, SimHost& host, const json::object& fence, FenceKind kind) {
  const std::string intent = text_of(fence, "intent");
  if (kind == FenceKind::none || (kind == FenceKind::again && intent.empty())) return std::nullopt;
  const std::string store = text_of(fence, "store");
  const std::string epoch_text = text_of(fence, "epoch");
  const std::string machine = text_of(fence, "machine");
  const std::string boot = text_of(fence, "boot");
  std::int64_t epoch = 0;
  const auto parsed = std::from_chars(epoch_text.data(), epoch_text.data() + epoch_text.size(), epoch);
  const bool number = parsed.ec == std::errc() && parsed.ptr == epoch_text.data() + epoch_text.size() && epoch >= 0;
  for (const std::string& text : {store, intent, machine, boot}) {
    if (!well_formed(text) || !number) {
      fleet.note(host, "refused", "malformed");
      return fmt::format("fence: none or malformed: '{}'", text);
    }
  }
  if (machine != host.machine) {
    return refuse(fleet, host, "machine", fmt::format("this is {}, not {}", host.machine, machine));
  }
  if (kind == FenceKind::first && boot != host.boot) {
    return refuse(fleet, host, "boot", fmt::format("this host runs {}, not {}", host.boot, boot));
  }
  FenceState& state = host.fence;
  if (state.permit && state.permit->store != store) {
    return refuse(
        fleet, host, "store",
        fmt::format("the permit is of {}, not of {}; a person must adopt this host", state.permit->store, store));
  }
  if (state.permit && state.permit->epoch > epoch) {
    return refuse(fleet, host, "epoch", fmt::format("the permit has {}, this call {}", state.permit->epoch, epoch));
  }
  const auto record = state.intents.find(intent);
  const bool recorded = record != state.intents.end();
  if (recorded && record->second.voided) {
    return refuse(fleet, host, "intent", intent + " was made void by a look");
  }
  const bool latest = state.permit && state.permit->intent == intent;
  if (recorded && !latest) {
    return refuse(fleet, host, "intent", intent + " is over: another one has been let through since");
  }
  if (kind == FenceKind::first && (latest || recorded)) {
    return refuse(fleet, host, "intent", intent + " was begun before");
  }
  state.permit = Permit{store, epoch, intent};
  remember(state, intent);
  fleet.note(host, "permit", fmt::format("intent={} epoch={}", intent, epoch));
  return std::nullopt;
}

void record_answer(SimHost& host, const json::object& fence, const std::string& answer_base64) {
  const auto record = host.fence.intents.find(text_of(fence, "intent"));
  if (record != host.fence.intents.end()) record->second = {true, false, answer_base64};
}

void void_intent(SimHost& host, const std::string& intent) {
  remember(host.fence, intent);
  host.fence.intents[intent].voided = true;
}

}  // namespace unjam::actions::sim
