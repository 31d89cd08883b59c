#include "orchestrator/cli/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "playbooks/diagnostic.h"
#include "playbooks/source.h"
#include "playbooks/value.h"

namespace unjam::cli {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Unicode 15 East Asian Width W and F, as blocks: enough for host names and messages of people.
constexpr std::array<Range, 12> kWide = {{{0x1100, 0x115F},
                                          {0x2E80, 0x303E},
                                          {0x3041, 0x33FF},
                                          {0x3400, 0x4DBF},
                                          {0x4E00, 0x9FFF},
                                          {0xA000, 0xA4CF},
                                          {0xAC00, 0xD7A3},
                                          {0xF900, 0xFAFF},
                                          {0xFE30, 0xFE6F},
                                          {0xFF00, 0xFF60},
                                          {0xFFE0, 0xFFE6},
                                          {0x1F300, 0x3FFFD}}};
constexpr std::array<Range, 4> kNone = {{{0x0300, 0x036F}, {0x200B, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}}};

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(), [c](const Range& r) { return c >= r.first && c <= r.last; });
}

std::size_t columns_of(char32_t c) {
  if (in(kNone, c)) return 0;
  return in(kWide, c) ? 2 : 1;
}

std::string_view code_of(Tone tone) {
  switch (tone) {
    case Tone::good:
      return "\x1b[32m";
    case Tone::bad:
      return "\x1b[1;31m";
    case Tone::warn:
      return "\x1b[33m";
    case Tone::dim:
      return "\x1b[2m";
    case Tone::strong:
      return "\x1b[1m";
    case Tone::plain:
      break;
  }
  return {};
}

}  // namespace

std::string paint(const Look& look, Tone tone, std::string_view text) {
  const auto code = code_of(tone);
  if (!look.colour || code.empty() || text.empty()) return std::string(text);
  return fmt::format("{}{}\x1b[0m", code, text);
}

std::size_t columns(std::string_view text) {
  std::size_t sum = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto point = playbooks::decode_utf8(text, at);
    sum += columns_of(point.value);
    at += point.bytes;
  }
  return sum;
}

std::string clip(std::string_view text, std::size_t width) {
  if (width == 0 || columns(text) <= width) return std::string(text);
  const std::size_t room = width > 3 ? width - 3 : 0;
  std::size_t taken = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto point = playbooks::decode_utf8(text, at);
    const auto wide = columns_of(point.value);
    if (taken + wide > room) break;
    taken += wide;
    at += point.bytes;
  }
  return std::string(text.substr(0, at)) + std::string(std::min<std::size_t>(width, 3), '.');
}

std::string pad(std::string_view text, std::size_t width) {
  std::string out(text);
  const auto have = columns(text);
  if (have < width) out.append(width - have, ' ');
  return out;
}

std::string one_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  std::string joined;
  joined.reserve(text.size());
  for (const char c : text) {
    if (c == '\n')
      joined += " | ";
    else if (c != '\r')
      joined += c;
  }
  return playbooks::printable(joined);
}

std::string brief(Millis duration, bool fine) {
  const bool negative = duration.count() < 0;
  const auto ms = negative ? -duration.count() : duration.count();
  const auto s = ms / 1000;
  std::string text;
  if (s == 0 && fine && ms > 0)
    text = fmt::format("{}ms", ms);
  else if (s < 60)
    text = fmt::format("{}s", s);
  else if (s < 3600)
    text = s % 60 == 0 ? fmt::format("{}m", s / 60) : fmt::format("{}m {:02}s", s / 60, s % 60);
  else if (s < 86'400)
    text = s / 60 % 60 == 0 ? fmt::format("{}h", s / 3600) : fmt::format("{}h {:02}m", s / 3600, s / 60 % 60);
  else
    text = fmt::format("{}d {:02}h", s / 86'400, s / 3600 % 24);
  return negative ? "-" + text : text;
}

std::string clock_text(Wall when) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(when.since_epoch).count();
  const playbooks::Timestamp t{std::clamp(seconds, playbooks::kMinTimestamp, playbooks::kMaxTimestamp), 0};
  auto text = playbooks::timestamp_text(t);
  std::replace(text.begin(), text.end(), 'T', ' ');
  return text;
}

std::string offset_text(Millis since_start) {
  const auto s = std::max<std::int64_t>(0, since_start.count() / 1000);
  return fmt::format("+{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string counted(std::size_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

}  // namespace unjam::cli
