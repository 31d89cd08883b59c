// A run, followed to its end: driven in this process, which then owns the state directory, or by the process that does.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "orchestrator/cli/context.h"
#include "state/run.h"

namespace unjam::cli {

// What is asked for: a start, or that an existing run is taken up.
struct Wanted {
  std::optional<service::StartRequest> start{};
  service::Op take_up = service::Op::resume;  // resume, rollback; cancel: resume, and cancel at once
  RunId run{};                                // of take_up
  // Says how it ended, instead of the usual report, and gives the exit code; nothing is shown before.
  std::function<int(const Context&, const state::Run&)> finish{};
};

// Exit code. Ctrl-C once: cancel; twice: leave (6). SIGTERM, SIGHUP: leave.
int drive(const Context& context, const Wanted& wanted);

}  // namespace unjam::cli
