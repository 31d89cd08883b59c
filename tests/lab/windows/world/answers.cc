#include "tests/lab/windows/world/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "actions/sim/clocks.h"
#include "actions/sim/kerberos.h"
#include "actions/sim/mail.h"
#include "actions/sim/power.h"
#include "actions/sim/replication.h"

namespace unjam::lab {

using namespace actions::sim;

namespace {

json::object error(std::string text) {
  return {{"error", std::move(text)}};
}

std::string text_of(const json::object& request, std::string_view name) {
  const json::value* value = request.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

double seconds_of(Millis d) {
  return static_cast<double>(d.count()) / 1000.0;
}
Millis millis_of(const json::object& request, std::string_view name) {
  const json::value* value = request.if_contains(name);
  if (value == nullptr || !value->is_number()) return Millis(0);
  return Millis(std::llround(value->to_number<double>() * 1000.0));
}

json::array refusals_of(const SimHost& host) {
  json::array out;
  for (const RefusedSession& session : host.hub.refusals) {
    out.push_back(
        json::object{{"id", session.id}, {"address", session.address}, {"when", session.when.since_epoch.count()}});
  }
  return out;
}

json::array links_into(const Fleet& fleet, HostIndex dest) {
  json::array out;
  for (const Link& link : fleet.links) {
    if (link.dest != dest) continue;
    const SimHost& source = fleet.hosts[link.source];
    out.push_back(json::object{
        {"source", source.name}, {"site", source.site}, {"partition", link.partition}, {"code", link.code}});
  }
  return out;
}

// Whether every serving controller knows this hub's password.
bool known_to_its_controller(Fleet& fleet, const SimHost& host) {
  SimHost* kdc = kdc_for(fleet, host);
  if (kdc == nullptr) return true;
  const auto version = kdc->dc.knows.find(fleet.index(host));
  return version != kdc->dc.knows.end() && version->second == host.hub.kvno;
}

constexpr std::string_view kSpnWords[] = {"ok", "missing", "duplicate"};

}  // namespace

// Of the hub that it was handed in at, wherever it is by now.
std::string Answers::message_id(std::size_t number) const {
  const Fleet& fleet = world_.fleet();
  const Message& message = fleet.messages[number];
  const auto moved = came_from_.find(number);
  return fmt::format("<{}@{}.lab.example>", message.id,
                     moved == came_from_.end() ? fleet.hosts[message.at].name : moved->second);
}

json::array Answers::queue_of(const SimHost& host) const {
  json::array out;
  for (const std::size_t number : host.hub.queue) {
    const Message& message = world_.fleet().messages[number];
    out.push_back(
        json::object{{"id", message_id(number)}, {"to", message.to_site}, {"fault", std::string(spell(message.last))}});
  }
  return out;
}

json::object Answers::see(SimHost& host) {
  Fleet& fleet = world_.fleet();
  const Page& page = book_.of(host.name);
  json::object out{
      {"name", host.name},
      {"site", host.site},
      {"role", host.role},
      {"address", host.address},
      {"machine", host.machine},
      {"now", (fleet.start + fleet.now.since_start).since_epoch.count()},
      {"offset", seconds_of(offset_of(host, fleet.now))},
      {"reference", seconds_of(fleet.reference_offset)},
      {"synced", host.clock.synced},
      {"services", host.services},
      {"up", seconds_of(fleet.now - host.up_since)},
      {"boots", page.boots},
      {"shutdown_by", host.shutdown_by},
      {"reboot_pending", host.reboot_pending},
  };
  out["queue"] = queue_of(host);
  out["refusals"] = refusals_of(host);
  out["links"] = links_into(fleet, fleet.index(host));
  out["inbound_off"] = host.dc.inbound_off;
  out["outbound_off"] = host.dc.outbound_off;
  out["drained"] = host.hub.drained;
  out["drained_by"] = host.hub.drained_by;
  out["keytab_lost"] = host.hub.keytab_lost;
  out["trusted"] = !host.hub.trust_broken && known_to_its_controller(fleet, host);
  out["spn"] = std::string(kSpnWords[static_cast<std::size_t>(host.hub.spn)]);
  out["inside_ok"] = host.hub.inside_ok;
  out["outbound_ok"] = host.hub.outbound_ok;
  out["wan_cut"] = fleet.wan_cut;
  json::array comments;
  for (const std::string& comment : page.comments) comments.emplace_back(comment);
  out["comments"] = std::move(comments);
  json::array others;
  for (const SimHost& other : fleet.hosts) {
    others.push_back(json::object{{"name", other.name},
                                  {"site", other.site},
                                  {"role", other.role},
                                  {"address", other.address},
                                  {"offset", seconds_of(offset_of(other, fleet.now))},
                                  {"synced", other.clock.synced},
                                  {"inbound_off", other.dc.inbound_off},
                                  {"outbound_off", other.dc.outbound_off},
                                  {"serves", other.power == Power::up && other.services},
                                  {"time", answers_time(fleet, host, other)}});
  }
  out["others"] = std::move(others);
  json::object disk;
  for (const auto& [name, text] : page.disk) disk[name] = text;
  json::object memory;
  for (const auto& [name, text] : page.memory) memory[name] = text;
  out["disk"] = std::move(disk);
  out["memory"] = std::move(memory);
  return out;
}

json::object Answers::track(const std::string& id) const {
  const Fleet& fleet = world_.fleet();
  const Message* found = nullptr;
  if (const auto number = handed_in_.find(id); number != handed_in_.end()) {
    found = &fleet.messages[number->second];
  } else {
    for (std::size_t i = 0; i < fleet.messages.size(); ++i) {
      if (message_id(i) == id) found = &fleet.messages[i];
    }
  }
  if (found == nullptr) return {{"state", "absent"}};
  constexpr std::string_view kStates[] = {"queued", "delivered", "withdrawn"};
  return {{"state", std::string(kStates[static_cast<std::size_t>(found->state)])},
          {"at", fleet.hosts[found->at].name},
          {"last", std::string(spell(found->last))}};
}

json::object Answers::shut_down(SimHost& host, const json::object& request) {
  const std::string by = text_of(request, "by");
  if (host.power == Power::stopping) return {{"code", 1115}};
  if (!schedule_reboot(world_.fleet(), host, millis_of(request, "in"), by)) return {{"code", 1190}};
  book_.of(host.name).comments.push_back(by);
  return {{"code", 0}};
}

json::object Answers::replicate(SimHost& host, const json::object& request) {
  Fleet& fleet = world_.fleet();
  const std::string source = text_of(request, "source");
  const std::string partition = text_of(request, "partition");
  for (Link& link : fleet.links) {
    if (link.dest != fleet.index(host) || link.partition != partition) continue;
    if (fleet.hosts[link.source].name != source) continue;
    std::int64_t code = actions::sim::replicate(fleet, link);
    if (code == 64) code = actions::sim::replicate(fleet, link);  // the binding is made anew
    return {{"code", code}};
  }
  return {{"code", 8452}};  // no such link
}

json::object Answers::redirect(SimHost& host, const json::object& request) {
  Fleet& fleet = world_.fleet();
  SimHost* to = fleet.find(text_of(request, "to"));
  if (to == nullptr || !to->is_hub) return error("no such hub");
  const std::size_t count = host.hub.queue.size();
  for (const std::size_t number : host.hub.queue) {
    came_from_.try_emplace(number, host.name);
    fleet.messages[number].at = fleet.index(*to);
    to->hub.queue.push_back(number);
  }
  host.hub.queue.clear();
  fleet.note(host, "redirected", fmt::format("to={} messages={}", to->name, count));
  run_queue(fleet, fleet.index(*to), {});
  return {{"moved", count}};
}

json::object Answers::put(SimHost& host, const json::object& request) {
  Page& page = book_.of(host.name);
  for (const auto& [where, texts] : {std::pair{"disk", &page.disk}, std::pair{"memory", &page.memory}}) {
    const json::value* given = request.if_contains(where);
    if (given == nullptr || !given->is_object()) continue;
    for (const auto& entry : given->get_object()) {
      if (!entry.value().is_string()) {
        texts->erase(std::string(entry.key()));
      } else if (texts->size() < kMostTexts) {
        (*texts)[std::string(entry.key())] = std::string(entry.value().get_string());
      } else {
        return error("too many texts");
      }
    }
  }
  return {};
}

json::object Answers::change(SimHost& host, const std::string& verb, const json::object& request) {
  Fleet& fleet = world_.fleet();
  const std::string by = text_of(request, "by");
  if (verb == "clock") {
    move_clock(fleet, host, millis_of(request, "by"), text_of(request, "who"));
  } else if (verb == "retry") {
    const std::string site = text_of(request, "site");
    fleet.note(host, "retried", "site=" + site);
    run_queue(fleet, fleet.index(host), site);
  } else if (verb == "purge") {
    drop_tickets(host);
    fleet.note(host, "purged");
  } else if (verb == "drain" && !host.hub.drained) {
    host.hub.drained = true;
    host.hub.drained_by = by;
    fleet.note(host, "drained", "by=" + by);
  } else if (verb == "resume" && host.hub.drained) {
    host.hub.drained = false;
    host.hub.drained_by.clear();
    fleet.note(host, "resumed", "by=" + by);
  } else if (verb == "note") {
    fleet.note(host, text_of(request, "word"), text_of(request, "detail"));
  } else if (verb != "drain" && verb != "resume") {
    return error("the world knows no " + verb);
  }
  return {};
}

json::object Answers::answer(const json::object& request) {
  SimHost* host = world_.fleet().find(text_of(request, "host"));
  if (host == nullptr) return error("no such host");
  const std::string verb = text_of(request, "do");
  if (verb == "see") return see(*host);
  if (verb == "track") return track(text_of(request, "id"));
  if (verb == "put") return put(*host, request);
  if (host->power != Power::up && host->power != Power::stopping) return error(host->name + " is off");
  if (verb == "shutdown") return shut_down(*host, request);
  if (verb == "replicate") return replicate(*host, request);
  if (verb == "redirect") return redirect(*host, request);
  return change(*host, verb, request);
}

void Answers::accept(SimHost& hub, const std::string& site, const std::string& id) {
  Fleet& fleet = world_.fleet();
  handed_in_[id] = actions::sim::accept(fleet, fleet.index(hub), site, true);
}

}  // namespace unjam::lab
