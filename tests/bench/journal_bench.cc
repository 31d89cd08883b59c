// Durable events beside SQLite's own rate for the same rows at the same batch, group commit, and recovery of a large
// journal.
#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <deque>
#include <filesystem>

#include "orchestrator/engine/journal_writer.h"
#include "state/run.h"
#include "state/sqlite_db.h"
#include "state/sqlite_store.h"
#include "tests/bench/parts.h"
#include "tests/bench/timing.h"
#include "tests/state/journal_script.h"
#include "tests/support/sshd.h"

namespace unjam::bench {
namespace {

using state::Access;
using state::EventBody;
using state::Store;

constexpr int kRounds = 15;
constexpr std::size_t kRuns = 64;               // appending at once
constexpr std::size_t kEventsOfEach = 200;      // by each of them
constexpr std::size_t kRecovered = 1'000'000;   // events in the large journal ...
constexpr std::size_t kRecoveredOfRun = 1'000;  // ... so many in each run
constexpr std::size_t kTimingEvents = 6'400;    // of one round with 64 in each commit; a tenth of it one by one

std::string folder(const Surroundings& here, const std::string& name) {
  std::string path = here.scratch + "/" + name;
  std::filesystem::remove_all(path);
  std::filesystem::create_directory(path);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

std::unique_ptr<Store> open_store(const std::string& dir, std::string& why) {
  state::CountingTokens tokens;
  auto store = state::open_sqlite_store(dir, Access::write, tokens);
  if (store) return std::move(*store);
  why = store.error().text();
  return nullptr;
}

// What a run writes most: a fact was read on a host.
EventBody reading(std::size_t i, std::int64_t effects = 0) {
  return state::ReadingTaken{
      .fact = "hub",
      .host = fmt::format("tyohub{}", i % 4),
      .effects = effects,
      .started_mono = static_cast<std::int64_t>(i),
      .value = json::object{{"ready", true}, {"serving", true}, {"queued", static_cast<std::int64_t>(i % 100)}}};
}

std::vector<EventBody> readings(std::size_t count) {
  std::vector<EventBody> events;
  events.reserve(count);
  for (std::size_t i = 0; i < count; ++i) events.push_back(reading(i));
  return events;
}

using Batches = std::vector<std::vector<EventBody>>;

// Made before the clock starts, as the rows of SQLite alone are: what events are made of is the engine's business.
Batches batches_of(std::size_t events, std::size_t batch) {
  Batches batches;
  for (std::size_t made = 0; made < events; made += batch) batches.push_back(readings(batch));
  return batches;
}

// Appends events to one run, each batch in one commit; false when the store refused.
class OneRun {
 public:
  explicit OneRun(Store& store) : store_(store) {
    good_ = store_.append(run_, 0, state::now_at(1), {state::created()}).has_value();
  }
  bool write(Batches batches) {
    for (std::vector<EventBody>& batch : batches) {
      const std::int64_t before = seq_;
      seq_ += std::ssize(batch);
      good_ = good_ && store_.append(run_, before, state::now_at(2), std::move(batch)).has_value();
    }
    return good_;
  }

 private:
  Store& store_;
  RunId run_{"r-bench"};
  std::int64_t seq_ = 1;
  bool good_ = false;
};

// The same rows by SQLite alone: no hash, no check, no claim, no other table.
class BareTable {
 public:
  static Result<BareTable> open(const std::string& file) {
    testing_support::write_file(file, "");  // which SQLite takes for a new database
    auto db = state::Database::open(file, true, "");
    if (!db) return std::unexpected(db.error());
    BareTable table;
    table.db_ = std::make_unique<state::Database>(std::move(*db));
    auto made = table.db_->exec(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE events(run INTEGER NOT NULL, seq INTEGER "
        "NOT "
        "NULL, kind TEXT NOT NULL, wall_ms INTEGER NOT NULL, mono_ms INTEGER NOT NULL, body TEXT NOT NULL, hash TEXT "
        "NOT "
        "NULL, PRIMARY KEY(run, seq)) STRICT");
    if (!made) return std::unexpected(made.error());
    for (const auto& [text, into] :
         {std::pair{"BEGIN IMMEDIATE", &table.begin_},
          {"INSERT INTO events VALUES(1, ?1, 'reading_taken', ?1, ?1, ?2, ?3)", &table.insert_},
          {"COMMIT", &table.commit_}}) {
      auto statement = table.db_->prepare(text);
      if (!statement) return std::unexpected(statement.error());
      *into = std::move(*statement);
    }
    table.body_ = state::encode(reading(7));
    return table;
  }
  bool write(std::size_t events, std::size_t batch) {
    bool good = true;
    for (std::size_t done = 0; good && done < events; done += batch) {
      good = begin_.run().has_value();
      for (std::size_t i = 0; good && i < batch; ++i)
        good = insert_.bind(1, ++seq_).bind(2, body_).bind(3, hash_).run().has_value();
      good = good && commit_.run().has_value() && db_->checkpoint_if_due().has_value();
    }
    return good;
  }

 private:
  std::unique_ptr<state::Database> db_;
  state::Statement begin_, insert_, commit_;
  std::string body_;
  std::string hash_ = std::string(64, 'a');
  std::int64_t seq_ = 0;
};

void against_sqlite(const Surroundings& here, std::size_t batch, Table& table) {
  const std::string what = fmt::format("durable events, {} in each commit", batch);
  std::string why;
  const auto store = open_store(folder(here, "journal"), why);
  if (!store) return table.cannot(what, why);
  auto bare = BareTable::open(folder(here, "bare") + "/bare.db");
  if (!bare) return table.cannot(what, bare.error().text());
  OneRun run(*store);
  const std::size_t events = batch == 1 ? kTimingEvents / 10 : kTimingEvents;
  std::vector<double> ours, raw;
  bool good = true;
  for (int round = 0; round < kRounds; ++round) {
    raw.push_back(seconds_of([&] { good = bare->write(events, batch) && good; }));
    Batches batches = batches_of(events, batch);
    ours.push_back(seconds_of([&] { good = run.write(std::move(batches)) && good; }));
  }
  if (!good) return table.cannot(what, "a write was refused");
  const double rate = static_cast<double>(events) / median(ours);
  const double bare_rate = static_cast<double>(events) / median(raw);
  table.add({.what = what,
             .measured = as_rate(rate),
             .beside = as_rate(bare_rate) + " SQLite alone, WAL+FULL",
             .ratio = rate / bare_rate,
             .target = ">= 0.7 x",
             .met = rate >= 0.7 * bare_rate});
}

// A run whose next event comes when the one before it is on disk.
class Appender {
 public:
  Appender(engine::JournalWriter& writer, const std::string& run) : writer_(writer), run_(run) {}

  void next() {
    state::AppendRequest request;
    request.run = run_;
    request.expected = static_cast<std::int64_t>(written_);
    request.now = state::now_at(2);
    request.events.push_back(written_ == 0 ? EventBody(state::created()) : reading(written_));
    writer_.append(std::move(request), [this](const engine::Appended& answer) {
      if (answer && ++written_ < kEventsOfEach) next();
    });
  }
  std::size_t written() const { return written_; }

 private:
  engine::JournalWriter& writer_;
  RunId run_;
  std::size_t written_ = 0;
};

void group_commit(const Surroundings& here, Table& table) {
  const std::string what = fmt::format("group commit, {} runs, one event each time", kRuns);
  std::string why;
  const auto store = open_store(folder(here, "group"), why);
  if (!store) return table.cannot(what, why);
  std::vector<double> seconds;
  std::size_t written = 0;
  for (int round = 0; round < kRounds; ++round) {
    boost::asio::io_context io;
    engine::JournalWriter writer(io, *store);
    std::deque<Appender> runs;
    for (std::size_t i = 0; i < kRuns; ++i) runs.emplace_back(writer, fmt::format("r-{}-{}", round, i));
    for (auto& run : runs) run.next();
    seconds.push_back(seconds_of([&] { io.run(); }));
    for (const auto& run : runs) written += run.written();
  }
  if (written != kRuns * kEventsOfEach * kRounds) return table.cannot(what, "a write was refused");
  table.add(at_least_rate(what, static_cast<double>(kRuns * kEventsOfEach) / median(seconds), 10'000));
}

// A run that reads, looks, and nudges a host now and then.
std::vector<EventBody> life_of_run(std::size_t number) {
  std::vector<EventBody> events{state::created(), state::StepStarted{.path = "heal"}};
  for (std::size_t i = 1; events.size() + 10 <= kRecoveredOfRun; ++i) {
    const std::string intent = fmt::format("i-{}-{}", number, i);
    events.emplace_back(state::nudge(intent, "tyohub1", fmt::format("heal/look[{}]/retry", i)));
    events.emplace_back(state::ended(intent));
    for (std::size_t k = 0; k < 7; ++k) events.push_back(reading(i + k, static_cast<std::int64_t>(i)));
    events.emplace_back(state::Looked{.path = "heal", .verdict = "false", .reason = "mail is still stuck"});
  }
  while (events.size() < kRecoveredOfRun) events.push_back(reading(events.size()));
  return events;
}

// As after a crash: the last owner did not close it, so the whole file is checked.
Result<std::size_t> recover(const std::string& dir) {
  state::CountingTokens tokens;
  auto store = state::open_sqlite_store(dir, Access::write, tokens);
  if (!store) return std::unexpected(store.error());
  auto rows = (*store)->runs();
  if (!rows) return std::unexpected(rows.error());
  std::size_t events = 0;
  for (const state::RunRow& row : *rows) {
    const auto loaded = (*store)->load(row.id);
    if (!loaded) return std::unexpected(loaded.error());
    const auto folded = state::fold(row.id, *loaded);
    if (!folded) return std::unexpected(folded.error());
    events += loaded->size();
  }
  return events;
}

Result<void> write_large(const std::string& dir) {
  std::string why;
  {
    const auto store = open_store(dir, why);
    if (!store) return fail(ErrorKind::io, why);
    for (std::size_t i = 0; i < kRecovered / kRecoveredOfRun; ++i) {
      const auto done = store->append(RunId(fmt::format("r-{}", i)), 0, state::now_at(2), life_of_run(i));
      if (!done) return std::unexpected(done.error());
    }
  }
  const auto db = state::Database::open(dir + "/journal.db", true, "");
  if (!db) return std::unexpected(db.error());
  return db->exec("UPDATE meta SET value = 0 WHERE key = 'closed'");
}

void recovery(const Surroundings& here, Table& table) {
  const std::string what = "recovery of 1 M events in 1,000 runs";
  const std::string dir = folder(here, "large");
  if (const auto written = write_large(dir); !written) return table.cannot(what, written.error().text());
  Result<std::size_t> events = std::size_t{0};
  const double seconds = seconds_of([&] { events = recover(dir); });
  std::filesystem::remove_all(dir);
  if (!events) return table.cannot(what, events.error().text());
  if (*events != kRecovered) return table.cannot(what, fmt::format("only {} events came back", *events));
  table.add(at_most_seconds(what, seconds, 10));
}

}  // namespace

void bench_journal(const Surroundings& here, Table& table) {
  for (const std::size_t batch : {1, 8, 64}) against_sqlite(here, batch, table);
  group_commit(here, table);
  recovery(here, table);
}

}  // namespace unjam::bench
