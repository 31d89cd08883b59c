#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "orchestrator/policy/window.h"
#include "orchestrator/rehearsal/checkers.h"
#include "orchestrator/rehearsal/host_story.h"
#include "orchestrator/rehearsal/intents.h"
#include "orchestrator/rehearsal/run_text.h"
#include "state/rollback.h"

namespace unjam::rehearsal {

using actions::sim::LogEntry;
using state::EffectPhase;
using state::End;

namespace {

// First of these words on this host at or after `from`; null: none.
const LogEntry* first_of(const Evidence& evidence, const std::string& host, std::string_view word, Mono from) {
  const auto found = std::ranges::find_if(
      evidence.hosts, [&](const LogEntry& e) { return e.host == host && e.word == word && e.at >= from; });
  return found == evidence.hosts.end() ? nullptr : &*found;
}

const LogEntry* trace_of(const Evidence& evidence, std::string_view intent) {
  const auto found = std::ranges::find_if(evidence.hosts, [&](const LogEntry& e) {
    return (e.word == "permit" && detail(e, "intent") == intent) || done_by(e) == intent;
  });
  return found == evidence.hosts.end() ? nullptr : &*found;
}

// What forbids new effects, as the journal goes by: read in order, so that what comes later does not count.
class Forbidden {
 public:
  explicit Forbidden(const Evidence& evidence) : evidence_(evidence) {}

  // Why this intent should not be there; empty: it may.
  std::string why_not(const Written& written, const state::Intent& intent) {
    const auto* action = evidence_.plan->packs->find(intent.action);
    if (!intent.undoes.empty() || action == nullptr) return {};
    if (!cancelled_.empty()) return cancelled_;
    if (!locked_ && !evidence_.plan->locks.empty() && action->effect > playbooks::Effect::read)
      return "the run does not hold the locks of its sites";
    if (const auto window = policy::ask_windows(*evidence_.plan->policy, action->effect, written.event.wall);
        !window.open)
      return "the window is shut or a freeze is on: " + window.text;
    if (switch_thrown(written.at)) return "the kill switch is thrown";
    if (locks_held(written.at)) return "another run holds the locks";
    if (action->effect < playbooks::Effect::disruptive) return {};
    return denied_.empty() ? unapproved(action->effect, written.event.wall) : denied_;
  }

  void see(const state::EventBody& body) {
    if (std::holds_alternative<state::LocksTaken>(body)) locked_ = true;
    if (std::holds_alternative<state::CancelRequested>(body)) cancelled_ = "the run was cancelled";
    if (std::holds_alternative<state::ApprovalDenied>(body)) denied_ = "the approval was denied or taken back";
    if (const auto* given = std::get_if<state::ApprovalGiven>(&body))
      if (given->by.user != evidence_.run.created.requester.user && given->digest == evidence_.plan->digest)
        approvers_.insert(given->by.user);
  }
  void asked(const Written& written) {
    const auto* asked = std::get_if<state::ApprovalAsked>(&written.event.body);
    if (asked != nullptr && asked->count > 0 && !asked_) asked_ = written.event.wall;
  }

 private:
  bool switch_thrown(Mono at) const {
    return std::ranges::any_of(evidence_.scenario.mishaps, [&](const Mishap& one) {
      return one.kind == MishapKind::kill_switch && at >= one.at && (one.lasts.count() == 0 || at < one.at + one.lasts);
    });
  }

  bool locks_held(Mono at) const {
    return std::ranges::any_of(evidence_.scenario.mishaps, [&](const Mishap& one) {
      return one.kind == MishapKind::lock_held && at >= one.at && (one.lasts.count() == 0 || at < one.at + one.lasts);
    });
  }
  // Policy's rule for the strongest effect of the plan: so many others, and not longer ago than that.
  std::string unapproved(playbooks::Effect effect, Wall now) const {
    const auto rule = evidence_.plan->policy->approvals.find(effect);
    if (rule == evidence_.plan->policy->approvals.end() || rule->second.count == 0) return {};
    if (std::ssize(approvers_) < rule->second.count)
      return fmt::format("{} of {} have approved it", approvers_.size(), rule->second.count);
    const auto most = std::chrono::duration_cast<Millis>(rule->second.expires);
    return most.count() > 0 && asked_ && now - *asked_ >= most ? "the approval has expired" : "";
  }

