#include "state/base/rng.h"

#include <cassert>

namespace unjam {

std::uint64_t Rng::next() {
  state_ += 0x9e3779b97f4a7c15u;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

std::uint64_t Rng::below(std::uint64_t n) {
  assert(n > 0);
  // The first (2^64 mod n) values are thrown away, else small results would come a little more often.
  const std::uint64_t skew = (0 - n) % n;
  std::uint64_t drawn = next();
  while (drawn < skew) drawn = next();  // less than one more draw on average, whatever n
  return drawn % n;
}

}  // namespace unjam
