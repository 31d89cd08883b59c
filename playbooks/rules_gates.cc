// Rules of gates: UJ05. What each means, with an example that it refuses and the same mended.
#include "playbooks/rules.h"

namespace unjam::playbooks {
namespace {

constexpr Rule kRules[] = {
    {"UJ0501", "needs a rollout with a gate",
     "An action that disrupts, or whose contract wants a floor or a gate, is done host by host, and a "
     "gate is asked right before it.",
     R"y(- roll:
    rollout: hubs
    do:
      - reboot: { run: host.reboot, limit: 15m, undo: none }
      - well:   { expect: hub(host).serving, limit: 5m }
)y",
     R"y(- roll:
    rollout: hubs
    gate: { floor: "hubs.filter(h, sure(hub(h).serving))", min: 1, limit: 10m }
    do:
      - reboot: { run: host.reboot, limit: 15m, undo: none }
      - well:   { expect: hub(host).serving, limit: 5m }
)y"},
    {"UJ0502", "a gate condition that looks at nothing",
     "A condition of `require` must read facts: one that reads only names, parameters or snapshots says "
     "the same today and tomorrow.",
     R"y(- roll:
    rollout: hubs
    gate:
      floor: hubs.filter(h, sure(hub(h).serving))
      min: 1
      require: { several: hubs.size() > 1 }
      limit: 10m
    do:
      - reboot: { run: host.reboot, limit: 15m, undo: none }
      - well:   { expect: hub(host).serving, limit: 5m }
)y",
     R"y(- roll:
    rollout: hubs
    gate:
      floor: hubs.filter(h, sure(hub(h).serving))
      min: 1
      require: { nobody_else: "hubs.all(h, not hub(h).recovering)" }
      limit: 10m
    do:
      - reboot: { run: host.reboot, limit: 15m, undo: none }
      - well:   { expect: hub(host).serving, limit: 5m }
)y"},
    {"UJ0503", "the gate does not look at what the action needs",
     "The contract names the fields that the gate must look at, `of host` where it must be those of the "
     "host in hand; policy may add to them.",
     R"y(targets:
  dcs: hosts.filter(h, h.role == "dc")
facts:
  dc:   { run: dc.health, hosts: dcs }
  repl: { run: ad.replication, hosts: dcs }
steps:
  - replication:
      rollout: dcs
      gate: { require: { up: dc(host).serving }, limit: 5m }
      do:
        - pull: { run: ad.replicate, with: { links: repl(host).failing }, limit: 5m }
        - good: { expect: repl(host).failing.size() == 0, limit: 10m }
)y",
     R"y(targets:
  dcs: hosts.filter(h, h.role == "dc")
facts:
  dc:   { run: dc.health, hosts: dcs }
  repl: { run: ad.replication, hosts: dcs }
steps:
  - replication:
      rollout: dcs
      gate: { require: { up: dc(host).serving, safe: "dcs.all(d, not repl(d).unsafe)" }, limit: 5m }
      do:
        - pull: { run: ad.replicate, with: { links: repl(host).failing }, limit: 5m }
        - good: { expect: repl(host).failing.size() == 0, limit: 10m }
)y"},
    {"UJ0504", "a gate without a floor",
     "The contract says that the action takes its host out of service, so the gate must say how many must "
     "stay in it.",
     R"y(- roll:
    rollout: hubs
    gate: { require: { calm: not hub(host).recovering }, limit: 10m }
    do:
      - reboot: { run: host.reboot, limit: 15m, undo: none }
      - well:   { expect: hub(host).serving, limit: 5m }
)y",
     R"y(- roll:
    rollout: hubs
    gate: { floor: "hubs.filter(h, sure(hub(h).serving))", min: 1, require: { calm: not hub(host).recovering }, limit: 10m }
    do:
      - reboot: { run: host.reboot, limit: 15m, undo: none }
      - well:   { expect: hub(host).serving, limit: 5m }
)y"},
    {"UJ0505", "a floor that counts names, or that may be 0",
     "The floor is a set of hosts that are seen to be up: it reads a fact, and what cannot be seen does "
     "not count. At least one must remain.",
     R"y(- roll:
    rollout: hubs
    gate: { floor: hubs, min: 1, limit: 10m }
    do:
      - reboot: { run: host.reboot, limit: 15m, undo: none }
      - well:   { expect: hub(host).serving, limit: 5m }
)y",
     R"y(- roll:
    rollout: hubs
    gate: { floor: "hubs.filter(h, sure(hub(h).serving))", min: 1, limit: 10m }
    do:
      - reboot: { run: host.reboot, limit: 15m, undo: none }
      - well:   { expect: hub(host).serving, limit: 5m }
)y"},
    {"UJ0506", "a floor that counts hosts elsewhere",
     "Hosts that the rollout does not go over cannot stand in for those that it takes down.",
     R"y(params:
  site: { type: site }
targets:
  all_hubs: hosts.filter(h, h.role == "hub")
  hubs:     all_hubs.filter(h, h.site == params.site)
facts:
  hub: { run: probe.hub, hosts: all_hubs }
steps:
  - roll:
      rollout: hubs
      gate: { floor: "all_hubs.filter(h, sure(hub(h).serving))", min: 1, limit: 10m }
      do:
        - reboot: { run: host.reboot, limit: 15m, undo: none }
        - well:   { expect: hub(host).serving, limit: 5m }
)y",
     R"y(params:
  site: { type: site }
