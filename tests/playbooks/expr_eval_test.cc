#include <gtest/gtest.h>

#include <functional>

#include "playbooks/expr_eval_tool.h"
#include "tests/playbooks/expr_world.h"

namespace unjam::playbooks {
namespace {

// Two hubs of which one cannot be read.
TestScope world() {
  TestScope scope;
  scope.values["hubs"] = Value::set({Value::host("hub1"), Value::host("hub2")});
  scope.values["senders"] = Value::set({Value::host("hub1")});
  scope.values["receivers"] = Value::set({Value::host("hub2")});
  scope.values["dcs"] = Value::set({});
  scope.values["host"] = Value::host("hub1");
  scope.values["sites"] = Value::set({Value::text("tokyo"), Value::text("osaka")});
  scope.values["params"] = Value::record({{"from", Value::text("tokyo")}, {"min_healthy", Value::integer(1)}});
  scope.answers["hub(hub1)"] = Value::record({{"ready", Value::boolean(true)},
                                              {"serving", Value::boolean(false)},
                                              {"queued", Value::integer(7)},
                                              {"load", Value::real(0.5)}});
  scope.answers["queue(hub1)"] = Value::record({{"fault", Value::enumeration("auth", 1)}});
  scope.attributes["hub1.name"] = Value::text("hub1");
  scope.attributes["hub1.site"] = Value::enumeration("tokyo", 0);
  scope.attributes["hub2.site"] = Value::enumeration("osaka", 1);
  scope.attributes["hub1.role"] = Value::enumeration("hub", 1);
  return scope;
}

// The value as JSON, or "unknown: reason".
std::string result(const std::string& text) {
  Diagnostics out;
  const CheckedExprPtr checked = check_expr(expr_text(text), nullptr, flagship_names(), out);
  if (!checked) return render(out.all().at(0));
  const Evaluated value = evaluate(*checked->tree, world());
  return value ? json_text(*value) : "unknown: " + value.error().reason;
}

// Given a world in which hub2 cannot be read; when expressions ask it; then unknown is absorbed where CEL absorbs it.
TEST(ExprEval, PassesUnknownOnExceptWhereOneSideDecides) {
  const std::string lost = "unknown: hub of hub2 was not read";
  const std::vector<std::pair<std::string, std::string>> rows{
      {"hub(host).ready", "true"},
      {"hubs.all(h, hub(h).ready)", lost},
      {"hubs.all(h, hub(h).serving)", "false"},
      {"hubs.exists(h, hub(h).ready)", "true"},
      {"hubs.exists(h, hub(h).serving)", lost},
      {"hubs.filter(h, hub(h).ready)", lost},
      {"hubs.filter(h, sure(hub(h).ready))", "[\"hub1\"]"},
      {"hubs.filter(h, known(hub(h).ready))", "[\"hub1\"]"},
      {"hubs.filter(h, not known(hub(h).ready))", "[\"hub2\"]"},
      {"hubs.map(h, hub(h).queued)", lost},
      {"hubs.exists_one(h, hub(h).ready)", lost},
      {"sure(hubs.all(h, hub(h).ready))", "false"},
      {"known(hubs.all(h, hub(h).serving))", "true"},
      {"not hubs.all(h, hub(h).ready)", lost},
      {"hubs.size()", "2"},
      {"hubs.without(host)", "[\"hub2\"]"},
      {"hubs.without(senders)", "[\"hub2\"]"},
      {"receivers + hubs", "[\"hub2\",\"hub1\"]"},
      {"host in senders and not host in receivers", "true"},
      {"dcs.first()", "unknown: first() of an empty set"},
      {"dcs.all(d, clock(d).synced)", "true"},
      {"sites.without(params.from)", "[\"osaka\"]"},
      {"host.site == params.from", "true"},
      {"host.role > \"dc\"", "true"},
      {"hubs.filter(h, h.site == params.from)", "[\"hub1\"]"},
      {"queue(senders.first()).fault == \"auth\"", "true"},
      {"queue(senders.first()).fault in [\"tls\", \"dns\"]", "false"},
      {"-hub(host).queued", "-7"},
      {"hub(host).load * 2.0", "1.0"},
      {"abs(-5m) + 30s", "\"330s\""},
      {"abs(-9223372036854775808)", "unknown: abs overflows"},
  };
  for (const auto& [text, value] : rows) {
    EXPECT_EQ(result(text), value) << text;
  }
}

// A bare boolean of three values, as text and as truth.
enum class Truth { no, yes, lost };
const char* text_of(Truth t) {
  return t == Truth::no ? "no" : t == Truth::yes ? "yes" : "lost";
}

Truth value_of(const std::string& text) {
  TestNames names;
  TestScope scope;
  for (const char* name : {"no", "yes", "lost"}) names.value(name, types::boolean());
  scope.values["no"] = Value::boolean(false);
  scope.values["yes"] = Value::boolean(true);
  Diagnostics out;
  const CheckedExprPtr checked = check_expr(expr_text(text), nullptr, names, out);
  EXPECT_TRUE(checked) << text;
  const Evaluated value = evaluate(*checked->tree, scope);
  return !value ? Truth::lost : *value->as_bool() ? Truth::yes : Truth::no;
}

// Given every pair of truths; when they are joined; then order does not matter and De Morgan holds.
TEST(ExprEval, JoinsTruthsLikeKleene) {
  const Truth all[] = {Truth::no, Truth::yes, Truth::lost};
  for (const Truth a : all) {
    for (const Truth b : all) {
      const std::string x = text_of(a);
      const std::string y = text_of(b);
      const bool has_no = a == Truth::no || b == Truth::no;
      const bool has_yes = a == Truth::yes || b == Truth::yes;
      const bool both = a == b;
      EXPECT_EQ(value_of(x + " and " + y), has_no ? Truth::no : both ? a : Truth::lost) << x << y;
      EXPECT_EQ(value_of(x + " or " + y), has_yes ? Truth::yes : both ? a : Truth::lost) << x << y;
      EXPECT_EQ(value_of(x + " && " + y), value_of(y + " && " + x));
      EXPECT_EQ(value_of("not (" + x + " and " + y + ")"), value_of("not " + x + " or not " + y));
      EXPECT_EQ(value_of("sure(" + x + ") and sure(" + y + ")"),
                a == Truth::yes && b == Truth::yes ? Truth::yes : Truth::no);
    }
  }
}

// Given a random expression of and, or, not, sure over truths; when an unknown in it becomes known; then an answer that
// was there before stays (monotone), sure and known aside.
TEST(ExprEval, NeverChangesAnAnswerWhenMoreIsKnown) {
  std::uint64_t state = 7;
  const auto next = [&state](std::uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  const std::function<std::string(int)> make = [&](int depth) -> std::string {
    if (depth == 0 || next(4) == 0) return std::vector<std::string>{"no", "yes", "lost"}[next(3)];
    if (next(4) == 0) return "not (" + make(depth - 1) + ")";
    return "(" + make(depth - 1) + (next(2) == 0 ? " and " : " or ") + make(depth - 1) + ")";
  };
  for (int round = 0; round < 300; ++round) {
    const std::string text = make(4);
    const Truth before = value_of(text);
    const std::size_t at = text.find("lost");
    if (before == Truth::lost || at == std::string::npos) continue;
    EXPECT_EQ(value_of(std::string(text).replace(at, 4, "yes")), before) << text;
    EXPECT_EQ(value_of(std::string(text).replace(at, 4, "no")), before) << text;
  }
}

// Given an unread fact beside a failed one; when neither decides; then the unread one is told.
TEST(ExprEval, TellsFirstWhatWasNeverRead) {
  Diagnostics out;
  const CheckedExprPtr checked = check_expr(expr_text("1 / dcs.size() > 0 and hub(hubs.without(host).first()).ready"),
                                            nullptr, flagship_names(), out);
  ASSERT_TRUE(checked);
  const Evaluated value = evaluate(*checked->tree, world());
  ASSERT_FALSE(value);
  EXPECT_TRUE(value.error().unread);
  EXPECT_EQ(value.error().reason, "hub of hub2 was not read");
}

// Given an expression without a value; when it is evaluated; then the innermost part is told.
TEST(ExprEval, TellsWhereAValueIsMissing) {
  Diagnostics out;
  const CheckedExprPtr checked = check_expr(expr_text("1 + 2 / (3 - 3)"), nullptr, flagship_names(), out);
  ASSERT_TRUE(checked);
  const Evaluated value = evaluate(*checked->tree, world());
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().reason, "division by zero");
  EXPECT_EQ(value.error().where.column, 5u);
}

// Given nested loops over long lists; when they are evaluated; then the step bound ends them.
TEST(ExprEval, StopsAtTheStepBound) {
  std::string list = "[0";
  for (int i = 1; i < 200; ++i) list += "," + std::to_string(i);
  list += "]";
  Diagnostics out;
  const std::string body = "l.all(a, l.all(b, l.all(c, l.all(d, a + b + c + d >= 0))))";
  EXPECT_FALSE(eval_text(body, {{"l", list}}, out));
  ASSERT_EQ(out.all().size(), 1u);
  EXPECT_EQ(out.all()[0].message, "the evaluation takes too many steps");
}

// Given lets that evaluate each other without end; when they share a budget; then the depth bound ends them.
TEST(ExprEval, SharesDepthAndStepsWithLets) {
  class Endless : public TestScope {
   public:
    Evaluated name(std::string_view) const override { return evaluate(*tree, *this, *budget); }
    ExprPtr tree;
    EvalBudget* budget = nullptr;
  };
  TestNames names;
  names.value("x", types::integer());
  Diagnostics out;
  const CheckedExprPtr checked = check_expr(expr_text("x + 1"), nullptr, names, out);
  ASSERT_TRUE(checked);
  EvalBudget budget;
  Endless scope;
  scope.tree = checked->tree;
  scope.budget = &budget;
  const Evaluated value = evaluate(*checked->tree, scope, budget);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().reason, "the evaluation is nested too deeply");
}

// Given a pattern that a backtracking matcher would hang on; when it is asked; then the answer comes.
TEST(ExprEval, MatchesInLinearTime) {
  Diagnostics out;
  const auto found = eval_text("x.matches('^(a+)+$')", {{"x", "\"" + std::string(5000, 'a') + "b\""}}, out);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->json, "false");
}

