// The reading half of the journal's database: rows back to events, the hash chain verified on the way. Used by the
// owner inside its transactions and by readers beside it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "state/sqlite_db.h"
#include "state/store.h"

namespace unjam::state {

struct RunEntry {
  std::int64_t num = 0;  // key of the other tables; 0: not in the database yet
  RunRow row;
  std::string head;  // hash of the last event
};

class SqliteReader {
 public:
  // `db` must outlive it. ErrorKind::corrupt: no store id.
  static Result<SqliteReader> make(const Database& db);

  const StoreId& id() const { return id_; }

  Result<std::vector<Event>> load(const RunId& run);
  Result<std::vector<RunRow>> runs();
  Result<std::vector<SlotRow>> slots();
  Result<std::vector<LockRow>> locks();
  Result<std::vector<EffectRow>> effects(Wall since);

  Result<std::optional<RunEntry>> find_run(const RunId& run);
  Result<bool> has_intent(const std::string& intent);
  Result<std::vector<EffectRow>> effects_of(const std::string& action, Wall since);  // ended after, or still open

 private:
  enum Query : std::size_t {
    kSelectRun,
    kSelectRuns,
    kSelectEvents,
    kSelectIntent,
    kSelectEffects,
    kSelectEffectsOf,
    kSelectSlots,
    kSelectLocks,
    kQueries
  };
  static const char* text_of(Query query);

  template <typename Read>
  auto rows_of(Query query, Read read)
      -> Result<std::vector<typename std::invoke_result_t<Read, Statement&>::value_type>>;
  Result<std::vector<Event>> load_in_transaction(const RunId& run);
  Result<Event> read_event(const Statement& row, const RunId& run, std::int64_t seq, std::string& hash) const;

  const Database* db_ = nullptr;
  std::array<Statement, kQueries> statements_;
  StoreId id_;
};

}  // namespace unjam::state