  const Evidence& evidence_;
  std::set<std::string> approvers_;
  std::optional<Wall> asked_;
  bool locked_ = false;
  std::string cancelled_;
  std::string denied_;
};

// What takes a host out of its ordinary state, and what puts it back.
struct Pair {
  std::string_view out;
  std::string_view back;
};
constexpr Pair kPairs[] = {{"drained", "resumed"}, {"flagged", "unflagged"}, {"left", "joined"}};

bool known_as_stuck(const state::Run& run, const std::string& host) {
  if (!run.ended || run.ended->end != End::stuck) return false;
  return run.slots.contains(host) ||
         std::ranges::any_of(run.stuck, [&](const state::StuckNoted& note) { return note.host == host; });
}

}  // namespace

Violations no_effect_outside(const Evidence& evidence) {
  Violations out;
  Forbidden forbidden(evidence);
  std::set<std::int64_t> acknowledged;
  for (const auto& written : evidence.journal) acknowledged.insert(written.event.seq);
  auto kept = evidence.kept.begin();
  for (const auto& written : evidence.journal) {
    // What the store called failed may be in the journal all the same, and the next process goes by it.
    for (; kept != evidence.kept.end() && kept->seq < written.event.seq; ++kept)
      if (!acknowledged.contains(kept->seq)) forbidden.see(kept->body);
    forbidden.see(written.event.body);
    forbidden.asked(written);
    const auto* intent = std::get_if<state::Intent>(&written.event.body);
    if (intent == nullptr) continue;
    if (const auto why = forbidden.why_not(written, *intent); !why.empty())
      out.push_back(
          {"no-effect-outside", written.at, intent->host, fmt::format("{} was begun: {}", intent->action, why)});
  }
  // What was begun in time must not arrive long after.
  const auto intents = intents_of(evidence);
  for (const auto& entry : evidence.hosts) {
    const auto found = entry.word == "permit" ? intents.find(detail(entry, "intent")) : intents.end();
    if (found == intents.end()) continue;
    const auto most = Millis{found->second.intent.limit_ms};
    bool slept = false;  // a process that stood still in between: only the host's fence can stop it
    for (const auto& one : evidence.scenario.mishaps) slept = slept || one.kind == MishapKind::paused;
    if (entry.at - found->second.at > most && !slept)
      out.push_back({"no-effect-outside", entry.at, entry.host,
                     fmt::format("{} arrived {} s after it was written", found->second.intent.action,
                                 (entry.at - found->second.at).count() / 1000)});
  }
  return out;
}

Violations obligations_settled(const Evidence& evidence) {
  Violations out;
  if (!evidence.finished()) return out;
  for (const auto& [word, back] : kPairs) {
    std::map<std::string, LogEntry> open;
    for (const auto& entry : evidence.hosts) {
      if (entry.word == word && !done_by(entry).empty()) open[entry.host] = entry;
      if (entry.word == word && done_by(entry).empty()) open.erase(entry.host);  // it is somebody else's now
      if (entry.word == back) open.erase(entry.host);
    }
    for (const auto& [host, entry] : open)
      if (!known_as_stuck(evidence.run, host))
        out.push_back(
            {"obligations-settled", entry.at, host,
             fmt::format("it was {} by us and never {}, and the run does not say that it is stuck", word, back)});
  }
  const HostStories stories(evidence);
  for (const auto& host : evidence.plan->changeable) {
    const auto* ref = evidence.plan->estate.find(host);
    const bool counted = ref != nullptr && evidence.plan->policy->healthy.contains(ref->role);
    if (counted && stories.out_by_us(host, evidence.ended) && !evidence.run.slots.contains(host))
      out.push_back({"obligations-settled", evidence.ended, host,
                     "the run ended, it is out of service by us, and its slot was given back"});
  }
  if (evidence.run.ended->end == End::done && !state::owed(evidence.run).empty())
    out.push_back({"obligations-settled", evidence.ended, "", "the run ended well and still owes an undo"});
  return out;
}

Violations success_has_evidence(const Evidence& evidence) {
  Violations out;
  const auto intents = intents_of(evidence);
  for (const auto& written : evidence.journal) {
    const auto* ended = std::get_if<state::EffectEnded>(&written.event.body);
    if (ended == nullptr || ended->outcome != EffectPhase::ok) continue;
    const auto found = intents.find(ended->intent);
    if (found == intents.end()) continue;
    const auto& intent = found->second.intent;
    const auto* trace = trace_of(evidence, ended->intent);
    if (!intent.fence.empty() && (trace == nullptr || trace->at > written.at)) {
      out.push_back({"success-has-evidence", written.at, intent.host,
                     fmt::format("{} is called done, and the host has not seen it", intent.action)});
      continue;
    }
    if (intent.action != engine::kRebootAction) continue;
    const auto down = std::ranges::find_if(evidence.hosts, [&](const LogEntry& e) {
      return e.word == "shutdown" && e.host == intent.host && done_by(e) == ended->intent;
    });
    const auto* boot = down == evidence.hosts.end() ? nullptr : first_of(evidence, intent.host, "boot", down->at);
    if (boot == nullptr || boot->at > written.at)
      out.push_back(
          {"success-has-evidence", written.at, intent.host, "its reboot is called done, and it has not booted"});
  }
  if (!evidence.finished()) return out;
  const auto end = evidence.run.ended->end;
  const bool untouched = end == End::healthy || end == End::refused || !evidence.run.ended->changed;
  for (const auto& entry : evidence.hosts) {
    const auto found = untouched ? intents.find(done_by(entry)) : intents.end();
    if (found != intents.end() && state::effect_rank(found->second.intent.effect) >= state::kRankReversible)
      out.push_back({"success-has-evidence", entry.at, entry.host,
                     fmt::format("the run says that nothing was changed, and {} was", entry.word)});
  }
  for (const auto& [id, effect] : evidence.run.effects_by_intent) {
    const bool open = effect.phase == EffectPhase::intended || effect.phase == EffectPhase::accepted ||
                      effect.phase == EffectPhase::unknown;
    const bool mild = state::effect_rank(effect.intent.effect) < state::kRankReversible;
    if (end == End::done && open && !mild && !effect.settled && effect.intent.undoes.empty())
      out.push_back({"success-has-evidence", evidence.ended, effect.intent.host,
                     fmt::format("the run ended well, and what became of {} is not known", effect.intent.action)});
  }
  const HostStories stories(evidence);
  for (const auto& host : evidence.plan->changeable)
    if (end == End::done && stories.out_by_us(host, evidence.ended))
      out.push_back(
          {"success-has-evidence", evidence.ended, host, "the run ended well, and it is out of service by us"});
  return out;
}

Violations not_sent_is_true(const Evidence& evidence) {
  Violations out;
  std::set<std::string, std::less<>> never;
  for (const auto& written : evidence.journal) {
    const auto* ended = std::get_if<state::EffectEnded>(&written.event.body);
    if (ended != nullptr && ended->outcome == EffectPhase::not_sent) never.insert(ended->intent);
  }
  for (const auto& entry : evidence.hosts)
    if (never.contains(done_by(entry)))
      out.push_back(
          {"not-sent-is-true", entry.at, entry.host,
           fmt::format("{} by {}, of which the journal says that it was never sent", entry.word, done_by(entry))});
  return out;
}

Violations rollback_log_complete(const Evidence& evidence) {
  Violations out;
  std::set<std::string, std::less<>> lines;
  for (const auto& line : state::rollback_log(evidence.run)) lines.insert(line.intent);
  for (const auto& entry : evidence.hosts) {
    const auto by = done_by(entry);
    if (!by.empty() && !lines.contains(by))
      out.push_back({"rollback-log-complete", entry.at, entry.host,
                     fmt::format("{} by {} is not in the rollback log", entry.word, by)});
  }
  return out;
}

Violations replay_is_the_same(const Evidence& evidence) {
  if (!evidence.replayed)
    return {
        {"replay-is-the-same", evidence.ended, "", fmt::format("the journal does not fold: {}", evidence.unreadable)}};
  if (!evidence.finished()) return {};
  const auto difference = first_difference(run_text(evidence.run), run_text(*evidence.replayed));
  if (difference.empty()) return {};
  return {{"replay-is-the-same", evidence.ended, "", "the journal, read again, gives another run: " + difference}};
}

// What the store has said is written must be there when it is read again, whatever became of the machine meanwhile.
Violations nothing_lost(const Evidence& evidence) {
  Violations out;
  for (const auto& written : evidence.journal) {
    const auto seq = written.event.seq;
    if (seq < 1) continue;
    const bool there =
        seq <= std::ssize(evidence.kept) &&
        state::encode(evidence.kept[static_cast<std::size_t>(seq - 1)].body) == state::encode(written.event.body);
    if (!there)
      out.push_back({"nothing-lost", written.at, "",
                     fmt::format("event {}, {}, was written and is not there", seq,
                                 state::spell(state::kind_of(written.event.body)))});
  }
  return out;
}

Violations ends_or_pages(const Evidence& evidence) {
  if (!evidence.broken.empty()) return {{"ends-or-pages", evidence.ended, "", evidence.broken}};
  if (!evidence.finished()) return {{"ends-or-pages", evidence.ended, "", "the run did not end"}};
  const auto end = evidence.run.ended->end;
  const bool well = end == End::done || end == End::healthy;
  const bool paged = std::ranges::any_of(evidence.journal, [](const Written& written) {
    return std::holds_alternative<state::Paged>(written.event.body);
  });
  if (well || paged || evidence.plan->policy->page.empty()) return {};
  return {
      {"ends-or-pages", evidence.ended, "", fmt::format("the run ended {} and nobody was paged", state::spell(end))}};
}

const std::vector<Checker>& checkers() {
  static const std::vector<Checker> all{
      {"floor-held", "no host is taken out of service when too few others serve", floor_held},
      {"one-at-a-time", "not more hosts of a scope are in our hand than the playbook's batch", one_at_a_time},
      {"one-reboot-per-intent", "at most one reboot follows from one intent", one_reboot_per_intent},
      {"intent-before-effect", "every effect has its intent on disk before", intent_before_effect},
      {"only-its-targets", "no other host is ever touched", only_its_targets},
      {"limits-kept", "cooldowns and daily limits of the policy are kept", limits_kept},
      {"no-effect-outside", "nothing is begun outside the window, or after cancel, denial or kill switch",
       no_effect_outside},
      {"obligations-settled", "what was taken out of service is put back, or the run says that it is stuck",
       obligations_settled},
      {"success-has-evidence", "only what the hosts show is called done", success_has_evidence},
      {"not-sent-is-true", "what is called never sent has happened on no host", not_sent_is_true},
      {"rollback-log-complete", "every change that hosts saw is in the rollback log", rollback_log_complete},
      {"replay-is-the-same", "the journal, read again, gives the same run", replay_is_the_same},
      {"undone-newest-first", "debts are settled from the newest to the oldest", undone_newest_first},
      {"every-debt-tried", "what we did is put back, or tried to be until the limit of that", every_debt_tried},
      {"put-back-when-ready", "a host is put back only when its services run", put_back_when_ready},
      {"stayed-good", "a host is called good only when it has stayed so as long as the playbook asks", stayed_good},
      {"nothing-lost", "what the store has called written is there when it is read again", nothing_lost},
      {"ends-or-pages", "every run ends, and pages if it did not end well", ends_or_pages},
  };
  return all;
}

Violations judge(const Evidence& evidence) {
  Violations out;
  for (const auto& checker : checkers()) {
    auto found = checker.check(evidence);
    out.insert(out.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  }
  return out;
}

}  // namespace unjam::rehearsal
