// The slips that YAML invites: each is recognised, and the help shows the line as it should be.
#include <gtest/gtest.h>

#include "playbooks/rules.h"
#include "tests/playbooks/load_support.h"

namespace unjam::playbooks {
namespace {

struct Slip {
  const char* name;
  const char* text;    // steps or keys, framed by example_file
  const char* code;    // of one fault
  const char* mended;  // what its help must show
};

constexpr Slip kSlips[] = {
    {"bang", "- well: { expect: !hub(hubs.first()).recovering, limit: 5m }\n", "UJ0101",
     "- well: { expect: not hub(hubs.first()).recovering, limit: 5m }"},
    {"bang_with_comma", "- well:\n    expect: !hubs.exists(h, hub(h).recovering)\n    limit: 5m\n", "UJ0101",
     "expect: not hubs.exists(h, hub(h).recovering)"},
    {"dollar_in_braces", "- out: { escalate: see ${hubs.first().name} }\n", "UJ0106",
     "- out: { escalate: \"see ${hubs.first().name}\" }"},
    {"comma_in_braces", "- well: { expect: hubs.all(h, hub(h).ready), limit: 5m }\n", "UJ0106",
     "- well: { expect: \"hubs.all(h, hub(h).ready)\", limit: 5m }"},
    {"brackets_in_braces", "- well: { expect: hubs.first() in [hubs.first()], limit: 5m }\n", "UJ0106",
     "- well: { expect: \"hubs.first() in [hubs.first()]\", limit: 5m }"},
    {"quote_first", "- well:\n    expect: \"hub\" == hubs.first().role\n    limit: 5m\n", "UJ0106",
     "expect: '\"hub\" == hubs.first().role'"},
    {"colon_inside", "- out:\n    escalate: hubs: see them\n", "UJ0106", "escalate: \"hubs: see them\""},
    {"comment_inside", "- out: { escalate: see #5 }\n", "UJ0106", "- out: { escalate: \"see #5\" }"},
    {"no_blank_after_colon", "- well: { expect:\"hubs.exists(h, hub(h).ready)\", limit: 5m }\n", "UJ0106",
     "- well: { expect: \"hubs.exists(h, hub(h).ready)\", limit: 5m }"},
    {"no_blank_in_block", "- well:\n    expect:hubs.exists(h, hub(h).ready)\n    limit: 5m\n", "UJ0106",
     "expect: hubs.exists(h, hub(h).ready)"},
    {"norway", "params:\n  c: { type: text, default: no }\nsteps:\n  - out: { escalate: \"${params.c}\" }\n", "UJ0103",
     "c: { type: text, default: \"no\" }"},
    {"octal", "- r: { run: tickets.purge, hosts: hubs, limit: 1m, retry: 07 }\n", "UJ0206",
     "- r: { run: tickets.purge, hosts: hubs, limit: 1m, retry: 7 }"},
    {"octal_time", "- well: { expect: hubs.size() > 1, limit: 05m }\n", "UJ0206",
     "- well: { expect: hubs.size() > 1, limit: 5m }"},
    {"octal_of_yaml_1_2", "- r: { run: tickets.purge, hosts: hubs, limit: 1m, retry: 0o7 }\n", "UJ0206",
     "- r: { run: tickets.purge, hosts: hubs, limit: 1m, retry: 7 }"},
    {"octal_parameter", "params:\n  n: { type: int, default: 012 }\nsteps:\n  - out: { escalate: \"${params.n}\" }\n",
     "UJ0206", "n: { type: int, default: 12 }"},
    {"hexadecimal", "- r: { run: tickets.purge, hosts: hubs, limit: 1m, retry: 0x5 }\n", "UJ0206",
     "- r: { run: tickets.purge, hosts: hubs, limit: 1m, retry: 5 }"},
    {"sexagesimal", "- well: { expect: hubs.size() > 1, limit: 1:30 }\n", "UJ0206", "base sixty"},
    {"tab", "- well:\n\t  expect: hubs.size() > 1\n", "UJ0108", "      expect: hubs.size() > 1"},
    {"folded", "- well:\n    expect: >\n      hubs.all(h,\n      hub(h).ready)\n    limit: 5m\n", "UJ0104",
     "expect: |"},
    {"plain_lines", "- well:\n    expect: hubs.all(h,\n      hub(h).ready)\n    limit: 5m\n", "UJ0104", "expect: |"},
    {"quoted_lines", "- well:\n    expect: \"hubs.all(h,\n      hub(h).ready)\"\n    limit: 5m\n", "UJ0104",
     "expect: |"},
};

TEST(Slips, ShowTheMendedLine) {
  for (const Slip& slip : kSlips) {
    const auto loaded = load_text("slip.yaml", example_file(slip.text));
    bool found = false;
    for (const Diagnostic& fault : loaded.faults.all())
      found = found || (fault.code == slip.code && fault.help.find(slip.mended) != std::string::npos);
    EXPECT_TRUE(found) << slip.name << "\n" << loaded.told();
    EXPECT_FALSE(loaded.program) << slip.name;
  }
}

// given an expression that is valid YAML with two keys, the second without a value, when checked, then the quotes are
// shown
TEST(Slips, TheWorstOneIsRecognised) {
  const auto loaded = load_text("slip.yaml", example_file("- well: { expect: hubs.all(h, hub(h).ready) }\n"));
  EXPECT_NE(loaded.told().find("- well: { expect: \"hubs.all(h, hub(h).ready)\" }"), std::string::npos);
}

// given a value or key that the reader of the text refuses, when checked, then nothing follows from it: one fault
TEST(Slips, AreToldOnce) {
  for (const char* text : {
           "- out: { escalate: no }\n",
           "- out: { escalate: }\n",
           "- out: { escalate: \"a\", escalate: \"b\" }\n",
           "- out: { <<: x, escalate: \"a\" }\n",
           "- well:\n    expect: hub(hubs.first()).ready\n      and true\n    limit: 5m\n",
           "- well: { expect: hub(hubs.first()).ready, limit: off }\n",
           "params:\n  c: { type: bool, default: yes }\nsteps:\n  - out: { when: params.c, escalate: \"a\" }\n",
           "params:\n  c: { type: off }\nsteps:\n  - out: { escalate: \"${params.c}\" }\n",
       })
    EXPECT_EQ(load_text("slip.yaml", example_file(text)).faults.all().size(), 1U) << text;
}

TEST(Slips, AnAnchorWithoutAValueIsAnAnchor) {
  const auto loaded = load_text("slip.yaml", example_file("- well:\n    expect: &x\n    limit: 5m\n"));
  EXPECT_NE(loaded.told().find("UJ0101: an anchor"), std::string::npos) << loaded.told();
}

}  // namespace
}  // namespace unjam::playbooks
