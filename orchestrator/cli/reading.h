// How the reporting commands get at the journal: from the store itself, read-only, or, where its files are closed to
// the caller, through the socket of the process that owns it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "orchestrator/cli/context.h"
#include "orchestrator/cli/views.h"
#include "state/store.h"

namespace unjam::cli {

struct RunReading {
  state::Run run;
  std::vector<state::Event> events;
  Others others;
};

// The wall clock, for views that say how long ago something was.
Wall wall_now();

// The store itself, beside a living owner. ErrorKind::denied where its files are closed to the caller.
Result<std::unique_ptr<state::Store>> open_to_read(const std::string& state_dir);

Result<service::Listing> read_listing(const std::string& state_dir);

// `name`: an id, the beginning of exactly one, or `last`. ErrorKind::not_found, invalid if it fits several.
Result<RunId> find_run(const service::Listing& listing, const std::string& name);

Result<RunReading> read_run(const std::string& state_dir, const std::string& name);

// Whether a living process drives the run; nothing if that cannot be known.
std::optional<bool> driven(const std::string& state_dir, const RunId& run);

}  // namespace unjam::cli
