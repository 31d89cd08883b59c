// Values as text, and durations and timestamps read from it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "playbooks/value.h"

namespace unjam::playbooks {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};
// Longest first: "ms" is no "m".
constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                      {"us", 1'000},
                                      {"\xC2\xB5s", 1'000},
                                      {"ms", 1'000'000},
                                      {"s", kNanosPerSecond},
                                      {"m", 60 * kNanosPerSecond},
                                      {"h", 3'600 * kNanosPerSecond},
                                      {"d", 86'400 * kNanosPerSecond}}};

const Unit* unit_at(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (text.starts_with(unit.name)) return &unit;
  }
  return nullptr;
}

// total -= whole * unit + fraction * unit, kept negative so that -2^63 ns can be spelled. False on overflow.
bool subtract(std::int64_t& total, std::string_view whole, std::string_view fraction, std::int64_t unit) {
  std::uint64_t n = 0;
  if (!whole.empty()) {
    const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), n);
    if (error != std::errc() || end != whole.data() + whole.size()) return false;
  }
  std::uint64_t nanos = 0;
  if (__builtin_mul_overflow(n, unit, &nanos) || __builtin_sub_overflow(total, nanos, &total)) return false;
  std::int64_t part = unit;
  for (const char digit : fraction) {
    if (part % 10 != 0) break;  // below a nanosecond
    part /= 10;
    if (__builtin_sub_overflow(total, part * (digit - '0'), &total)) return false;
  }
  return true;
}

std::string_view take_digits(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  const std::string_view digits = text.substr(0, n);
  text.remove_prefix(n);
  return digits;
}

// Exactly `count` digits, or -1.
int take_number(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int n = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return -1;
    n = n * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return n;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// `Z` or +hh:mm, in seconds.
bool take_offset(std::string_view& text, std::int64_t& seconds) {
  seconds = 0;
  if (take(text, "Z") || take(text, "z")) return true;
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return false;
  const int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  const int hours = take_number(text, 2);
  if (hours < 0 || hours > 23 || !take(text, ":")) return false;
  const int minutes = take_number(text, 2);
  if (minutes < 0 || minutes > 59) return false;
  seconds = sign * (hours * 3600 + minutes * 60);
  return true;
}

// Whether a decimal number outside of the doubles is below them: the power of ten of its first digit is negative.
bool is_tiny(std::string_view digits) {
  if (digits.starts_with('-')) digits.remove_prefix(1);
  std::string_view mantissa = digits.substr(0, digits.find_first_of("eE"));
  std::string_view exponent = digits.substr(std::min(mantissa.size() + 1, digits.size()));
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  std::int64_t power = 0;
  const auto [end, error] = std::from_chars(exponent.data(), exponent.data() + exponent.size(), power);
  if (error == std::errc::result_out_of_range) return exponent.starts_with('-');
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = std::min(mantissa.find_first_of("123456789"), mantissa.size());
  return power + static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) < 0;
}

std::string decimals(std::int64_t nanos) {
  if (nanos == 0) return {};
  std::string digits = fmt::format(".{:09}", nanos);
  while (digits.back() == '0') digits.pop_back();
  return digits;
}

// Magnitude and sign apart: -2^63 has no positive twin in int64.
struct Split {
  bool negative;
  std::uint64_t seconds;
  std::int64_t nanos;
};

Split split(Duration d) {
  const std::int64_t n = d.count();
  const std::uint64_t magnitude = n < 0 ? 0 - static_cast<std::uint64_t>(n) : static_cast<std::uint64_t>(n);
  return {n < 0, magnitude / kNanosPerSecond, static_cast<std::int64_t>(magnitude % kNanosPerSecond)};
}

std::string spell_duration(Duration d) {
  const Split s = split(d);
  const std::array<std::pair<std::uint64_t, char>, 3> units{{{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}}};
  std::string out = s.negative ? "-" : "";
  std::uint64_t rest = s.seconds;
  bool first = true;
  for (const auto& [seconds, letter] : units) {
    if (rest < seconds) continue;
    out += fmt::format("{}{}{}", first ? "" : " ", rest / seconds, letter);
    rest %= seconds;
    first = false;
  }
  if (rest > 0 || s.nanos > 0 || first) out += fmt::format("{}{}{}s", first ? "" : " ", rest, decimals(s.nanos));
  return out;
}

std::string join(const std::vector<Value>& items) {
  std::string out;
  for (const Value& item : items) out += (out.empty() ? "" : ", ") + spell(item);
  return out;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto refuse = [text](std::string_view why) {
    return fail(ErrorKind::invalid, fmt::format("\"{}\" {}", text, why));
  };
  std::string_view rest = text;
  const bool negative = take(rest, "-");
  if (!negative) take(rest, "+");
  if (rest.empty()) return refuse("is no duration: write 30s, 5m, 4h or 1d");
  std::int64_t total = 0;
  while (!rest.empty()) {
    const std::string_view whole = take_digits(rest);
    const bool point = take(rest, ".");
    const std::string_view fraction = point ? take_digits(rest) : std::string_view();
    const Unit* unit = unit_at(rest);
    if ((whole.empty() && fraction.empty()) || unit == nullptr) {
      return refuse("is no duration: write 30s, 5m, 4h or 1d");
    }
    rest.remove_prefix(unit->name.size());
    if (!subtract(total, whole, fraction, unit->nanos)) return refuse("is outside of the range of durations");
  }
  if (!negative && __builtin_sub_overflow(std::int64_t{0}, total, &total)) {
    return refuse("is outside of the range of durations");
  }
  return Duration(total);
}

std::string duration_text(Duration d) {
  const Split s = split(d);
  return fmt::format("{}{}{}s", s.negative ? "-" : "", s.seconds, decimals(s.nanos));
}

Result<Timestamp> parse_timestamp(std::string_view text) {
  const auto refuse = [text] {
    return fail(ErrorKind::invalid,
                fmt::format("\"{}\" is no RFC 3339 time from year 1 to 9999, as 2026-12-28T00:00:00Z", text));
  };
  std::string_view rest = text;
  const int year = take_number(rest, 4);
  if (year < 1 || !take(rest, "-")) return refuse();
  const int month = take_number(rest, 2);
  if (month < 1 || !take(rest, "-")) return refuse();
  const int day = take_number(rest, 2);
  if (day < 1 || (!take(rest, "T") && !take(rest, "t"))) return refuse();
  const int hour = take_number(rest, 2);
  if (hour < 0 || hour > 23 || !take(rest, ":")) return refuse();
  const int minute = take_number(rest, 2);
  if (minute < 0 || minute > 59 || !take(rest, ":")) return refuse();
  const int second = take_number(rest, 2);
  if (second < 0 || second > 59) return refuse();
  std::int64_t nanos = 0;
  if (take(rest, ".")) {
    const std::string_view digits = take_digits(rest);
    if (digits.empty()) return refuse();
    for (std::size_t i = 0; i < 9; ++i) nanos = nanos * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  }
  std::int64_t offset = 0;
  if (!take_offset(rest, offset) || !rest.empty()) return refuse();

  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return refuse();
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = days * 86'400 + hour * 3600 + minute * 60 + second - offset;
  if (seconds < kMinTimestamp || seconds > kMaxTimestamp) return refuse();
  return Timestamp{seconds, static_cast<std::int32_t>(nanos)};
}

std::string timestamp_text(const Timestamp& t) {
  const std::chrono::sys_seconds instant{std::chrono::seconds(t.seconds)};
  const auto midnight = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{midnight};
  const std::chrono::hh_mm_ss clock{instant - midnight};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), decimals(t.nanos));
}

