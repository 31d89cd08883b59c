#include "state/hash_chain.h"

#include <fmt/format.h>

#include "state/base/digest.h"

namespace unjam::state {

std::string chain_start(const StoreId& store, const RunId& run) {
  return sha256_hex(fmt::format("unjam journal 1\n{}\n{}\n", store.text, run.text));
}

// Spelt piece by piece: every event of every journal goes through it.
std::string chain_link(std::string_view previous, std::int64_t seq, EventKind kind, const Now& at,
                       std::string_view body) {
  constexpr std::size_t kRoomForTheRest = 160;
  std::string bytes;
  bytes.reserve(previous.size() + body.size() + kRoomForTheRest);
  const auto number = [&bytes](std::string_view key, std::int64_t value) {
    const fmt::format_int digits(value);
    bytes.append(key).append(digits.data(), digits.size());
  };
  bytes.append(previous).append(R"({"body":)").append(body).append(R"(,"kind":")").append(spell(kind));
  number(R"(","mono":)", at.mono.since_start.count());
  number(R"(,"seq":)", seq);
  number(R"(,"wall":)", at.wall.since_epoch.count());
  bytes += '}';
  return sha256_hex(bytes);
}

}  // namespace unjam::state
