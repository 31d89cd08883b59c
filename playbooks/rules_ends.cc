// Rules of obligations, of unknown, of ends and of policy: UJ06 to UJ10. What each means, with an example that it
// refuses and the same mended.
#include "playbooks/rules.h"

namespace unjam::playbooks {
namespace {

constexpr Rule kRules[] = {
    {"UJ0601", "undo is missing, wrong, or for nothing",
     "From effect `reversible` on, `undo` is written and says what the contract says. `undo: none` must "
     "be written too, since gate and verification are then compulsory.",
     R"y(- flag:   { run: hub.flag, hosts: hubs, limit: 1m }
- unflag: { settles: flag, limit: 1m }
- well:   { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(- flag:   { run: hub.flag, hosts: hubs, limit: 1m, undo: hub.unflag }
- unflag: { settles: flag, limit: 1m }
- well:   { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0602", "owed, and not settled",
     "What a step changes reversibly it owes back. A later `settles` in the same list, without `when`, "
     "ends that; every other way out (failure, cancel, time-out, crash) goes through rollback.",
     R"y(- flag: { run: hub.flag, hosts: hubs, limit: 1m, undo: hub.unflag }
- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(- flag:   { run: hub.flag, hosts: hubs, limit: 1m, undo: hub.unflag }
- unflag: { settles: flag, limit: 1m }
- well:   { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0603", "done after a change",
     "`done` says that there is nothing to do. Once something has been changed, a run is judged by what "
     "it looks at, not by what it says.",
     R"y(- purge: { run: tickets.purge, hosts: hubs, limit: 1m }
- all:   { when: "hubs.all(h, hub(h).ready)", done: "the hubs are ready" }
- well:  { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(- all:   { when: "hubs.all(h, hub(h).ready)", done: "the hubs are ready" }
- purge: { run: tickets.purge, hosts: hubs, limit: 1m }
- well:  { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0604", "irreversible, and not verified on this host by the right field",
     "After `undo: none` an `expect` without `when` must look at the host itself, at a field that the "
     "contract names, before the next change, before `settles`, before the list ends.",
     R"y(- roll:
    rollout: hubs
    gate: { floor: "hubs.filter(h, sure(hub(h).serving))", min: 1, limit: 10m }
    do:
      - reboot: { run: host.reboot, limit: 15m, undo: none }
- well: { expect: "hubs.all(h, hub(h).serving)", limit: 5m }
)y",
     R"y(- roll:
    rollout: hubs
    gate: { floor: "hubs.filter(h, sure(hub(h).serving))", min: 1, limit: 10m }
    do:
      - reboot: { run: host.reboot, limit: 15m, undo: none }
      - well:   { expect: hub(host).serving, limit: 5m }
)y"},
    {"UJ0605", "settles nothing",
     "`settles` names an earlier step of the same list that owes something and is not yet settled.",
     R"y(- purge: { run: tickets.purge, hosts: hubs, limit: 1m }
- back:  { settles: purge, limit: 1m }
- well:  { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(- purge: { run: tickets.purge, hosts: hubs, limit: 1m }
- well:  { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0606", "may end well without having looked",
     "Success is earned: after the last change something must look at the hosts.",
     R"y(- purge: { run: tickets.purge, hosts: hubs, limit: 1m }
)y",
     R"y(- purge: { run: tickets.purge, hosts: hubs, limit: 1m }
- well:  { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0701", "what is unknown would open something",
     "Unknown must not open a gate, prove a cure, choose an arm or report health. sure(..) and known(..) "
     "turn unknown into false: under `not` that becomes true, so they may not stand there.",
     R"y(- well: { expect: "hubs.all(h, not sure(hub(h).recovering))", limit: 5m }
)y",
     R"y(- well: { expect: "hubs.all(h, not hub(h).recovering)", limit: 5m }
)y"},
    {"UJ0702", "what is unknown would slip past a guard",
     "A guard escalates when its condition is true. sure(..) would make what cannot be seen false, and "
     "the run would go on. Without it, unknown escalates.",
     R"y(- busy: { when: "hubs.exists(h, sure(hub(h).recovering))", escalate: "somebody is at work" }
)y",
     R"y(- busy: { when: "hubs.exists(h, hub(h).recovering)", escalate: "somebody is at work" }
)y"},
    {"UJ0703", "choose is not exhaustive",
     "Some way must be taken: write `else`, or arms that compare one enumeration with each of its words.",
     R"y(- pick:
    choose:
      - { when: "hubs.exists(h, hub(h).queued > 9)", do: [ out: { escalate: "much" } ] }
)y",
     R"y(- pick:
    choose:
      - { when: "hubs.exists(h, hub(h).queued > 9)", do: [ out: { escalate: "much" } ] }
    else:
      - well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0801", "a step that is never reached", "Something before it always ends the run.",
     R"y(- out:  { escalate: "a person must look" }
- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(- out:  { when: "hubs.exists(h, hub(h).recovering)", escalate: "a person must look" }
- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0802", "else goes on",
     "After `expect` and `ladder` have failed, every way through `else` ends the run: it may not go on as "
     "if all were well.",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m, else: [ rest: { wait: 1m } ] }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m, else: [ out: { escalate: "not ready" } ] }
)y"},
    {"UJ0803", "hold is not below limit", "What must hold for so long cannot be seen within the limit.",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", hold: 5m, limit: 5m }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", hold: 1m, limit: 5m }
)y"},
    {"UJ0804", "plays itself, or too deep", "`play` makes a tree of at most depth 4, so that every run ends.",
     R"y(- again: { play: example }
)y",
     R"y(- out: { escalate: "a person must look" }
)y"},
    {"UJ0805", "a time of zero", "A limit of 0 would be no patience at all, a wait of 0 no wait.",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 0s }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0806", "a limit that is too short",
     "The contract says how long the action may take when all goes well; a shorter limit would call a "
     "slow success a failure.",
     R"y(- roll:
    rollout: hubs
    gate: { floor: "hubs.filter(h, sure(hub(h).serving))", min: 1, limit: 10m }
    do:
      - reboot: { run: host.reboot, limit: 1m, undo: none }
      - well:   { expect: hub(host).serving, limit: 5m }
)y",
     R"y(- roll:
    rollout: hubs
    gate: { floor: "hubs.filter(h, sure(hub(h).serving))", min: 1, limit: 10m }
    do:
      - reboot: { run: host.reboot, limit: 15m, undo: none }
      - well:   { expect: hub(host).serving, limit: 5m }
)y"},
    {"UJ0807", "a limit from a parameter without a bound",
     "The worst-case time must be known before the start: give the parameter `max`.",
     R"y(params:
  patience: { type: duration, default: 5m, min: 1m }
steps:
  - well: { expect: "hubs.all(h, hub(h).ready)", limit: params.patience }
)y",
     R"y(params:
  patience: { type: duration, default: 5m, min: 1m, max: 1h }
steps:
  - well: { expect: "hubs.all(h, hub(h).ready)", limit: params.patience }
)y"},
    {"UJ0901", "retry of an action that is once",
     "If the answer of such an action is lost nobody can tell whether it happened, so it is never sent "
     "again.",
     R"y(params:
  to: { type: site }
steps:
  - redirect: { run: mail.redirect, hosts: hubs, with: { to: params.to }, limit: 1m, retry: 2 }
  - well:     { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(params:
  to: { type: site }
steps:
  - redirect: { run: mail.redirect, hosts: hubs, with: { to: params.to }, limit: 1m }
  - well:     { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ1001", "outside of what policy allows",
     "Policy binds every playbook: an input above its cap, or a parameter below its least value, is "
     "refused.",
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
        - set:   { run: time.sync, with: { from: trusted.without(host).first(), max_step: 2h }, limit: 3m, undo: none }
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
)y",
     R"y(unjam: 1
policy: example
caps: { time.sync.max_step: 1h }
)y"},
    {"UJ1003", "an action that policy does not allow",
     "Policy's `actions` names the changes that a playbook may make. Looking always is allowed, and so is the undo of "
     "what is.",
     R"y(- purge: { run: tickets.purge, hosts: hubs, limit: 1m }
- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(unjam: 1
policy: example
actions: [ "hub.*" ]
)y"},
    {"UJ1002",
     "the played playbook is refused, or there is none",
     "What is played must pass on its own; its faults are shown with it.",
     R"y(- inner: { play: playd }
)y",
     R"y(- inner: { play: played }
)y",
     {},
     R"y(unjam: 1
playbook: played
summary: Looks
targets:
  hubs: hosts.filter(h, h.role == "hub")
facts:
  hub: { run: probe.hub, hosts: hubs }
steps:
  - well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"}};

}  // namespace

std::span<const Rule> rules_of_ends() {
  return kRules;
}

}  // namespace unjam::playbooks
