// The text of a file, and places in it. Lines and columns count from 1, columns in Unicode code points as editors show
// them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace unjam::playbooks {

class Source;

// A place in a source. `length` is in code points, at least 1; it never crosses a line's end.
struct Span {
  std::uint32_t line = 0;  // 0: the file as a whole
  std::uint32_t column = 0;
  std::uint32_t length = 1;
  friend bool operator==(const Span&, const Span&) = default;
};

class Source {
 public:
  Source(std::string name, std::string text);

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  std::string_view line(std::uint32_t number) const;  // without its end of line; empty past the end
  std::uint32_t lines() const;

 private:
  std::string name_;
  std::string text_;
  std::vector<std::uint32_t> starts_;
};

using SourcePtr = std::shared_ptr<const Source>;

// The code point at byte `at` of `text`. A byte that begins no valid UTF-8 sequence (overlong, surrogate, above
// U+10FFFF, cut off) is one invalid code point of one byte, so walking always ends.
struct CodePoint {
  char32_t value = 0xFFFD;
  std::uint32_t bytes = 1;
  bool valid = false;
};
CodePoint decode_utf8(std::string_view text, std::size_t at);
void append_utf8(std::string& out, char32_t value);
std::size_t count_code_points(std::string_view text);
bool valid_utf8(std::string_view text);

}  // namespace unjam::playbooks
