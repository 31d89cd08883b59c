// What was measured: one row for each figure, beside the raw limit or the peer that was measured in the same run.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace unjam::bench {

struct Row {
  std::string what;
  std::string measured;
  std::string beside{};           // the raw limit or the peer, and what it is
  std::optional<double> ratio{};  // to what stands beside it
  std::string target{};           // empty: for information
  std::optional<bool> met{};      // with a target
};

// Prints a row as soon as it is known: a whole run takes minutes.
class Table {
 public:
  void head() const;
  void add(const Row& row);
  // What could not be measured, and why. It counts as missed: a figure that nobody saw is no figure.
  void cannot(const std::string& what, const std::string& why);

  std::size_t targets() const { return targets_; }
  std::size_t missed() const { return missed_; }

 private:
  std::size_t targets_ = 0;
  std::size_t missed_ = 0;
};

// The measured times of one thing, in seconds; the middle one is what counts.
double median(std::vector<double> values);

std::string as_time(double seconds);     // "12.3 ms"
std::string as_rate(double per_second);  // "12.3 k/s"

Row at_most_seconds(std::string what, double seconds, double limit);
Row at_least_rate(std::string what, double per_second, double least);

}  // namespace unjam::bench
