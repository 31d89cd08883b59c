// Two clocks. Durations, limits and freshness are counted on the monotonic one; people, windows and records read the
// wall. Pure code takes `Now` as a value; only composition roots construct a Clock (tests/lint/bans.py sees to it).
#pragma once

#include <chrono>
#include <cstdint>

namespace unjam {

using Millis = std::chrono::milliseconds;

// Time since an arbitrary start. Goes on during suspend (CLOCK_BOOTTIME), never steps, has no meaning in another
// process.
struct Mono {
  Millis since_start{0};
  friend auto operator<=>(const Mono&, const Mono&) = default;
  friend Mono operator+(Mono t, Millis d) { return {t.since_start + d}; }
  friend Millis operator-(Mono a, Mono b) { return a.since_start - b.since_start; }
};

// UTC milliseconds since 1970-01-01. May step in either direction at any moment.
struct Wall {
  Millis since_epoch{0};
  friend auto operator<=>(const Wall&, const Wall&) = default;
  friend Wall operator+(Wall t, Millis d) { return {t.since_epoch + d}; }
  friend Millis operator-(Wall a, Wall b) { return a.since_epoch - b.since_epoch; }
};

struct Now {
  Mono mono;
  Wall wall;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Now now() const = 0;
};

}  // namespace unjam
