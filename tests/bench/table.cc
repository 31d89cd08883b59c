#include "tests/bench/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace unjam::bench {
namespace {

constexpr const char* kLine = "{:<50} {:>11}  {:<34} {:>6}  {:<20} {}\n";

void print(const std::string& line) {
  std::fputs(line.c_str(), stdout);
  std::fflush(stdout);
}

std::string verdict(const std::optional<bool>& met) {
  if (!met) return "";
  return *met ? "met" : "MISSED";
}

}  // namespace

void Table::head() const {
  print(fmt::format(kLine, "what", "measured", "beside it, in the same run", "ratio", "target", ""));
}

void Table::add(const Row& row) {
  if (row.met) {
    ++targets_;
    if (!*row.met) ++missed_;
  }
  const std::string ratio = row.ratio ? fmt::format("{:.2f}", *row.ratio) : "";
  print(fmt::format(kLine, row.what, row.measured, row.beside, ratio, row.target, verdict(row.met)));
}

void Table::cannot(const std::string& what, const std::string& why) {
  ++targets_;
  ++missed_;
  print(fmt::format(kLine, what, "-", "could not be measured: " + why, "", "", "MISSED"));
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

std::string as_time(double seconds) {
  if (seconds >= 1) return fmt::format("{:.2f} s", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.1f} ms", seconds * 1e3);
  return fmt::format("{:.2f} us", seconds * 1e6);
}

std::string as_rate(double per_second) {
  if (per_second >= 1e6) return fmt::format("{:.2f} M/s", per_second / 1e6);
  if (per_second >= 1e4) return fmt::format("{:.1f} k/s", per_second / 1e3);
  return fmt::format("{:.0f} /s", per_second);
}

Row at_most_seconds(std::string what, double seconds, double limit) {
  return {
      .what = std::move(what), .measured = as_time(seconds), .target = "<= " + as_time(limit), .met = seconds <= limit};
}

Row at_least_rate(std::string what, double per_second, double least) {
  return {.what = std::move(what),
          .measured = as_rate(per_second),
          .target = ">= " + as_rate(least),
          .met = per_second >= least};
}

}  // namespace unjam::bench
