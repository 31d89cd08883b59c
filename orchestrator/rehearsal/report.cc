#include "orchestrator/rehearsal/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "orchestrator/rehearsal/host_story.h"
#include "orchestrator/rehearsal/story.h"

namespace unjam::rehearsal {

void Report::count(std::map<std::string, Counted>& in, const std::string& what, std::uint64_t seed) {
  const auto found = in.find(what);
  if (found == in.end() && in.size() >= kMostReasons) return;
  auto& counted = in[what];
  if (counted.seeds++ == 0) counted.first = seed;
}

void Report::add(const Evidence& evidence, const Violations& violations) {
  const auto seed = evidence.scenario.seed;
  ++seeds_;
  ++outcomes_[evidence.finished() ? std::string(state::spell(evidence.run.ended->end)) : "given up"];
  const Millis lasted = evidence.ended.since_start;
  ++lasted_[lasted.count() / 1000];
  if (lasted > worst_) {
    worst_ = lasted;
    worst_seed_ = seed;
  }
  std::set<std::string> met;
  for (const auto& mishap : evidence.scenario.mishaps) met.emplace(spell(mishap.kind));
  for (const auto& word : met) count(met_, word, seed);
  add_lowest(evidence);
  add_refused(evidence);
  if (violations.empty()) return;
  ++violated_;
  std::set<std::string> checkers;
  for (const auto& violation : violations) {
    if (!checkers.insert(violation.checker).second) continue;
    count(broken_, violation.checker, seed);
    if (told_.size() < kMostTold) told_.push_back({violation, seed, story(evidence, violation)});
  }
}

// While the run was under way; of the roles that it may change.
void Report::add_lowest(const Evidence& evidence) {
  const HostStories stories(evidence);
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> groups;
  std::set<std::string> roles;
  for (const auto& host : plan_->changeable) roles.insert(plan_->estate.find(host)->role);
  for (const auto& host : plan_->inventory->hosts)
    if (roles.contains(host.role)) groups[{host.site, host.role}].push_back(host.name.text);
  for (const auto& [group, hosts] : groups) {
    std::set<Mono> moments{Mono{}};
    for (const auto& host : hosts)
      for (const auto& moment : stories.life(host))
        if (moment.at >= Mono{} && moment.at <= evidence.ended) moments.insert(moment.at);
    auto& lowest = lowest_.try_emplace(group, Lowest{std::ssize(hosts), std::ssize(hosts), 0}).first->second;
    for (const Mono at : moments) {
      const auto serving = std::ranges::count_if(hosts, [&](const auto& host) { return stories.serves(host, at); });
      if (serving >= lowest.serving) continue;
      lowest.serving = serving;
      lowest.seed = evidence.scenario.seed;
    }
  }
}

void Report::add_refused(const Evidence& evidence) {
  std::set<std::string> reasons;
  for (const auto& written : evidence.journal) {
    if (const auto* gate = std::get_if<state::GateAsked>(&written.event.body); gate != nullptr && !gate->open) {
      for (const auto& reason : gate->reasons)
        if (!reason.open) reasons.insert("gate: " + reason.name);
    }
    if (const auto* stop = std::get_if<state::StopBegun>(&written.event.body))
      reasons.insert("stopped: " + stop->cause);
  }
  for (const auto& entry : evidence.hosts)
    if (entry.word == "refused") reasons.insert("a host refused: " + entry.detail);
  for (const auto& reason : reasons) count(refused_, reason, evidence.scenario.seed);
}

Millis Report::typical() const {
  std::uint64_t before = 0;
  for (const auto& [seconds, seeds] : lasted_) {
    before += seeds;
    if (before * 2 >= seeds_) return std::chrono::seconds(seconds);
  }
  return Millis{0};
}

json::object Report::to_json() const {
  json::object outcomes;
  for (const auto& [end, seeds] : outcomes_) outcomes[end] = seeds;
  json::array lowest;
  for (const auto& [group, low] : lowest_)
    lowest.push_back(json::object{
        {"site", group.first}, {"role", group.second}, {"of", low.of}, {"serving", low.serving}, {"seed", low.seed}});
  const auto counted = [](const std::map<std::string, Counted>& in, const char* key) {
    json::array out;
    for (const auto& [what, n] : in) out.push_back(json::object{{key, what}, {"seeds", n.seeds}, {"seed", n.first}});
    return out;
  };
  json::array stories;
  for (const auto& told : told_)
    stories.push_back(json::object{{"checker", told.violation.checker},
                                   {"seed", told.seed},
                                   {"host", told.violation.host},
                                   {"text", told.violation.text},
                                   {"story", json::array(told.story.begin(), told.story.end())}});
  return {{"playbook", plan_->program->name},
          {"seeds", seeds_},
          {"violated", violated_},
          {"outcomes", std::move(outcomes)},
          {"duration_s",
           json::object{
               {"typical", typical().count() / 1000}, {"worst", worst_.count() / 1000}, {"worst_seed", worst_seed_}}},
          {"lowest", std::move(lowest)},
          {"refused", counted(refused_, "why")},
          {"violations", counted(broken_, "checker")},
          {"stories", std::move(stories)},
          {"mishaps", counted(met_, "mishap")}};
}

}  // namespace unjam::rehearsal
