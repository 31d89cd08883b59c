// The figures of the design, measured side by side in one run. Started by script/bench.
//
//   unjam_bench UNJAM [PART...]     exit code 0: every target was met, 1: one was missed, 2: bad usage
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "tests/bench/parts.h"
#include "tests/support/sshd.h"

namespace unjam::bench {
namespace {

struct Part {
  std::string_view name;
  void (*measure)(const Surroundings&, Table&);
};
constexpr std::array<Part, 5> kParts{{{"start", bench_start},
                                      {"eval", bench_eval},
                                      {"journal", bench_journal},
                                      {"heals", bench_heals},
                                      {"ssh", bench_ssh}}};

int run(const std::string& unjam, const std::vector<std::string_view>& wanted) {
  const testing_support::TempDir scratch;
  const Surroundings here{unjam, scratch.path()};
  Table table;
  table.head();
  for (const Part& part : kParts) {
    const bool chosen = wanted.empty() || std::ranges::find(wanted, part.name) != wanted.end();
    if (chosen) part.measure(here, table);
  }
  std::fputs(fmt::format("{} of {} targets met\n", table.targets() - table.missed(), table.targets()).c_str(), stdout);
  return table.missed() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace unjam::bench

int main(int argc, char** argv) {
  using namespace unjam::bench;
  std::vector<std::string_view> words(argv + 1, argv + argc);
  const auto known = [](std::string_view word) {
    return std::ranges::any_of(kParts, [&](const Part& part) { return part.name == word; });
  };
  if (words.empty() || !std::ranges::all_of(words.begin() + 1, words.end(), known)) {
    std::fputs("usage: unjam_bench UNJAM [start|eval|journal|heals|ssh ...]\n", stderr);
    return 2;
  }
  const std::string unjam(words.front());
  words.erase(words.begin());
  return run(unjam, words);
}
