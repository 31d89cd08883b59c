// What a new journal's database looks like, and how an old one becomes a present one.
#pragma once

#include "state/base/ids.h"
#include "state/sqlite_db.h"

namespace unjam::state {

inline constexpr std::int64_t kSchemaVersion = 1;           // PRAGMA user_version
inline constexpr std::int64_t kApplicationId = 0x556E6A61;  // "Unja": PRAGMA application_id

// The tables and marks of an empty journal, in an empty database.
Result<void> make_schema(const Database& db, const StoreId& id);

// ErrorKind::corrupt: not a journal of Unjam (an empty file is none either), or one of a newer version.
Result<void> check_schema(const Database& db);

}  // namespace unjam::state
