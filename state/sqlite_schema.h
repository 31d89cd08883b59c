// What a new journal's database looks like, and how an old one becomes a present one.
#pragma once

#include "state/base/ids.h"
#include "state/sqlite_db.h"

namespace unjam::state {

inline constexpr std::int64_t kSchemaVersion = 1;           // PRAGMA user_version
inline constexpr std::int64_t kApplicationId = 0x556E6A61;  // "Unja": PRAGMA application_id

// Makes the tables in an empty database, or checks that those of an existing one are ours and can be read. Whether it
// was empty. ErrorKind::corrupt: not a journal of Unjam, or one of a newer version.
Result<bool> make_or_check_schema(const Database& db, const StoreId& id_if_new);
Result<void> check_schema(const Database& db);

}  // namespace unjam::state
