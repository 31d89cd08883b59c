// Rules of the text and of keys: UJ01, UJ02. What each means, with an example that it refuses and the same mended.
#include "playbooks/rules.h"

namespace unjam::playbooks {
namespace {

constexpr Rule kRules[] = {
    {"UJ0101", "anchors, aliases, tags, merge keys, directives",
     "Files are read alike by every reader of YAML, so the parts of YAML that readers treat differently "
     "are refused. A leading ! is a tag to YAML: in expressions write `not`.",
     R"y(- well: { expect: !hub(hubs.first()).recovering, limit: 5m }
)y",
     R"y(- well: { expect: not hub(hubs.first()).recovering, limit: 5m }
)y"},
    {"UJ0102", "the same key twice in one map", "Some readers take the first, some the last, none says so. Keep one.",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m, limit: 10m }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 10m }
)y"},
    {"UJ0103", "a boolean word of YAML 1.1, or an empty value",
     "`no`, `on`, `y`, `null`, `~` and nothing at all are a truth value, a text or null, depending on who "
     "reads (the Norway problem). Write true or false, or put the word in quotes.",
     R"y(params:
  country: { type: text, default: no }
steps:
  - out: { escalate: "see to ${params.country}" }
)y",
     R"y(params:
  country: { type: text, default: "no" }
steps:
  - out: { escalate: "see to ${params.country}" }
)y"},
    {"UJ0104", "a value over several lines, folded text",
     "In one line, or behind | with the lines below it, line and column inside of an expression can be "
     "told exactly. Folding loses them.",
     R"y(- well:
    expect: >
      hubs.all(h, hub(h).ready)
    limit: 5m
)y",
     R"y(- well:
    expect: |
      hubs.all(h, hub(h).ready)
    limit: 5m
)y"},
    {"UJ0105", "a second document",
     "One file is one document, so that nothing of it can be overlooked. `---` may stand before the first "
     "line of content only.",
     R"y(unjam: 1
playbook: example
summary: Two documents
---
steps:
  - out: { escalate: "never read" }
)y",
     R"y(unjam: 1
playbook: example
summary: One document
steps:
  - out: { escalate: "read" }
)y"},
    {"UJ0106", "this is not YAML",
     "Mostly an expression that needs quotes. Inside of { } a comma ends the value, so an expression with "
     "a comma, [ or { must be in quotes there; so must one with `: ` or ` #`, or that begins with a "
     "quote, [, {, !, &, *, %, @. The message shows the line with the quotes.",
     R"y(- well: { expect: hubs.all(h, hub(h).ready), limit: 5m }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0107", "the file is not a map of keys", "A playbook is one map that begins with `unjam: 1`.",
     R"y(- unjam: 1
- playbook: example
)y",
     R"y(unjam: 1
playbook: example
summary: A map of keys
steps:
  - out: { escalate: "a person is wanted" }
)y"},
    {"UJ0108", "tabs, control, invisible and bidi characters, no UTF-8",
     "What a person reads and what a program reads must be the same. Indent with blanks; write invisible "
     "characters in words.",
     R"y(- well:
	    { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(- well:
    { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0201", "an unknown key",
     "Every map is closed: a key that nobody reads would be a wish that nobody grants. The message names "
     "the nearest key, or what Unjam says instead for words of other tools.",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", holds: 1m, limit: 5m }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", hold: 1m, limit: 5m }
)y"},
    {"UJ0202", "a missing key",
     "Whatever waits or acts has a `limit`; a ladder also says how long its cure must `hold`. There are "
     "no hidden defaults for patience.",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)" }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0203", "not exactly one verb",
     "A step does one thing. Two things are two steps, and each has its own line in the journal.",
     R"y(- nudge: { run: tickets.purge, hosts: hubs, expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(- nudge: { run: tickets.purge, hosts: hubs, limit: 5m }
- well:  { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0204", "a name that is taken",
     "Targets, facts, lets and steps of a file share one name space; nothing shadows, and words of the "
     "language are no names.",
     R"y(- hub: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0205", "${} in an expression",
     "Structure is never templated. An expression is written as it is; ${} is for texts that people read, "
     "and for inputs that are text.",
     R"y(- well: { expect: "hubs.all(h, ${hub(h).ready})", limit: 5m }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"},
    {"UJ0206", "a value of the wrong form",
     "The key decides what its value is: a time (30s 5m 4h 1d or params.x), a whole number without "
     "leading zeros, a name, a list. Octal, sexagesimal and other numbers of YAML are no numbers here.",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5 minutes }
)y",
     R"y(- well: { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)y"}};

}  // namespace

std::span<const Rule> rules_of_text() {
  return kRules;
}

}  // namespace unjam::playbooks
