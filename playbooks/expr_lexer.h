// Words and places of an expression's text. Part of the expression front end: only expr_*.cc include it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "playbooks/expr.h"

namespace unjam::playbooks {

// Where each byte of an ExprText stands in its file. Exact in plain and block scalars, and in quoted ones, whose
// escapes are wider in the file than in the text.
class Places {
 public:
  explicit Places(const ExprText& text);

  // From byte `begin` to before byte `end`, cut at the end of the line it begins in.
  Span span(std::size_t begin, std::size_t end) const;

 private:
  void place_first_line(const ExprText& text, std::size_t end);

  std::vector<std::uint32_t> lines_;  // of each byte, and of the end
  std::vector<std::uint32_t> columns_;
};

struct Token {
  enum class Kind { end, word, sign, integer, literal, fault };

  Kind kind = Kind::end;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text{};           // word, sign; fault: what is wrong
  std::string help{};           // fault
  std::uint64_t magnitude = 0;  // integer; 2^63 is only allowed behind a minus
  Value value{};                // literal: text, double, duration
};

class Lexer {
 public:
  Lexer(std::string_view text, std::size_t begin) : text_(text), at_(begin) {}

  Token next();  // after the end or a fault: the same again

 private:
  bool looking_at(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  Token fault(std::size_t begin, std::size_t end, std::string message, std::string help = {});
  Token number();
  Token integer(std::size_t begin, std::string_view digits, int base);
  Token duration(std::size_t begin);
  Token word();
  Token string(std::size_t begin, bool raw);
  bool escape(std::string& out);  // at the backslash; false: no escape of CEL
  bool code_point_escape(std::string& out, std::size_t digits, int base);
  void skip_blanks();

  std::string_view text_;
  std::size_t at_;
};

}  // namespace unjam::playbooks
