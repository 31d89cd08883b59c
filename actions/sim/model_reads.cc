#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "actions/sim/clocks.h"
#include "actions/sim/kerberos.h"
#include "actions/sim/mail.h"
#include "actions/sim/model_actions.h"
#include "actions/sim/replication.h"

namespace unjam::actions::sim {
namespace {

const HostTimes& times(const ModelCall& call) {
  return call.fleet.spec.times.of(call.host.role);
}

// Nothing of this host's own software is on the machine that answers in its place.
bool is_hub(const ModelCall& call) {
  return call.host.is_hub && !call.host.other_machine;
}
bool is_dc(const ModelCall& call) {
  return call.host.is_dc && !call.host.other_machine;
}

// A measured difference, moved away from 0 by its uncertainty.
Millis measured(ModelCall& call, Millis difference) {
  constexpr Range kUncertainty{Millis(1), Millis(15)};
  const Millis uncertainty = draw(call.host.call_rng, kUncertainty);
  return difference < Millis(0) ? difference - uncertainty : difference + uncertainty;
}

ModelAnswer host_boot(ModelCall& call) {
  const SimHost& host = call.host;
  return answer(times(call).look, {{"machine", host.machine},
                                   {"boot", host.boot},
                                   {"permit", host.fence.permit ? host.fence.permit->intent : std::string()},
                                   {"up", wire_duration(call.fleet.now - host.up_since)}});
}

ModelAnswer intent_look(ModelCall& call) {
  const SimHost& host = call.host;
  const std::string intent = input_text(call.inputs, "intent");
  const std::string permit = host.fence.permit ? host.fence.permit->intent : std::string();
  json::object outputs{{"machine", host.machine}, {"boot", host.boot}, {"permit", permit}};
  const auto record = host.fence.intents.find(intent);
  if (record == host.fence.intents.end() || record->second.voided) {
    void_intent(call.host, intent);
    outputs["state"] = "absent";
  } else if (!record->second.finished) {
    outputs["state"] = "started";
  } else {
    outputs["state"] = "finished";
    outputs["answer"] = record->second.answer;
  }
  return answer(times(call).look, std::move(outputs));
}

ModelAnswer time_offset(ModelCall& call) {
  const SimHost& host = call.host;
  const Millis own = offset_of(host, call.fleet.now);
  json::object outputs{{"synced", host.clock.synced}};
  const json::value* source = call.inputs.if_contains("unjam_time_source");
  const bool has_source = source == nullptr || !source->is_string() || !source->get_string().empty();
  if (has_source) outputs["offset"] = wire_duration(measured(call, own - call.fleet.reference_offset));
  json::object peers;
  const json::value* listed = call.inputs.if_contains("peers");
  if (listed != nullptr && listed->is_array()) {
    for (const json::value& item : listed->get_array()) {
      const std::string name = item.is_object() ? input_text({{"peer", item}}, "peer") : std::string();
      const SimHost* peer = call.fleet.find(name);
      if (peer == nullptr || !answers_time(call.fleet, host, *peer)) continue;
      const bool self = peer == &host;
      peers[name] = self ? "0s" : wire_duration(measured(call, own - offset_of(*peer, call.fleet.now)));
    }
  }
  outputs["peers"] = std::move(peers);
  return answer(times(call).measure, std::move(outputs));
}

ModelAnswer ad_replication(ModelCall& call) {
  if (!is_dc(call)) return cannot("absent", "no domain controller runs here");
  if (!call.host.services) return cannot("unreadable", "the directory service does not answer");
  json::array failing;
  // A flag is somebody's decision, whether or not anything has failed by now.
  bool any_unsafe = call.host.dc.inbound_off || call.host.dc.outbound_off;
  for (const Link& link : call.fleet.links) {
    if (link.dest != call.fleet.index(call.host) || link.code == 0) continue;
    const bool spreads = unsafe(call.fleet, link);
    any_unsafe = any_unsafe || spreads;
    failing.push_back(json::object{{"source", call.fleet.hosts[link.source].name},
                                   {"partition", link.partition},
                                   {"code", link.code},
                                   {"safe", !spreads}});
  }
  return answer(times(call).look, {{"failing", std::move(failing)}, {"unsafe", any_unsafe}});
}

ModelAnswer dc_health(ModelCall& call) {
  if (!is_dc(call)) return cannot("absent", "no domain controller runs here");
  return answer(times(call).look, {{"serving", call.host.services}, {"stale", call.host.dc.stale}});
}

ModelAnswer mail_queues(ModelCall& call) {
  if (!is_hub(call)) return cannot("absent", "no mail hub runs here");
  const Waiting waiting = waiting_for(call.fleet, call.host, input_text(call.inputs, "to"));
  json::array ids;
  for (const std::string& id : waiting.ids) ids.emplace_back(id);
  return answer(times(call).look, {{"stuck", waiting.stuck},
                                   {"fault", spell(waiting.fault)},
                                   {"ids", std::move(ids)},
                                   {"inside_ok", call.host.hub.inside_ok},
                                   {"outbound_ok", call.host.hub.outbound_ok}});
}

ModelAnswer mail_refusals(ModelCall& call) {
  if (!is_hub(call)) return cannot("absent", "no mail hub runs here");
  std::vector<std::string> addresses;
  const json::value* of = call.inputs.if_contains("of");
  if (of != nullptr && of->is_array()) {
    for (const json::value& item : of->get_array()) {
      const json::value* address = item.is_object() ? item.get_object().if_contains("address") : nullptr;
      if (address != nullptr && address->is_string()) addresses.emplace_back(address->get_string());
    }
  }
  const Wall oldest = local_time(call.fleet, call.host) + -input_duration(call.inputs, "within");
  std::vector<std::string> sources;
  std::int64_t last = 0;
  for (const RefusedSession& session : call.host.hub.refusals) {
    if (std::ranges::find(addresses, session.address) == addresses.end()) continue;
    last = session.id;
    const bool listed = std::ranges::find(sources, session.address) != sources.end();
    if (session.when >= oldest && !listed) sources.push_back(session.address);
  }
  json::array list;
  for (const std::string& source : sources) list.emplace_back(source);
  return answer(times(call).look, {{"sources", std::move(list)}, {"last", last}});
}

ModelAnswer mail_fate(ModelCall& call) {
  if (!is_hub(call)) return cannot("absent", "no mail hub runs here");
  std::int64_t open = 0;
  std::int64_t lost = 0;
  const json::value* ids = call.inputs.if_contains("ids");
  if (ids != nullptr && ids->is_array()) {
    for (const json::value& id : ids->get_array()) {
      const auto message = std::ranges::find_if(call.fleet.messages, [&](const Message& m) {
        return id.is_string() && id.get_string() == m.id && &call.fleet.hosts[m.at] == &call.host;
      });
      if (message == call.fleet.messages.end()) {
        ++lost;
      } else {
        open += message->state == Message::State::queued ? 1 : 0;
        lost += message->state == Message::State::withdrawn ? 1 : 0;
      }
    }
  }
  return answer(times(call).look, {{"open", open}, {"lost", lost}});
}

// As a controller sees it: the first that serves; without one these two are unknown.
ModelAnswer kerberos_check(ModelCall& call) {
  if (!is_hub(call)) return cannot("absent", "no mail hub runs here");
  const HubState& hub = call.host.hub;
  const bool elsewhere = kdc_elsewhere(call.fleet);
  const bool reached = elsewhere ? !hub.kdc_blocked : kdc_for(call.fleet, call.host) != nullptr;
  json::object outputs{{"own_key", !hub.keytab_lost}, {"kdc_port", reached}};
  json::array closed;
  for (const SimHost& dc : call.fleet.hosts)
    if (dc.is_dc && !reached) closed.emplace_back(dc.name + ":88");
  outputs["closed"] = std::move(closed);
  const auto serves = [](const SimHost& dc) { return dc.is_dc && dc.power == Power::up && dc.services; };
  if (elsewhere || std::ranges::any_of(call.fleet.hosts, serves)) {
    constexpr std::array<std::string_view, 3> kSpnWords{"ok", "missing", "duplicate"};
    outputs["spn"] = kSpnWords[static_cast<std::size_t>(hub.spn)];
    const HostIndex self = call.fleet.index(call.host);
    const bool known = std::ranges::all_of(call.fleet.hosts, [&](const SimHost& dc) {
      const auto version = dc.dc.knows.find(self);
      return !serves(dc) || (version != dc.dc.knows.end() && version->second == hub.kvno);
    });
    const bool trusted = known && !hub.trust_broken;
    constexpr int kNoTrustAccount = 1787;
    outputs["trust"] = trusted;
    outputs["status"] = trusted ? 0 : kNoTrustAccount;
    json::array holders;
    if (hub.spn != Spn::missing) holders.emplace_back("CN=" + call.host.name);
    if (hub.spn == Spn::duplicate) holders.emplace_back("CN=OLD-" + call.host.name);
    outputs["holders"] = std::move(holders);
  }
  return answer(times(call).look, std::move(outputs));
}

// Who connects from outside of the sites sees what everybody is offered.
ModelAnswer mail_offers(ModelCall& call) {
  if (!is_hub(call)) return cannot("absent", "no mail hub runs here");
  const SimHost& host = call.host;
  if (!host.services) return answer(times(call).look, {{"answers", false}});
  json::array said{"220 " + host.name + " ESMTP", "250-" + host.name, "250-AUTH GSSAPI"};
  if (!host.hub.tls_refused) said.emplace_back("250-STARTTLS");
  said.emplace_back("250 8BITMIME");
  return answer(times(call).look, {{"answers", true},
                                   {"kerberos", true},
                                   {"tls", !host.hub.tls_refused},
                                   {"altered", false},
                                   {"said", std::move(said)}});
}

ModelAnswer probe_hub(ModelCall& call) {
  if (!is_hub(call)) return cannot("absent", "no mail hub runs here");
  const SimHost& host = call.host;
  const bool by_other = host.hub.drained && host.hub.drained_by != "unjam";
  return answer(times(call).look, {{"ready", ready(host)},
                                   {"serving", serving(host)},
                                   {"recovering", by_other || !host.shutdown_by.empty()},
                                   {"reboot_pending", host.reboot_pending},
                                   {"queued", host.hub.queue.size()}});
}

ModelAnswer service_health(ModelCall& call) {
  const bool up = call.host.services;
  return answer(times(call).look, {{"up", up}, {"version", "1.0"}, {"state", up ? "up" : "starting"}});
}

ModelAnswer host_facts(ModelCall& call) {
  constexpr std::int64_t kDiskFree = 20'000'000'000;
  return answer(times(call).look, {{"disk_free", kDiskFree}, {"load", 0.25}});
}

constexpr std::array<std::pair<std::string_view, ModelAction>, 13> kReads{{
    {"host.boot", host_boot},
    {"intent.look", intent_look},
    {"time.offset", time_offset},
    {"ad.replication", ad_replication},
    {"dc.health", dc_health},
    {"mail.queues", mail_queues},
    {"mail.refusals", mail_refusals},
    {"mail.fate", mail_fate},
    {"kerberos.check", kerberos_check},
    {"mail.offers", mail_offers},
    {"probe.hub", probe_hub},
    {"service.health", service_health},
    {"host.facts", host_facts},
}};

}  // namespace

ModelAction find_model_read(std::string_view name) {
  const auto* row = std::ranges::find(kReads, name, &std::pair<std::string_view, ModelAction>::first);
  return row != kReads.end() ? row->second : nullptr;
}

}  // namespace unjam::actions::sim
