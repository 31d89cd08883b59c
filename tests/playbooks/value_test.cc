#include "playbooks/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace unjam::playbooks {
namespace {

using namespace std::chrono_literals;

// Given values of one and of several kinds; when they are compared; then equality is CEL's.
TEST(Value, ComparesAsCelDoes) {
  EXPECT_TRUE(equal(Value::integer(1), Value::real(1.0)));
  EXPECT_FALSE(equal(Value::integer(1), Value::text("1")));
  EXPECT_FALSE(equal(Value::real(NAN), Value::real(NAN)));
  EXPECT_TRUE(equal(Value::text("tokyo"), Value::enumeration("tokyo", 3)));
  EXPECT_FALSE(equal(Value::text("hub1"), Value::host("hub1")));
  EXPECT_FALSE(equal(Value::secret("file:/key"), Value::secret("file:/key")));
  EXPECT_TRUE(equal(Value(), Value()));
  EXPECT_FALSE(equal(Value::list({}), Value::set({})));
  const Value a = Value::integer(1);
  const Value b = Value::integer(2);
  EXPECT_FALSE(equal(Value::list({a, b}), Value::list({b, a})));
  EXPECT_TRUE(equal(Value::set({a, b}), Value::set({b, a})));
  EXPECT_TRUE(equal(Value::map({{a, b}, {b, a}}), Value::map({{b, a}, {a, b}})));
  EXPECT_FALSE(equal(Value::record({{"x", a}}), Value::record({{"x", b}})));
}

// Given repeated elements; when a set is made of them; then the first of each stays, in order.
TEST(Value, KeepsTheFirstOfEqualElementsOfASet) {
  const Value set = Value::set({Value::host("b"), Value::host("a"), Value::host("b")});
  EXPECT_EQ(json_text(set), R"(["b","a"])");
  EXPECT_EQ(Value::set({Value::integer(1), Value::real(1.0), Value::text("x")}).as_set()->size(), 2u);
}

// Given durations as people and CEL write them; when they are read; then they are exact, and others are refused.
TEST(Value, ReadsDurations) {
  const auto read = [](std::string_view text) { return parse_duration(text).value().count(); };
  EXPECT_EQ(read("30s"), 30'000'000'000);
  EXPECT_EQ(read("5m"), 300'000'000'000);
  EXPECT_EQ(read("4h"), 14'400'000'000'000);
  EXPECT_EQ(read("1d"), 86'400'000'000'000);
  EXPECT_EQ(read("1h30m"), 5'400'000'000'000);
  EXPECT_EQ(read("-2.5s"), -2'500'000'000);
  EXPECT_EQ(read("1.5h"), 5'400'000'000'000);
  EXPECT_EQ(read("100ms"), 100'000'000);
  EXPECT_EQ(read("0.0000000019s"), 1);
  EXPECT_EQ(read("-9223372036854775808ns"), std::numeric_limits<std::int64_t>::min());
  for (const char* bad : {"", "5", "s", "-", "5 m", "5x", "1h-5m", "9223372036854775808ns", "107000d", ".s", "1e3s"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

// Given durations and times; when they are written; then they read back as the same.
TEST(Value, WritesTimesThatReadBack) {
  EXPECT_EQ(duration_text(90s), "90s");
  EXPECT_EQ(duration_text(-1500ms), "-1.5s");
  EXPECT_EQ(duration_text(Duration::min()), "-9223372036.854775808s");
  EXPECT_EQ(parse_duration(duration_text(Duration::min())).value(), Duration::min());
  for (const char* text :
       {"2026-12-28T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2024-02-29T12:34:56.5Z"}) {
    EXPECT_EQ(timestamp_text(parse_timestamp(text).value()), text);
  }
  EXPECT_EQ(timestamp_text(parse_timestamp("2026-12-28T00:00:00+09:00").value()), "2026-12-27T15:00:00Z");
  for (const char* bad : {"2026-12-28", "2026-02-30T00:00:00Z", "2026-12-28T24:00:00Z", "2026-12-28T00:00:00",
                          "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01", "2026-12-28T00:00:00Zx"}) {
    EXPECT_FALSE(parse_timestamp(bad)) << bad;
  }
}

// Given doubles; when they are written; then as digits where they can be read, and what is too small reads as 0.
TEST(Value, WritesAndReadsDoubles) {
  EXPECT_EQ(double_text(0.1), "0.1");
  EXPECT_EQ(double_text(1e20), "100000000000000000000");
  EXPECT_EQ(double_text(1e21), "1e+21");
  EXPECT_EQ(double_text(-INFINITY), "-Infinity");
  EXPECT_EQ(json_text(Value::real(3)), "3.0");
  EXPECT_EQ(json_text(Value::real(NAN)), "\"NaN\"");
  EXPECT_EQ(parse_double("1e-400").value(), 0.0);
  EXPECT_EQ(parse_double("0.00001e-330").value(), 0.0);
  EXPECT_FALSE(parse_double("1e400"));
  EXPECT_FALSE(parse_double("10000e305"));
  EXPECT_FALSE(parse_double("1.5x"));
  EXPECT_FALSE(parse_double(""));
}

// Given values; when a person reads them in prose; then bare, with durations in units and secrets hidden.
TEST(Value, ReadsWellInProse) {
  EXPECT_EQ(spell(Value::duration(150s)), "2m 30s");
  EXPECT_EQ(spell(Value::duration(26h + 250ms)), "1d 2h 0.25s");
  EXPECT_EQ(spell(Value::duration(0s)), "0s");
  EXPECT_EQ(spell(Value::duration(-90s)), "-1m 30s");
  EXPECT_EQ(spell(Value::set({Value::host("a"), Value::host("b")})), "a, b");
  EXPECT_EQ(spell(Value::secret("file:/key")), "***");
  EXPECT_EQ(json_text(Value::secret("file:/key")), "\"***\"");
  EXPECT_EQ(spell(Value::map({{Value::host("a"), Value::duration(1s)}})), "a: 1s");
}

Result<Value> read(std::string_view text, const TypePtr& type) {
  return from_json(parse_json(text).value(), *type);
}

std::string refusal(std::string_view text, const TypePtr& type) {
  const Result<Value> value = read(text, type);
  return value ? "read as " + json_text(*value) : value.error().message;
}

// Given an answer of a host; when it is read by its type; then it comes out whole, hosts and words as such.
TEST(Value, ReadsJsonByType) {
  const TypePtr link = types::record("link", {{"source", types::host()}, {"code", types::integer()}});
  const TypePtr answer = types::record("answer", {{"links", types::list_of(link)},
                                                  {"fault", types::enumeration("", {"none", "auth"})},
                                                  {"peers", types::map_of(types::host(), types::duration())}});
  const Result<Value> value =
      read(R"({"links":[{"source":"dc1","code":8457}],"fault":"auth","peers":{"dc1":"-2.5s"}})", answer);
  ASSERT_TRUE(value) << value.error().message;
  const Fields& fields = *value->as_record();
  EXPECT_EQ(std::get<EnumValue>(fields.at("fault").data()).rank, 1);
  const auto& [peer, offset] = fields.at("peers").as_map()->at(0);
  EXPECT_EQ(peer.as_host()->name, "dc1");
  EXPECT_EQ(*offset.as_duration(), -2500ms);
  EXPECT_EQ(json_text(*value), R"({"fault":"auth","links":[{"code":8457,"source":"dc1"}],"peers":{"dc1":"-2.5s"}})");
  EXPECT_TRUE(equal(from_json(to_json(*value), *answer).value(), *value));
}

// Given answers that do not fit; when they are read; then each is refused, with its path.
TEST(Value, RefusesJsonThatDoesNotFit) {
  const TypePtr link = types::record("link", {{"code", types::integer()}});
  const TypePtr answer = types::record("answer", {{"links", types::list_of(link)}});
  EXPECT_EQ(refusal("1.0", types::integer()), "expected int, not 1E0");
  EXPECT_EQ(refusal("1", types::real()), "read as 1.0");
  EXPECT_EQ(refusal("9007199254740993", types::real()), "expected double, not 9007199254740993");
  EXPECT_EQ(refusal("\"true\"", types::boolean()), "expected bool, not \"true\"");
  EXPECT_EQ(refusal("null", types::text()), "expected text, not null");
  EXPECT_EQ(refusal("\"90\"", types::duration()), "\"90\" is no duration: write 30s, 5m, 4h or 1d");
  EXPECT_EQ(refusal("\"tsl\"", types::enumeration("", {"tls", "auth"})), "expected one of tls, auth, not \"tsl\"");
  EXPECT_EQ(refusal("\"\"", types::host()), "expected host, not \"\"");
  EXPECT_EQ(refusal("{}", answer), "field 'links' is missing");
  EXPECT_EQ(refusal(R"({"links":[],"more":1})", answer), "there is no field 'more'");
  EXPECT_EQ(refusal(R"({"links":[{"code":1},{"code":"x"}]})", answer), "links[1].code: expected int, not \"x\"");
  EXPECT_EQ(refusal(R"({"a":"x"})", types::map_of(types::text(), types::integer())), "[a]: expected int, not \"x\"");
  EXPECT_EQ(refusal(R"([1,"a",[true,null]])", types::dyn()), R"(read as [1,"a",[true,null]])");
}

}  // namespace
}  // namespace unjam::playbooks
