#include "orchestrator/rehearsal/host_story.h"

#include <algorithm>

namespace unjam::rehearsal {

using actions::sim::LogEntry;

std::string_view detail(const LogEntry& entry, std::string_view key) {
  std::string_view rest = entry.detail;
  while (!rest.empty()) {
    const auto word = rest.substr(0, rest.find(' '));
    if (word.size() > key.size() && word.starts_with(key) && word[key.size()] == '=')
      return word.substr(key.size() + 1);
    rest = word.size() == rest.size() ? std::string_view{} : rest.substr(word.size() + 1);
  }
  return {};
}

namespace {

bool ours(std::string_view by) {
  return !by.empty() && by != "-" && by != "somebody-else" && by != "nobody";
}

}  // namespace

// True: it changed whether the host serves, or why it does not.
bool HostStories::change(State& state, const LogEntry& entry) {
  const auto before = state;
  const auto& word = entry.word;
  if (word == "shutdown") {
    state.up = false;
    state.by_us = ours(detail(entry, "by"));
  } else if (word == "off") {
    state.by_us = state.by_us && !state.up;  // the plug was pulled, unless it was going down anyway
    state.up = false;
  } else if (word == "services-up" || word == "dc-restarted") {
    state.up = true;
  } else if (word == "services-down" || word == "service-restarted") {
    state.up = false;
    state.by_us = ours(detail(entry, "by"));
  } else if (word == "drained" || word == "left") {
    state.in = false;
    state.by_us = ours(detail(entry, "by"));
  } else if (word == "resumed" || word == "joined") {
    state.in = true;
  } else if (word == "fault") {
    state.key_changes = state.key_changes || entry.detail == "other-host-key" || entry.detail == "other-machine";
    state.sound = state.sound && entry.detail != "inside-broken";
  } else if (word == "boot") {
    state.sound = state.sound && !state.key_changes;
  }
  if (state.up && state.in && state.sound) state.by_us = false;
  return before.up != state.up || before.in != state.in || before.sound != state.sound || before.by_us != state.by_us;
}

HostStories::HostStories(const Evidence& evidence) {
  std::map<std::string, State> states;
  for (const auto& host : evidence.plan->inventory->hosts) {
    lives_[host.name.text] = {Moment{{Millis::min() / 2}, true, false}};
    states[host.name.text] = {};
  }
  for (const auto& entry : evidence.hosts) {
    const auto found = states.find(entry.host);
    if (found == states.end() || !change(found->second, entry)) continue;
    const auto& state = found->second;
    lives_[entry.host].push_back({entry.at, state.up && state.in && state.sound, state.by_us, state.up});
  }
}

Moment HostStories::moment(const std::string& host, Mono at) const {
  const auto& life = lives_.at(host);
  const auto after = std::ranges::upper_bound(life, at, {}, &Moment::at);
  return *std::prev(after);
}

bool HostStories::served_within(const std::string& host, Mono from, Mono to) const {
  if (serves(host, from)) return true;
  return std::ranges::any_of(lives_.at(host), [&](const Moment& m) { return m.serves && m.at >= from && m.at <= to; });
}

bool HostStories::up_within(const std::string& host, Mono from, Mono to) const {
  if (moment(host, from).up) return true;
  return std::ranges::any_of(lives_.at(host), [&](const Moment& m) { return m.up && m.at >= from && m.at <= to; });
}

bool HostStories::out_by_us(const std::string& host, Mono at) const {
  const auto now = moment(host, at);
  return !now.serves && now.by_us;
}

}  // namespace unjam::rehearsal
