// Mail between sites: written all the time, accepted by a serving hub of the sender's site, tried at once, kept and
// tried again until a hub of the other site takes it. Messages live on disk: no reboot loses one, and each is delivered
// once.
#pragma once

#include <string>

#include "actions/sim/fleet.h"

namespace unjam::actions::sim {

// Ready: services and listener up. Serving: ready, not drained, takes mail of its own site.
bool ready(const SimHost& hub);
bool serving(const SimHost& hub);

// The next message of an ordered pair of sites: pair = from * number of sites + to.
void write_mail(Fleet& fleet, std::size_t pair);

// Accepts a message at this hub and tries it. Its index in Fleet::messages.
std::size_t accept(Fleet& fleet, HostIndex hub, const std::string& to_site, bool probe);

// Tries everything that waits for `site` (empty: for every site): one session to each hub of it, in turn, until one
// takes the mail.
void run_queue(Fleet& fleet, HostIndex hub, const std::string& site);

// A probe that did not arrive is taken back.
void withdraw(Fleet& fleet, std::size_t message);

struct Waiting {
  std::int64_t stuck = 0;  // last attempt failed
  Fault fault = Fault::none;
  std::vector<std::string> ids;  // of the stuck ones, at most kMaxIds
};
inline constexpr std::size_t kMaxIds = 10'000;
Waiting waiting_for(const Fleet& fleet, const SimHost& hub, const std::string& site);

std::string_view spell(Fault fault);

}  // namespace unjam::actions::sim