Result<double> parse_double(std::string_view text) {
  const std::string_view digits = text.size() > 1 && text[0] == '+' && text[1] != '-' ? text.substr(1) : text;
  const char* const last = digits.data() + digits.size();
  double d = 0;
  const auto [end, error] = std::from_chars(digits.data(), last, d);
  const bool whole = end == last && digits.find('(') == std::string_view::npos;  // nan(...) is C's
  if (whole && error == std::errc()) return d;
  // from_chars tells too small and too large alike: the place of the first digit tells them apart.
  if (whole && error == std::errc::result_out_of_range && is_tiny(digits)) return digits[0] == '-' ? -0.0 : 0.0;
  return fail(ErrorKind::invalid, fmt::format("\"{}\" is no double", text));
}

std::string double_text(double d) {
  if (std::isnan(d)) return "NaN";
  if (std::isinf(d)) return d < 0 ? "-Infinity" : "Infinity";
  constexpr double kPlainBelow = 1e21;  // above, and below 1e-6, digits alone are hard to read
  const double magnitude = std::fabs(d);
  const bool plain = magnitude == 0 || (magnitude < kPlainBelow && magnitude >= 1e-6);
  std::array<char, 64> buffer{};
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), d, format).ptr;
  return std::string(buffer.data(), end);
}

std::string spell(const Value& value) {
  if (const auto* text = value.as_text()) return *text;
  if (const auto* host = value.as_host()) return host->name;
  if (const auto* b = value.as_bool()) return *b ? "true" : "false";
  if (const auto* n = value.as_int()) return std::to_string(*n);
  if (const auto* d = value.as_double()) return double_text(*d);
  if (const auto* d = value.as_duration()) return spell_duration(*d);
  if (const auto* t = value.as_timestamp()) return timestamp_text(*t);
  if (const auto* items = value.as_list()) return join(*items);
  if (const auto* items = value.as_set()) return join(*items);
  std::string out;
  const auto add = [&out](const std::string& key, const Value& entry) {
    out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", key, spell(entry));
  };
  if (const auto* entries = value.as_map()) {
    for (const auto& [key, entry] : *entries) add(spell(key), entry);
    return out;
  }
  if (const auto* fields = value.as_record()) {
    for (const auto& [key, entry] : *fields) add(key, entry);
    return out;
  }
  return std::holds_alternative<SecretRef>(value.data()) ? "***" : "null";
}

}  // namespace unjam::playbooks
