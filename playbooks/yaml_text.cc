#include "playbooks/yaml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace unjam::playbooks {
namespace {

constexpr std::size_t kMaxExpression = 1'000;  // bytes of one that is shown with its quotes
constexpr std::size_t kMaxOpenBrackets = 128;  // in one line

std::string code_point_name(char32_t c) {
  return fmt::format("U+{:04X}", static_cast<std::uint32_t>(c));
}

bool is_blank_or_comment(std::string_view line) {
  const std::size_t first = line.find_first_not_of(' ');
  return first == std::string_view::npos || line[first] == '#';
}

// A document mark: three equal characters at the line's start, with nothing joined to them.
bool is_mark(std::string_view line, std::string_view mark) {
  return line.starts_with(mark) && (line.size() == mark.size() || line[mark.size()] == ' ');
}

// The line with two blanks for each tab; how far it must stand in, its writer knows.
std::string without_tabs(std::string_view line) {
  std::string out = "write blanks, never tabs: ";
  for (const char c : line.substr(0, kMaxExpression)) out += c == '\t' ? std::string(2, ' ') : std::string(1, c);
  return out;
}

// One fault of a kind in a line is enough.
bool check_characters(std::string_view line, std::size_t begin, const SourcePtr& source, const TextPlaces& places,
                      Diagnostics& out) {
  for (std::size_t i = 0; i < line.size();) {
    const CodePoint point = decode_utf8(line, i);
    if (!point.valid) {
      out.error("UJ0108", source, places.at(begin + i),
                fmt::format("byte 0x{:02X} is not UTF-8", static_cast<unsigned char>(line[i])),
                "save the file as UTF-8");
      return false;
    }
    if (point.value == U'\t') {
      out.error("UJ0108", source, places.at(begin + i), "a tab", without_tabs(line));
      return false;
    }
    if (point.value == U'\uFEFF' && begin + i == 0) {
      out.error("UJ0108", source, places.at(begin + i), "a byte order mark", "save the file as UTF-8 without one");
      return false;
    }
    if (is_refused_character(point.value)) {
      out.error("UJ0108", source, places.at(begin + i),
                fmt::format("control or invisible character {}", code_point_name(point.value)),
                "delete it: what a person reads and what a program reads must be the same");
      return false;
    }
    i += point.bytes;
  }
  return true;
}

// Brackets that a line opens and does not close. yaml-cpp looks at the whole line before it tells of the first of them,
// in time that grows with the square of their number.
bool check_brackets(std::string_view line, std::size_t begin, const SourcePtr& source, const TextPlaces& places,
                    Diagnostics& out) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '[' || line[i] == '{') ++depth;
    if ((line[i] == ']' || line[i] == '}') && depth > 0) --depth;
    if (depth <= kMaxOpenBrackets) continue;
    out.error("UJ0106", source, places.at(begin + i), fmt::format("more than {} open brackets in one line", depth - 1));
    return false;
  }
  return true;
}

// Directives and document marks never reach a handler of yaml-cpp, so the raw lines are read for them.
class MarkReader {
 public:
  MarkReader(const SourcePtr& source, Diagnostics& out) : source_(source), out_(out) {}

  bool accept(std::string_view line, std::uint32_t number) {
    const Span span{number, 1, 3};
    if (line.starts_with('%')) {
      out_.error("UJ0101", source_, {number, 1, 1}, "a directive", "delete the line");
      return false;
    }
    if (is_mark(line, "...")) {
      out_.error("UJ0105", source_, span, "an end mark", "one file is one document: delete the line");
      return false;
    }
    if (is_mark(line, "---")) {
      const bool alone = is_blank_or_comment(line.substr(3));
      if (seen_ || !alone) {
        out_.error("UJ0105", source_, span, seen_ ? "a second document" : "text after a document mark",
                   seen_ ? "one file is one document" : "begin the document in the next line");
        return false;
      }
      seen_ = true;
    }
    if (!is_blank_or_comment(line)) seen_ = true;
    return true;
  }

 private:
  const SourcePtr& source_;
  Diagnostics& out_;
  bool seen_ = false;  // a mark or content
};

// Steps over a quoted text of CEL; returns the byte after it, or the end.
std::size_t skip_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size() && text[at] != '\n'; ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      return at + 1;
    }
  }
  return std::min(at, text.size());
}

}  // namespace

TextPlaces::TextPlaces(const Source& source) : text_(source.text()) {
  starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') starts_.push_back(i + 1);
  }
}

std::size_t TextPlaces::line_of(std::size_t byte) const {
  const auto after = std::ranges::upper_bound(starts_, byte);
  return static_cast<std::size_t>(after - starts_.begin()) - 1;
}

