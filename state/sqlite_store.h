// The journal on disk: one SQLite database in a state directory (FORMAT.md). WAL, synchronous=FULL, one read-write
// connection in the process that owns the directory; readers beside it.
//
// Durability: what append returned is on disk. After a failed write nothing is known about what is there
// (reliability.md 3.1), so the store refuses every later write until it is opened anew; opening after an owner that did
// not close it checks the whole file. A full disk: no new run and no new effect below free_floor(); when SQLite runs
// out of space all the same, the ballast is given up for the events that end what is under way.
//
// Thread: one at a time per store. Nothing of it awaits; a commit takes as long as the disk's sync.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "state/base/rng.h"
#include "state/store.h"
#include "state/store_dir.h"

namespace unjam::state {

struct SqliteOptions {
  std::int64_t ballast_bytes = kBallastBytes;
  std::string vfs{};                       // of SQLite, by name; tests put faults there
  std::function<Result<Space>()> space{};  // instead of the file system's own answer
};

// Opens DIR/journal.db; with Access::write makes directory and database if they are not there. `tokens` gives a new
// store its id and is not kept. ErrorKind::conflict: another process owns it (the message names it); not_found: nothing
// to read there; denied: no permission, or others may write to the directory; corrupt: damaged, not ours, or made by a
// newer Unjam; io.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& dir, Access access, Tokens& tokens,
                                                 const SqliteOptions& options = {});

}  // namespace unjam::state
