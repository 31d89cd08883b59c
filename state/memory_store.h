// The reference implementation of Store: tests, rehearsals and the model fleet's runs keep their journal here. The same
// rules and the same conformance suite as on disk; nothing survives the process.
#pragma once

#include <memory>

#include "state/base/rng.h"
#include "state/store.h"

namespace unjam::state {

struct MemoryJournal;  // what a directory is to the store on disk: outlives its handles

std::shared_ptr<MemoryJournal> make_memory_journal(Tokens& tokens);

// ErrorKind::conflict: another handle of it writes.
Result<std::unique_ptr<Store>> open_memory_store(std::shared_ptr<MemoryJournal> journal, Access access);

}  // namespace unjam::state
