// unjam_fuzz TARGET SECONDS SEED DIR      draws inputs from the corpus of TARGET until the time is over
// unjam_fuzz TARGET FILE...               runs these alone
//
// The input under test is in DIR/current before it runs, so that it is there when the process ends by a broken promise,
// a sanitizer or a hang. Built with UNJAM_FUZZ_COVERAGE, an input that reaches new code joins the corpus in memory and
// is written to DIR; without it, inputs are drawn blindly.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/fuzz/mutator.h"
#include "tests/fuzz/targets.h"
#include "tests/source_tree.h"

namespace {

constexpr std::size_t kMapBits = 18;
std::array<std::uint8_t, 1u << kMapBits> g_seen{};  // one byte for each (hashed) place in the code
std::size_t g_new_places = 0;

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

// Called by the compiler's instrumentation at each edge (GCC: -fsanitize-coverage=trace-pc).
extern "C" void __sanitizer_cov_trace_pc() {
  const auto place = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  const auto slot = static_cast<std::size_t>((place * 0x9E3779B97F4A7C15u) >> (64 - kMapBits));
  g_new_places += g_seen[slot] == 0 ? 1 : 0;
  g_seen[slot] = 1;
}

namespace {

using unjam::fuzz::Target;

constexpr std::chrono::seconds kSlow{10};  // an input that takes longer is a fault

int run_files(Target target, const std::vector<std::string>& files) {
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    target(std::string(std::istreambuf_iterator<char>(in), {}));
  }
  return 0;
}

int draw(const unjam::fuzz::Row& row, std::chrono::seconds time, std::uint64_t seed,
         const std::filesystem::path& keep) {
  std::filesystem::create_directories(keep);
  auto corpus = unjam::fuzz::read_corpus(unjam::testing_support::source_dir() + "/tests/fuzz/corpus/" + row.name);
  for (const auto& input : corpus) row.target(input);
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + time;
  unjam::fuzz::Mutator mutator(seed);
  std::size_t runs = 0;
  std::size_t kept = 0;
  for (; Clock::now() < end; ++runs) {
    const std::string input = mutator.next(corpus);
    write(keep / "current", input);
    g_new_places = 0;
    const auto begun = Clock::now();
    row.target(input);
    if (Clock::now() - begun > kSlow) return std::fprintf(stderr, "slow input: %s\n", (keep / "current").c_str()), 1;
    if (g_new_places == 0) continue;
    write(keep / (row.name + "-" + std::to_string(seed) + "-" + std::to_string(kept++)), input);
    corpus.push_back(input);
  }
  std::printf("%s: %zu inputs, %zu reached new code\n", row.name.c_str(), runs, kept);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  for (const auto& row : unjam::fuzz::targets()) {
    if (words.empty() || words[0] != row.name) continue;
    if (words.size() == 4 && !words[1].empty() && words[1].find_first_not_of("0123456789") == std::string::npos)
      return draw(row, std::chrono::seconds(std::stol(words[1])), std::stoull(words[2]), words[3]);
    if (words.size() > 1) return run_files(row.target, {words.begin() + 1, words.end()});
  }
  std::fputs("unjam_fuzz loader|expression|checker SECONDS SEED DIR, or FILE...\n", stderr);
  return 2;
}
