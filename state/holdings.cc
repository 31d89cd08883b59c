#include "state/holdings.h"

#include <algorithm>
#include <iterator>

#include "state/append_rules.h"

namespace unjam::state {
namespace {

template <typename Row>
void take(std::vector<Row>& rows, std::string Row::* name, const std::string& what, Holder holder) {
  const auto held = [&](const Row& row) { return row.*name == what; };
  if (std::ranges::none_of(rows, held)) rows.push_back({what, std::move(holder)});
}

void make(Holdings& all, const RunId&, const EffectBegan& began) {
  all.effects.push_back(began.row);
}
void make(Holdings& all, const RunId&, const EffectOver& over) {
  for (EffectRow& row : all.effects)
    if (row.intent == over.intent) row.ended = over.at;
}
void make(Holdings& all, const RunId&, const EffectNever& never) {
  std::erase_if(all.effects, [&](const EffectRow& row) { return row.intent == never.intent; });
}
void make(Holdings& all, const RunId& run, const SlotsFreed& freed) {
  std::erase_if(all.slots, [&](const SlotRow& row) {
    return row.holder.run == run && std::ranges::count(freed.hosts, row.host) > 0;
  });
}
void make(Holdings& all, const RunId& run, const RunOver& over) {
  std::erase_if(all.locks, [&](const LockRow& row) { return row.holder.run == run; });
  for (EffectRow& row : all.effects)
    if (row.run == run && !row.ended) row.ended = over.at;
}

}  // namespace

void Holdings::apply(const RunId& run, const Event& event) {
  const Holder holder{run, event.wall};
  if (const auto* intent = std::get_if<Intent>(&event.body); intent != nullptr && intent->slot)
    take(slots, &SlotRow::host, intent->host, holder);
  if (const auto* taken = std::get_if<LocksTaken>(&event.body))
    for (const std::string& lock : taken->locks) take(locks, &LockRow::lock, lock, holder);
  if (const auto change = change_of(run, event)) {
    std::visit([&](const auto& one) { make(*this, run, one); }, *change);
  }
}

std::vector<EffectRow> Holdings::effects_since(Wall since) const {
  std::vector<EffectRow> rows;
  std::ranges::copy_if(effects, std::back_inserter(rows),
                       [&](const EffectRow& row) { return !row.ended || *row.ended >= since || row.began >= since; });
  return rows;
}

}  // namespace unjam::state
