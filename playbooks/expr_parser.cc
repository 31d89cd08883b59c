#include "playbooks/expr_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace unjam::playbooks {
namespace {

using Kind = Expr::Kind;

constexpr std::array<std::string_view, 17> kReserved{"as",        "break",  "const",  "continue", "else", "for",
                                                     "function",  "if",     "import", "let",      "loop", "package",
                                                     "namespace", "return", "var",    "void",     "while"};
constexpr std::array<std::string_view, 7> kKeywords{"true", "false", "null", "in", "and", "or", "not"};
constexpr std::array<std::string_view, 5> kRangeMacros{"all", "exists", "exists_one", "filter", "map"};

enum Level { kOr, kAnd, kNot, kRelation, kAddition, kMultiplication, kUnary };

// The operator that a token is at a level, in its one spelling; empty if it is none.
std::string_view operator_at(Level level, const Token& token) {
  struct Row {
    Level level;
    bool word;
    std::string_view spelling;
    std::string_view name;
  };
  static constexpr std::array<Row, 16> kRows{{{kOr, false, "||", "||"},
                                              {kOr, true, "or", "||"},
                                              {kAnd, false, "&&", "&&"},
                                              {kAnd, true, "and", "&&"},
                                              {kRelation, false, "==", "=="},
                                              {kRelation, false, "!=", "!="},
                                              {kRelation, false, "<", "<"},
                                              {kRelation, false, "<=", "<="},
                                              {kRelation, false, ">", ">"},
                                              {kRelation, false, ">=", ">="},
                                              {kRelation, true, "in", "in"},
                                              {kAddition, false, "+", "+"},
                                              {kAddition, false, "-", "-"},
                                              {kMultiplication, false, "*", "*"},
                                              {kMultiplication, false, "/", "/"},
                                              {kMultiplication, false, "%", "%"}}};
  for (const Row& row : kRows) {
    const Token::Kind kind = row.word ? Token::Kind::word : Token::Kind::sign;
    if (row.level == level && token.kind == kind && token.text == row.spelling) return row.name;
  }
  return {};
}

struct Part {
  std::shared_ptr<Expr> node{};  // null: an error was reported
  std::size_t begin = 0;
  std::size_t end = 0;
  int height = 0;
  explicit operator bool() const { return node != nullptr; }
};

class Parser {
 public:
  Parser(const ExprText& text, const Places& places, std::size_t begin, Diagnostics& out)
      : text_(text), places_(places), out_(out), lexer_(text.text, begin) {
    advance();
  }

  ExprPtr parse(bool embedded, std::size_t& end);

 private:
  Part expression();
  Part binary(Level level);
  Part negation();
  Part unary();
  Part member();
  Part suffix(Part left);
  Part primary();
  Part number(bool negative, std::size_t begin);
  Part word();
  Part list();
  Part map();
  Part call(const Token& name, Part receiver);
  Part macro(const Token& name, Part receiver, std::vector<Part> args);
  bool arguments(std::string_view close, std::vector<Part>& out, bool trailing_comma);

  Part make(Kind kind, std::size_t begin, std::size_t end, std::string name, std::vector<Part> args,
            Part receiver = {});
  Part literal(std::size_t begin, std::size_t end, Value value);
  bool is_sign(std::string_view sign) const { return token_.kind == Token::Kind::sign && token_.text == sign; }
  bool take(std::string_view sign);
  bool want(std::string_view sign, std::string_view where);
  void advance();
  Part unexpected(std::string_view wanted);
  std::pair<std::string_view, std::string_view> outside_of_the_subset() const;
  Part fail_at(std::size_t begin, std::size_t end, std::string message, std::string help = {});

