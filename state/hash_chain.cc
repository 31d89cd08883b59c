#include "state/hash_chain.h"

#include <fmt/format.h>

#include "state/base/digest.h"

namespace unjam::state {

std::string chain_start(const StoreId& store, const RunId& run) {
  return sha256_hex(fmt::format("unjam journal 1\n{}\n{}\n", store.text, run.text));
}

std::string envelope(std::int64_t seq, EventKind kind, const Now& at, std::string_view body) {
  return fmt::format(R"({{"body":{},"kind":"{}","mono":{},"seq":{},"wall":{}}})", body, spell(kind),
                     at.mono.since_start.count(), seq, at.wall.since_epoch.count());
}

std::string chain_link(std::string_view previous, std::string_view envelope_text) {
  std::string bytes;
  bytes.reserve(previous.size() + envelope_text.size());
  bytes.append(previous).append(envelope_text);
  return sha256_hex(bytes);
}

}  // namespace unjam::state