std::size_t TextPlaces::line_begin(std::size_t byte) const {
  return starts_[line_of(std::min(byte, text_.size()))];
}

std::size_t TextPlaces::line_end(std::size_t byte) const {
  const std::size_t line = line_of(std::min(byte, text_.size()));
  std::size_t end = line + 1 < starts_.size() ? starts_[line + 1] - 1 : text_.size();
  if (end > starts_[line] && text_[end - 1] == '\r') --end;
  return end;
}

Span TextPlaces::at(std::size_t byte, std::size_t length_in_bytes) const {
  byte = std::min(byte, text_.size());
  const std::size_t begin = line_begin(byte);
  const std::size_t end = std::max(byte, line_end(byte));
  const std::size_t from = near_.line == begin && near_.byte <= byte ? near_.byte : begin;
  const std::size_t columns = (from == begin ? 0 : near_.columns) + count_code_points(text_.substr(from, byte - from));
  near_ = {begin, byte, columns};
  const std::size_t length = count_code_points(text_.substr(byte, std::min(length_in_bytes, end - byte)));
  return {static_cast<std::uint32_t>(line_of(byte) + 1), static_cast<std::uint32_t>(columns + 1),
          static_cast<std::uint32_t>(std::max<std::size_t>(length, 1))};
}

bool is_refused_character(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) return true;
  if (c >= 0x200B && c <= 0x200F) return true;  // zero width, left-to-right and right-to-left marks
  if (c >= 0x2028 && c <= 0x202E) return true;  // line and paragraph separators, bidi embeddings
  if (c >= 0x2060 && c <= 0x2069) return true;  // word joiner, bidi isolates
  return c == 0x061C || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF || (c >= 0xE0000 && c <= 0xE007F);
}

bool is_boolean_word(std::string_view word) {
  static constexpr std::array<std::string_view, 9> kWords{"y", "n", "yes", "no", "on", "off", "null", "~", ""};
  if (word.size() > 5) return false;
  std::string lower;
  for (const char c : word) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (std::ranges::find(kWords, lower) != kWords.end()) return true;
  return (lower == "true" || lower == "false") && lower != word;
}

bool check_text_surface(const SourcePtr& source, const TextPlaces& places, Diagnostics& out) {
  const std::string_view text = source->text();
  if (text.size() > kMaxTextBytes) {
    out.error("UJ0106", source, {1, 1, 1},
              fmt::format("the file has {} bytes; at most {} are read", text.size(), kMaxTextBytes),
              "no file of this kind is that large: is it the right one?");
    return false;
  }
  bool good = true;
  MarkReader marks(source, out);
  std::uint32_t number = 1;
  for (std::size_t begin = 0; begin < text.size(); ++number) {
    std::size_t end = text.find('\n', begin);
    const std::size_t next = end == std::string_view::npos ? text.size() : end + 1;
    if (end == std::string_view::npos) end = text.size();
    if (end > begin && end < text.size() && text[end - 1] == '\r') --end;
    const std::string_view line = text.substr(begin, end - begin);
    good = check_characters(line, begin, source, places, out) && good;
    // What is no text at all is one fault, not one a line.
    if (!good && (line.find('\0') != std::string_view::npos || !valid_utf8(line))) return false;
    good = check_brackets(line, begin, source, places, out) && good;
    good = marks.accept(line, number) && good;
    begin = next;
  }
  return good;
}

std::string_view unquoted_expression(std::string_view text, std::size_t begin, bool flow) {
  std::size_t end = begin;
  std::size_t depth = 0;
  text = text.substr(0, begin + kMaxExpression);
  while (end < text.size() && text[end] != '\n') {
    const char c = text[end];
    if (c == '"' || c == '\'') {
      end = skip_quoted(text, end);
      continue;
    }
    if (c == '#' && end > begin && text[end - 1] == ' ') break;
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (flow && depth == 0 && (c == ',' || c == '}' || c == ']')) break;
    if ((c == ')' || c == ']' || c == '}') && depth > 0) --depth;
    ++end;
  }
  std::string_view found = text.substr(begin, end - begin);
  while (!found.empty() && (found.back() == ' ' || found.back() == '\r')) found.remove_suffix(1);
  return found;
}

std::string in_quotes(std::string_view expression) {
  const bool plain = expression.find_first_of("\"\\") == std::string_view::npos;
  std::string out(1, plain ? '"' : '\'');
  for (const char c : expression) {
    out += c;
    if (!plain && c == '\'') out += c;
  }
  return out + out.front();
}

}  // namespace unjam::playbooks
