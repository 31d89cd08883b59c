// The journal and what is claimed with it. Synchronous: one process owns it, on one thread; see DIR/lock.
//
// One append is one transaction and is on disk (synced) when it returns. What it claims is checked and taken in that
// same transaction, so two runs cannot both pass a gate. After an error of kind `io` the store is poisoned: every later
// write is refused, because a failed sync says nothing about what is on disk (reliability.md 3.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "state/event.h"

namespace unjam::state {

// Exclusive things of the organisation: "site:tokyo". All or none. Comes with a LocksTaken that names the same.
struct LockClaim {
  std::vector<std::string> locks;
};

// Comes with an intent on `host`, which the store marks `slot`. Takes the slot of `host` if, of `members` (hosts that
// are up now), at least `min` remain without `host` and without every host whose slot is held by anyone.
struct FloorClaim {
  std::string name;  // for the refusal: "floor", "policy floor hub per site"
  std::vector<std::string> members;
  std::int64_t min = 1;
};
struct SlotClaim {
  std::string host;
  std::vector<FloorClaim> floors;
};

// Refused if an effect of `action` on one of `hosts` ended less than `every` ago, or `at_most` of them within `within`.
// An effect whose outcome is still open counts as ending now.
struct RateClaim {
  std::string name;
  std::string action;
  std::vector<std::string> hosts;
  std::optional<Millis> every;
  std::optional<std::int64_t> at_most;
  Millis within{0};
};

struct Claims {
  std::optional<LockClaim> locks;
  std::optional<SlotClaim> slot;
  std::vector<RateClaim> rates;
};

inline constexpr std::size_t kMaxAppendEvents = 1'000;
inline constexpr std::int64_t kMaxRunEvents = 1'000'000;

// One transaction's worth of a run.
struct AppendRequest {
  RunId run;
  std::int64_t expected = 0;
  Now now;
  std::vector<EventBody> events;
  Claims claims{};
};

enum class Access {
  read,  // beside a live owner; every write is refused
  write  // the owner: one at a time
};

struct Holder {
  RunId run;
  Wall since;
};
struct SlotRow {
  std::string host;
  Holder holder;
};
struct LockRow {
  std::string lock;
  Holder holder;
};
struct EffectRow {  // of any run: what cooldowns count
  RunId run;
  std::string intent;
  std::string action;
  std::string host;
  Wall began;
  std::optional<Wall> ended;
};
struct RunRow {
  RunId id;
  std::string playbook;
  std::string summary;
  Wall created;
  std::int64_t seq = 0;
  Phase phase = Phase::running;
  End end = End::none;
};

class Store {
 public:
  virtual ~Store() = default;

  virtual StoreId id() const = 0;
  virtual std::int64_t epoch() const = 0;  // grows with every opening for writing

  // Appends to a run, `expected` being its last seq (0 creates it; the first event is then run_created). Effects, slots
  // and locks that the events imply (intent, effect_ended, slots_released, run_ended) are kept up in the same
  // transaction; run_ended releases the run's locks. ErrorKind::conflict: seq has moved on, or a claim is refused (the
  // message names it, the holder and since when). ErrorKind::not_found: no such run. ErrorKind::invalid: the events are
  // not possible there (status.h) or cannot be stored. ErrorKind::exhausted: a size, or too little space on disk for a
  // new effect. After each of these nothing was written. ErrorKind::io: poisoned; whether it was written is unknown.
  virtual Result<std::vector<Event>> append(const RunId& run, std::int64_t expected, Now now,
                                            std::vector<EventBody> events, const Claims& claims = {}) = 0;

  // Several requests, in order, as one transaction: one sync for all (group commit). Each has its own answer, in their
  // order; what is refused to one changes nothing for the others. Later ones see the claims of earlier ones.
  virtual std::vector<Result<std::vector<Event>>> append_many(std::vector<AppendRequest> requests) = 0;

  // Every event of the run, its hash chain verified. ErrorKind::not_found, corrupt.
  virtual Result<std::vector<Event>> load(const RunId& run) const = 0;

  virtual Result<std::vector<RunRow>> runs() const = 0;    // newest first
  virtual Result<std::vector<SlotRow>> slots() const = 0;  // by host
  virtual Result<std::vector<LockRow>> locks() const = 0;  // by name

  // Another one whenever what runs hold (slots, locks, effects) may have changed: while it stays, so do they. Nothing:
  // this handle cannot tell, as others write.
  virtual std::optional<std::uint64_t> holdings_version() const = 0;

  // Begun or ended since, or still open; in the order of their intents. Those that were surely not sent are gone. One
  // that ended `unknown` stays open until it is known or its run ends.
  virtual Result<std::vector<EffectRow>> effects(Wall since) const = 0;
};

// Why a claim would be refused now, or empty: the rule itself, pure, shared by all stores and by the gates' preview.
std::string refused_by(const SlotClaim& claim, const std::vector<SlotRow>& held, const RunId& run);
std::string refused_by(const RateClaim& claim, const std::vector<EffectRow>& effects, Wall now);
std::string refused_by(const LockClaim& claim, const std::vector<LockRow>& held, const RunId& run);

}  // namespace unjam::state
