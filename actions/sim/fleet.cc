#include "actions/sim/fleet.h"

#include <algorithm>

namespace unjam::actions::sim {

SimHost* Fleet::find(const std::string& name) {
  const auto found = std::ranges::find(hosts, name, &SimHost::name);
  return found != hosts.end() ? &*found : nullptr;
}

void Fleet::note(const SimHost& host, std::string word, std::string detail) {
  log.add(now, host.name, std::move(word), std::move(detail));
}

void Fleet::later(Millis in, Happening what, std::size_t subject) {
  const bool of_host = what <= Happening::reboot_again;
  events.push({now + in, ++last_seq, what, subject, of_host ? hosts[subject].life : 0});
}

Millis draw(Rng& rng, const Range& range) {
  if (range.most <= range.least) return range.least;
  const auto width = static_cast<std::uint64_t>((range.most - range.least).count()) + 1;
  return range.least + Millis(static_cast<Millis::rep>(rng.below(width)));
}

}  // namespace unjam::actions::sim
