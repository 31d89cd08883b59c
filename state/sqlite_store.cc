#include "state/sqlite_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "state/append_rules.h"
#include "state/base/plants.h"
#include "state/hash_chain.h"
#include "state/sqlite_reader.h"
#include "state/sqlite_schema.h"

namespace unjam::state {
namespace {

constexpr const char* kDatabaseFile = "journal.db";
constexpr const char* kNewFile = "journal.new";
constexpr std::size_t kStoreIdBytes = 8;

enum Sql : std::size_t {
  kBegin,
  kCommit,
  kRollback,
  kInsertRun,
  kUpdateRun,
  kInsertEvent,
  kInsertEffect,
  kEndEffect,
  kDropEffect,
  kEndEffectsOfRun,
  kInsertSlot,
  kDropSlot,
  kInsertLock,
  kDropLocks,
  kStatements
};

constexpr std::array<const char*, kStatements> kTexts = {
    "BEGIN IMMEDIATE",
    "COMMIT",
    "ROLLBACK",
    "INSERT INTO runs(id, playbook, summary, created_ms, phase, end, head_seq, head_hash) "
    "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING num",
    "UPDATE runs SET phase = ?2, end = ?3, head_seq = ?4, head_hash = ?5 WHERE num = ?1",
    "INSERT INTO events(run, seq, kind, wall_ms, mono_ms, body, hash) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    "INSERT INTO effects(intent, run, action, host, began_ms, ended_ms) VALUES(?1, ?2, ?3, ?4, ?5, NULL)",
    "UPDATE effects SET ended_ms = ?2 WHERE intent = ?1",
    "DELETE FROM effects WHERE intent = ?1",
    "UPDATE effects SET ended_ms = ?2 WHERE run = ?1 AND ended_ms IS NULL",
    "INSERT INTO slots(host, run, since_ms) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
    "DELETE FROM slots WHERE host = ?1 AND run = ?2",
    "INSERT INTO locks(lock, run, since_ms) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
    "DELETE FROM locks WHERE run = ?1",
};

std::int64_t ms(Wall time) {
  return time.since_epoch.count();
}
using Written = std::vector<Event>;
using Answer = Result<Written>;

// Carries an error of the database out through the rules' own refusals, which end only their own request.
struct Trouble {
  Error error;
};
template <typename T>
using OrTrouble = std::expected<T, Trouble>;

class SqliteStore : public Store {
 public:
  SqliteStore(StoreDir dir, std::unique_ptr<Database> db, SqliteReader reader, Access access, SqliteOptions options)
      : dir_(std::move(dir)),
        db_(std::move(db)),
        reader_(std::move(reader)),
        access_(access),
        options_(std::move(options)) {}

  // Best effort: without the mark the next owner only checks more than it had to.
  ~SqliteStore() override {
    if (access_ == Access::write && poison_.empty() && ready_) {
      (void)db_->exec("UPDATE meta SET value = 1 WHERE key = 'closed'");
    }
  }
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  Result<void> begin() {
    const auto epoch = db_->number("SELECT value FROM meta WHERE key = 'epoch'");
    if (!epoch) return std::unexpected(epoch.error());
    epoch_ = *epoch;
    if (access_ == Access::read) return {};
    for (std::size_t i = 0; i < kStatements; ++i) {
      auto statement = db_->prepare(kTexts[i]);
      if (!statement) return std::unexpected(std::move(statement.error()));
      statements_[i] = std::move(*statement);
    }
    return become_owner();
  }

  StoreId id() const override { return reader_.id(); }
  std::int64_t epoch() const override { return epoch_; }

  Answer append(const RunId& run, std::int64_t expected, Now now, std::vector<EventBody> events,
                const Claims& claims) override {
    std::vector<AppendRequest> one;
    one.push_back({run, expected, now, std::move(events), claims});
    return std::move(append_many(std::move(one)).front());
  }

