#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "orchestrator/engine/scope.h"
#include "orchestrator/rehearsal/checkers.h"
#include "orchestrator/rehearsal/host_story.h"
#include "orchestrator/rehearsal/intents.h"

namespace unjam::rehearsal {

using actions::sim::LogEntry;
using playbooks::FloorRule;
using playbooks::Per;

namespace {

const playbooks::EstateHost* ref_of(const engine::Plan& plan, const std::string& host) {
  return plan.estate.find(host);
}

std::vector<std::string> scope_of(const engine::Plan& plan, Per per, const std::string& role, const std::string& host) {
  const auto* in_hand = ref_of(plan, host);
  std::vector<std::string> out;
  for (const auto& other : plan.inventory->hosts) {
    const bool there = per == Per::organisation ||
                       (per == Per::site && in_hand != nullptr && other.site == in_hand->site) ||
                       other.name.text == host;
    if (there && (role.empty() || other.role == role)) out.push_back(other.name.text);
  }
  return out;
}

// Policy's rules for this host; without one, the default: one of the others, and half of them.
std::vector<FloorRule> rules_for(const engine::Plan& plan, const std::string& host) {
  const auto* in_hand = ref_of(plan, host);
  std::vector<FloorRule> out;
  if (in_hand == nullptr) return out;
  for (const auto& rule : plan.policy->floors)
    if (rule.role == in_hand->role) out.push_back(rule);
  if (!out.empty()) return out;
  FloorRule rule;
  rule.role = in_hand->role;
  const auto others = static_cast<std::int64_t>(scope_of(plan, Per::site, rule.role, host).size()) - 1;
  rule.min = std::max<std::int64_t>(1, (others + 1) / 2);
  return {rule};
}

// Another run has it in its hand.
bool held_by_others(const Evidence& evidence, const std::string& host, Mono at) {
  return std::ranges::any_of(evidence.scenario.mishaps, [&](const Mishap& one) {
    return one.kind == MishapKind::slot_held && one.host == host && at >= one.at &&
           (one.lasts.count() == 0 || at < one.at + one.lasts);
  });
}

void judge_floor(const Evidence& evidence, const HostStories& stories, const LogEntry& entry, Violations& out) {
  for (const auto& rule : rules_for(*evidence.plan, entry.host)) {
    const auto members = scope_of(*evidence.plan, rule.per, rule.role, entry.host);
    if (members.size() <= 1) {
      if (!rule.may_take_last)
        out.push_back({"floor-held", entry.at, entry.host,
                       fmt::format("{} is the only {} there, and was taken out of service", entry.host, rule.role)});
      continue;
    }
    const auto up = std::ranges::count_if(members, [&](const std::string& member) {
      if (member == entry.host || stories.out_by_us(member, entry.at)) return false;
      if (held_by_others(evidence, member, entry.at)) return false;
      return stories.served_within(member, entry.at + -kBelief, entry.at);
    });
    if (up < rule.min)
      out.push_back({"floor-held", entry.at, entry.host,
                     fmt::format("{} was taken out of service while {} of {} other {}s served; {} must", entry.host, up,
                                 members.size() - 1, rule.role, rule.min)});
  }
}

// Words by which a host says that it was taken out of service.
constexpr std::array<std::string_view, 2> kOutWords{"shutdown", "drained"};

std::size_t most_at_once(const engine::Plan& plan, const playbooks::Machine& machine) {
  std::size_t most = 1;
  for (const auto& node : machine.nodes) {
    if (node.kind == playbooks::Node::Kind::rollout)
      most = std::max(most, static_cast<std::size_t>(std::max<std::int64_t>(
                                1, engine::count(node.batch, plan.root.fields(), plan.changeable.size()))));
    if (node.body) most = std::max(most, most_at_once(plan, *node.body));
    if (node.program) most = std::max(most, most_at_once(plan, node.program->machine));
  }
  return most;
}

}  // namespace

Violations floor_held(const Evidence& evidence) {
  Violations out;
  const auto intents = intents_of(evidence);
  const HostStories stories(evidence);
  for (const auto& entry : evidence.hosts) {
    if (entry.word != "permit") continue;
    const auto found = intents.find(detail(entry, "intent"));
    const auto* action = found == intents.end() ? nullptr : evidence.plan->packs->find(found->second.intent.action);
    if (action != nullptr && action->floor_required) judge_floor(evidence, stories, entry, out);
  }
  return out;
}

Violations one_at_a_time(const Evidence& evidence) {
  Violations out;
  const HostStories stories(evidence);
  const auto most = most_at_once(*evidence.plan, evidence.plan->program->machine);
  for (const auto& entry : evidence.hosts) {
    if (std::ranges::find(kOutWords, entry.word) == kOutWords.end() || done_by(entry).empty()) continue;
    std::vector<std::string> in_hand{entry.host};
    const auto* ref = ref_of(*evidence.plan, entry.host);
    for (const auto& other :
         scope_of(*evidence.plan, evidence.plan->policy->one_at_a_time, ref ? ref->role : "", entry.host))
      if (other != entry.host && stories.out_by_us(other, entry.at)) in_hand.push_back(other);
    if (in_hand.size() > most)
      out.push_back(
          {"one-at-a-time", entry.at, entry.host,
           fmt::format("{} was taken out of service while {} still was by our hand", entry.host, in_hand[1])});
  }
  return out;
}

Violations one_reboot_per_intent(const Evidence& evidence) {
  Violations out;
  const auto intents = intents_of(evidence);
  std::set<std::string, std::less<>> seen;
  std::set<std::pair<std::string, std::string>> steps;
  for (const auto& entry : evidence.hosts) {
    const auto by = done_by(entry);
    if (entry.word != "shutdown" || by.empty()) continue;
    const auto found = intents.find(by);
    if (found != intents.end() && !steps.emplace(found->second.intent.path, entry.host).second)
      out.push_back({"one-reboot-per-intent", entry.at, entry.host,
                     fmt::format("step {} rebooted it twice", found->second.intent.path)});
    if (!seen.emplace(by).second)
      out.push_back({"one-reboot-per-intent", entry.at, entry.host, fmt::format("intent {} rebooted it twice", by)});
  }
  return out;
}

Violations intent_before_effect(const Evidence& evidence) {
  Violations out;
  const auto intents = intents_of(evidence);
  for (const auto& entry : evidence.hosts) {
    const auto id = entry.word == "permit" ? detail(entry, "intent") : done_by(entry);
    if (id.empty()) continue;
    const auto found = intents.find(id);
    if (found == intents.end()) {
      out.push_back({"intent-before-effect", entry.at, entry.host,
                     fmt::format("{} by {}, of which the journal knows nothing", entry.word, id)});
    } else if (found->second.at > entry.at || found->second.intent.host != entry.host) {
      out.push_back({"intent-before-effect", entry.at, entry.host,
                     fmt::format("{} by {}, which was written later or is for another host", entry.word, id)});
    }
  }
  return out;
}

Violations only_its_targets(const Evidence& evidence) {
  Violations out;
  const auto& allowed = evidence.plan->changeable;
  for (const auto& entry : evidence.hosts)
    if (entry.word == "permit" && std::ranges::find(allowed, entry.host) == allowed.end())
      out.push_back({"only-its-targets", entry.at, entry.host, "it was changed, and is no target of the playbook"});
  return out;
}

// From begin to begin, which is never shorter than what policy counts (from the end of the last one). Limits outlive
// processes and machines, so they go by the wall clock: where that jumps, true time says nothing of them.
Violations limits_kept(const Evidence& evidence) {
  Violations out;
  if (std::ranges::count(evidence.scenario.mishaps, MishapKind::clock_jump, &Mishap::kind) > 0) return out;
  const auto intents = intents_of(evidence);
  for (const auto& rule : evidence.plan->policy->limits) {
    std::vector<LogEntry> begun;
    for (const auto& entry : evidence.hosts) {
      const auto found = intents.find(done_by(entry));
      if (found == intents.end() || found->second.intent.action != rule.action) continue;
      const auto scope = scope_of(*evidence.plan, rule.per, "", entry.host);
      std::int64_t within = 0;
      for (const auto& before : begun) {
        if (std::ranges::find(scope, before.host) == scope.end()) continue;
        const auto ago = entry.at - before.at;
        if (rule.within && ago < *rule.within) ++within;
        if (rule.every && ago < *rule.every)
          out.push_back({"limits-kept", entry.at, entry.host,
                         fmt::format("{} again after {} s", rule.action, ago.count() / 1000)});
      }
      if (rule.at_most && within >= *rule.at_most)
        out.push_back({"limits-kept", entry.at, entry.host,
                       fmt::format("{} more often than {} times", rule.action, *rule.at_most)});
      begun.push_back(entry);
    }
  }
  return out;
}

}  // namespace unjam::rehearsal
