#include "state/sqlite_reader.h"

#include <fmt/format.h>

#include <boost/describe/enum_from_string.hpp>
#include <utility>

#include "state/hash_chain.h"

namespace unjam::state {
namespace {

Wall wall(std::int64_t milliseconds) {
  return Wall{Millis(milliseconds)};
}

Result<RunEntry> read_run(const Statement& row) {
  RunEntry entry{.num = row.number(0),
                 .row = {.id = RunId(row.text(1)),
                         .playbook = row.text(2),
                         .summary = row.text(3),
                         .created = wall(row.number(4)),
                         .seq = row.number(5)},
                 .head = row.text(8)};
  const bool known = boost::describe::enum_from_string(row.text(6).c_str(), entry.row.phase) &&
                     boost::describe::enum_from_string(row.text(7).c_str(), entry.row.end);
  if (!known) return fail(ErrorKind::corrupt, "its phase is no phase", "run " + entry.row.id.text);
  return entry;
}

Result<EffectRow> read_effect(const Statement& row) {
  return EffectRow{.run = RunId(row.text(0)),
                   .intent = row.text(1),
                   .action = row.text(2),
                   .host = row.text(3),
                   .began = wall(row.number(4)),
                   .ended = row.null(5) ? std::nullopt : std::optional(wall(row.number(5)))};
}

Holder read_holder(const Statement& row) {
  return {RunId(row.text(1)), wall(row.number(2))};
}

}  // namespace

const char* SqliteReader::text_of(Query query) {
  switch (query) {
    case kSelectRun:
      return "SELECT num, id, playbook, summary, created_ms, head_seq, phase, end, head_hash FROM runs WHERE id = ?1";
    case kSelectRuns:
      return "SELECT num, id, playbook, summary, created_ms, head_seq, phase, end, head_hash FROM runs "
             "ORDER BY num DESC";
    case kSelectEvents:
      return "SELECT seq, kind, wall_ms, mono_ms, body, hash FROM events WHERE run = ?1 ORDER BY seq";
    case kSelectIntent:
      return "SELECT 1 FROM effects WHERE intent = ?1";
    case kSelectEffects:
      return "SELECT r.id, e.intent, e.action, e.host, e.began_ms, e.ended_ms FROM effects e "
             "JOIN runs r ON r.num = e.run "
             "WHERE e.ended_ms IS NULL OR e.ended_ms >= ?1 OR e.began_ms >= ?1 ORDER BY e.num";
    case kSelectEffectsOf:
      return "SELECT r.id, e.intent, e.action, e.host, e.began_ms, e.ended_ms FROM effects e "
             "JOIN runs r ON r.num = e.run "
             "WHERE e.action = ?1 AND (e.ended_ms IS NULL OR e.ended_ms > ?2) ORDER BY e.num";
    case kSelectSlots:
      return "SELECT s.host, r.id, s.since_ms FROM slots s JOIN runs r ON r.num = s.run ORDER BY s.host";
    case kSelectLocks:
      return "SELECT l.lock, r.id, l.since_ms FROM locks l JOIN runs r ON r.num = l.run ORDER BY l.lock";
    case kQueries:
      break;
  }
  return "";
}

Result<SqliteReader> SqliteReader::make(const Database& db) {
  SqliteReader reader;
  reader.db_ = &db;
  for (std::size_t i = 0; i < kQueries; ++i) {
    auto statement = db.prepare(text_of(static_cast<Query>(i)));
    if (!statement) return std::unexpected(std::move(statement.error()));
    reader.statements_[i] = std::move(*statement);
  }
  const auto id = db.text("SELECT value FROM meta WHERE key = 'store'");
  if (!id) return std::unexpected(id.error());
  if (id->empty()) return fail(ErrorKind::corrupt, "the store has no id");
  reader.id_ = StoreId(*id);
  return reader;
}

// What `read` makes of each row of `query`, whose parameters are bound already.
template <typename Read>
auto SqliteReader::rows_of(Query query, Read read)
    -> Result<std::vector<typename std::invoke_result_t<Read, Statement&>::value_type>> {
  Statement& select = statements_[query];
  const Rows reset(select);
  std::vector<typename std::invoke_result_t<Read, Statement&>::value_type> all;
  for (;;) {
    const auto row = select.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return all;
    auto one = read(select);
    if (!one) return std::unexpected(std::move(one.error()));
    all.push_back(std::move(*one));
  }
}

Result<std::optional<RunEntry>> SqliteReader::find_run(const RunId& run) {
  statements_[kSelectRun].bind(1, run.text);
  auto found = rows_of(kSelectRun, read_run);
  if (!found) return std::unexpected(std::move(found.error()));
  if (found->empty()) return std::optional<RunEntry>();
  return std::optional(std::move(found->front()));
}

Result<bool> SqliteReader::has_intent(const std::string& intent) {
  const Rows reset(statements_[kSelectIntent]);
  return statements_[kSelectIntent].bind(1, intent).step();
}

Result<std::vector<EffectRow>> SqliteReader::effects_of(const std::string& action, Wall since) {
  statements_[kSelectEffectsOf].bind(1, action).bind(2, since.since_epoch.count());
  return rows_of(kSelectEffectsOf, read_effect);
}

Result<std::vector<EffectRow>> SqliteReader::effects(Wall since) {
  statements_[kSelectEffects].bind(1, since.since_epoch.count());
  return rows_of(kSelectEffects, read_effect);
}

Result<std::vector<SlotRow>> SqliteReader::slots() {
  return rows_of(kSelectSlots, [](const Statement& row) { return Result<SlotRow>({row.text(0), read_holder(row)}); });
}

Result<std::vector<LockRow>> SqliteReader::locks() {
  return rows_of(kSelectLocks, [](const Statement& row) { return Result<LockRow>({row.text(0), read_holder(row)}); });
}

Result<std::vector<RunRow>> SqliteReader::runs() {
  return rows_of(kSelectRuns, [](const Statement& row) -> Result<RunRow> {
    auto entry = read_run(row);
    if (!entry) return std::unexpected(std::move(entry.error()));
    return std::move(entry->row);
  });
}

// One event; `hash` is the chain before it and becomes the chain with it.
Result<Event> SqliteReader::read_event(const Statement& row, const RunId& run, std::int64_t seq,
                                       std::string& hash) const {
  const auto bad = [&](std::string message) {
    return fail(ErrorKind::corrupt, std::move(message), fmt::format("run {}, event {}", run.text, seq));
  };
  if (row.number(0) != seq) return bad("is missing");
  const auto kind = kind_named(row.text(1));
  if (!kind) return bad(fmt::format("is of unknown kind '{}': damaged, or made by a newer Unjam", row.text(1)));
  const Now at{.mono = {Millis(row.number(3))}, .wall = wall(row.number(2))};
  const std::string text = row.text(4);
  hash = chain_link(hash, seq, *kind, at, text);
  if (hash != row.text(5)) return bad("is not what was written: its hash differs");
  if (*kind == EventKind::run_created)
    if (const auto format = format_of(text); format && *format > kFormatVersion) {
      return bad(fmt::format("has format {}, made by a newer Unjam; this one reads up to {}", *format, kFormatVersion));
    }
  auto body = decode(*kind, text);
  if (!body) return bad(std::move(body.error().message));
  return Event{.seq = seq, .wall = at.wall, .mono = at.mono, .body = std::move(*body)};
}

Result<std::vector<Event>> SqliteReader::load_in_transaction(const RunId& run) {
  const auto entry = find_run(run);
  if (!entry) return std::unexpected(entry.error());
  if (!*entry) return fail(ErrorKind::not_found, fmt::format("no run {}", run.text));
  std::string hash = chain_start(id_, run);
  std::int64_t seq = 0;
  statements_[kSelectEvents].bind(1, (*entry)->num);
  auto events = rows_of(kSelectEvents, [&](const Statement& row) { return read_event(row, run, ++seq, hash); });
  if (!events) return events;
  if (seq != (*entry)->row.seq || hash != (*entry)->head) {
    return fail(ErrorKind::corrupt, fmt::format("the journal ends here, but event {} was written", (*entry)->row.seq),
                fmt::format("run {}, event {}", run.text, seq));
  }
  return events;
}

// The owner may append between the head and the events, so both are read in one transaction.
Result<std::vector<Event>> SqliteReader::load(const RunId& run) {
  if (db_->in_transaction()) return load_in_transaction(run);
  if (const auto begun = db_->exec("BEGIN"); !begun) return std::unexpected(begun.error());
  auto events = load_in_transaction(run);
  if (const auto over = db_->exec("ROLLBACK"); !over && events) return std::unexpected(over.error());
  return events;
}

}  // namespace unjam::state