  std::vector<Answer> append_many(std::vector<AppendRequest> requests) override {
    if (access_ != Access::write)
      return refuse_all(requests.size(), {ErrorKind::denied, "the store is open for reading"});
    if (!poison_.empty()) return refuse_all(requests.size(), poisoned());
    if (std::ranges::any_of(requests, changes_holdings)) ++holdings_version_;
    std::vector<Pending> pending = admit(std::move(requests));
    const bool any = std::ranges::any_of(pending, [](const Pending& one) { return one.stored.has_value(); });
    if (!any) return answers_of(pending);
    auto done = transaction(pending);
    if (!done && done.error().error.kind == ErrorKind::exhausted && dir_.free_ballast()) done = transaction(pending);
    if (done) {
      // What was committed stands; only later writes are refused if the copy failed.
      if (const auto copied = db_->checkpoint_if_due(); !copied) poison_ = copied.error().text();
      return answers_of(pending);
    }
    if (done.error().error.kind == ErrorKind::conflict) return refuse_all(pending.size(), done.error().error);
    poison_ = done.error().error.text();
    return refuse_all(pending.size(), poisoned());
  }

  Result<std::vector<Event>> load(const RunId& run) const override { return reader_.load(run); }
  Result<std::vector<RunRow>> runs() const override { return reader_.runs(); }
  Result<std::vector<SlotRow>> slots() const override { return reader_.slots(); }
  Result<std::vector<LockRow>> locks() const override { return reader_.locks(); }
  Result<std::vector<EffectRow>> effects(Wall since) const override { return reader_.effects(since); }
  std::optional<std::uint64_t> holdings_version() const override {
    return access_ == Access::write ? std::optional(holdings_version_) : std::nullopt;
  }

 private:
  struct Pending {
    RunId run;
    Now now;
    Claims claims;
    std::optional<std::vector<StoredEvent>> stored;  // nothing: refused before it came to the database
    Answer answer = Written{};  // gets the events once they are committed: until then a second try needs them
  };

  // The next incarnation. Before it, the whole file is checked if the last owner did not close it.
  Result<void> become_owner() {
    const auto closed = db_->number("SELECT value FROM meta WHERE key = 'closed'");
    if (!closed) return std::unexpected(closed.error());
    if (*closed == 0) {
      const auto verdict = db_->text("PRAGMA quick_check(1)");
      if (!verdict) return std::unexpected(verdict.error());
      if (*verdict != "ok") return fail(ErrorKind::corrupt, "the database is damaged: " + *verdict);
    }
    const auto claimed = db_->exec(
        "BEGIN IMMEDIATE; UPDATE meta SET value = value + 1 WHERE key = 'epoch';"
        "UPDATE meta SET value = 0 WHERE key = 'closed'; COMMIT");
    if (!claimed) return claimed;
    ++epoch_;
    ready_ = true;
    if (const auto space = free_space(); space) dir_.reserve_ballast(options_.ballast_bytes, *space);
    return {};
  }

  Statement& sql(Sql which) { return statements_[which]; }

  Error poisoned() const {
    return {ErrorKind::io, "the state directory is not to be trusted, restart Unjam: " + poison_, dir_.path()};
  }
  static std::vector<Answer> refuse_all(std::size_t count, const Error& error) {
    return std::vector<Answer>(count, Answer(std::unexpected(error)));
  }
  static std::vector<Answer> answers_of(std::vector<Pending>& pending) {
    std::vector<Answer> answers;
    for (Pending& one : pending) {
      if (one.stored && one.answer)
        for (StoredEvent& stored : *one.stored) one.answer->push_back(std::move(stored.event));
      answers.push_back(std::move(one.answer));
    }
    return answers;
  }
  Result<Space> free_space() const { return options_.space ? options_.space() : dir_.space(); }

  std::vector<Pending> admit(std::vector<AppendRequest> requests) const;
  std::optional<Error> too_little_space() const;

  OrTrouble<void> transaction(std::vector<Pending>& pending);
  OrTrouble<Answer> write(const Pending& one);
  OrTrouble<RunEntry> put_run(const RunEntry& before, const RunRow& after);
  OrTrouble<std::string> put_events(const RunEntry& entry, const std::vector<StoredEvent>& events);
  OrTrouble<void> take_claims(std::int64_t run, const Claims& claims, Wall now);
  OrTrouble<void> make(std::int64_t run, const Change& change);
  OrTrouble<std::string> refusal_of(const Pending& one);
  OrTrouble<std::string> used_intent(const std::vector<StoredEvent>& events);