targets:
  hubs: hosts.filter(h, h.role == "hub" and h.site == params.site)
facts:
  hub: { run: probe.hub, hosts: hubs }
steps:
  - roll:
      rollout: hubs
      gate: { floor: "hubs.filter(h, sure(hub(h).serving))", min: 1, limit: 10m }
      do:
        - reboot: { run: host.reboot, limit: 15m, undo: none }
        - well:   { expect: hub(host).serving, limit: 5m }
)y"},
    {"UJ0507", "an input that is not drawn from what the gate proves",
     "The contract says that this input is proven: it must come out of a set which the gate wants "
     "non-empty and which looks at the named fields. A clock is only set by one that is proven right.",
     R"y(targets:
  dcs: hosts.filter(h, h.role == "dc")
facts:
  clock: { run: time.offset, hosts: dcs, with: { peers: dcs } }
steps:
  - clocks:
      rollout: dcs
      gate: { require: { step: abs(clock(host).offset) <= 1h }, limit: 5m }
      do:
        - set:   { run: time.sync, with: { from: dcs.first(), max_step: 1h }, limit: 3m, undo: none }
        - right: { expect: abs(clock(host).offset) <= 5s, limit: 10m }
)y",
     R"y(targets:
  dcs: hosts.filter(h, h.role == "dc")
facts:
  clock: { run: time.offset, hosts: dcs, with: { peers: dcs } }
let:
  trusted: |
    dcs.filter(d, sure(clock(d).synced and abs(clock(d).offset) <= 5s and dcs.all(x, abs(clock(d).peers[x]) <= 5s)))
steps:
  - clocks:
      rollout: dcs
      gate:
        require: { step: abs(clock(host).offset) <= 1h, reference: trusted.without(host).size() > 0 }
        limit: 5m
      do:
        - set:   { run: time.sync, with: { from: trusted.without(host).first(), max_step: 1h }, limit: 3m, undo: none }
        - right: { expect: abs(clock(host).offset) <= 5s, limit: 10m }
)y"},
    {"UJ0508", "a change past the file's own approval",
     "If a file asks people, no way may reach a disruptive change without having asked: the approval "
     "stands before it, without `when`.",
     R"y(- ask: { when: hubs.size() > 1, approve: "reboot the hubs?", limit: 1h }
- roll:
    rollout: hubs
    gate: { floor: "hubs.filter(h, sure(hub(h).serving))", min: 1, limit: 10m }
    do:
      - reboot: { run: host.reboot, limit: 15m, undo: none }
      - well:   { expect: hub(host).serving, limit: 5m }
)y",
     R"y(- ask: { approve: "reboot the hubs?", limit: 1h }
- roll:
    rollout: hubs
    gate: { floor: "hubs.filter(h, sure(hub(h).serving))", min: 1, limit: 10m }
    do:
      - reboot: { run: host.reboot, limit: 15m, undo: none }
      - well:   { expect: hub(host).serving, limit: 5m }
)y"},
    {"UJ0509", "a fact that is too old for a gate", "Policy says how old a reading may be that opens a gate.",
     R"y(facts:
  hub: { run: probe.hub, hosts: hubs, fresh: 10m }
steps:
  - roll:
      rollout: hubs
      gate: { floor: "hubs.filter(h, sure(hub(h).serving))", min: 1, limit: 10m }
      do:
        - reboot: { run: host.reboot, limit: 15m, undo: none }
        - well:   { expect: hub(host).serving, limit: 5m }
)y",
     R"y(facts:
  hub: { run: probe.hub, hosts: hubs, fresh: 30s }
steps:
  - roll:
      rollout: hubs
      gate: { floor: "hubs.filter(h, sure(hub(h).serving))", min: 1, limit: 10m }
      do:
        - reboot: { run: host.reboot, limit: 15m, undo: none }
        - well:   { expect: hub(host).serving, limit: 5m }
)y",
     R"y(unjam: 1
policy: example
fresh: 60s
)y"},
    {"UJ0510", "a parameter that can loosen a gate without a bound",
     "What opens a gate when it grows needs `max`, what opens it when it shrinks needs `min`, what does "
     "both needs both. Else the caller, not the file, says how safe it is.",
     R"y(params:
  most: { type: int, default: 9 }
steps:
  - roll:
      rollout: hubs
      gate:
        floor: hubs.filter(h, sure(hub(h).serving))
        min: 1
        require: { calm: hub(host).queued < params.most }
        limit: 10m
      do:
        - reboot: { run: host.reboot, limit: 15m, undo: none }
        - well:   { expect: hub(host).serving, limit: 5m }
)y",
     R"y(params:
  most: { type: int, default: 9, max: 20 }
steps:
  - roll:
      rollout: hubs
      gate:
        floor: hubs.filter(h, sure(hub(h).serving))
        min: 1
        require: { calm: hub(host).queued < params.most }
        limit: 10m
      do:
        - reboot: { run: host.reboot, limit: 15m, undo: none }
        - well:   { expect: hub(host).serving, limit: 5m }
)y"}};

}  // namespace

std::span<const Rule> rules_of_gates() {
  return kRules;
}

}  // namespace unjam::playbooks
