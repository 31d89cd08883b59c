#include "state/sqlite_schema.h"

#include <fmt/format.h>

namespace unjam::state {
namespace {

// Times in milliseconds. `runs` repeats what its events say, but for the head of the chain, which shows a tail cut off.
constexpr const char* kTables = R"(
CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE runs(
  num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, playbook TEXT NOT NULL, summary TEXT NOT NULL,
  created_ms INTEGER NOT NULL, phase TEXT NOT NULL, end TEXT NOT NULL,
  head_seq INTEGER NOT NULL, head_hash TEXT NOT NULL) STRICT;
CREATE TABLE events(
  run INTEGER NOT NULL REFERENCES runs(num), seq INTEGER NOT NULL, kind TEXT NOT NULL,
  wall_ms INTEGER NOT NULL, mono_ms INTEGER NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY(run, seq)) STRICT;
CREATE TABLE slots(
  host TEXT PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs(num), since_ms INTEGER NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE locks(
  lock TEXT PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs(num), since_ms INTEGER NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE effects(
  num INTEGER PRIMARY KEY, intent TEXT NOT NULL UNIQUE, run INTEGER NOT NULL REFERENCES runs(num),
  action TEXT NOT NULL, host TEXT NOT NULL, began_ms INTEGER NOT NULL, ended_ms INTEGER) STRICT;
CREATE INDEX effects_by_action ON effects(action, ended_ms);
CREATE INDEX effects_by_run ON effects(run);
)";

std::unexpected<Error> corrupt(std::string message) {
  return fail(ErrorKind::corrupt, std::move(message));
}

struct Marks {
  std::int64_t application = 0;
  std::int64_t version = 0;
  std::int64_t tables = 0;
};

Result<Marks> marks_of(const Database& db) {
  Marks marks;
  for (auto [sql, to] :
       {std::pair("PRAGMA application_id", &marks.application), std::pair("PRAGMA user_version", &marks.version),
        std::pair("SELECT count(*) FROM sqlite_schema", &marks.tables)}) {
    const auto number = db.number(sql);
    if (!number) return std::unexpected(number.error());
    *to = *number;
  }
  return marks;
}

Result<void> check(const Marks& marks) {
  if (marks.application != kApplicationId) return corrupt("is a database, but not a journal of Unjam");
  if (marks.version > kSchemaVersion) {
    return corrupt(
        fmt::format("was made by a newer Unjam (schema {}; this one reads up to {})", marks.version, kSchemaVersion));
  }
  if (marks.version < 1) return corrupt(fmt::format("has the schema {}, which never was", marks.version));
  return {};
}

}  // namespace

Result<void> check_schema(const Database& db) {
  const auto marks = marks_of(db);
  if (!marks) return std::unexpected(marks.error());
  return check(*marks);
}

Result<bool> make_or_check_schema(const Database& db, const StoreId& id_if_new) {
  const auto marks = marks_of(db);
  if (!marks) return std::unexpected(marks.error());
  if (marks->application != 0 || marks->version != 0 || marks->tables != 0) {
    if (const auto checked = check(*marks); !checked) return std::unexpected(checked.error());
    return false;
  }
  if (const auto wal = db.text("PRAGMA journal_mode = WAL"); !wal) return std::unexpected(wal.error());
  const std::string all = fmt::format(
      "BEGIN IMMEDIATE; {} INSERT INTO meta VALUES('store', '{}'), ('epoch', 0), ('closed', 1);"
      "PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT",
      kTables, id_if_new.text, kApplicationId, kSchemaVersion);
  if (const auto made = db.exec(all); !made) return std::unexpected(made.error());
  return true;
}

}  // namespace unjam::state