  // Members are destroyed from the last to the first: statements before their connection, the lock last of all.
  StoreDir dir_;
  std::unique_ptr<Database> db_;
  mutable SqliteReader reader_;  // its statements move; what it reads does not
  std::array<Statement, kStatements> statements_;
  Access access_;
  SqliteOptions options_;
  std::int64_t epoch_ = 0;
  std::uint64_t holdings_version_ = 0;
  bool ready_ = false;
  std::string poison_;  // why; empty: none
};

OrTrouble<void> or_trouble(Result<void> result) {
  if (!result) return std::unexpected(Trouble{std::move(result.error())});
  return {};
}

// --- writing

std::vector<SqliteStore::Pending> SqliteStore::admit(std::vector<AppendRequest> requests) const {
  std::vector<Pending> pending;
  for (AppendRequest& request : requests) {
    Pending& one = pending.emplace_back(Pending{.run = request.run, .now = request.now, .claims = request.claims});
    if (begins_something(request)) {
      if (auto error = too_little_space()) {
        one.answer = std::unexpected(std::move(*error));
        continue;
      }
    }
    auto stored = prepare(std::move(request));
    if (stored) {
      one.stored = std::move(*stored);
    } else {
      one.answer = std::unexpected(std::move(stored.error()));
    }
  }
  return pending;
}

std::optional<Error> SqliteStore::too_little_space() const {
  const auto space = free_space();
  if (!space) return space.error();
  if (space->free >= free_floor(space->total)) return std::nullopt;
  return Error{ErrorKind::exhausted,
               fmt::format("only {} MiB are free: nothing new begins below {} MiB; make room on the disk",
                           space->free >> 20, free_floor(space->total) >> 20),
               dir_.path()};
}

OrTrouble<void> SqliteStore::transaction(std::vector<Pending>& pending) {
  if (auto begun = or_trouble(sql(kBegin).run()); !begun) return begun;
  OrTrouble<void> done{};
  for (Pending& one : pending) {
    if (!one.stored) continue;
    auto answer = write(one);
    if (!answer) {
      done = std::unexpected(std::move(answer.error()));
      break;
    }
    one.answer = std::move(*answer);
  }
  if (done) done = or_trouble(sql(kCommit).run());
  if (done) return {};
  // Whatever failed after BEGIN is not "somebody else holds it": only a BEGIN that never was leaves nothing open.
  if (done.error().error.kind == ErrorKind::conflict) done.error().error.kind = ErrorKind::io;
  if (db_->in_transaction()) (void)sql(kRollback).run();
  return done;
}

// Everything is asked before anything is written, so a refusal needs nothing undone.
OrTrouble<Answer> SqliteStore::write(const Pending& one) {
  const auto found = reader_.find_run(one.run);
  if (!found) return std::unexpected(Trouble{found.error()});
  const std::vector<StoredEvent>& events = *one.stored;
  if (!*found && events.front().event.seq != 1) {
    return Answer(fail(ErrorKind::not_found, fmt::format("no run {}", one.run.text)));
  }
  RunEntry before{.row = {.id = one.run, .phase = Phase::none}, .head = chain_start(reader_.id(), one.run)};
  if (*found) before = **found;
  auto after = advanced(before.row, events);
  if (!after) return Answer(std::unexpected(std::move(after.error())));
  const auto used = used_intent(events);
  if (!used) return std::unexpected(used.error());
  if (!used->empty()) {
    return Answer(fail(ErrorKind::conflict, fmt::format("intent {} is in the journal already", *used)));
  }
  auto refused = refusal_of(one);
  if (!refused) return std::unexpected(refused.error());
  if (!refused->empty()) return Answer(fail(ErrorKind::conflict, std::move(*refused)));

  if (before.num == 0) {
    auto made = put_run(before, *after);
    if (!made) return std::unexpected(made.error());
    before = std::move(*made);
  }
  const auto head = put_events(before, events);
  if (!head) return std::unexpected(head.error());
  auto updated = or_trouble(sql(kUpdateRun)
                                .bind(1, before.num)
                                .bind(2, spell(after->phase))
                                .bind(3, spell(after->end))
                                .bind(4, after->seq)
                                .bind(5, *head)
                                .run());
  if (updated) updated = take_claims(before.num, one.claims, one.now.wall);
  if (!updated) return std::unexpected(updated.error());
  for (const StoredEvent& stored : events) {
    if (const auto change = change_of(one.run, stored.event)) {
      if (auto made = make(before.num, *change); !made) return std::unexpected(made.error());
    }
  }
  return Answer(Written{});
}

OrTrouble<RunEntry> SqliteStore::put_run(const RunEntry& before, const RunRow& after) {
  Statement& insert = sql(kInsertRun);
  const Rows rows(insert);
  const auto stepped = insert.bind(1, after.id.text)
                           .bind(2, after.playbook)
                           .bind(3, after.summary)
                           .bind(4, ms(after.created))
                           .bind(5, spell(after.phase))
                           .bind(6, spell(after.end))
                           .bind(7, std::int64_t{0})
                           .bind(8, before.head)
                           .step();
  if (!stepped) return std::unexpected(Trouble{stepped.error()});
  RunEntry made = before;
  made.num = insert.number(0);
  return made;
}

OrTrouble<std::string> SqliteStore::put_events(const RunEntry& entry, const std::vector<StoredEvent>& events) {
  std::string head = entry.head;
  for (const auto& [event, text] : events) {
    const EventKind kind = kind_of(event.body);
    head = chain_link(head, event.seq, kind, {event.mono, event.wall}, text);
    auto put = or_trouble(sql(kInsertEvent)
                              .bind(1, entry.num)
                              .bind(2, event.seq)
                              .bind(3, spell(kind))
                              .bind(4, ms(event.wall))
                              .bind(5, event.mono.since_start.count())
                              .bind(6, text)
                              .bind(7, head)
                              .run());
    if (!put) return std::unexpected(put.error());
  }
  return head;
}

OrTrouble<void> SqliteStore::take_claims(std::int64_t run, const Claims& claims, Wall now) {
  if (claims.slot) {
    auto taken = or_trouble(sql(kInsertSlot).bind(1, claims.slot->host).bind(2, run).bind(3, ms(now)).run());
    if (!taken) return taken;
  }
  if (!claims.locks) return {};
  for (const std::string& lock : claims.locks->locks) {
    auto taken = or_trouble(sql(kInsertLock).bind(1, lock).bind(2, run).bind(3, ms(now)).run());
    if (!taken) return taken;
  }
  return {};
}

OrTrouble<void> SqliteStore::make(std::int64_t run, const Change& change) {
  if (const auto* began = std::get_if<EffectBegan>(&change)) {
    const EffectRow& row = began->row;
    return or_trouble(sql(kInsertEffect)
                          .bind(1, row.intent)
                          .bind(2, run)
                          .bind(3, row.action)
                          .bind(4, row.host)
                          .bind(5, ms(row.began))
                          .run());
  }
  if (const auto* over = std::get_if<EffectOver>(&change)) {
    return or_trouble(sql(kEndEffect).bind(1, over->intent).bind(2, ms(over->at)).run());
  }
  if (const auto* never = std::get_if<EffectNever>(&change)) {
    return or_trouble(sql(kDropEffect).bind(1, never->intent).run());
  }
  if (const auto* over = std::get_if<RunOver>(&change)) {
    auto ended = or_trouble(sql(kEndEffectsOfRun).bind(1, run).bind(2, ms(over->at)).run());
    return ended ? or_trouble(sql(kDropLocks).bind(1, run).run()) : ended;
  }
  for (const std::string& host : std::get<SlotsFreed>(change).hosts) {
    auto freed = or_trouble(sql(kDropSlot).bind(1, host).bind(2, run).run());
    if (!freed) return freed;
  }
  return {};
}

OrTrouble<std::string> SqliteStore::refusal_of(const Pending& one) {
  std::vector<SlotRow> held_slots;
  std::vector<LockRow> held_locks;
  std::vector<EffectRow> past;
  if (one.claims.slot) {
    auto rows = slots();
    if (!rows) return std::unexpected(Trouble{rows.error()});
    held_slots = std::move(*rows);
  }
  if (one.claims.locks) {
    auto rows = locks();
    if (!rows) return std::unexpected(Trouble{rows.error()});
    held_locks = std::move(*rows);
  }
  const Wall since = one.now.wall + -reach(one.claims);
  std::vector<std::string> asked;
  for (const RateClaim& rate : one.claims.rates) {
    if (std::ranges::count(asked, rate.action)) continue;
    asked.push_back(rate.action);
    auto rows = reader_.effects_of(rate.action, since);
    if (!rows) return std::unexpected(Trouble{rows.error()});
    past.insert(past.end(), rows->begin(), rows->end());
  }
  return refusal(one.claims, one.run, one.now.wall, held_slots, held_locks, past);
}

OrTrouble<std::string> SqliteStore::used_intent(const std::vector<StoredEvent>& events) {
  for (const StoredEvent& stored : events) {
    const auto* intent = std::get_if<Intent>(&stored.event.body);
    if (intent == nullptr) continue;
    const auto used = reader_.has_intent(intent->intent);
    if (!used) return std::unexpected(Trouble{used.error()});
    if (*used) return intent->intent;
  }
  return std::string();
}

// --- opening

// Made beside its place and moved there when it is whole and synced: so an empty or cut file under the final name is
// damage, never a beginning.
Result<void> make_database(const StoreDir& dir, const StoreId& id, const SqliteOptions& options) {
  dir.remove(kNewFile);
  if (const auto made = dir.make_file(kNewFile); !made) return std::unexpected(made.error());
  {
    const auto db = Database::open(dir.file(kNewFile), true, options.vfs);
    if (!db) return std::unexpected(db.error());
    if (auto made = make_schema(*db, id); !made) return made;
  }
  return dir.rename(kNewFile, kDatabaseFile);
}

Result<Database> open_database(const StoreDir& dir, Access access, const SqliteOptions& options) {
  auto db = Database::open(dir.file(kDatabaseFile), access == Access::write, options.vfs);
  if (!db) return db;
  if (const auto checked = check_schema(*db); !checked) return std::unexpected(checked.error());
  if (access == Access::read) return db;
  const auto set = db->exec(
      "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0");
  if (!set) return std::unexpected(set.error());
  if (planted("commit-is-not-synced")) (void)db->exec("PRAGMA synchronous = OFF");
  const auto mode = db->text("PRAGMA journal_mode = WAL");
  if (!mode) return std::unexpected(mode.error());
  if (*mode != "wal") return fail(ErrorKind::io, "the file system cannot keep a write-ahead log", dir.path());
  return db;
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& dir, Access access, Tokens& tokens,
                                                 const SqliteOptions& options) {
  auto opened = access == Access::write ? StoreDir::make(dir) : StoreDir::existing(dir);
  if (!opened) return std::unexpected(opened.error());
  if (access == Access::write)
    if (const auto locked = opened->lock(); !locked) return std::unexpected(locked.error());
  const std::string file = opened->file(kDatabaseFile);
  const auto located = [&](Error error) {
    if (error.where.empty()) error.where = file;
    return std::unexpected(std::move(error));
  };
  if (!opened->has(kDatabaseFile)) {
    if (access == Access::read) return fail(ErrorKind::not_found, "no journal has been kept here", dir);
    auto made = make_database(*opened, StoreId("s-" + tokens.hex(kStoreIdBytes)), options);
    if (!made) return located(std::move(made.error()));
  }
  auto db = open_database(*opened, access, options);
  if (!db) return located(std::move(db.error()));
  auto held = std::make_unique<Database>(std::move(*db));
  auto reader = SqliteReader::make(*held);
  if (!reader) return located(std::move(reader.error()));
  auto store = std::make_unique<SqliteStore>(std::move(*opened), std::move(held), std::move(*reader), access, options);
  if (auto begun = store->begin(); !begun) return located(std::move(begun.error()));
  return store;
}

}  // namespace unjam::state
