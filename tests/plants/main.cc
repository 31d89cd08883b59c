// Tests of the tests: for each planted bug, rehearsals until a checker finds it. See script/plants.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "tests/plants/hunt.h"
#include "tests/plants/plants.h"

namespace {

using namespace unjam;

constexpr std::uint64_t kSeeds = 400;  // of each field; what needs more deserves a trial of its own

struct Options {
  std::uint64_t share = 0;  // of ...
  std::uint64_t of = 1;     // ... so many processes: every of-th bug
  std::uint64_t seeds = kSeeds;
  std::string_view only{};
  bool list = false;
};

bool number(std::string_view text, std::uint64_t& out) {
  const auto end = text.data() + text.size();
  return std::from_chars(text.data(), end, out).ptr == end && !text.empty();
}

bool read(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--list") {
      options.list = true;
      continue;
    }
    if (i + 1 == argc) return false;
    const std::string_view value = argv[++i];
    const auto slash = value.find('/');
    if (word == "--only") {
      options.only = value;
    } else if (word == "--seeds") {
      if (!number(value, options.seeds)) return false;
    } else if (word != "--share" || slash == std::string_view::npos || !number(value.substr(0, slash), options.share) ||
               !number(value.substr(slash + 1), options.of) || options.of == 0) {
      return false;
    }
  }
  return true;
}

double seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

// One line; whether it is as it should be: a planted bug is found, and without one nothing is.
bool tell(std::string_view name, const rehearsal::Hunted& hunted, double took) {
  const bool control = name.empty();
  const auto label = control ? "(no bug planted)" : name;
  const auto effort = fmt::format("{} rehearsals, {:.1f} s", hunted.rehearsals, took);
  if (!hunted.found) {
    fmt::print("{:8} {:30} nothing in {}\n", control ? "ok" : "ESCAPED", label, effort);
  } else {
    fmt::print("{:8} {:30} by {}, {} ({}): {}\n", control ? "FAILED" : "found", label, hunted.found->checker,
               hunted.found->where, effort, hunted.found->text);
  }
  std::fflush(stdout);
  return hunted.found.has_value() != control;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read(argc, argv, options)) {
    fmt::print(stderr, "unjam_plants [--list] [--only NAME] [--share I/N] [--seeds N]\n");
    return 2;
  }
  std::vector<std::string_view> names{""};
  for (const auto& one : plants()) names.push_back(one.name);
  if (options.list) {
    for (const auto& one : plants()) fmt::print("{:30} {}\n", one.name, one.what);
    return 0;
  }
  spdlog::set_level(spdlog::level::off);
  const auto fields = rehearsal::fields();
  if (!fields) {
    fmt::print(stderr, "{}\n", fields.error().text());
    return 2;
  }
  const auto trials = rehearsal::trials(*fields);
  int passed = 0;
  int failed = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (options.only.empty() ? i % options.of != options.share : names[i] != options.only) continue;
    plant(names[i]);
    const double begun = seconds();
    const auto hunted = rehearsal::hunt(*fields, trials, options.seeds);
    ++(tell(names[i], hunted, seconds() - begun) ? passed : failed);
    plant({});
  }
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
