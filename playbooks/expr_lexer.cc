#include "playbooks/expr_lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace unjam::playbooks {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_word_char(char c) {
  return is_word_start(c) || is_digit(c);
}

int digit_of(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

// Longest first.
constexpr std::array<std::string_view, 24> kSigns{"==", "!=", "<=", ">=", "&&", "||", "?", ":", "<", ">", "+", "-",
                                                  "*",  "/",  "%",  "!",  "(",  ")",  "[", "]", "{", "}", ".", ","};

// How many columns of the file one character of a quoted scalar's text takes.
std::size_t escape_columns(std::string_view rest) {
  if (rest.size() < 2) return 1;
  switch (rest[1]) {
    case 'x':
      return 4;
    case 'u':
      return 6;
    case 'U':
      return 10;
    default:
      return 2;
  }
}

std::size_t byte_of_column(std::string_view line, std::uint32_t column) {
  std::size_t at = 0;
  for (std::uint32_t i = 1; i < column && at < line.size(); ++i) at += decode_utf8(line, at).bytes;
  return at;
}

}  // namespace

Places::Places(const ExprText& text) {
  const std::size_t size = text.text.size();
  lines_.resize(size + 1, text.origin.line);
  columns_.resize(size + 1, text.origin.column);
  const std::size_t first_end = std::min(text.text.find('\n'), size);
  place_first_line(text, first_end);
  std::uint32_t line = text.origin.line;
  std::uint32_t column = columns_[first_end];
  for (std::size_t at = first_end; at < size;) {
    const std::uint32_t bytes = decode_utf8(text.text, at).bytes;
    const bool ends = text.text[at] == '\n';
    for (std::uint32_t i = 0; i < bytes; ++i) {
      lines_[at + i] = line;
      columns_[at + i] = column;
    }
    at += bytes;
    line += ends ? 1 : 0;
    column = ends ? text.indent + 1 : column + 1;
    lines_[at] = line;
    columns_[at] = column;
  }
}

void Places::place_first_line(const ExprText& text, std::size_t end) {
  const std::string_view line = text.source ? text.source->line(text.origin.line) : std::string_view();
  std::size_t in_file = byte_of_column(line, text.origin.column);
  const char quote = in_file > 0 && in_file <= line.size() ? line[in_file - 1] : '\0';
  const bool same = line.substr(std::min(in_file, line.size())).starts_with(text.text.substr(0, end));
  std::uint32_t column = text.origin.column;
  for (std::size_t at = 0; at < end;) {
    const CodePoint point = decode_utf8(text.text, at);
    for (std::uint32_t i = 0; i < point.bytes; ++i) columns_[at + i] = column;
    std::size_t width = 1;
    if (!same && in_file < line.size()) {
      const std::string_view rest = line.substr(in_file);
      if (quote == '"' && rest[0] == '\\') width = escape_columns(rest);
      if (quote == '\'' && rest.starts_with("''")) width = 2;
      in_file += width == 1 ? decode_utf8(line, in_file).bytes : width;
    }
    at += point.bytes;
    column += static_cast<std::uint32_t>(width);
    columns_[at] = column;
  }
}

Span Places::span(std::size_t begin, std::size_t end) const {
  begin = std::min(begin, lines_.size() - 1);
  end = std::clamp(end, begin, lines_.size() - 1);
  while (end > begin && lines_[end] != lines_[begin]) --end;
  const std::uint32_t length = columns_[end] - columns_[begin];
  return {lines_[begin], columns_[begin], std::max<std::uint32_t>(length, 1)};
}

Token Lexer::fault(std::size_t begin, std::size_t end, std::string message, std::string help) {
  at_ = text_.size();
  return {Token::Kind::fault, begin, end, std::move(message), std::move(help)};
}

void Lexer::skip_blanks() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (looking_at("//")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
      ++at_;
    } else {
      return;
    }
  }
}

Token Lexer::next() {
  skip_blanks();
  const std::size_t begin = at_;
  if (at_ >= text_.size()) return {Token::Kind::end, begin, begin};
  const char c = peek();
  if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
  if (c == '"' || c == '\'') return string(begin, false);
  if (is_word_start(c)) return word();
  for (const std::string_view sign : kSigns) {
    if (!looking_at(sign)) continue;
    at_ += sign.size();
    return {Token::Kind::sign, begin, at_, std::string(sign)};
  }
  const std::uint32_t bytes = decode_utf8(text_, at_).bytes;
  const std::string shown = printable(text_.substr(at_, bytes));
  std::string help;
  if (c == '=') help = "equality is `==`";
  if (c == '&') help = "write `and`";
  if (c == '|') help = "write `or`";
  return fault(begin, begin + bytes, fmt::format("'{}' does not belong into an expression", shown), std::move(help));
}

Token Lexer::word() {
  const std::size_t begin = at_;
  const char c = peek();
  const char quote = peek(1);
  const bool prefixed = quote == '"' || quote == '\'';
  if ((c == 'r' || c == 'R') && prefixed) {
    ++at_;
    return string(begin, true);
  }
  const bool raw_bytes =
      (c == 'b' || c == 'B') && (quote == 'r' || quote == 'R') && (peek(2) == '"' || peek(2) == '\'');
  if (((c == 'b' || c == 'B') && prefixed) || raw_bytes) {
    return fault(begin, begin + 1, "byte strings are not part of the language", "write a text without the b");
  }
  while (at_ < text_.size() && is_word_char(peek())) ++at_;
  return {Token::Kind::word, begin, at_, std::string(text_.substr(begin, at_ - begin))};
}

