#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "state/base/digest.h"
#include "state/base/json.h"
#include "state/base/rng.h"

namespace unjam {
namespace {

TEST(Rng, GivesThePublishedNumbersOfSplitmix64) {
  // given the seed of the reference program's published run, when three numbers are drawn, then they are those
  Rng rng(1234567);
  EXPECT_EQ(rng.next(), 6457827717110365317u);
  EXPECT_EQ(rng.next(), 3203168211198807973u);
  EXPECT_EQ(rng.next(), 9817491932198370423u);
}

TEST(Rng, StaysBelowItsBoundAndReachesEveryValue) {
  Rng rng(1);
  std::array<int, 7> seen{};
  for (int i = 0; i < 7000; ++i) {
    const std::uint64_t drawn = rng.below(7);
    ASSERT_LT(drawn, 7u);
    ++seen[drawn];
  }
  for (const int count : seen) EXPECT_GT(count, 800);
  EXPECT_EQ(rng.below(1), 0u);
}

TEST(Digest, GivesTheKnownSha256OfAbcAndOfNothing) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, EncodesTheVectorsOfRfc4648) {
  EXPECT_EQ(base64_encode(""), "");
  EXPECT_EQ(base64_encode("f"), "Zg==");
  EXPECT_EQ(base64_encode("fo"), "Zm8=");
  EXPECT_EQ(base64_encode("foo"), "Zm9v");
  EXPECT_EQ(base64_encode("foob"), "Zm9vYg==");
  EXPECT_EQ(base64_encode("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
}

TEST(Digest, DecodesWhatItEncoded) {
  // given texts of every length with every byte, when they go there and back, then nothing has changed
  std::string bytes;
  for (int i = 0; i < 600; ++i) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)).value_or("wrong"), bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST(Digest, RefusesWhatIsNotStrictBase64) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "Zm9v====", "=",
                           "====", "Z===", "Zm=v", "Zg==Zg==", "Zm9-", "Zm9_"}) {
    const auto decoded = base64_decode(text);
    ASSERT_FALSE(decoded.has_value()) << text;
    EXPECT_EQ(decoded.error().kind, ErrorKind::invalid);
  }
  EXPECT_FALSE(base64_decode(std::string("Zm9\0", 4)).has_value());
}

TEST(Json, TellsIntegersFromDoublesByTheirSpelling) {
  const auto value = parse_json(R"({"a": 1, "b": 1.0, "c": 1e2, "d": -9223372036854775808})");
  ASSERT_TRUE(value.has_value());
  EXPECT_TRUE(value->at("a").is_int64());
  EXPECT_TRUE(value->at("b").is_double());
  EXPECT_TRUE(value->at("c").is_double());
  EXPECT_EQ(value->at("d").as_int64(), std::numeric_limits<std::int64_t>::min());
}

TEST(Json, RefusesUntrustedTextThatIsNotWhatItSeems) {
  // given texts that a lenient parser would take, when they are parsed, then each is invalid
  const std::string deep = std::string(33, '[') + std::string(33, ']');
  const std::string twice = R"({"a": {"key": 1, "other": 2, "key": 3}})";
  const std::string escaped_twice = "{\"k\\u0065y\": 1, \"key\": 2}";
  for (const std::string& text :
       {deep, twice, escaped_twice, std::string("{\"a\": \"\xff\"}"), std::string("{} {}"), std::string(""),
        std::string("{'a': 1}"), std::string("[1,]"), std::string("// c\n1"), std::string("NaN"), std::string("01"),
        std::string("18446744073709551615"), std::string("9223372036854775808"), std::string("1e999")}) {
    const auto value = parse_json(text);
    ASSERT_FALSE(value.has_value()) << text;
    EXPECT_EQ(value.error().kind, ErrorKind::invalid);
  }
  EXPECT_TRUE(parse_json(std::string(32, '[') + std::string(32, ']')).has_value());
}

TEST(Json, NamesTheKeyThatStandsTwice) {
  const auto value = parse_json(R"({"key": 1, "key": 3})");
  ASSERT_FALSE(value.has_value());
  EXPECT_NE(value.error().message.find("'key'"), std::string::npos);
}

TEST(Json, RefusesMoreThanItsLimit) {
  const std::string text = "\"" + std::string(kMaxJsonBytes, 'a') + "\"";
  const auto value = parse_json(text);
  ASSERT_FALSE(value.has_value());
  EXPECT_EQ(value.error().kind, ErrorKind::invalid);
}

TEST(Json, SpellsAValueInOneWayOnly) {
  // given the same object written in two ways, when made canonical, then both read the same
  const auto one = parse_json(R"({"b": [1, {"z": null, "y": true}], "a": "x\n"})");
  const auto two = parse_json("{\n\"a\":\"x\\u000a\",\"b\":[1,{\"y\":true,\"z\":null}]}");
  ASSERT_TRUE(one.has_value() && two.has_value());
  EXPECT_EQ(canonical(*one), R"({"a":"x\n","b":[1,{"y":true,"z":null}]})");
  EXPECT_EQ(canonical(*one), canonical(*two));
  EXPECT_EQ(parse_json(canonical(*one)).value(), *one);
}

TEST(Json, SpellsEveryTextAndNumberAsTheLibraryDoes) {
  // given each character of ASCII, texts beyond it and numbers at their ends, when made canonical, then nothing differs
  for (int c = 0; c < 0x80; ++c) {
    const json::value text(std::string("a") + static_cast<char>(c) + "b");
    EXPECT_EQ(canonical(text), json::serialize(text)) << c;
    EXPECT_EQ(parse_json(canonical(text)).value(), text) << c;
  }
  for (const json::value& value :
       {json::value("東京"), json::value(""), json::value(std::numeric_limits<std::int64_t>::min()),
        json::value(std::numeric_limits<std::int64_t>::max()), json::value(0), json::value(-7)}) {
    EXPECT_EQ(canonical(value), json::serialize(value));
  }
}

TEST(Json, ReadsStoredFieldsOrNamesTheKey) {
  const json::object object{{"name", "tyohub1"}, {"count", 3}};
  EXPECT_EQ(text_at(object, "name").value_or(""), "tyohub1");
  EXPECT_EQ(int_at(object, "count").value_or(0), 3);
  for (const auto& error : {text_at(object, "count").error(), text_at(object, "nothing").error(),
                            int_at(object, "name").error(), int_at(object, "nothing").error()}) {
    EXPECT_EQ(error.kind, ErrorKind::corrupt);
  }
  EXPECT_NE(text_at(object, "nothing").error().message.find("nothing"), std::string::npos);
}

}  // namespace
}  // namespace unjam
