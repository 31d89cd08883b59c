// Where each run's hash chain stands. Kept elsewhere, an old list shows a journal that was cut, put back from a backup,
// or written anew with a chain of its own: what no chain shows by itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "state/store.h"

namespace unjam::audit {

struct Head {
  RunId run;
  std::int64_t events = 0;
  std::string hash;  // of the last of them
};

// The chain's hash after these events, the first of which is the run's first.
std::string chain_of(const StoreId& store, const RunId& run, const std::vector<state::Event>& events);

// Of every run, oldest first; each chain is verified on the way. ErrorKind as the store's.
Result<std::vector<Head>> heads(const state::Store& store);

// {"store":S,"heads":[{"run":R,"events":N,"head":H},..]}, canonical; and back. ErrorKind::invalid.
std::string heads_text(const StoreId& store, const std::vector<Head>& heads);
struct HeadList {
  StoreId store;
  std::vector<Head> heads;
};
Result<HeadList> read_heads(std::string_view text);

// What has changed behind an earlier list: one sentence each, empty if every run still begins as it did.
Result<std::vector<std::string>> changed_since(const state::Store& store, const HeadList& earlier);

}  // namespace unjam::audit
