#include "playbooks/source.h"

#include <gtest/gtest.h>

namespace unjam::playbooks {
namespace {

// Given files with several ends of line; when lines are asked; then without them, and empty past the end.
TEST(Source, GivesLinesWithoutTheirEnds) {
  const Source source("f", "one\r\ntwo\n\nfour");
  EXPECT_EQ(source.lines(), 4u);
  EXPECT_EQ(source.line(1), "one");
  EXPECT_EQ(source.line(2), "two");
  EXPECT_EQ(source.line(3), "");
  EXPECT_EQ(source.line(4), "four");
  EXPECT_EQ(source.line(0), "");
  EXPECT_EQ(source.line(5), "");
  EXPECT_EQ(Source("f", "").lines(), 0u);
  EXPECT_EQ(Source("f", "a\n").lines(), 1u);
}

// Given bytes that are no UTF-8; when they are decoded; then each is one invalid code point of one byte.
TEST(Source, DecodesOnlyWellFormedUtf8) {
  EXPECT_EQ(decode_utf8("\xE3\x81\x82", 0).value, U'\u3042');
  EXPECT_EQ(decode_utf8("\xF0\x9F\x90\xB1", 0).bytes, 4u);
  for (const std::string_view bad :
       {"\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE3\x81", "\x80", "\xFF"}) {
    EXPECT_FALSE(decode_utf8(bad, 0).valid);
    EXPECT_EQ(decode_utf8(bad, 0).bytes, 1u);
    EXPECT_FALSE(valid_utf8(bad));
  }
  EXPECT_EQ(count_code_points("a\xE3\x81\x82\xFF"), 3u);
  std::string out;
  for (const char32_t c : {U'a', U'\u00e9', U'\u3042', U'\U0001F431'}) append_utf8(out, c);
  EXPECT_EQ(out, "a\xC3\xA9\xE3\x81\x82\xF0\x9F\x90\xB1");
}

}  // namespace
}  // namespace unjam::playbooks
