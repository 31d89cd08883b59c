#include "orchestrator/audit/heads.h"

#include <fmt/format.h>

#include <ranges>

#include "state/base/json.h"
#include "state/hash_chain.h"
#include "state/journal_text.h"

namespace unjam::audit {

std::string chain_of(const StoreId& store, const RunId& run, const std::vector<state::Event>& events) {
  std::string hash = state::chain_start(store, run);
  for (const auto& event : events) (void)state::journal_line(event, hash);
  return hash;
}

Result<std::vector<Head>> heads(const state::Store& store) {
  const auto rows = store.runs();
  if (!rows) return std::unexpected(rows.error());
  std::vector<Head> out;
  for (const auto& row : std::views::reverse(*rows)) {
    const auto events = store.load(row.id);
    if (!events) return std::unexpected(events.error());
    out.push_back({row.id, std::ssize(*events), chain_of(store.id(), row.id, *events)});
  }
  return out;
}

std::string heads_text(const StoreId& store, const std::vector<Head>& heads) {
  json::array list;
  for (const auto& [run, events, hash] : heads)
    list.push_back(json::object{{"run", run.text}, {"events", events}, {"head", hash}});
  return canonical({{"store", store.text}, {"heads", list}});
}

Result<HeadList> read_heads(std::string_view text) {
  const auto value = parse_json(text);
  if (!value) return std::unexpected(value.error());
  const auto* object = value->if_object();
  const auto* list = object != nullptr ? object->if_contains("heads") : nullptr;
  const auto store = object != nullptr ? text_at(*object, "store") : fail(ErrorKind::invalid, "is not an object");
  if (!store || list == nullptr || !list->is_array())
    return fail(ErrorKind::invalid, "is not what `unjam audit verify --json` prints");
  HeadList out{StoreId(*store), {}};
  for (const auto& one : list->as_array()) {
    if (!one.is_object()) return fail(ErrorKind::invalid, "a head is not an object");
    const auto run = text_at(one.as_object(), "run");
    const auto events = int_at(one.as_object(), "events");
    const auto hash = text_at(one.as_object(), "head");
    if (!run || !events || !hash) return fail(ErrorKind::invalid, "a head has no run, events or head");
    out.heads.push_back({RunId(*run), *events, *hash});
  }
  return out;
}

Result<std::vector<std::string>> changed_since(const state::Store& store, const HeadList& earlier) {
  if (store.id() != earlier.store)
    return std::vector{fmt::format("the store is {}, it was {}", store.id().text, earlier.store.text)};
  std::vector<std::string> out;
  for (const auto& was : earlier.heads) {
    auto events = store.load(was.run);
    if (!events && events.error().kind == ErrorKind::not_found) {
      out.push_back(fmt::format("run {} is gone", was.run.text));
      continue;
    }
    if (!events) return std::unexpected(events.error());
    if (std::ssize(*events) < was.events) {
      out.push_back(fmt::format("run {} has {} events, it had {}", was.run.text, events->size(), was.events));
      continue;
    }
    events->resize(static_cast<std::size_t>(std::max<std::int64_t>(was.events, 0)));
    if (chain_of(store.id(), was.run, *events) != was.hash)
      out.push_back(fmt::format("the first {} events of run {} are not what they were", was.events, was.run.text));
  }
  return out;
}

}  // namespace unjam::audit
