// Counts how often the engine comes to each point of its work, and tells whether it is met there.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "orchestrator/rehearsal/scenario.h"

namespace unjam::rehearsal {

class Blows {
 public:
  explicit Blows(const std::vector<Mishap>& mishaps);

  // The engine is at this point once more. The mishap of a process that meets it there now, or null.
  const Mishap* reach(Point point);
  // The same for the k-th write: a fault of the store.
  const Mishap* write();
  // The same for the k-th intent: the process stands still after it.
  const Mishap* intent();
  std::int64_t count(Point point) const { return counts_[static_cast<std::size_t>(point)]; }

  // The process of this blow is dead; its own code must not go on.
  const Mishap* struck = nullptr;

 private:
  const Mishap* find(MishapKind kind, std::optional<Point> point, std::int64_t count) const;

  std::vector<Mishap> mishaps_;
  std::array<std::int64_t, std::size(kPointWords)> counts_{};
  std::int64_t writes_ = 0;
  std::int64_t intents_ = 0;
};

}  // namespace unjam::rehearsal
