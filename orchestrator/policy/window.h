// Windows and freezes: spans of wall time in a named zone of the tz database. Pure: `now` comes in.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "playbooks/policy.h"
#include "state/base/result.h"
#include "state/base/time.h"

namespace unjam::policy {

// Whether `now` lies in the span: from inclusive, to exclusive. "22:00" to "05:00" crosses midnight; "2026-12-28 00:00"
// names a date. A local time that daylight saving skips counts as the moment of the change, one that it repeats as the
// first of the two. ErrorKind::invalid: a malformed time or an unknown zone; who asks treats it as closed.
Result<bool> inside(const playbooks::WindowRule& rule, Wall now);

struct WindowVerdict {
  bool open = false;
  std::string cause;  // window, freeze
  std::string text;   // why not, and when it opens
};

// No windows: any hour. A freeze binds effects above its `above`.
WindowVerdict ask_windows(const playbooks::Policy& policy, playbooks::Effect effect, Wall now);

}  // namespace unjam::policy
