#include "playbooks/yaml.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

namespace unjam::playbooks {
namespace {

struct Parsed {
  std::unique_ptr<YamlNode> root;
  Diagnostics faults;
  std::string codes() const {
    std::string out;
    for (const auto& d : faults.all())
      out += fmt::format("{}{}@{}:{}", out.empty() ? "" : " ", d.code, d.span.line, d.span.column);
    return out;
  }
};

Parsed parse(std::string text) {
  Parsed out;
  out.root = parse_yaml(std::make_shared<Source>("t.yaml", std::move(text)), out.faults);
  return out;
}

std::string at(const Span& s) {
  return fmt::format("{}:{}+{}", s.line, s.column, s.length);
}

// given a file with every form of scalar, when it is parsed, then each value knows where its first character stands
TEST(Yaml, PlacesOfValuesAreExact) {
  const auto p = parse(
      "a: plain word # note\n"
      "b:   \"quoted é\"\n"
      "c: 'it''s'\n"
      "d: |\n"
      "  first\n"
      "    second\n"
      "e: { f: x, g: [ 1, \"two\" ] }\n"
      "é: ü\n"
      "h:\n"
      "  - i: { j: k }\n");
  ASSERT_TRUE(p.root) << p.codes();
  const auto& r = *p.root;
  EXPECT_EQ(at(r.find("a")->span), "1:4+10");
  EXPECT_EQ(r.find("a")->text, "plain word");
  EXPECT_EQ(at(r.find("b")->span), "2:7+8");
  EXPECT_EQ(r.find("b")->style, YamlNode::Style::quoted);
  EXPECT_EQ(at(r.find("c")->span), "3:5+5");
  EXPECT_EQ(r.find("c")->text, "it's");
  EXPECT_EQ(at(r.find("d")->span), "5:3+5");
  EXPECT_EQ(r.find("d")->indent, 2u);
  EXPECT_EQ(r.find("d")->style, YamlNode::Style::block);
  EXPECT_EQ(r.find("d")->text, "first\n  second\n");
  const auto& e = *r.find("e");
  EXPECT_TRUE(e.flow);
  EXPECT_EQ(at(e.find("f")->span), "7:9+1");
  EXPECT_EQ(at(e.find("g")->items.at(0).span), "7:17+1");
  EXPECT_EQ(at(e.find("g")->items.at(1).span), "7:21+3");
  EXPECT_EQ(at(r.find("é")->span), "8:4+1");
  EXPECT_EQ(at(r.entries.at(5).first.span), "8:1+1");
  EXPECT_EQ(at(r.find("h")->items.at(0).find("i")->find("j")->span), "10:13+1");
}

// given lines that end in CR LF, when parsed, then texts and places are the same as with LF
TEST(Yaml, TakesCarriageReturnsAtTheEndOfLines) {
  const auto p = parse("a: b\r\nc: |\r\n  x\r\n  y\r\nd: \"e\"\r\n");
  ASSERT_TRUE(p.root) << p.codes();
  EXPECT_EQ(p.root->find("a")->text, "b");
  EXPECT_EQ(p.root->find("c")->text, "x\ny\n");
  EXPECT_EQ(at(p.root->find("c")->span), "3:3+1");
  EXPECT_EQ(at(p.root->find("d")->span), "5:5+1");
}

TEST(Yaml, OneMarkAtTheBeginIsNoSecondDocument) {
  EXPECT_TRUE(parse("# head\n---\na: b\n").root);
  EXPECT_TRUE(parse("--- # head\na: b\n").root);
}

struct Refusal {
  const char* text;
  const char* codes;
};

class YamlRefuses : public testing::TestWithParam<Refusal> {};

// given a text outside of the subset, when parsed, then there is no tree and the code and place are these
TEST_P(YamlRefuses, WithCodeAndPlace) {
  const auto p = parse(GetParam().text);
  EXPECT_FALSE(p.root);
  EXPECT_EQ(p.codes(), GetParam().codes) << GetParam().text;
  for (const auto& d : p.faults.all()) EXPECT_FALSE(d.message.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Table, YamlRefuses,
    testing::Values(
        // anchors, aliases, tags, merge, directives
        Refusal{"a: &x 1\n", "UJ0101@1:4"}, Refusal{"a: *x\n", "UJ0101@1:4"},
        Refusal{"a: &x [*x]\n", "UJ0101@1:4 UJ0101@1:8"}, Refusal{"a: !!int abc\n", "UJ0101@1:4"},
        Refusal{"a: !!python/object:x {}\n", "UJ0101@1:4"}, Refusal{"a: !x\n", "UJ0101@1:4"},
        Refusal{"a: ! b\n", "UJ0101@1:4"}, Refusal{"<<: { a: b }\n", "UJ0101@1:1"}, Refusal{"&k a: b\n", "UJ0101@1:1"},
        Refusal{"%FOO bar\n---\na: b\n", "UJ0101@1:1"}, Refusal{"%YAML 1.1\n---\na: b\n", "UJ0101@1:1"},
        // duplicate keys
        Refusal{"max: 1\nmin: 2\nmax: 3\n", "UJ0102@3:1"}, Refusal{"a: { b: 1, \"b\": 2 }\n", "UJ0102@1:12"},
        // truth values
        Refusal{"a: no\nb: Off\nc: ~\nd: null\ne: y\nf: TRUE\n",
                "UJ0103@1:4 UJ0103@2:4 UJ0103@3:4 UJ0103@4:4 UJ0103@5:4 UJ0103@6:4"},
        Refusal{"on: a\n", "UJ0103@1:1"}, Refusal{"a: [ yes, b ]\n", "UJ0103@1:6"}, Refusal{"a:\nb: c\n", "UJ0103@1:1"},
        Refusal{"a: { b: , c: d }\n", "UJ0103@1:6"}, Refusal{"a:\n  -\n  - b\n", "UJ0103@2:3"},
        // several lines
        Refusal{"a: one\n  two\n", "UJ0104@1:4"}, Refusal{"a: \"one\n  two\"\n", "UJ0104@1:4"},
        Refusal{"a: 'one\n  two'\n", "UJ0104@1:4"}, Refusal{"a: >\n  one\n  two\n", "UJ0104@1:4"},
        Refusal{"a: |2\n   one\n", "UJ0104@1:4"}, Refusal{"a: one\n\n  two\n", "UJ0104@1:4"},
        // documents
        Refusal{"a: b\n---\nc: d\n", "UJ0105@2:1"}, Refusal{"a: b\n...\nc: d\n", "UJ0105@2:1"},
        Refusal{"---\n---\n", "UJ0105@2:1"},
        // not YAML, not a map
        Refusal{",", "UJ0106@1:1"}, Refusal{"- a\n,", "UJ0106@2:1"}, Refusal{"", "UJ0107@1:1"},
        Refusal{"# only\n", "UJ0107@1:1"}, Refusal{"- a\n", "UJ0107@1:1"}, Refusal{"word\n", "UJ0107@1:1"},
        Refusal{"a: @b\n", "UJ0106@1:4"}, Refusal{"a: b: c\n", "UJ0106@1:4"},
        Refusal{"a: [1, 2].size()\n", "UJ0106@1:4"}, Refusal{"a: { b: c\n", "UJ0106@1:4"},
        Refusal{"{ a: b }: c\n", "UJ0106@1:1"},
        // characters
        Refusal{"a: b\n\tc: d\n", "UJ0108@2:1"}, Refusal{"a: b\xff\n", "UJ0108@1:5"},
        Refusal{"a: \xe2\x80\xae x\n", "UJ0108@1:4"}, Refusal{"a: x\x01\n", "UJ0108@1:5"},
        Refusal{"a: x # \x1b[2J\n", "UJ0108@1:8"},
        Refusal{"\xef\xbb\xbf"
                "a: b\n",
                "UJ0108@1:1"},
        Refusal{"a: \"\\u202e\"\n", "UJ0108@1:4"}, Refusal{"a: \"x\\0\"\n", "UJ0108@1:4"},
        Refusal{"a: x\rb: y\n", "UJ0108@1:5"},
        Refusal{"a: \xc2\x85"
                "b\n",
                "UJ0108@1:4"}));

struct Hint {
  const char* text;
  const char* place;
  const char* corrected;
};

class YamlHints : public testing::TestWithParam<Hint> {};

// given an expression that lacks the quotes it needs, when parsed, then the one message shows the corrected line
TEST_P(YamlHints, TheCorrectedLine) {
  const auto p = parse(GetParam().text);
  EXPECT_FALSE(p.root);
  ASSERT_EQ(p.codes(), GetParam().place) << GetParam().text;
  EXPECT_EQ(p.faults.all()[0].help, std::string("write it in quotes: ") + GetParam().corrected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, YamlHints,
    testing::Values(Hint{"x:\n  - back: { expect: hubs.all(h, hub(h).ready), limit: 5m }\n", "UJ0106@2:21",
                         "- back: { expect: \"hubs.all(h, hub(h).ready)\", limit: 5m }"},
                    Hint{"x: { expect: hubs.all(h, hub(h).ready) }\n", "UJ0106@1:14",
                         "x: { expect: \"hubs.all(h, hub(h).ready)\" }"},
                    Hint{"x: { when: a.f(b, c, d), limit: 1m }\n", "UJ0106@1:12",
                         "x: { when: \"a.f(b, c, d)\", limit: 1m }"},
                    Hint{"x: { when: h.site in [ a, b ] }\n", "UJ0106@1:12", "x: { when: \"h.site in [ a, b ]\" }"},
                    Hint{"x: { when: clock(d).peers[x] > 5s, limit: 1m }\n", "UJ0106@1:12",
                         "x: { when: \"clock(d).peers[x] > 5s\", limit: 1m }"},
                    Hint{"x: { when: [ a, b ].size() > 0 }\n", "UJ0106@1:12", "x: { when: \"[ a, b ].size() > 0\" }"},
                    Hint{"x: { when: \"a\" == b }\n", "UJ0106@1:12", "x: { when: '\"a\" == b' }"},
                    Hint{"when: \"a\" == b\n", "UJ0106@1:7", "when: '\"a\" == b'"},
                    Hint{"when: [ a ].size() > 0 # note\n", "UJ0106@1:7", "when: \"[ a ].size() > 0\" # note"},
                    Hint{"when: a ? b : c\n", "UJ0106@1:7", "when: \"a ? b : c\""},
                    Hint{"when: %a\n", "UJ0106@1:7", "when: \"%a\""},
                    Hint{"x: { when: @a }\n", "UJ0106@1:12", "x: { when: \"@a\" }"},
                    Hint{"x: { when: 'a' in f(b, 'c'), limit: 1m }\n", "UJ0106@1:12",
                         "x: { when: \"'a' in f(b, 'c')\", limit: 1m }"}));

// given several faults that leave the rest readable, when parsed leniently, then all are told and the tree is there
TEST(Yaml, TellsAllReadableFaultsAtOnce) {
  Diagnostics out;
  const auto root = parse_yaml_all(std::make_shared<Source>("t", "a: no\na: &x 2\nb: one\n  two\nc: d\n"), out);
  ASSERT_TRUE(root);
  EXPECT_EQ(out.all().size(), 4u);
  EXPECT_EQ(root->find("c")->text, "d");
}

// given nests, maps and files beyond the limits, when parsed, then they are refused at the limit
TEST(Yaml, KeepsItsLimits) {
  std::string deep;
  for (std::size_t i = 0; i < 10'000; ++i) deep += std::string(i % 500, ' ') + "a:\n";
  EXPECT_FALSE(parse(deep).root);
  EXPECT_EQ(parse("a: " + std::string(10'000, '[')).codes(), "UJ0106@1:132");
  EXPECT_EQ(parse("a: " + std::string(500'000, '[')).codes(), "UJ0106@1:132");
  std::string dashes = "a:\n";
  for (int i = 0; i < 10'000; ++i) dashes += "- ";
  EXPECT_EQ(parse("a: " + std::string(100, '[') + std::string(100, ']')).codes(), "UJ0106@1:35");
  EXPECT_EQ(parse(dashes + "x\n").codes().substr(0, 6), "UJ0106");
  std::string wide;
  for (std::size_t i = 0; i <= kMaxYamlKeys; ++i) wide += fmt::format("k{}: v\n", i);
  EXPECT_EQ(parse(wide).codes(), fmt::format("UJ0106@{}:1", kMaxYamlKeys + 1));
  EXPECT_EQ(parse(std::string(50u << 20, 'a')).codes(), "UJ0106@1:1");
  std::string many = "a: [";
  for (std::size_t i = 0; i <= kMaxYamlNodes; ++i) many += "b,";
  EXPECT_EQ(parse(many + "]").codes().substr(0, 6), "UJ0106");
}

// given an alias bomb of nine levels, when parsed, then the first anchor refuses it and no alias is followed
TEST(Yaml, FollowsNoAlias) {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'j'; ++c) {
    bomb += fmt::format("{}: &{} [", c, c);
    for (int i = 0; i < 9; ++i) bomb += fmt::format("*{}, ", static_cast<char>(c - 1));
    bomb += "x]\n";
  }
  const auto p = parse(bomb);
  EXPECT_FALSE(p.root);
  for (const auto& d : p.faults.all()) EXPECT_EQ(d.code, "UJ0101");
}

// given random bytes and random cuts of a good file, when parsed, then it ends, and a refusal is explained
TEST(Yaml, SurvivesAnyBytes) {
  std::mt19937 random(7);
  const std::string good = "unjam: 1\na: { b: [ c, \"d\" ], e: 'f' }\ng: |\n  h\n- i: j\n";
  const std::string alphabet = "{}[]:,-?&*!|>'\"%@` \n#ab\\.~";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = good;
    const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    if (round % 2 == 0) {
      text.clear();
      for (std::size_t i = pick(60); i > 0; --i) text += alphabet[pick(alphabet.size())];
    } else {
      for (std::size_t i = 1 + pick(4); i > 0; --i) text[pick(text.size())] = alphabet[pick(alphabet.size())];
    }
    const auto p = parse(text);
    EXPECT_EQ(p.root == nullptr, p.faults.failed()) << text;
  }
}

}  // namespace
}  // namespace unjam::playbooks
