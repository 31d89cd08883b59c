#include "state/event.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/state/journal_script.h"

namespace unjam::state {
namespace {

TEST(Event, ComesBackAsItWasStored) {
  // given one event of each kind with every field filled, when stored and read back, then nothing has changed
  const auto bodies = one_of_each();
  ASSERT_EQ(bodies.size(), std::variant_size_v<EventBody>);
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    ASSERT_EQ(bodies[i].index(), i);
    const std::string text = encode(bodies[i]);
    EXPECT_EQ(encode_checked(bodies[i]).value_or("refused"), text);
    const auto back = decode(kind_of(bodies[i]), text);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(kind_of(*back), kind_of(bodies[i]));
    EXPECT_EQ(encode(*back), text);
    EXPECT_EQ(kind_named(spell(kind_of(bodies[i]))), kind_of(bodies[i]));
  }
  EXPECT_FALSE(kind_named("run_exploded"));
}

// What is hashed is canonical(), whichever way it is written.
std::string through_a_value(const EventBody& body) {
  return canonical(std::visit([](const auto& event) { return json::value_from(event); }, body));
}

TEST(Event, IsSpeltAsItsValueWouldBe) {
  auto bodies = one_of_each();
  bodies.emplace_back(RunCreated{});
  bodies.emplace_back(GateAsked{});
  bodies.emplace_back(CancelRequested{.cause = "a \"quoted\" word\n\x7f\\", .by = Person{1, "\xc3\xa9", ""}});
  bodies.emplace_back(ReadingTaken{.fact = "f",
                                   .host = "h",
                                   .effects = std::numeric_limits<std::int64_t>::min(),
                                   .value = json::object{{"z", json::array{}},
                                                         {"a", json::object{}},
                                                         {"m", nullptr},
                                                         {"d", 0.1},
                                                         {"t", true},
                                                         {"n", json::array{1, -2, "x"}}}});
  for (const EventBody& body : bodies) EXPECT_EQ(encode(body), through_a_value(body));
}

TEST(Event, IsStoredInOneSpelling) {
  EXPECT_EQ(encode(Looked{.path = "a", .verdict = "true", .reason = "r"}),
            R"({"path":"a","reason":"r","verdict":"true"})");
  EXPECT_EQ(encode(CancelRequested{.cause = "cancel"}), R"({"by":null,"cause":"cancel"})");
  EXPECT_EQ(encode(TurnEnded{.path = "p", .host = "h", .outcome = StepOutcome::not_sent}),
            R"({"cause":"","host":"h","outcome":"not_sent","path":"p"})");
}

struct BadText {
  EventKind kind;
  const char* text;
  const char* named;
};

TEST(Event, IsReadStrictlyAndTheFieldIsNamed) {
  // given stored texts that are not what this version writes, when read, then each is corrupt and names the field
  const BadText texts[] = {
      {EventKind::looked, R"({"path":"a","reason":"r"})", "'verdict' is missing"},
      {EventKind::looked, R"({"path":"a","reason":"r","verdict":1})", "'verdict' is not a text"},
      {EventKind::looked, R"({"path":"a","reason":"r","verdict":"true","x":1})", "'x' is not a field"},
      {EventKind::looked, R"([])", "the body is not an object"},
      {EventKind::looked, R"({"path":)", "not JSON"},
      {EventKind::looked, R"({"path":"a","path":"b","reason":"r","verdict":"true"})", "twice"},
      {EventKind::turn_ended, R"({"cause":"","host":"h","outcome":"great","path":"p"})",
       "'outcome' has no word 'great'"},
      {EventKind::run_confirmed, R"({"by":{"sudo_user":"","uid":"0","user":"a"},"hosts":1})",
       "'by.uid' is not an integer"},
      {EventKind::gate_asked, R"({"host":"h","open":true,"path":"p","reasons":[{"name":"n","open":1,"text":""}]})",
       "'reasons[0].open' is not true or false"},
      {EventKind::locks_taken, R"({"locks":["a",2]})", "'locks[1]' is not a text"},
      {EventKind::cancel_requested, R"({"cause":"cancel"})", "'by' is missing"},
      {EventKind::effect_accepted, R"({"intent":"i","outputs":[]})", "'outputs' is not an object"},
  };
  for (const BadText& bad : texts) {
    const auto read = decode(bad.kind, bad.text);
    ASSERT_FALSE(read) << bad.text;
    EXPECT_EQ(read.error().kind, ErrorKind::corrupt);
    EXPECT_NE(read.error().message.find(bad.named), std::string::npos) << read.error().message;
  }
}

TEST(Event, OfAKindThatDoesNotExistIsCorrupt) {
  EXPECT_EQ(decode(static_cast<EventKind>(99), "{}").error().kind, ErrorKind::corrupt);
}

TEST(Event, RepairsBytesThatAreNoUtf8) {
  // given a host that answers in another encoding, when its words are stored, then they can be read back
  const std::string shift_jis = "\x93\x8C\x8B\x9E ok \xE6\x9D\xB1 \xED\xA0\x80 \xC0\xAF \xF4\x90\x80\x80 \xE6\x9D";
  const std::string text = encode(Paged{.who = "oncall", .text = shift_jis});
  const auto back = decode(EventKind::paged, text);
  ASSERT_TRUE(back) << back.error().text();
  const std::string& read = std::get<Paged>(*back).text;
  EXPECT_NE(read.find(" ok \xE6\x9D\xB1 "), std::string::npos);
  EXPECT_NE(read.find("\xEF\xBF\xBD"), std::string::npos);
}

TEST(Event, BringsEveryDoubleBackToTheLastBit) {
  // given doubles with all their digits, when stored and read back, then none has moved
  Rng rng(7);
  for (int i = 0; i < 2000; ++i) {
    const double value = static_cast<double>(rng.below(100'000'000)) / static_cast<double>(1 + rng.below(100'000));
    const double small = static_cast<double>(rng.next()) * 1e-300;
    const std::string text = encode(EffectAccepted{.intent = "i", .outputs = {{"a", value}, {"b", {small, -value}}}});
    const auto back = decode(EventKind::effect_accepted, text);
    ASSERT_TRUE(back) << back.error().text();
    const json::object& read = std::get<EffectAccepted>(*back).outputs;
    EXPECT_EQ(read.at("a").as_double(), value);
    EXPECT_EQ(read.at("b").as_array()[0].as_double(), small);
    EXPECT_EQ(read.at("b").as_array()[1].as_double(), -value);
  }
}

TEST(Event, ThatCouldNotBeReadBackIsNotStored) {
  // given numbers and depths that JSON text cannot carry back, when encoded for the store, then they are refused
  const auto infinite = encode_checked(
      EffectAccepted{.intent = "i", .outputs = {{"load", {{"now", std::numeric_limits<double>::infinity()}}}}});
  ASSERT_FALSE(infinite);
  EXPECT_EQ(infinite.error().kind, ErrorKind::invalid);

  json::value deep = 1;
  for (int i = 0; i < 40; ++i) deep = json::array{deep};
  const auto nested = encode_checked(EffectAccepted{.intent = "i", .outputs = {{"deep", deep}}});
  ASSERT_FALSE(nested);
  EXPECT_EQ(nested.error().kind, ErrorKind::invalid);

  const auto large = encode_checked(Paged{.who = "", .text = std::string(kMaxEventBytes, 'x')});
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().kind, ErrorKind::exhausted);
}

}  // namespace
}  // namespace unjam::state
