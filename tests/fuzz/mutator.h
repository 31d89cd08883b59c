// Inputs from inputs: bytes, lines and words of one corpus exchanged, doubled, cut, replaced by words of the language.
// Deterministic in the seed. Reads no clock and no file of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "state/base/rng.h"

namespace unjam::fuzz {

inline constexpr std::size_t kMaxInput = 16u << 10;  // longer ones are cut: they only cost time

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : rng_(seed) {}

  // One of `corpus`, changed in one to eight places. The corpus is not empty.
  std::string next(const std::vector<std::string>& corpus);

 private:
  void change(std::string& text, const std::vector<std::string>& corpus);
  std::size_t pick(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(rng_.below(n)); }

  Rng rng_;
};

// The files of a folder, in the order of their names.
std::vector<std::string> read_corpus(const std::string& folder);

}  // namespace unjam::fuzz
