// Chance is injected. Seeded in the composition root; a test gives a fixed seed.
#pragma once

#include <cstdint>
#include <string>

namespace unjam {

// splitmix64 (Steele, Lea, Flood 2014): small, fast, the same on every platform. Not for secrets, see RandomTokens.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t n);  // uniform in [0, n); n > 0

 private:
  std::uint64_t state_;
};

// Tokens that an adversary must not guess (answer frames, intent ids). The real one is the kernel's; a rehearsal's
// comes from its Rng.
class Tokens {
 public:
  virtual ~Tokens() = default;
  virtual std::string hex(std::size_t bytes) = 0;  // 2 * bytes lower-case hex digits
};

}  // namespace unjam
