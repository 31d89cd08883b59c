#include "state/append_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "state/run.h"

namespace unjam::state {
namespace {

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorKind::invalid, std::move(message));
}

// The journal must show what is claimed, so that a fold knows what the run holds: marks the intent that takes the slot.
Result<void> show_slot(AppendRequest& request) {
  bool shown = false;
  for (EventBody& body : request.events) {
    auto* intent = std::get_if<Intent>(&body);
    if (intent == nullptr) continue;
    intent->slot = request.claims.slot && request.claims.slot->host == intent->host;
    shown = shown || intent->slot;
  }
  if (request.claims.slot && !shown) {
    return invalid(fmt::format("the slot of {} is claimed without an intent on it", request.claims.slot->host));
  }
  return {};
}

Result<void> check_locks(const AppendRequest& request) {
  std::set<std::string> shown;
  for (const EventBody& body : request.events)
    if (const auto* taken = std::get_if<LocksTaken>(&body)) shown.insert(taken->locks.begin(), taken->locks.end());
  std::set<std::string> claimed;
  if (request.claims.locks) claimed.insert(request.claims.locks->locks.begin(), request.claims.locks->locks.end());
  if (shown != claimed) return invalid("the locks that are claimed are not those of the event that shows it");
  return {};
}

Result<void> check_shape(const AppendRequest& request) {
  if (request.run.empty()) return invalid("a run without an id");
  if (request.events.empty()) return invalid("nothing to append");
  if (request.events.size() > kMaxAppendEvents) {
    return fail(ErrorKind::exhausted,
                fmt::format("{} events at once: at most {} are", request.events.size(), kMaxAppendEvents));
  }
  if (request.expected + std::ssize(request.events) > kMaxRunEvents) {
    return fail(ErrorKind::exhausted, fmt::format("a run has at most {} events", kMaxRunEvents));
  }
  const bool creates = std::holds_alternative<RunCreated>(request.events.front());
  if (creates != (request.expected == 0)) return invalid("a run begins with run_created, and with nothing else");
  std::set<std::string> intents;
  for (const EventBody& body : request.events) {
    const auto* intent = std::get_if<Intent>(&body);
    if (intent != nullptr && !intents.insert(intent->intent).second) {
      return invalid(fmt::format("intent {} twice in one append", intent->intent));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<StoredEvent>> prepare(AppendRequest request) {
  for (const auto& checked : {check_shape(request), show_slot(request), check_locks(request)})
    if (!checked) return std::unexpected(checked.error());
  std::vector<StoredEvent> stored;
  stored.reserve(request.events.size());
  std::int64_t seq = request.expected;
  for (EventBody& body : request.events) {
    auto text = encode_checked(body);
    if (!text) return std::unexpected(std::move(text.error()));
    stored.push_back(
        {.event = {.seq = ++seq, .wall = request.now.wall, .mono = request.now.mono, .body = std::move(body)},
         .text = std::move(*text)});
  }
  return stored;
}

bool begins_something(const AppendRequest& request) {
  return std::ranges::any_of(request.events, [](const EventBody& body) {
    const auto* intent = std::get_if<Intent>(&body);
    return std::holds_alternative<RunCreated>(body) || (intent != nullptr && intent->undoes.empty());
  });
}

bool changes_holdings(const AppendRequest& request) {
  return std::ranges::any_of(request.events, [](const EventBody& body) {
    return std::holds_alternative<Intent>(body) || std::holds_alternative<EffectEnded>(body) ||
           std::holds_alternative<SlotsReleased>(body) || std::holds_alternative<LocksTaken>(body) ||
           std::holds_alternative<RunEnded>(body);
  });
}

Result<RunRow> advanced(RunRow row, const std::vector<StoredEvent>& events) {
  for (const StoredEvent& stored : events) {
    const Event& event = stored.event;
    if (event.seq != row.seq + 1) {
      return fail(ErrorKind::conflict, fmt::format("run {} has moved on to event {}", row.id.text, row.seq));
    }
    const EventKind kind = kind_of(event.body);
    const auto phase = next(row.phase, kind);
    if (!phase) {
      return invalid(fmt::format("{} is not possible while run {} is {}", spell(kind), row.id.text, spell(row.phase)));
    }
    row.phase = *phase;
    row.seq = event.seq;
    if (const auto* created = std::get_if<RunCreated>(&event.body)) {
      row.playbook = created->playbook;
      row.summary = created->summary;
      row.created = event.wall;
    }
    if (const auto* over = std::get_if<RunEnded>(&event.body)) row.end = over->end;
    if (*phase != Phase::ended) row.end = End::none;
  }
  return row;
}

std::string refusal(const Claims& claims, const RunId& run, Wall now, const std::vector<SlotRow>& slots,
                    const std::vector<LockRow>& locks, const std::vector<EffectRow>& effects) {
  std::string why;
  if (claims.locks) why = refused_by(*claims.locks, locks, run);
  if (why.empty() && claims.slot) why = refused_by(*claims.slot, slots, run);
  for (const RateClaim& rate : claims.rates)
    if (why.empty()) why = refused_by(rate, effects, now);
  return why;
}

Millis reach(const Claims& claims) {
  Millis longest(0);
  for (const RateClaim& rate : claims.rates) longest = std::max({longest, rate.within, rate.every.value_or(Millis(0))});
  return longest;
}

std::optional<Change> change_of(const RunId& run, const Event& event) {
  if (const auto* intent = std::get_if<Intent>(&event.body)) {
    if (effect_rank(intent->effect) <= kRankRead) return std::nullopt;
    return EffectBegan{{.run = run,
                        .intent = intent->intent,
                        .action = intent->action,
                        .host = intent->host,
                        .began = event.wall,
                        .ended = {}}};
  }
  if (const auto* over = std::get_if<EffectEnded>(&event.body)) {
    if (over->outcome == EffectPhase::not_sent) return EffectNever{over->intent};
    if (over->outcome == EffectPhase::unknown) return std::nullopt;
    return EffectOver{over->intent, event.wall};
  }
  if (const auto* freed = std::get_if<SlotsReleased>(&event.body)) return SlotsFreed{freed->hosts};
  if (std::holds_alternative<RunEnded>(event.body)) return RunOver{event.wall};
  return std::nullopt;
}

}  // namespace unjam::state
