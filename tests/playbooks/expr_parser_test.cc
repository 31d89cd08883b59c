#include <gtest/gtest.h>

#include "tests/playbooks/expr_world.h"

namespace unjam::playbooks {
namespace {

// The tree with every operator in parentheses.
std::string shape(const Expr& e) {
  std::string args;
  for (const ExprPtr& arg : e.args) args += (args.empty() ? "" : ", ") + shape(*arg);
  switch (e.kind) {
    case Expr::Kind::literal:
      return e.literal.as_text() ? "'" + *e.literal.as_text() + "'" : spell(e.literal);
    case Expr::Kind::name:
      return e.name;
    case Expr::Kind::field:
      return shape(*e.receiver) + "." + e.name;
    case Expr::Kind::index:
      return shape(*e.receiver) + "[" + args + "]";
    case Expr::Kind::list:
      return "[" + args + "]";
    case Expr::Kind::map:
      return "{" + args + "}";
    case Expr::Kind::macro:
      if (!e.receiver) return e.name + "{" + args + "}";
      return shape(*e.receiver) + "." + e.name + "{" + e.variable + ": " + args + "}";
    case Expr::Kind::member_call:
      return shape(*e.receiver) + "." + e.name + "(" + args + ")";
    case Expr::Kind::call:
      return "(" + e.name + " " + args + ")";
  }
  return "?";
}

std::string parsed(const std::string& text) {
  Diagnostics out;
  const ExprPtr tree = parse_expr(expr_text(text), out);
  return tree ? shape(*tree) : out.all().at(0).message;
}

struct Row {
  const char* text;
  const char* tree;
};

// Given texts; when they are parsed; then operators bind as CEL's do, and `not` below comparison.
TEST(ExprParser, BindsOperatorsAsCelDoes) {
  const std::vector<Row> rows{
      {"1 + 2 * 3", "(+ 1, (* 2, 3))"},
      {"1 - 2 - 3", "(- (- 1, 2), 3)"},
      {"a || b && c", "(|| a, (&& b, c))"},
      {"a or b and c", "(|| a, (&& b, c))"},
      {"a ? b : c ? d : e", "(?: a, b, (?: c, d, e))"},
      {"a == b < c", "(< (== a, b), c)"},
      {"not h in skewed", "(! (in h, skewed))"},
      {"not x == y and z", "(&& (! (== x, y)), z)"},
      {"!x == y", "(== (! x), y)"},
      {"not not a", "(! (! a))"},
      {"not !a", "(! (! a))"},
      {"!!a", "(! (! a))"},
      {"-x.y", "(- x.y)"},
      {"--3", "(- -3)"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"- 3.5", "-3.5"},
      {"3-3", "(- 3, 3)"},
      {"a.b(c, d)[1].e", "a.b(c, d)[1].e"},
      {"f(x)(y)", "expected an operator, not '('"},
      {"x.filter(h, h > 1).size()", "x.filter{h: (> h, 1)}.size()"},
      {"x.map(h, h > 1, h + 1)", "x.map{h: (> h, 1), (+ h, 1)}"},
      {"sure(a and known(b))", "sure{(&& a, known{b})}"},
      {"has(a.b)", "has{a.b}"},
      {"[1, 2,]", "[1, 2]"},
      {"{'a': 1, 'b': [2],}", "{'a', 1, 'b', [2]}"},
      {"x.package", "x.package"},
      {"5m + 30s", "(+ 5m, 30s)"},
      {"4h", "4h"},
      {"1d", "1d"},
      {"0x1F", "31"},
      {"1e3", "1000"},
      {".5", "0.5"},
      {"1.size()", "1.size()"},
      {"'a' \"b\"", "expected an operator, not '\"b\"'"},
      {"r'\\d'", "'\\d'"},
      {"'''it's'''", "'it's'"},
      {"'\\u3042'", "'\xE3\x81\x82'"},
  };
  for (const Row& row : rows) EXPECT_EQ(parsed(row.text), row.tree) << row.text;
}

struct Fault {
  const char* text;
  const char* shown;
};

// Given broken texts; when they are parsed; then one UJ0308 tells what and where.
TEST(ExprParser, TellsSyntaxErrorsAtTheirPlace) {
  const std::vector<Fault> rows{
      {"a = b",
       "play.yaml:1:3: error UJ0308: '=' does not belong into an expression\n"
       "    a = b\n"
       "      ^\n"
       "    help: equality is `==`\n"},
      {"a & b",
       "play.yaml:1:3: error UJ0308: '&' does not belong into an expression\n"
       "    a & b\n"
       "      ^\n"
       "    help: write `and`\n"},
      {"a AND b",
       "play.yaml:1:3: error UJ0308: expected an operator, not 'AND'\n"
       "    a AND b\n"
       "      ^~~\n"
       "    help: did you mean `and`?\n"},
      {"h not in s",
       "play.yaml:1:3: error UJ0308: expected an operator, not 'not'\n"
       "    h not in s\n"
       "      ^~~\n"
       "    help: write `not x in y`\n"},
      {"x == not y",
       "play.yaml:1:6: error UJ0308: expected a value, not 'not'\n"
       "    x == not y\n"
       "         ^~~\n"
       "    help: put it in parentheses: (not ...)\n"},
      {"(a",
       "play.yaml:1:3: error UJ0308: the expression ends too early: expected ')' behind the expression\n"
       "    (a\n"
       "      ^\n"},
      {"'abc",
       "play.yaml:1:1: error UJ0308: the text has no closing quote\n"
       "    'abc\n"
       "    ^~~~\n"
       "    help: close it with '\n"},
      {"5u",
       "play.yaml:1:1: error UJ0308: unsigned numbers are not part of the language\n"
       "    5u\n"
       "    ^~\n"
       "    help: leave out the u\n"},
      {"5min",
       "play.yaml:1:1: error UJ0308: '5min' is no number\n"
       "    5min\n"
       "    ^~~~\n"
       "    help: durations are written 30s, 5m, 4h or 1d\n"},
      {"9223372036854775808",
       "play.yaml:1:1: error UJ0308: 9223372036854775808 is outside of the 64-bit integers\n"
       "    9223372036854775808\n"
       "    ^~~~~~~~~~~~~~~~~~~\n"},
      {"x.filter(h)",
       "play.yaml:1:3: error UJ0308: filter takes a variable and a condition\n"
       "    x.filter(h)\n"
       "      ^~~~~~~~~\n"
       "    help: write filter(x, ...)\n"},
      {"has(x)",
       "play.yaml:1:1: error UJ0308: has takes one field\n"
       "    has(x)\n"
       "    ^~~~~~\n"
       "    help: write has(x.field)\n"},
      {"while",
       "play.yaml:1:1: error UJ0308: 'while' is a reserved word\n"
       "    while\n"
       "    ^~~~~\n"
       "    help: choose another name\n"},
      {"b'x'",
       "play.yaml:1:1: error UJ0308: byte strings are not part of the language\n"
       "    b'x'\n"
       "    ^\n"
       "    help: write a text without the b\n"},
      {"", "play.yaml:1:1: error UJ0308: an expression is missing here\n"},
  };
  for (const Fault& row : rows) {
    Diagnostics out;
    EXPECT_FALSE(parse_expr(expr_text(row.text), out));
    ASSERT_EQ(out.all().size(), 1u) << row.text;
    EXPECT_EQ(render(out.all()[0]), row.shown);
  }
}

// Given a block scalar; when a fault stands on its second line; then line and column are those of the file.
TEST(ExprParser, PlacesFaultsInsideBlockScalars) {
  const auto source = std::make_shared<const Source>("play.yaml",
                                                     "let:\n"
                                                     "  a: |\n"
                                                     "    first\n"
                                                     "      and ) x\n");
  Diagnostics out;
  EXPECT_FALSE(parse_expr({"first\n  and ) x\n", source, {3, 5, 1}, 4}, out));
  ASSERT_EQ(out.all().size(), 1u);
  EXPECT_EQ(render(out.all()[0]),
            "play.yaml:4:11: error UJ0308: expected a value, not ')'\n"
            "          and ) x\n"
            "              ^\n");
}

// Given a block scalar that ends too early; when it is parsed; then the fault stands behind its last word.
TEST(ExprParser, PlacesAnEarlyEndBehindTheLastWord) {
  const auto source = std::make_shared<const Source>("play.yaml", "a: |\n  (first\n    and second\n\nb: 1\n");
  Diagnostics out;
  EXPECT_FALSE(parse_expr({"(first\n  and second\n", source, {2, 3, 1}, 2}, out));
  ASSERT_EQ(out.all().size(), 1u);
  EXPECT_EQ(out.all()[0].span, (Span{3, 15, 1}));
}

// Given quoted scalars whose escapes are wider in the file; when a fault stands behind them; then its column is right.
TEST(ExprParser, PlacesFaultsBehindEscapesOfQuotedScalars) {
  const auto column = [](const std::string& line, const std::string& text, std::uint32_t begin) {
    Diagnostics out;
    EXPECT_FALSE(parse_expr({text, std::make_shared<const Source>("f", line), {1, begin, 1}, 0}, out));
    return out.all().at(0).span.column;
  };
  EXPECT_EQ(column(R"x(a: "x == \"y\" )")x", "x == \"y\" )", 5), 16u);
  EXPECT_EQ(column("a: 'x == ''y'' )'", "x == 'y' )", 5), 16u);
  EXPECT_EQ(column("a: \"\xE3\x81\x82\" )", "\xE3\x81\x82 )", 4), 4u);
  EXPECT_EQ(column("a: matches(x, r'\\d') )", "matches(x, r'\\d') )", 4), 22u);
}

// Given texts beyond the bounds; when they are parsed; then they are refused at once.
TEST(ExprParser, RefusesWhatIsTooLargeOrTooDeep) {
  EXPECT_EQ(parsed(std::string(kMaxExprBytes + 1, ' ')), "an expression of 16385 bytes: at most 16384 are read");
  EXPECT_EQ(parsed(std::string(100, '(') + "1" + std::string(100, ')')), "the expression is nested too deeply");
  EXPECT_EQ(parsed(std::string(8000, '[')), "the expression is nested too deeply");
  EXPECT_EQ(parsed(std::string(8000, '!') + "a"), "the expression is too large");
  std::string sum = "1";
  for (int i = 0; i < 5000; ++i) sum += "+1";
  EXPECT_EQ(parsed(sum), "the expression is too large");
  EXPECT_EQ(parsed(std::string(60, '(') + "1" + std::string(60, ')')), "1");
}

// Given the longest chain that is read; when it is checked and evaluated; then its depth fits.
TEST(ExprParser, AllowsLongChains) {
  std::string sum = "1";
  for (int i = 1; i < 255; ++i) sum += " + 1";
  Diagnostics out;
  const CheckedExprPtr checked = check_expr(expr_text(sum), types::integer(), flagship_names(), out);
  ASSERT_TRUE(checked);
  const Evaluated value = evaluate(*checked->tree, TestScope());
  ASSERT_TRUE(value) << value.error().reason;
  EXPECT_EQ(*value->as_int(), 255);
}

// Given random bytes and random words; when they are parsed and checked; then it ends, with a tree or an error.
TEST(ExprParser, EndsOnWhateverBytes) {
  const std::vector<std::string> words{
      "1",  "a",  "'x'", "(",    ")",   "[",        "]",     "{",     "}",    ",",   ".",      ":",   "?",     "not",
      "in", "or", "and", "5m",   "==",  "+",        "-",     "!",     "hubs", "has", "filter", "map", "true",  "\n",
      "//", "h",  "r'",  "\"\"", "\\u", "\xF0\x9F", "hosts", "queue", "sure", "${",  "$",      "0x",  "1e999", "''' "};
  std::uint64_t state = 42;
  const auto next = [&state](std::uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  const TestNames names = flagship_names();
  for (int round = 0; round < 6000; ++round) {
    std::string text;
    const std::uint64_t length = next(24);
    for (std::uint64_t i = 0; i < length; ++i) {
      text += round % 3 == 0 ? std::string(1, static_cast<char>(next(256))) : words[next(words.size())];
    }
    Diagnostics out;
    const CheckedExprPtr checked = check_expr(expr_text(text), nullptr, names, out);
    EXPECT_NE(checked == nullptr, !out.failed()) << text;
    for (const Diagnostic& d : out.all()) EXPECT_FALSE(render(d).empty());
    Diagnostics prose;
    const auto checked_text = check_text(expr_text("say ${" + text + "} done"), names, prose);
    EXPECT_NE(checked_text.has_value(), prose.failed()) << text;
    if (!checked) continue;
    const Evaluated value = evaluate(*checked->tree, TestScope());
    EXPECT_TRUE(value || !value.error().reason.empty());
  }
}

}  // namespace
}  // namespace unjam::playbooks
