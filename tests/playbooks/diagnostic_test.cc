#include "playbooks/diagnostic.h"

#include <gtest/gtest.h>

namespace unjam::playbooks {
namespace {

SourcePtr file(const std::string& text) {
  return std::make_shared<const Source>("play.yaml", text);
}

// Given an error; when it is rendered; then place, code, line, caret and help.
TEST(Diagnostic, RendersPlaceLineAndCaret) {
  const Diagnostic d{"UJ0302",  Severity::error,          file("a:\n  b: senderz\n"),
                     {2, 6, 7}, "unknown name 'senderz'", "did you mean 'senders'?"};
  EXPECT_EQ(render(d),
            "play.yaml:2:6: error UJ0302: unknown name 'senderz'\n"
            "      b: senderz\n"
            "         ^~~~~~~\n"
            "    help: did you mean 'senders'?\n");
  EXPECT_NE(render(d, true).find("\x1b[1;31merror UJ0302\x1b[0m"), std::string::npos);
  const json::object as_json = to_json(d);
  EXPECT_EQ(as_json.at("line"), 2);
  EXPECT_EQ(as_json.at("code"), "UJ0302");
}

// Given an error with a way that leads to it; when it is told; then each stop has its line, in text and in JSON.
TEST(Diagnostic, TellsTheWayStepByStep) {
  Diagnostics all;
  all.error("UJ0602", file("a:\n  b: c\n"), {2, 3, 1}, "owed", "settle it");
  all.explain({{{1, 1, 1}, "a owes"}, {{2, 3, 1}, "the list ends"}});
  EXPECT_EQ(render(all.all().front()),
            "play.yaml:2:3: error UJ0602: owed\n"
            "      b: c\n"
            "      ^\n"
            "    way:  line 1: a owes\n"
            "          line 2: the list ends\n"
            "    help: settle it\n");
  const json::object as_json = to_json(all.all().front());
  ASSERT_EQ(as_json.at("notes").as_array().size(), 2u);
  EXPECT_EQ(as_json.at("notes").at(1).at("line"), 2);
  EXPECT_EQ(as_json.at("notes").at(1).at("text"), "the list ends");
}

// Given a way with a hundred stops; when it is told; then its beginning and its end are, and how many are left out.
TEST(Diagnostic, CutsALongWayInTheMiddle) {
  Diagnostics all;
  all.error("UJ0602", file("a\n"), {1, 1, 1}, "owed");
  std::vector<Note> way;
  for (std::uint32_t i = 1; i <= 100; ++i) way.push_back({{i, 1, 1}, std::to_string(i)});
  all.explain(std::move(way));
  const auto& notes = all.all().front().notes;
  ASSERT_EQ(notes.size(), kMaxNotes);
  EXPECT_EQ(notes[3].text, "4");
  EXPECT_EQ(notes[4].text, "... 89 more ...");
  EXPECT_EQ(notes[5].text, "94");
  EXPECT_EQ(notes.back().text, "100");
}

// Given faults of a whole file, at the end of a line and behind it; when they are rendered; then without a wrong caret.
TEST(Diagnostic, RendersTheEdges) {
  EXPECT_EQ(render({"UJ0106", Severity::warning, file(""), {}, "empty", ""}), "play.yaml: warning UJ0106: empty\n");
  EXPECT_EQ(render({"UJ0308", Severity::error, file("ab"), {1, 3, 1}, "ends", ""}),
            "play.yaml:1:3: error UJ0308: ends\n    ab\n      ^\n");
  EXPECT_EQ(render({"UJ0308", Severity::error, file("ab"), {1, 99, 99}, "far", ""}),
            "play.yaml:1:99: error UJ0308: far\n    ab\n      ^\n");
  EXPECT_EQ(render({"", Severity::error, nullptr, {9, 1, 1}, "nowhere", ""}), "-:9:1: error: nowhere\n");
}

// Given wide characters before the fault; when it is rendered; then the caret stands below it in a terminal.
TEST(Diagnostic, PutsTheCaretBelowWideCharacters) {
  EXPECT_EQ(render({"UJ0302", Severity::error, file("\xE6\x9D\xB1\xE4\xBA\xAC x"), {1, 4, 1}, "m", ""}),
            "play.yaml:1:4: error UJ0302: m\n    \xE6\x9D\xB1\xE4\xBA\xAC x\n         ^\n");
}

// Given a hostile line, message and help; when they are rendered; then no control or bidi character comes out.
TEST(Diagnostic, ShowsHostileCharactersAsReplacement) {
  const std::string hostile =
      "a\x1b[2J\xE2\x80\xAE"
      "b\xFF\t\x7F";
  const std::string shown = render({"UJ0108", Severity::error, file(hostile), {1, 1, 1}, hostile, hostile});
  EXPECT_EQ(printable(hostile),
            "a\xEF\xBF\xBD[2J\xEF\xBF\xBD"
            "b\xEF\xBF\xBD \xEF\xBF\xBD");
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
  EXPECT_EQ(shown.find('\x7F'), std::string::npos);
  EXPECT_EQ(shown.find("\xE2\x80\xAE"), std::string::npos);
}

// Given a very long line; when it is rendered; then only what is around the caret is shown.
TEST(Diagnostic, CutsLongLinesAroundTheCaret) {
  const std::string shown =
      render({"UJ0302", Severity::error, file(std::string(50'000, 'a') + "!"), {1, 25'000, 3}, "m", ""});
  EXPECT_LT(shown.size(), 500u);
  EXPECT_NE(shown.find("    ... aaa"), std::string::npos);
  EXPECT_NE(shown.find("^~~"), std::string::npos);
}

// Given a misspelt word; when the nearest is looked for; then only a near one is told.
TEST(Diagnostic, FindsTheNearestWord) {
  const std::vector<std::string> known{"stuck", "fault", "ids", "inside_ok"};
  EXPECT_EQ(nearest("stcuk", known), "stuck");
  EXPECT_EQ(nearest("stuk", known), "stuck");
  EXPECT_EQ(nearest("inside_okay", known), "inside_ok");
  EXPECT_EQ(nearest("id", known), "");
  EXPECT_EQ(nearest("sticky", known), "stuck");
  EXPECT_EQ(nearest("queue", known), "");
  EXPECT_EQ(nearest(std::string(1000, 'a'), {std::string(1000, 'b')}), "");
}

// Given more diagnostics than are kept; when they are listed; then the last tells how many are missing, and errors
// drive out warnings.
TEST(Diagnostics, KeepsABoundedNumberAndCountsTheRest) {
  const SourcePtr source = file("a");
  Diagnostics out;
  for (std::size_t i = 0; i < kMaxDiagnostics; ++i) out.add({"UJ0001", Severity::warning, source, {1, 1, 1}, "w", ""});
  EXPECT_FALSE(out.failed());
  for (int i = 0; i < 20; ++i) out.error("UJ0002", source, {1, 1, 1}, "e" + std::to_string(i));
  EXPECT_TRUE(out.failed());
  ASSERT_EQ(out.all().size(), kMaxDiagnostics);
  EXPECT_EQ(out.all().back().message, "and 21 more, not shown: correct those above first");
  EXPECT_EQ(std::count_if(out.all().begin(), out.all().end() - 1,
                          [](const Diagnostic& d) { return d.severity == Severity::error; }),
            20);
}

// Given diagnostics in any order; when they are sorted; then by place, and equal ones once.
TEST(Diagnostics, SortsByPlaceAndDropsTwins) {
  const SourcePtr source = file("a\nb\n");
  Diagnostics out;
  out.error("UJ0002", source, {2, 1, 1}, "late");
  out.error("UJ0001", source, {1, 5, 1}, "early");
  out.error("UJ0002", source, {2, 1, 1}, "late");
  out.sort();
  ASSERT_EQ(out.all().size(), 2u);
  EXPECT_EQ(out.all()[0].message, "early");
}

}  // namespace
}  // namespace unjam::playbooks
