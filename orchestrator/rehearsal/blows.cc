#include "orchestrator/rehearsal/blows.h"

#include <algorithm>

namespace unjam::rehearsal {

Blows::Blows(const std::vector<Mishap>& mishaps) {
  for (const auto& mishap : mishaps) {
    const bool counted = mishap.kind == MishapKind::killed || mishap.kind == MishapKind::paused ||
                         mishap.kind == MishapKind::io_error || mishap.kind == MishapKind::io_unknown;
    if (counted) mishaps_.push_back(mishap);
  }
}

const Mishap* Blows::find(MishapKind kind, std::optional<Point> point, std::int64_t count) const {
  const auto found = std::ranges::find_if(mishaps_, [&](const Mishap& mishap) {
    return mishap.kind == kind && mishap.nth == count && (!point || mishap.point == *point);
  });
  return found == mishaps_.end() ? nullptr : &*found;
}

const Mishap* Blows::reach(Point point) {
  const auto count = ++counts_[static_cast<std::size_t>(point)];
  const auto* met = find(MishapKind::killed, point, count);
  if (met != nullptr) struck = met;
  return met;
}

const Mishap* Blows::write() {
  const auto count = ++writes_;
  const auto* met = find(MishapKind::io_error, std::nullopt, count);
  return met != nullptr ? met : find(MishapKind::io_unknown, std::nullopt, count);
}

const Mishap* Blows::intent() {
  return find(MishapKind::paused, std::nullopt, ++intents_);
}

}  // namespace unjam::rehearsal