  const ExprText& text_;
  const Places& places_;
  Diagnostics& out_;
  Lexer lexer_;
  Token token_;
  std::size_t last_end_ = 0;  // of the token before
  std::size_t depth_ = 0;
  std::size_t nodes_ = 0;
  bool failed_ = false;
};

void Parser::advance() {
  last_end_ = token_.end;
  token_ = lexer_.next();
}

bool Parser::take(std::string_view sign) {
  if (!is_sign(sign)) return false;
  advance();
  return true;
}

Part Parser::fail_at(std::size_t begin, std::size_t end, std::string message, std::string help) {
  if (!failed_) out_.error("UJ0308", text_.source, places_.span(begin, end), std::move(message), std::move(help));
  failed_ = true;
  return {};
}

// What CEL would take where this token stands, and what to write instead; empty: CEL would not take it either.
std::pair<std::string_view, std::string_view> Parser::outside_of_the_subset() const {
  if (is_sign("{")) return {"messages are not part of the language", "write a map: {\"field\": value}"};
  const char before = token_.begin == 0 ? ' ' : text_.text[token_.begin - 1];
  if (is_sign("?") && std::string_view(".[{,").contains(before))
    return {"optional values are not part of the language", "ask has(x.field)"};
  if (is_sign(".") && before != '.') return {"a leading dot is not part of the language", "leave out the dot"};
  return {};
}

Part Parser::unexpected(std::string_view wanted) {
  if (token_.kind == Token::Kind::fault) return fail_at(token_.begin, token_.end, token_.text, token_.help);
  if (token_.kind == Token::Kind::end) {
    // Behind the last word: block scalars end with the end of a line.
    return fail_at(last_end_, last_end_, fmt::format("the expression ends too early: expected {}", wanted));
  }
  const std::string shown(text_.text.substr(token_.begin, token_.end - token_.begin));
  if (const auto outside = outside_of_the_subset(); !outside.first.empty())
    return fail_at(token_.begin, token_.end, std::string(outside.first), std::string(outside.second));
  std::string help;
  std::string lower = token_.text;
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (token_.kind == Token::Kind::word && (lower == "and" || lower == "or" || lower == "not" || lower == "in")) {
    help = lower == token_.text ? fmt::format("put it in parentheses: ({} ...)", lower)
                                : fmt::format("did you mean `{}`?", lower);
  }
  if (token_.text == "not" && wanted == "an operator") help = "write `not x in y`";
  return fail_at(token_.begin, token_.end, fmt::format("expected {}, not '{}'", wanted, printable(shown)),
                 std::move(help));
}

bool Parser::want(std::string_view sign, std::string_view where) {
  if (take(sign)) return true;
  unexpected(fmt::format("'{}' {}", sign, where));
  return false;
}

Part Parser::make(Kind kind, std::size_t begin, std::size_t end, std::string name, std::vector<Part> args,
                  Part receiver) {
  Part part{std::make_shared<Expr>(), begin, end, receiver.height};
  part.node->kind = kind;
  part.node->span = places_.span(begin, end);
  part.node->name = std::move(name);
  part.node->receiver = receiver.node;
  for (Part& arg : args) {
    part.height = std::max(part.height, arg.height);
    part.node->args.push_back(std::move(arg.node));
  }
  ++part.height;
  if (++nodes_ > kMaxExprNodes || part.height > kMaxExprHeight) {
    return fail_at(begin, end, "the expression is too large", "name parts of it in `let`");
  }
  return part;
}

Part Parser::literal(std::size_t begin, std::size_t end, Value value) {
  Part part = make(Kind::literal, begin, end, {}, {});
  if (part) part.node->literal = std::move(value);
  return part;
}

ExprPtr Parser::parse(bool embedded, std::size_t& end) {
  if (token_.kind == Token::Kind::end || (embedded && is_sign("}"))) {
    fail_at(token_.begin, token_.end, "an expression is missing here");
    return nullptr;
  }
  const Part root = expression();
  if (!root) return nullptr;
  end = token_.begin;
  if (embedded && !is_sign("}")) {
    unexpected("an operator or the closing '}'");
  } else if (!embedded && token_.kind != Token::Kind::end) {
    unexpected("an operator");
  }
  return failed_ ? nullptr : root.node;
}

Part Parser::expression() {
  if (++depth_ > kMaxExprDepth)
    return fail_at(token_.begin, token_.end, "the expression is nested too deeply", "name parts of it in `let`");
  Part condition = binary(kOr);
  if (condition && take("?")) {
    Part yes = binary(kOr);
    if (!yes || !want(":", "between the two cases")) return {};
    Part no = expression();
    if (!no) return {};
    const std::size_t begin = condition.begin;
    const std::size_t end = no.end;
    condition = make(Kind::call, begin, end, "?:", {std::move(condition), std::move(yes), std::move(no)});
  }
  --depth_;
  return condition;
}

Part Parser::binary(Level level) {
  if (level == kNot) return negation();
  if (level == kUnary) return unary();
  const Level below = static_cast<Level>(level + 1);
  Part left = binary(below);
  while (left) {
    const std::string name(operator_at(level, token_));
    if (name.empty()) break;
    advance();
    Part right = binary(below);
    if (!right) return {};
    const std::size_t begin = left.begin;
    const std::size_t end = right.end;
    left = make(Kind::call, begin, end, name, {std::move(left), std::move(right)});
  }
  return left;
}

Part Parser::negation() {
  std::vector<std::size_t> begins;
  while (token_.kind == Token::Kind::word && token_.text == "not") {
    begins.push_back(token_.begin);
    advance();
  }
  Part part = binary(kRelation);
  while (part && !begins.empty()) {
    const std::size_t end = part.end;
    part = make(Kind::call, begins.back(), end, "!", {std::move(part)});
    begins.pop_back();
  }
  return part;
}

Part Parser::unary() {
  const std::string sign = is_sign("!") || is_sign("-") ? token_.text : std::string();
  std::vector<std::size_t> begins;
  while (!sign.empty() && is_sign(sign)) {
    begins.push_back(token_.begin);
    advance();
  }
  Part part;
  const bool is_literal = token_.value.as_double() != nullptr || token_.value.as_duration() != nullptr;
  if (sign == "-" && (token_.kind == Token::Kind::integer || is_literal)) {
    // The minus belongs to the literal: -9223372036854775808 has no positive twin.
    part = suffix(number(true, begins.back()));
    begins.pop_back();
  } else {
    part = member();
  }
  while (part && !begins.empty()) {
    const std::size_t end = part.end;
    part = make(Kind::call, begins.back(), end, sign, {std::move(part)});
    begins.pop_back();
  }
  return part;
}

Part Parser::number(bool negative, std::size_t begin) {
  const Token token = token_;
  advance();
  if (const double* d = token.value.as_double()) return literal(begin, token.end, Value::real(negative ? -*d : *d));
  if (const Duration* d = token.value.as_duration())
    return literal(begin, token.end, Value::duration(negative ? -*d : *d));
  const std::uint64_t least = std::uint64_t{1} << 63;
  if (token.magnitude == least && !negative) {
    return fail_at(begin, token.end, fmt::format("{} is outside of the 64-bit integers", token.magnitude));
  }
  const std::uint64_t bits = negative ? 0 - token.magnitude : token.magnitude;
  return literal(begin, token.end, Value::integer(static_cast<std::int64_t>(bits)));
}

Part Parser::member() {
  return suffix(primary());
}

Part Parser::suffix(Part left) {
  while (left) {
    if (take(".")) {
      const Token name = token_;
      const bool keyword = name.text == "true" || name.text == "false" || name.text == "null" || name.text == "in";
      if (name.kind != Token::Kind::word || keyword) return unexpected("the name of a field");
      advance();
      const std::size_t begin = left.begin;
      left = is_sign("(") ? call(name, std::move(left))
                          : make(Kind::field, begin, name.end, name.text, {}, std::move(left));
    } else if (take("[")) {
      Part index = expression();
      if (!index || !want("]", "behind the index")) return {};
      const std::size_t begin = left.begin;
      std::vector<Part> args;
      args.push_back(std::move(index));
      left = make(Kind::index, begin, last_end_, {}, std::move(args), std::move(left));
    } else {
      break;
    }
  }
  return left;
}

Part Parser::primary() {
  const Token token = token_;
  if (token.kind == Token::Kind::integer || (token.kind == Token::Kind::literal && token.value.as_double())) {
    return number(false, token.begin);
  }
  if (token.kind == Token::Kind::literal) {
    advance();
    return literal(token.begin, token.end, token.value);
  }
  if (token.kind == Token::Kind::word) return word();
  if (take("(")) {
    Part inside = expression();
    if (!inside || !want(")", "behind the expression")) return {};
    inside.begin = token.begin;
    inside.end = last_end_;
    return inside;
  }
  if (is_sign("[")) return list();
  if (is_sign("{")) return map();
  return unexpected("a value");
}

Part Parser::word() {
  const Token token = token_;
  if (token.text == "true" || token.text == "false") {
    advance();
    return literal(token.begin, token.end, Value::boolean(token.text == "true"));
  }
  if (token.text == "null") {
    advance();
    return literal(token.begin, token.end, Value());
  }
  if (std::ranges::find(kKeywords, token.text) != kKeywords.end()) return unexpected("a value");
  if (std::ranges::find(kReserved, token.text) != kReserved.end()) {
    return fail_at(token.begin, token.end, fmt::format("'{}' is a reserved word", token.text), "choose another name");
  }
  advance();
  if (is_sign("(")) return call(token, {});
  return make(Kind::name, token.begin, token.end, token.text, {});
}

bool Parser::arguments(std::string_view close, std::vector<Part>& out, bool trailing_comma) {
  if (take(close)) return true;
  while (true) {
    Part arg = expression();
    if (!arg) return false;
    out.push_back(std::move(arg));
    if (take(close)) return true;
    if (!take(",")) {
      unexpected(fmt::format("',' or '{}'", close));
      return false;
    }
    if (trailing_comma && take(close)) return true;
  }
}

Part Parser::list() {
  const std::size_t begin = token_.begin;
  advance();
  std::vector<Part> items;
  if (!arguments("]", items, true)) return {};
  return make(Kind::list, begin, last_end_, {}, std::move(items));
}

Part Parser::map() {
  const std::size_t begin = token_.begin;
  advance();
  std::vector<Part> entries;
  while (!take("}")) {
    Part key = expression();
    if (!key || !want(":", "behind the key")) return {};
    Part value = expression();
    if (!value) return {};
    entries.push_back(std::move(key));
    entries.push_back(std::move(value));
    if (is_sign("}")) continue;
    if (!want(",", "or '}' behind the entry")) return {};
  }
  return make(Kind::map, begin, last_end_, {}, std::move(entries));
}

Part Parser::call(const Token& name, Part receiver) {
  const bool of_member = static_cast<bool>(receiver);
  const std::size_t begin = of_member ? receiver.begin : name.begin;
  advance();
  std::vector<Part> args;
  if (!arguments(")", args, false)) return {};
  const bool is_macro = of_member ? std::ranges::find(kRangeMacros, name.text) != kRangeMacros.end()
                                  : name.text == "has" || name.text == "sure" || name.text == "known";
  if (is_macro) return macro(name, std::move(receiver), std::move(args));
  return make(of_member ? Kind::member_call : Kind::call, begin, last_end_, name.text, std::move(args),
              std::move(receiver));
}

Part Parser::macro(const Token& name, Part receiver, std::vector<Part> args) {
  if (!receiver) {
    const bool field_wanted = name.text == "has";
    const bool good = args.size() == 1 && (!field_wanted || args[0].node->kind == Kind::field);
    if (!good) {
      return fail_at(name.begin, last_end_,
                     fmt::format("{} takes {}", name.text, field_wanted ? "one field" : "one expression"),
                     field_wanted ? "write has(x.field)" : fmt::format("write {}(...)", name.text));
    }
    return make(Kind::macro, name.begin, last_end_, name.text, std::move(args));
  }
  const bool is_map = name.text == "map";
  const bool good = (args.size() == 2 || (is_map && args.size() == 3)) && args[0].node->kind == Kind::name;
  if (!good) {
    return fail_at(name.begin, last_end_,
                   fmt::format("{} takes a variable and {}", name.text, is_map ? "what to make of it" : "a condition"),
                   fmt::format("write {}(x, ...)", name.text));
  }
  std::string variable = args[0].node->name;
  args.erase(args.begin());
  const std::size_t begin = receiver.begin;
  Part part = make(Kind::macro, begin, last_end_, name.text, std::move(args), std::move(receiver));
  if (part) part.node->variable = std::move(variable);
  return part;
}

}  // namespace

ExprPtr parse_range(const ExprText& text, const Places& places, std::size_t begin, bool embedded, std::size_t& end,
                    Diagnostics& out) {
  return Parser(text, places, begin, out).parse(embedded, end);
}

ExprPtr parse_expr(const ExprText& text, Diagnostics& out) {
  if (text.text.size() > kMaxExprBytes) {
    out.error("UJ0308", text.source, text.origin,
              fmt::format("an expression of {} bytes: at most {} are read", text.text.size(), kMaxExprBytes),
              "name parts of it in `let`");
    return nullptr;
  }
  const Places places(text);
  std::size_t end = 0;
  return parse_range(text, places, 0, false, end, out);
}

}  // namespace unjam::playbooks
