#include "state/journal_text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "state/rollback.h"
#include "state/run.h"
#include "tests/source_tree.h"
#include "tests/state/journal_script.h"

namespace unjam::state {
namespace {

namespace fs = std::filesystem;

JournalText sample() {
  JournalScript script;
  script.then(created())
      .then(StepStarted{.path = "s"})
      .then(Looked{.path = "s", .verdict = "true", .reason = "\n\"x\""});
  return {.store = StoreId("s-1"), .run = RunId("r-1"), .events = script.events()};
}

TEST(JournalText, ComesBackAsItWasWritten) {
  // given a journal as text, when read and written again, then the bytes are the same
  const std::string text = export_journal(sample());
  const auto back = import_journal(text);
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back->store, StoreId("s-1"));
  EXPECT_EQ(back->run, RunId("r-1"));
  EXPECT_EQ(back->events.size(), 3u);
  EXPECT_EQ(export_journal(*back), text);
  EXPECT_TRUE(text.starts_with("{\"journal\":1,\"run\":\"r-1\",\"store\":\"s-1\"}\n")) << text.substr(0, 80);
}

TEST(JournalText, CanHoldEveryKindOfEvent) {
  JournalText journal{.store = StoreId("s-1"), .run = RunId("r-1"), .events = {}};
  for (EventBody& body : one_of_each()) {
    journal.events.push_back({.seq = std::ssize(journal.events) + 1, .wall = {}, .mono = {}, .body = std::move(body)});
  }
  const std::string text = export_journal(journal);
  const auto back = import_journal(text);
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(export_journal(*back), text);
}

TEST(JournalText, ShowsEveryTurnedBit) {
  // given each bit of the text turned in turn, when read, then it is corrupt
  const std::string text = export_journal(sample());
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string turned = text;
    turned[bit / 8] = static_cast<char>(turned[bit / 8] ^ (1 << (bit % 8)));
    const auto read = import_journal(turned);
    ASSERT_FALSE(read) << "byte " << bit / 8 << ": " << turned.substr(bit / 8, 20);
    EXPECT_EQ(read.error().kind, ErrorKind::corrupt);
  }
}

TEST(JournalText, ShowsLinesThatAreMissingSwappedOrCutOff) {
  const std::string text = export_journal(sample());
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(import_journal(lines[0] + lines[1] + lines[3]).error().text(), "line 3: event 3 where 2 should be");
  EXPECT_FALSE(import_journal(lines[0] + lines[1] + lines[3] + lines[2]));
  EXPECT_FALSE(import_journal(lines[1] + lines[2]));
  EXPECT_EQ(import_journal(text.substr(0, text.size() - 1)).error().text(), "line 4: is cut off");
  EXPECT_EQ(import_journal("").error().text(), "line 1: is missing");
}

TEST(JournalText, OfANewerVersionIsCalledNewer) {
  const auto read = import_journal("{\"journal\":2,\"run\":\"r-1\",\"store\":\"s-1\"}\n");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("newer Unjam"), std::string::npos);
}

// --- old journals, for ever

std::string bytes_of(const fs::path& path) {
  std::ostringstream all;
  all << std::ifstream(path, std::ios::binary).rdbuf();
  return all.str();
}

std::string told(const Run& run) {
  std::string out = fmt::format("{} {} {} changed={} effects={} epoch={} slots={} locks={} stuck={} stop={}\n",
                                run.created.playbook, spell(run.phase), run.ended ? spell(run.ended->end) : "-",
                                run.changed(), run.effects, run.epoch, fmt::join(run.slots, ","),
                                fmt::join(run.locks, ","), run.stuck.size(), run.stop ? run.stop->cause : "-");
  for (const auto& [path, step] : run.steps) {
    out += fmt::format("step {} {} looks={} started={}\n", path, step.ended ? spell(step.outcome) : "open", step.looks,
                       step.started.since_start.count());
  }
  for (const RollbackLine& line : rollback_log(run)) {
    out += fmt::format("{} {} {} {}: {}; {}\n", line.intent, line.host, line.action, spell(line.outcome),
                       spell(line.debt), line.note);
  }
  return out;
}

TEST(OldJournals, ReplayAsTheyDidWhenTheyWereWritten) {
  // given every journal ever kept, when replayed, then each tells the same story and none is missing a kind of event
  const fs::path folder = fs::path(testing_support::source_dir()) / "tests/golden/journals";
  std::set<EventKind> kinds;
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    ++count;
    const std::string text = bytes_of(entry.path());
    const auto journal = import_journal(text);
    ASSERT_TRUE(journal) << entry.path() << " " << journal.error().text();
    const auto run = fold(journal->run, journal->events);
    ASSERT_TRUE(run) << entry.path() << " " << run.error().text();
    const auto again = fold(journal->run, journal->events);
    EXPECT_EQ(told(*run), told(*again));
    EXPECT_EQ(told(*run), bytes_of(fs::path(entry.path()).replace_extension(".expected"))) << entry.path();
    for (const Event& event : journal->events) kinds.insert(kind_of(event.body));
  }
  EXPECT_GE(count, 4);
  EXPECT_EQ(kinds.size(), std::variant_size_v<EventBody>);
}

}  // namespace
}  // namespace unjam::state
