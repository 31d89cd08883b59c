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

}  // namespace

Result<void> check_schema(const Database& db) {
  const auto application = db.number("PRAGMA application_id");
  if (!application) return std::unexpected(application.error());
  const auto version = db.number("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (*application != kApplicationId) return corrupt("is not a journal of Unjam");
  if (*version > kSchemaVersion) {
    return corrupt(
        fmt::format("was made by a newer Unjam (schema {}; this one reads up to {})", *version, kSchemaVersion));
  }
  if (*version < 1) return corrupt(fmt::format("has the schema {}, which never was", *version));
  return {};
}

Result<void> make_schema(const Database& db, const StoreId& id) {
  return db.exec(
      fmt::format("BEGIN IMMEDIATE; {} INSERT INTO meta VALUES('store', '{}'), ('epoch', 0), ('closed', 1);"
                  "PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT",
                  kTables, id.text, kApplicationId, kSchemaVersion));
}

}  // namespace unjam::state
