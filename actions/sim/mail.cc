#include "actions/sim/mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "actions/sim/clocks.h"
#include "actions/sim/kerberos.h"

namespace unjam::actions::sim {
namespace {

constexpr std::array<std::string_view, 8> kFaultWords{"none",        "auth", "authorization", "tls",
                                                      "unreachable", "dns",  "refused",       "other"};

void log_refusal(Fleet& fleet, const SimHost& sender, SimHost& receiver) {
  HubState& hub = receiver.hub;
  if (hub.refusals.size() >= kMaxRefusals) hub.refusals.pop_front();
  hub.refusals.push_back({++hub.last_refusal, sender.address, local_time(fleet, receiver)});
}

Fault open_session(Fleet& fleet, HostIndex from, HostIndex to) {
  const SimHost& sender = fleet.hosts[from];
  SimHost& receiver = fleet.hosts[to];
  if (sender.hub.dns_wrong) return Fault::dns;
  if (fleet.wan_cut || !ready(receiver)) return Fault::unreachable;
  if (receiver.hub.drained) return Fault::unreachable;  // it says so and hangs up
  if (receiver.hub.tls_refused) return Fault::tls;
  if (log_in(fleet, from, to) == Login::ok) return Fault::none;
  log_refusal(fleet, sender, receiver);
  return Fault::auth;
}

struct Route {
  Fault fault = Fault::unreachable;
  HostIndex taken_by = 0;
};

// Hubs of the other site in turn. A hub that is away says nothing about the others; of those that answered, a reason
// other than authentication is the one that shows that this is not the incident.
Route route(Fleet& fleet, HostIndex from, const std::string& site) {
  Route result;
  for (HostIndex to = 0; to < fleet.hosts.size(); ++to) {
    if (!fleet.hosts[to].is_hub || fleet.hosts[to].site != site) continue;
    const Fault fault = open_session(fleet, from, to);
    if (fault == Fault::none) return {Fault::none, to};
    if (result.fault == Fault::unreachable || (result.fault == Fault::auth && fault != Fault::unreachable)) {
      result.fault = fault;
    }
  }
  return result;
}

void settle(Fleet& fleet, Message& message, const Route& route) {
  message.last = route.fault;
  if (route.fault != Fault::none) return;
  message.state = Message::State::delivered;
  ++message.deliveries;
  fleet.note(fleet.hosts[message.at], "delivered",
             fmt::format("id={} to={}", message.id, fleet.hosts[route.taken_by].name));
}

}  // namespace

std::string_view spell(Fault fault) {
  return kFaultWords[static_cast<std::size_t>(fault)];
}

bool ready(const SimHost& hub) {
  return hub.power == Power::up && hub.services && !hub.other_machine;
}

bool serving(const SimHost& hub) {
  return ready(hub) && !hub.hub.drained && hub.hub.inside_ok;
}

void write_mail(Fleet& fleet, std::size_t pair) {
  const std::string& from = fleet.sites[pair / fleet.sites.size()];
  const std::string& to = fleet.sites[pair % fleet.sites.size()];
  std::vector<HostIndex> takers;
  for (HostIndex i = 0; i < fleet.hosts.size(); ++i) {
    if (fleet.hosts[i].is_hub && fleet.hosts[i].site == from && serving(fleet.hosts[i])) takers.push_back(i);
  }
  if (takers.empty() || fleet.messages.size() >= kMaxMessages) return;  // the clients keep it
  accept(fleet, takers[fleet.turns[pair]++ % takers.size()], to, false);
}

std::size_t accept(Fleet& fleet, HostIndex hub, const std::string& to_site, bool probe) {
  const std::size_t number = fleet.messages.size();
  SimHost& host = fleet.hosts[hub];
  fleet.messages.push_back(
      {.id = fmt::format("{:06X}", 0xA00000 + number), .at = hub, .to_site = to_site, .probe = probe});
  fleet.note(host, "accepted", fmt::format("id={} to={}", fleet.messages.back().id, to_site));
  settle(fleet, fleet.messages.back(), route(fleet, hub, to_site));
  if (fleet.messages.back().state == Message::State::queued) host.hub.queue.push_back(number);
  return number;
}

void run_queue(Fleet& fleet, HostIndex hub, const std::string& site) {
  SimHost& host = fleet.hosts[hub];
  if (!ready(host) || host.hub.queue.empty()) return;
  for (const std::string& to : fleet.sites) {
    if (!site.empty() && to != site) continue;
    const auto waits = [&](std::size_t m) { return fleet.messages[m].to_site == to; };
    if (std::ranges::none_of(host.hub.queue, waits)) continue;
    const Route found = route(fleet, hub, to);
    for (const std::size_t m : host.hub.queue) {
      if (waits(m)) settle(fleet, fleet.messages[m], found);
    }
  }
  std::erase_if(host.hub.queue, [&](std::size_t m) { return fleet.messages[m].state != Message::State::queued; });
}

void withdraw(Fleet& fleet, std::size_t number) {
  Message& message = fleet.messages[number];
  if (message.state != Message::State::queued) return;
  message.state = Message::State::withdrawn;
  SimHost& host = fleet.hosts[message.at];
  std::erase(host.hub.queue, number);
  fleet.note(host, "withdrawn", "id=" + message.id);
}

Waiting waiting_for(const Fleet& fleet, const SimHost& hub, const std::string& site) {
  Waiting result;
  std::array<std::int64_t, kFaultWords.size()> by_fault{};
  for (const std::size_t m : hub.hub.queue) {
    const Message& message = fleet.messages[m];
    if (message.to_site != site || message.last == Fault::none) continue;
    ++result.stuck;
    ++by_fault[static_cast<std::size_t>(message.last)];
    if (result.ids.size() < kMaxIds) result.ids.push_back(message.id);
  }
  if (result.stuck == 0) return result;
  constexpr auto kAuth = static_cast<std::size_t>(Fault::auth);
  if (by_fault[kAuth] == result.stuck) {
    result.fault = Fault::auth;
    return result;
  }
  by_fault[kAuth] = 0;  // one message that is stuck for another reason, and it is not this incident
  result.fault = static_cast<Fault>(std::ranges::max_element(by_fault) - by_fault.begin());
  return result;
}

}  // namespace unjam::actions::sim