// Given names of zones that lead out of the database; when they are asked; then there is no such zone.
TEST(ExprEval, KnowsOnlyZonesOfTheDatabase) {
  const auto hours = [](const std::string& zone) {
    Diagnostics out;
    const auto found = eval_text("timestamp('2026-07-01T00:00:00Z').getHours(z)", {{"z", "\"" + zone + "\""}}, out);
    return found ? found->json : out.all().at(0).message;
  };
  EXPECT_EQ(hours("Asia/Tokyo"), "9");
  EXPECT_EQ(hours("-09:30"), "14");
  for (const std::string bad :
       {"", "/etc/passwd", "../etc/passwd", "A/../../../etc/passwd", "file:x", "Nowhere/At_all"}) {
    EXPECT_EQ(hours(bad), "\"" + bad + "\" is no time zone: write \"UTC\", \"+09:00\" or \"Asia/Tokyo\"");
  }
}

// Given prose; when it is filled in; then values read as people write them, and what is unknown says so.
TEST(ExprEval, FillsProse) {
  Diagnostics out;
  const auto text =
      check_text(expr_text("${host.name} has ${hub(host).queued}, ${hub(hubs.without(host).first()).queued}; "
                           "${abs(-150s)} ${hubs} $${x}"),
                 flagship_names(), out);
  ASSERT_TRUE(text);
  EXPECT_EQ(fill(*text, world()), "hub1 has 7, (unknown: hub of hub2 was not read); 2m 30s hub1, hub2 ${x}");
}

