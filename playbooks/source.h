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

}  // namespace unjam::playbooks
