// A run that another process drives: started or taken up through its socket, and watched to its end.
#pragma once

#include <optional>
#include <vector>

#include "orchestrator/cli/drive.h"

namespace unjam::cli {

inline constexpr int kOwnerTries = 20;  // an owner that comes or goes, kOwnerPause apart
inline constexpr Millis kOwnerPause{150};

// The signals that a followed run answers to; not those that the caller had ignored (nohup).
std::vector<int> heard_signals();

// The exit code, or nothing: no owner answers at this moment (and it has paused). `last_try`: say so instead.
std::optional<int> follow(const Context& context, const Wanted& wanted, bool last_try);

}  // namespace unjam::cli
