// Rules of types and scope: UJ03, UJ04. What each means, with an example that it refuses and the same mended.
#include "playbooks/rules.h"

namespace unjam::playbooks {
namespace {

constexpr Rule kRules[] = {
    {"UJ0301", "types that do not fit",
     "Nothing is converted silently: an int is no text, a set no list, a site no host. Use int() double() "
     "string() where a conversion is meant.",
     R"y(- well: { expect: "hubs.all(h, hub(h).queued < \"5\")", limit: 5m }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).queued < 5)", limit: 5m }
)y"},
    {"UJ0302", "an unknown name",
     "No parameter, target, fact, let, step, function or action is called so. The message names the "
     "nearest one.",
     R"y(- well: { expect: "hbus.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0303", "an unknown field", "The contract of the action lists its outputs; `unjam packs --json` shows them.",
     R"y(- well: { expect: "hubs.all(h, hub(h).redy)", limit: 5m }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0304", "a literal that the value can never be",
     "Enumerations are checked word by word, so that a typo cannot become a condition which is never "
     "true.",
     R"y(facts:
  key: { run: kerberos.check, hosts: hubs }
steps:
  - well: { expect: "hubs.all(h, key(h).spn == \"OK\")", limit: 5m }
)y",
     R"y(facts:
  key: { run: kerberos.check, hosts: hubs }
steps:
  - well: { expect: "hubs.all(h, key(h).spn == \"ok\")", limit: 5m }
)y"},
    {"UJ0305", "a fact asked of hosts where it does not look",
     "Every set carries the targets that it lies in, and a fact may only be asked of hosts inside of its "
     "own. What a domain controller knows cannot be asked of a hub.",
     R"y(targets:
  hubs: hosts.filter(h, h.role == "hub")
  dcs:  hosts.filter(h, h.role == "dc")
steps:
  - well: { expect: "dcs.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(targets:
  hubs: hosts.filter(h, h.role == "hub")
  dcs:  hosts.filter(h, h.role == "dc")
facts:
  hub: { run: probe.hub, hosts: hubs }
  dc:  { run: dc.health, hosts: dcs }
steps:
  - well: { expect: "dcs.all(h, dc(h).serving)", limit: 5m }
)y"},
    {"UJ0306", "wrong inputs", "An action gets exactly the inputs of its contract, a playbook exactly its parameters.",
     R"y(params:
  to: { type: site }
facts:
  queue: { run: mail.queues, hosts: hubs, with: { to: params.to, via: params.to } }
steps:
  - flows: { expect: "hubs.all(h, queue(h).stuck == 0)", limit: 5m }
)y",
     R"y(params:
  to: { type: site }
facts:
  queue: { run: mail.queues, hosts: hubs, with: { to: params.to } }
steps:
  - flows: { expect: "hubs.all(h, queue(h).stuck == 0)", limit: 5m }
)y"},
    {"UJ0307", "a secret that flows",
     "A secret may only be handed to an input of type secret. It is never compared, computed with, "
     "printed, or given a default.",
     R"y(params:
  token: { type: secret }
steps:
  - out: { escalate: "the token was ${params.token}" }
)y",
     R"y(params:
  token: { type: text }
steps:
  - out: { escalate: "the ticket was ${params.token}" }
)y"},
    {"UJ0308", "the expression has a syntax fault",
     "Expressions are CEL; `unjam eval` runs any of them. The caret stands where reading stopped.",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready", limit: 5m }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0309", "a constant in and/or",
     "It decides everything or nothing: mostly a condition that was switched off and forgotten.",
     R"y(- well: { expect: "true or hubs.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0310",
     "an argument outside of the played playbook's bounds",
     "The bounds of a parameter hold for whoever calls. If the value comes from a parameter of this file, "
     "that needs bounds at least as narrow.",
     R"y(params:
  rest: { type: duration, default: 2m, min: 1s }
steps:
  - inner: { play: played, with: { rest: params.rest } }
)y",
     R"y(params:
  rest: { type: duration, default: 2m, min: 1s, max: 5m }
steps:
  - inner: { play: played, with: { rest: params.rest } }
)y",
     {},
     R"y(unjam: 1
playbook: played
summary: Rests, and looks
params:
  rest: { type: duration, min: 1s, max: 5m }
targets:
  hubs: hosts.filter(h, h.role == "hub")
facts:
  hub: { run: probe.hub, hosts: hubs }
steps:
  - rest: { wait: params.rest }
  - well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0401", "an output that is not there on every way to here",
     "Outputs are seen by later steps of the same list and by all inside of them. A fact whose inputs use "
     "a step is usable where that step is.",
     R"y(- group:
    do:
      - seen: { run: probe.hub, hosts: hubs, limit: 1m }
- much: { when: "hubs.exists(h, seen(h).queued > 5)", escalate: "much" }
)y",
     R"y(- seen: { run: probe.hub, hosts: hubs, limit: 1m }
- much: { when: "hubs.exists(h, seen(h).queued > 5)", escalate: "much" }
)y"},
    {"UJ0402", "the output of a step that may have been skipped",
     "A step with `when` has an answer only if it ran. Read it inside of sure(..), or ask known(..).",
     R"y(- seen: { when: hubs.size() > 1, run: probe.hub, hosts: hubs, limit: 1m }
- much: { when: "hubs.exists(h, seen(h).queued > 5)", escalate: "much" }
)y",
     R"y(- seen: { when: hubs.size() > 1, run: probe.hub, hosts: hubs, limit: 1m }
- much: { when: "hubs.exists(h, not known(seen(h).queued))", escalate: "nobody looked" }
)y"},
    {"UJ0403", "host where there is none",
     "`host` is the host in hand: inside of a rollout, and in the inputs of a fact. In a let, write a set "
     "and let the rollout ask it.",
     R"y(- well: { expect: hub(host).ready, limit: 5m }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0404", "a change outside of the targets, or on others than the host in hand",
     "Targets are the only hosts that may be changed, and inside of a rollout only the host that the gate "
     "was asked for.",
     R"y(- purge: { run: tickets.purge, hosts: "hosts.filter(h, h.role == \"hub\")", limit: 5m }
- well:  { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(- purge: { run: tickets.purge, hosts: hubs, limit: 5m }
- well:  { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0405", "a fact that acts, or whose hosts depend on facts",
     "Looking changes nothing, and where is looked is fixed at start: whole targets.",
     R"y(facts:
  hub: { run: tickets.purge, hosts: hubs }
steps:
  - out: { escalate: "done" }
)y",
     R"y(facts:
  hub: { run: probe.hub, hosts: hubs }
steps:
  - out: { escalate: "done" }
)y"},
    {"UJ0406", "defined, and never asked",
     "A let, target or parameter that nothing uses is what a lost guard looks like. Facts may stand "
     "unused: they are evidence.",
     R"y(let:
  busy: hubs.filter(h, hub(h).recovering)
steps:
  - well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(let:
  busy: hubs.filter(h, hub(h).recovering)
steps:
  - wait: { when: busy.size() > 0, escalate: "somebody else is at work on ${busy.first().name}" }
  - well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"}};

}  // namespace

std::span<const Rule> rules_of_types() {
  return kRules;
}

}  // namespace unjam::playbooks