// Given `unjam eval`; when it answers; then the type is that of the value and doubles keep their point.
TEST(ExprEvalTool, AnswersTypedJson) {
  const auto ask = [](const std::string& text, const std::vector<EvalVariable>& variables = {}) {
    Diagnostics out;
    const auto found = eval_text(text, variables, out);
    return found ? spell(*found->type) + " " + found->json : render(out.all().at(0));
  };
  EXPECT_EQ(ask("1 + 2"), "int 3");
  EXPECT_EQ(ask("1.0 + 2.0"), "double 3.0");
  EXPECT_EQ(ask("90s"), "duration \"90s\"");
  EXPECT_EQ(ask("1d - 1ns"),
            "expression:1:6: error UJ0308: '1ns' is no number\n    1d - 1ns\n         ^~~\n"
            "    help: durations are written 30s, 5m, 4h or 1d\n");
  EXPECT_EQ(ask("timestamp('2026-12-28T00:00:00+09:00')"), "timestamp \"2026-12-27T15:00:00Z\"");
  EXPECT_EQ(ask("[1, 'a']"), "list<dyn> [1,\"a\"]");
  EXPECT_EQ(ask("x.hosts.filter(h, h.load > 1.5).map(h, h.name)",
                {{"x", R"({"hosts":[{"name":"a","load":1.0},{"name":"b","load":2.0}]})"}}),
            "list<text> [\"b\"]");
  EXPECT_EQ(ask("x == 1.0 and not y", {{"x", "1"}, {"y", "false"}}), "bool true");
  EXPECT_EQ(ask("1 / x", {{"x", "0"}}), "expression:1:1: error: division by zero\n    1 / x\n    ^~~~~\n");
  EXPECT_EQ(ask("1 + 'a'"),
            "expression:1:1: error UJ0301: no `+` of int and text\n    1 + 'a'\n    ^~~~~~~\n"
            "    help: convert one: string(x)\n");
  EXPECT_EQ(ask("nme", {{"name", "1"}}),
            "expression:1:1: error UJ0302: unknown name 'nme'\n    nme\n    ^~~\n"
            "    help: did you mean 'name'?\n");
  EXPECT_EQ(ask("x", {{"x", "tokyo"}}),
            "--var x:1:1: error: not JSON: syntax error\n    tokyo\n    ^\n"
            "    help: texts are written --var 'name=\"text\"'\n");
  EXPECT_EQ(ask("x", {{"1x", "1"}}),
            "--var 1x:1:1: error: this is no name for a variable\n    1\n    ^\n"
            "    help: write --var name=JSON\n");
  EXPECT_EQ(ask("x", {{"x", "1"}, {"x", "2"}}), "--var x:1:1: error: this variable is given twice\n    2\n    ^\n");
  EXPECT_EQ(ask("x.y.z", {{"x", R"({"y":{}})"}}), "expression:1:1: error: no such key: z\n    x.y.z\n    ^~~~~\n");
}

}  // namespace
}  // namespace unjam::playbooks
