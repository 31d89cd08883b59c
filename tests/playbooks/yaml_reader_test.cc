#include "playbooks/yaml_reader.h"

#include <gtest/gtest.h>

namespace unjam::playbooks {
namespace {

TEST(YamlReader, WholeNumbersAreDecimalWithoutSignZeroOrTricks) {
  EXPECT_EQ(whole_number("0"), 0);
  EXPECT_EQ(whole_number("42"), 42);
  EXPECT_EQ(whole_number("9223372036854775807"), 9223372036854775807);
  for (const auto* bad :
       {"", "017", "0x1F", "0o17", "+1", "-0", "-1", "1_000", "1e3", "1.0", " 1", "1 ", "9223372036854775808"})
    EXPECT_EQ(whole_number(bad), std::nullopt) << bad;
  EXPECT_EQ(whole_number("-1", true), -1);
  EXPECT_EQ(whole_number("-0", true), std::nullopt);
  EXPECT_EQ(whole_number("-01", true), std::nullopt);
}

TEST(YamlReader, TimesAreANumberAndOneUnit) {
  using std::chrono::seconds;
  EXPECT_EQ(duration_literal("30s"), seconds(30));
  EXPECT_EQ(duration_literal("0s"), seconds(0));
  EXPECT_EQ(duration_literal("1d"), seconds(86'400));
  for (const auto* bad :
       {"", "s", "30", "-1s", "1.5h", "1h30m", "05m", "3 s", "1w", "99999999999999999999d", "999999999d"})
    EXPECT_EQ(duration_literal(bad), std::nullopt) << bad;
}

struct Read {
  Diagnostics out;
  std::unique_ptr<YamlNode> root;
  SourcePtr source;
  explicit Read(std::string text) : source(std::make_shared<Source>("f", std::move(text))) {
    root = parse_yaml(source, out);
  }
};

// given a map with one key nobody asks, one misspelt and one of another tool, when finished, then each is told with
// help
TEST(YamlReader, KeysThatNobodyAskedAreErrors) {
  Read read("limit: 1m\nlimt: 2m\non_failure: x\nzzz: 1\n");
  ASSERT_TRUE(read.root);
  const YamlContext context{read.source, read.out};
  MapReader map(context, *read.root, "a step");
  EXPECT_NE(map.take("limit"), nullptr);
  EXPECT_EQ(map.need("hosts"), nullptr);
  map.finish();
  ASSERT_EQ(read.out.all().size(), 4u);
  EXPECT_EQ(read.out.all()[0].code, "UJ0202");
  EXPECT_EQ(read.out.all()[1].help, "did you mean `limit`?");
  EXPECT_NE(read.out.all()[2].help.find("always stop"), std::string::npos);
  EXPECT_EQ(read.out.all()[3].help, "there are: limit hosts");
}

TEST(YamlReader, TruthIsTrueOrFalseOnly) {
  Read read("a: true\nb: \"no\"\nc: 1\n");
  ASSERT_TRUE(read.root);
  const YamlContext context{read.source, read.out};
  EXPECT_EQ(read_bool(context, *read.root->find("a"), "a"), true);
  EXPECT_EQ(read_bool(context, *read.root->find("b"), "b"), std::nullopt);
  EXPECT_EQ(read_bool(context, *read.root->find("c"), "c"), std::nullopt);
  EXPECT_EQ(read.out.all().size(), 2u);
}

}  // namespace
}  // namespace unjam::playbooks