Token Lexer::number() {
  const std::size_t begin = at_;
  if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
    at_ += 2;
    const std::size_t digits = at_;
    while (digit_of(peek()) < 16) ++at_;
    return integer(begin, text_.substr(digits, at_ - digits), 16);
  }
  while (is_digit(peek())) ++at_;
  bool real = false;
  if (peek() == '.' && is_digit(peek(1))) {
    real = true;
    ++at_;
    while (is_digit(peek())) ++at_;
  }
  const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
  if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
    real = true;
    at_ += 1 + sign;
    while (is_digit(peek())) ++at_;
  }
  if (!real) {
    const std::string_view digits = text_.substr(begin, at_ - begin);
    const bool unit = peek() == 's' || peek() == 'm' || peek() == 'h' || peek() == 'd';
    return unit && !is_word_char(peek(1)) ? duration(begin) : integer(begin, digits, 10);
  }
  if (is_word_char(peek())) return integer(begin, {}, 10);
  const Result<double> d = parse_double(text_.substr(begin, at_ - begin));
  if (!d) return fault(begin, at_, fmt::format("{} is outside of the doubles", text_.substr(begin, at_ - begin)));
  Token token{Token::Kind::literal, begin, at_};
  token.value = Value::real(*d);
  return token;
}

Token Lexer::integer(std::size_t begin, std::string_view digits, int base) {
  if (digits.empty() || is_word_char(peek())) {
    const bool is_unsigned = (peek() == 'u' || peek() == 'U') && !is_word_char(peek(1)) && !digits.empty();
    while (is_word_char(peek())) ++at_;
    const std::string shown(text_.substr(begin, at_ - begin));
    if (is_unsigned) return fault(begin, at_, "unsigned numbers are not part of the language", "leave out the u");
    return fault(begin, at_, fmt::format("'{}' is no number", shown), "durations are written 30s, 5m, 4h or 1d");
  }
  Token token{Token::Kind::integer, begin, at_};
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, token.magnitude, base);
  if (error != std::errc() || end != last || token.magnitude > (std::uint64_t{1} << 63)) {
    return fault(begin, at_, fmt::format("{} is outside of the 64-bit integers", text_.substr(begin, at_ - begin)));
  }
  return token;
}

Token Lexer::duration(std::size_t begin) {
  ++at_;
  const Result<Duration> d = parse_duration(text_.substr(begin, at_ - begin));
  if (!d) return fault(begin, at_, d.error().message);
  Token token{Token::Kind::literal, begin, at_};
  token.value = Value::duration(*d);
  return token;
}

Token Lexer::string(std::size_t begin, bool raw) {
  const char quote = peek();
  const std::string triple(3, quote);
  const bool long_form = looking_at(triple);
  const std::string_view close = long_form ? std::string_view(triple) : std::string_view(triple).substr(0, 1);
  at_ += close.size();
  std::string out;
  while (!looking_at(close)) {
    const bool line_ends = peek() == '\n' || peek() == '\r';
    if (at_ >= text_.size() || (line_ends && !long_form)) {
      return fault(begin, at_, "the text has no closing quote", fmt::format("close it with {}", close));
    }
    const std::size_t here = at_;
    if (peek() == '\\' && !raw) {
      if (escape(out)) continue;
      const std::size_t end = std::min(here + 2, text_.size());
      return fault(here, end, fmt::format("'{}' is no escape", printable(text_.substr(here, end - here))),
                   "escapes are \\\\ \\\" \\' \\` \\? \\a \\b \\f \\n \\r \\t \\v \\xhh \\uhhhh \\Uhhhhhhhh \\ooo, or "
                   "write r'...'");
    }
    const CodePoint point = decode_utf8(text_, at_);
    if (!point.valid) return fault(here, here + 1, "this byte is no UTF-8");
    out += text_.substr(at_, point.bytes);
    at_ += point.bytes;
  }
  at_ += close.size();
  Token token{Token::Kind::literal, begin, at_};
  token.value = Value::text(std::move(out));
  return token;
}

bool Lexer::code_point_escape(std::string& out, std::size_t digits, int base) {
  char32_t value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const int digit = digit_of(peek(i));
    if (digit >= base) return false;
    value = value * static_cast<char32_t>(base) + static_cast<char32_t>(digit);
  }
  if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return false;
  append_utf8(out, value);
  at_ += digits;
  return true;
}

bool Lexer::escape(std::string& out) {
  constexpr std::string_view kLetters = "abfnrtv\\\"'`?";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\\"'`?";
  const char c = peek(1);
  if (const std::size_t at = kLetters.find(c); c != '\0' && at != std::string_view::npos) {
    out += kMeanings[at];
    at_ += 2;
    return true;
  }
  const std::size_t start = at_;
  bool good = false;
  if (c >= '0' && c <= '3') {
    at_ += 1;
    good = code_point_escape(out, 3, 8);
  } else {
    at_ += 2;
    if (c == 'x' || c == 'X') good = code_point_escape(out, 2, 16);
    if (c == 'u') good = code_point_escape(out, 4, 16);
    if (c == 'U') good = code_point_escape(out, 8, 16);
  }
  if (!good) at_ = start;
  return good;
}

}  // namespace unjam::playbooks
