// Words, widths and colours for people. Pure: nothing here asks the terminal or the clock.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "state/base/time.h"

namespace unjam::cli {

// What the output can bear.
struct Look {
  bool colour = false;
  std::size_t width = 80;  // columns; 0: lines are never cut
  std::size_t height = 24;
};

enum class Tone { plain, good, bad, warn, dim, strong };

// `text` in ANSI colours, or as it is.
std::string paint(const Look& look, Tone tone, std::string_view text);

// Columns that `text` takes on a terminal: wide East Asian characters count two, combining ones none.
std::size_t columns(std::string_view text);

// At most `width` columns; what was cut is marked by "...". 0: not cut.
std::string clip(std::string_view text, std::size_t width);

// Filled up with blanks to `width` columns, never cut.
std::string pad(std::string_view text, std::size_t width);

// One line that is safe to print, whatever a host or a file sent: control and bidi characters replaced, line breaks as
// " | ".
std::string one_line(std::string_view text);

// 0s, 45s, 2m 10s, 3h 05m, 2d 04h. Below a second: 350ms if `fine`.
std::string brief(Millis duration, bool fine = false);

// 2026-01-05 03:12:44Z
std::string clock_text(Wall when);

// +00:04:12, hours go beyond 99.
std::string offset_text(Millis since_start);

// "1 host", "3 hosts".
std::string counted(std::size_t n, std::string_view noun);

}  // namespace unjam::cli
