// The invariants, by name. Each looks at the evidence and says where it was broken. What hosts did is read from their
// own logs; the journal is one of the things that are judged.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/rehearsal/evidence.h"

namespace unjam::rehearsal {

struct Violation {
  std::string checker;
  Mono at;
  std::string host;  // may be empty
  std::string text;  // one sentence
};

using Violations = std::vector<Violation>;

struct Checker {
  std::string_view name;
  std::string_view promise;
  Violations (*check)(const Evidence&);
};

const std::vector<Checker>& checkers();
Violations judge(const Evidence& evidence);  // of all of them

// How long the engine may go on believing what it has seen of a host: the oldest reading that may open a gate, and the
// way of the script to the host.
inline constexpr Millis kBelief{60'000 + 15'000};

// checkers_hosts.cc: what hosts must never have seen
Violations floor_held(const Evidence& evidence);
Violations one_at_a_time(const Evidence& evidence);
Violations one_reboot_per_intent(const Evidence& evidence);
Violations intent_before_effect(const Evidence& evidence);
Violations only_its_targets(const Evidence& evidence);
Violations limits_kept(const Evidence& evidence);

// checkers_settle.cc: what is put back, and what is called good
Violations undone_newest_first(const Evidence& evidence);
Violations every_debt_tried(const Evidence& evidence);
Violations put_back_when_ready(const Evidence& evidence);
Violations stayed_good(const Evidence& evidence);

// checkers_run.cc: how a run must behave and end
Violations no_effect_outside(const Evidence& evidence);
Violations obligations_settled(const Evidence& evidence);
Violations success_has_evidence(const Evidence& evidence);
Violations not_sent_is_true(const Evidence& evidence);
Violations rollback_log_complete(const Evidence& evidence);
Violations replay_is_the_same(const Evidence& evidence);
Violations nothing_lost(const Evidence& evidence);
Violations ends_or_pages(const Evidence& evidence);

}  // namespace unjam::rehearsal
