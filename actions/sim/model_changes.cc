#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "actions/sim/clocks.h"
#include "actions/sim/kerberos.h"
#include "actions/sim/mail.h"
#include "actions/sim/model_actions.h"
#include "actions/sim/power.h"
#include "actions/sim/replication.h"

namespace unjam::actions::sim {
namespace {

const HostTimes& times(const ModelCall& call) {
  return call.fleet.spec.times.of(call.host.role);
}

// The refusal, if there is one; from here on the answer is recorded.
std::optional<ModelAnswer> fenced(ModelCall& call, FenceKind kind) {
  const auto refusal = pass_fence(call.fleet, call.host, call.fence, kind);
  if (refusal) return cannot("refused", *refusal);
  call.recording = true;
  return std::nullopt;
}

std::string intent_of(const ModelCall& call) {
  const std::string intent = input_text(call.fence, "intent");
  return intent.empty() ? "-" : intent;
}

bool is_hub(const ModelCall& call) {
  return call.host.is_hub && !call.host.other_machine;
}
bool is_dc(const ModelCall& call) {
  return call.host.is_dc && !call.host.other_machine;
}

ModelAnswer mail_retry(ModelCall& call) {
  if (!is_hub(call)) return cannot("absent", "no mail hub runs here");
  if (!ready(call.host)) return cannot("failed", "the mail system is down");
  const std::string site = input_text(call.inputs, "to");
  const auto count =
      std::ranges::count_if(call.host.hub.queue, [&](std::size_t m) { return call.fleet.messages[m].to_site == site; });
  call.fleet.note(call.host, "retried", fmt::format("site={} messages={}", site, count));
  run_queue(call.fleet, call.fleet.index(call.host), site);
  return answer(times(call).change, {}, {}, {{"retried", fmt::format("{} messages", count)}});
}

ModelAnswer mail_probe(ModelCall& call) {
  constexpr Range kDelivery{Millis(1000), Millis(3000)};
  constexpr Range kPatience{seconds(60), seconds(62)};
  if (!is_hub(call)) return cannot("absent", "no mail hub runs here");
  if (!ready(call.host)) return cannot("failed", "the mail system is down");
  const std::string site = input_text(call.inputs, "to");
  const std::size_t number = accept(call.fleet, call.fleet.index(call.host), site, true);
  const std::string id = call.fleet.messages[number].id;
  if (call.fleet.messages[number].state == Message::State::delivered) {
    const Millis took = draw(call.host.call_rng, kDelivery);
    return answer({took, took}, {{"arrived", true}, {"took", wire_duration(took)}}, {}, {{"probe", id + ": sent"}});
  }
  withdraw(call.fleet, number);
  return answer(kPatience, {{"arrived", false}}, {}, {{"probe", id + ": deferred"}});
}

// A message like any other, so that a hub with nothing waiting shows whether it is jammed too.
ModelAnswer mail_seed(ModelCall& call) {
  if (!is_hub(call)) return cannot("absent", "no mail hub runs here");
  if (!ready(call.host)) return cannot("failed", "the mail system is down");
  const std::size_t number = accept(call.fleet, call.fleet.index(call.host), input_text(call.inputs, "to"), true);
  return answer(times(call).change, {}, {}, {{"seed", call.fleet.messages[number].id + ": left in the queue"}});
}

// One link of the input. 64 is what a partner says whose service was restarted meanwhile: asked once more.
std::string pull(ModelCall& call, const json::object& wanted) {
  const std::string source = input_text(wanted, "source");
  const std::string partition = input_text(wanted, "partition");
  const HostIndex self = call.fleet.index(call.host);
  const auto link = std::ranges::find_if(call.fleet.links, [&](const Link& l) {
    return l.dest == self && call.fleet.hosts[l.source].name == source && l.partition == partition;
  });
  if (link == call.fleet.links.end()) return fmt::format("no link from {} for {}", source, partition);
  std::int64_t code = replicate(call.fleet, *link);
  if (code == kNetNameDeleted) code = replicate(call.fleet, *link);
  return code == 0 ? std::string() : fmt::format("{} from {}: {}", partition, source, code);
}

ModelAnswer tickets_purge(ModelCall& call) {
  if (!is_hub(call)) return cannot("absent", "no mail hub runs here");
  const bool had = !call.host.hub.cache.tickets.empty();
  drop_tickets(call.host);
  call.fleet.note(call.host, "purged");
  return answer(times(call).change, {}, {{"tickets", had ? "some" : "none"}}, {{"tickets", "none"}});
}

ModelAnswer mail_restart(ModelCall& call) {
  constexpr Range kDown{seconds(5), seconds(20)};
  if (auto refused = fenced(call, FenceKind::first)) return *refused;
  if (!is_hub(call)) return cannot("absent", "no mail hub runs here");
  if (!call.host.services) return cannot("refused", "Postfix does not run: somebody else has it in hand");
  call.fleet.note(call.host, "transport-restarted");
  call.host.services = false;
  call.fleet.later(draw(call.host.life_rng, kDown), Happening::services, call.fleet.index(call.host));
  return answer(times(call).change, {}, {{"transport", "running"}}, {{"transport", "running"}});
}

ModelAnswer ad_replicate(ModelCall& call) {
  if (!is_dc(call)) return cannot("absent", "no domain controller runs here");
  if (!call.host.services) return cannot("failed", "the directory service does not answer");
  const json::value* links = call.inputs.if_contains("links");
  if (links == nullptr || !links->is_array()) return cannot("refused", "no links were given");
  const HostIndex self = call.fleet.index(call.host);
  const auto& known = call.fleet.links;
  if (std::ranges::any_of(known, [&](const Link& l) { return l.dest == self && unsafe(call.fleet, l); })) {
    return cannot("refused", "replication is switched off: forcing it would override a decision");
  }
  std::string failures;
  for (const json::value& item : links->get_array()) {
    const std::string failure = item.is_object() ? pull(call, item.get_object()) : std::string("not a link");
    if (!failure.empty()) failures += (failures.empty() ? "" : "; ") + failure;
  }
  if (!failures.empty()) return cannot("failed", failures);
  const auto count = fmt::format("{} links", links->get_array().size());
  return answer(times(call).change, {}, {}, {{"replicated", count}});
}

ModelAnswer time_sync(ModelCall& call) {
  if (auto refused = fenced(call, FenceKind::first)) return *refused;
  const std::string from = input_text(call.inputs, "from");
  const SimHost* source = call.fleet.find(from);
  if (source == &call.host) return cannot("refused", "a host cannot be its own source of time");
  if (source == nullptr || !answers_time(call.fleet, call.host, *source)) {
    return cannot("refused", fmt::format("no time from {}: nothing was moved", from));
  }
  const Millis off = offset_of(call.host, call.fleet.now) - offset_of(*source, call.fleet.now);
  const Millis most = input_duration(call.inputs, "max_step");
  if (std::chrono::abs(off) > most) {
    return cannot("refused", fmt::format("the clock is off by {} s, more than max_step", spell_seconds(off)));
  }
  constexpr Range kError{Millis(-20), Millis(20)};
  const Millis by = draw(call.host.call_rng, kError) - off;
  move_clock(call.fleet, call.host, by, intent_of(call));
  const Millis left = offset_of(call.host, call.fleet.now) - offset_of(*source, call.fleet.now);
  return answer(times(call).change, {{"moved", wire_duration(by)}},
                {{"offset", fmt::format("{} s from {}", spell_seconds(off), from)}},
                {{"offset", fmt::format("{} s from {}, by net time set", spell_seconds(left), from)}});
}

ModelAnswer dc_restart(ModelCall& call) {
  if (auto refused = fenced(call, FenceKind::first)) return *refused;
  if (!is_dc(call)) return cannot("absent", "no domain controller runs here");
  if (!call.host.services) return cannot("refused", "the directory service is being restarted already");
  const std::string stale = call.host.dc.stale ? "true" : "false";
  const Millis takes = draw(call.host.life_rng, times(call).dc_restart);
  restart_directory(call.fleet, call.host, takes, intent_of(call));
  return answer({takes, takes + seconds(1)}, {}, {{"stale", stale}}, {});  // it waits until the service is back
}

ModelAnswer hub_drain(ModelCall& call) {
  if (auto refused = fenced(call, FenceKind::again)) return *refused;
  if (!is_hub(call)) return cannot("absent", "no mail hub runs here");
  HubState& hub = call.host.hub;
  if (hub.drained && hub.drained_by != "unjam") return cannot("refused", "somebody else has switched it off");
  if (!hub.drained) call.fleet.note(call.host, "drained", "by=" + intent_of(call));
  hub.drained = true;
  hub.drained_by = "unjam";
  return answer(times(call).change, {{"policy_before", "open to every client"}}, {{"policy", "open to every client"}},
                {{"policy", "drained: 421 to every client"}});
}

ModelAnswer hub_resume(ModelCall& call) {
  if (auto refused = fenced(call, FenceKind::again)) return *refused;
  if (!is_hub(call)) return cannot("absent", "no mail hub runs here");
  HubState& hub = call.host.hub;
  if (!hub.drained || hub.drained_by != "unjam") {
    return answer(times(call).change, {}, {}, {{"policy", "not drained by Unjam: nothing to put back"}});
  }
  hub.drained = false;
  hub.drained_by.clear();
  call.fleet.note(call.host, "resumed", "by=" + intent_of(call));
  return answer(times(call).change, {}, {{"policy", "drained"}}, {{"policy", "open to every client"}});
}

ModelAnswer set_flag(ModelCall& call, bool wanted) {
  if (auto refused = fenced(call, FenceKind::again)) return *refused;
  bool& flagged = call.host.hub.flagged;
  const std::string before = flagged ? "in the hand of Unjam" : "none";
  if (flagged != wanted) call.fleet.note(call.host, wanted ? "flagged" : "unflagged", "by=" + intent_of(call));
  flagged = wanted;
  return answer(times(call).change, {}, {{"flag", before}}, {{"flag", wanted ? "in the hand of Unjam" : "none"}});
}
ModelAnswer hub_flag(ModelCall& call) {
  return set_flag(call, true);
}
ModelAnswer hub_unflag(ModelCall& call) {
  return set_flag(call, false);
}

ModelAnswer host_reboot(ModelCall& call) {
  constexpr Millis kUntilShutdown = seconds(2);  // the answer goes out first
  if (!call.host.shutdown_by.empty()) {
    return cannot("refused", "a shutdown is already scheduled by somebody else");
  }
  if (auto refused = fenced(call, FenceKind::first)) return *refused;
  schedule_reboot(call.fleet, call.host, kUntilShutdown, intent_of(call));
  constexpr Range kQuick{Millis(100), Millis(400)};
  return answer(kQuick, {{"boot", call.host.boot}}, {{"boot", call.host.boot}}, {});
}

ModelAnswer service_restart(ModelCall& call) {
  if (auto refused = fenced(call, FenceKind::first)) return *refused;
  const std::string service = input_text(call.inputs, "service");
  call.fleet.note(call.host, "service-restarted", fmt::format("name={} by={}", service, intent_of(call)));
  call.host.services = false;
  const auto takes = draw(call.host.life_rng, times(call).dc_restart);
  call.fleet.later(takes, Happening::services, call.fleet.index(call.host));
  return answer(times(call).change, {}, {{"state", "active"}}, {{"state", "activating"}});
}

ModelAnswer in_balancer(ModelCall& call, bool wanted) {
  if (auto refused = fenced(call, FenceKind::again)) return *refused;
  const bool before = std::exchange(call.host.in_balancer, wanted);
  if (before != wanted) call.fleet.note(call.host, wanted ? "joined" : "left", "by=" + intent_of(call));
  const auto word = [](bool in) { return in ? "in" : "out"; };
  return answer(times(call).change, {}, {{"balancer", word(before)}}, {{"balancer", word(wanted)}});
}
ModelAnswer balancer_leave(ModelCall& call) {
  return in_balancer(call, false);
}
ModelAnswer balancer_join(ModelCall& call) {
  return in_balancer(call, true);
}

ModelAnswer custom_script(ModelCall& call) {
  if (auto refused = fenced(call, FenceKind::first)) return *refused;
  call.fleet.note(call.host, "script", "by=" + intent_of(call));
  return answer(times(call).change, {});
}

constexpr std::array<std::pair<std::string_view, ModelAction>, 17> kChanges{{
    {"mail.retry", mail_retry},
    {"mail.probe", mail_probe},
    {"mail.seed", mail_seed},
    {"tickets.purge", tickets_purge},
    {"mail.restart", mail_restart},
    {"ad.replicate", ad_replicate},
    {"time.sync", time_sync},
    {"dc.restart", dc_restart},
    {"hub.drain", hub_drain},
    {"hub.resume", hub_resume},
    {"hub.flag", hub_flag},
    {"hub.unflag", hub_unflag},
    {"host.reboot", host_reboot},
    {"service.restart", service_restart},
    {"balancer.leave", balancer_leave},
    {"balancer.join", balancer_join},
    {"custom.script", custom_script},
}};

}  // namespace

ModelAction find_model_change(std::string_view name) {
  const auto* row = std::ranges::find(kChanges, name, &std::pair<std::string_view, ModelAction>::first);
  return row != kChanges.end() ? row->second : nullptr;
}

}  // namespace unjam::actions::sim
