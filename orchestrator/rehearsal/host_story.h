// The life of each host, read from its own log and from nothing else.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/rehearsal/evidence.h"

namespace unjam::rehearsal {

// The value of KEY in "KEY=VALUE KEY=VALUE"; empty: it is not there.
std::string_view detail(const actions::sim::LogEntry& entry, std::string_view key);

// In and out of service, as moments.
struct Moment {
  Mono at;
  bool serves = true;
  bool by_us = false;  // the last thing that took it out of service was one of our intents
  bool up = true;      // its services run, whether or not it is drained
};

class HostStories {
 public:
  explicit HostStories(const Evidence& evidence);

  bool known(const std::string& host) const { return lives_.contains(host); }
  bool serves(const std::string& host, Mono at) const { return moment(host, at).serves; }
  // Whether it served at any time in [from, to].
  bool served_within(const std::string& host, Mono from, Mono to) const;
  bool up_within(const std::string& host, Mono from, Mono to) const;
  // Out of service, and by one of our intents.
  bool out_by_us(const std::string& host, Mono at) const;
  Moment moment(const std::string& host, Mono at) const;
  const std::vector<Moment>& life(const std::string& host) const { return lives_.at(host); }

 private:
  struct State {
    bool up = true;
    bool in = true;     // not drained, in the balancer
    bool sound = true;  // nothing is known that keeps it from serving for ever
    bool by_us = false;
    bool key_changes = false;  // after its next boot nobody reaches it any more
  };
  static bool change(State& state, const actions::sim::LogEntry& entry);

  std::map<std::string, std::vector<Moment>> lives_;
};

}  // namespace unjam::rehearsal
