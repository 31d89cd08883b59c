#include "actions/output_buffer.h"

#include <gtest/gtest.h>

namespace unjam::actions {
namespace {

std::string numbers(std::size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) text += std::to_string(i) + "\n";
  return text.substr(0, bytes);
}

// The definition, written plainly: what must be kept of a whole text.
std::string kept(const std::string& whole) {
  if (whole.size() <= kKeptHead + kKeptTail) return whole;
  return whole.substr(0, kKeptHead) + kGapMark + whole.substr(whole.size() - kKeptTail);
}

TEST(OutputBuffer, KeepsHeadAndTailWhateverThePiecesWere) {
  // given texts around every limit, when added in pieces of several sizes, then head and tail are those of the whole
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kKeptHead - 1, kKeptHead, kKeptHead + 1,
                                 kKeptHead + kKeptTail, kKeptHead + kKeptTail + 1, std::size_t{5} << 20}) {
    const std::string whole = numbers(size);
    for (const std::size_t piece : {std::size_t{997}, std::size_t{32768}, std::size_t{1} << 20}) {
      OutputBuffer buffer;
      for (std::size_t at = 0; at < whole.size(); at += piece) buffer.add(std::string_view(whole).substr(at, piece));
      EXPECT_EQ(buffer.total(), size);
      EXPECT_EQ(buffer.truncated(), size > kKeptHead + kKeptTail);
      EXPECT_TRUE(buffer.text() == kept(whole)) << size << " in pieces of " << piece;
    }
  }
}

TEST(Output, CountsBothStreamsAgainstOneLimit) {
  Output output;
  const std::string half(kMaxOutput / 2, 'x');
  output.out.add(half);
  output.err.add(half);
  EXPECT_FALSE(output.flooded());
  output.err.add("y");
  EXPECT_TRUE(output.flooded());
  EXPECT_TRUE(output.reply(Ended::flooded).truncated);
}

}  // namespace
}  // namespace unjam::actions
