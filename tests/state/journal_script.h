// Journals written as a list of events, for tests: numbered from 1, a second apart on both clocks.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "state/base/rng.h"
#include "state/event.h"

namespace unjam::state {

inline constexpr std::int64_t kWallStart = 1'500'000'000'000;

inline Now now_at(std::int64_t seconds) {
  return {.mono = {Millis(seconds * 1000)}, .wall = {Millis(kWallStart + seconds * 1000)}};
}

class JournalScript {
 public:
  JournalScript& then(EventBody body, std::int64_t seconds_later = 1) {
    seconds_ += seconds_later;
    const Now now = now_at(seconds_);
    events_.push_back({.seq = std::ssize(events_) + 1, .wall = now.wall, .mono = now.mono, .body = std::move(body)});
    return *this;
  }
  const std::vector<Event>& events() const { return events_; }

 private:
  std::vector<Event> events_;
  std::int64_t seconds_ = 0;
};

class CountingTokens : public Tokens {
 public:
  std::string hex(std::size_t bytes) override {
    std::string text = std::to_string(++count_);
    return std::string(2 * bytes - text.size(), '0') + text;
  }

 private:
  int count_ = 0;
};

inline RunCreated created(std::string playbook = "heal-intersite-queue") {
  return {.playbook = std::move(playbook),
          .summary = "mail waits between two sites",
          .digest = "d1",
          .params = {{"from", "tokyo"}, {"to", "osaka"}},
          .playbooks = {{.name = "heal.yaml", .text = "unjam: 1\n"}},
          .inventory = {.name = "inventory.yaml", .text = "sites:\n"},
          .policy = {.name = "policy.yaml", .text = "unjam: 1\n"},
          .packs = {"linux", "postfix"},
          .requester = {.uid = 1000, .user = "hanako", .sudo_user = ""},
          .trigger = "person",
          .changes_at_most = 2};
}

inline Intent drain(std::string id, std::string host, std::string path = "heal/roll/drain") {
  return {.intent = std::move(id),
          .path = std::move(path),
          .host = std::move(host),
          .action = "hub.drain",
          .effect = "reversible",
          .retry = "idempotent",
          .undo = "hub.resume",
          .fence = {{"machine", "m-1"}, {"boot", "b-1"}},
          .limit_ms = 60'000};
}

inline Intent resume(std::string id, std::string host, std::string undoes, std::string path = "heal/roll/resume") {
  Intent intent = drain(std::move(id), std::move(host), std::move(path));
  intent.action = "hub.resume";
  intent.undo = "hub.drain";
  intent.undoes = std::move(undoes);
  return intent;
}

inline Intent reboot(std::string id, std::string host, std::string path = "heal/roll/reboot") {
  Intent intent = drain(std::move(id), std::move(host), std::move(path));
  intent.action = "host.reboot";
  intent.effect = "disruptive";
  intent.retry = "fenced";
  intent.undo = "none";
  return intent;
}

inline Intent nudge(std::string id, std::string host, std::string path = "heal/retry") {
  Intent intent = drain(std::move(id), std::move(host), std::move(path));
  intent.action = "mail.retry";
  intent.effect = "nudge";
  intent.undo = "";
  return intent;
}

inline EffectEnded ended(std::string id, EffectPhase outcome = EffectPhase::ok) {
  return {.intent = std::move(id), .outcome = outcome};
}

// One of every kind, each field filled with something that is not its default.
std::vector<EventBody> one_of_each();

}  // namespace unjam::state
