#include "state/memory_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ranges>
#include <utility>

#include "state/append_rules.h"
#include "state/base/plants.h"
#include "state/holdings.h"

namespace unjam::state {

struct MemoryJournal {
  struct Entry {
    RunRow row;
    std::vector<std::pair<EventKind, std::string>> bodies;  // as stored: what is read back was really encoded
    std::vector<Now> times;
  };
  StoreId id;
  std::int64_t epoch = 0;
  bool written = false;  // some handle is the owner
  std::vector<Entry> runs;
  Holdings held;
  std::uint64_t holdings_version = 0;

  Entry* find(const RunId& run) {
    const auto found = std::ranges::find_if(runs, [&](const Entry& entry) { return entry.row.id == run; });
    return found == runs.end() ? nullptr : &*found;
  }
};

namespace {

constexpr std::size_t kStoreIdBytes = 8;

class MemoryStore : public Store {
 public:
  MemoryStore(std::shared_ptr<MemoryJournal> journal, Access access)
      : journal_(std::move(journal)), access_(access), epoch_(journal_->epoch) {}
  ~MemoryStore() override {
    if (access_ == Access::write) journal_->written = false;
  }
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  StoreId id() const override { return journal_->id; }
  std::int64_t epoch() const override { return epoch_; }

  Result<std::vector<Event>> append(const RunId& run, std::int64_t expected, Now now, std::vector<EventBody> events,
                                    const Claims& claims) override {
    if (access_ != Access::write && !planted("writes-without-owning"))
      return fail(ErrorKind::denied, "the store is open for reading");
    if (const auto* known = journal_->find(run); known != nullptr && planted("writes-without-owning"))
      expected = known->row.seq;
    AppendRequest request{run, expected, now, std::move(events), claims};
    if (changes_holdings(request)) ++journal_->holdings_version;
    auto stored = prepare(std::move(request));
    if (!stored) return std::unexpected(stored.error());
    MemoryJournal::Entry* entry = journal_->find(run);
    if (entry == nullptr && expected != 0) return fail(ErrorKind::not_found, fmt::format("no run {}", run.text));
    const RunRow before = entry != nullptr ? entry->row : RunRow{.id = run, .phase = Phase::none};
    const auto after = advanced(before, *stored);
    if (!after) return std::unexpected(after.error());
    if (const std::string used = used_intent(*stored); !used.empty()) {
      return fail(ErrorKind::conflict, fmt::format("intent {} is in the journal already", used));
    }
    const std::string why =
        refusal(claims, run, now.wall, journal_->held.slots, journal_->held.locks, journal_->held.effects);
    if (!why.empty()) return fail(ErrorKind::conflict, why);
    if (entry == nullptr) entry = &journal_->runs.emplace_back();
    entry->row = *after;
    std::vector<Event> written;
    for (StoredEvent& event : *stored) {
      entry->bodies.emplace_back(kind_of(event.event.body), std::move(event.text));
      entry->times.push_back(now);
      journal_->held.apply(run, event.event);
      written.push_back(std::move(event.event));
    }
    return written;
  }

  std::vector<Result<std::vector<Event>>> append_many(std::vector<AppendRequest> requests) override {
    std::vector<Result<std::vector<Event>>> answers;
    for (AppendRequest& one : requests) {
      answers.push_back(append(one.run, one.expected, one.now, std::move(one.events), one.claims));
    }
    return answers;
  }

  Result<std::vector<Event>> load(const RunId& run) const override {
    const MemoryJournal::Entry* entry = journal_->find(run);
    if (entry == nullptr) return fail(ErrorKind::not_found, fmt::format("no run {}", run.text));
    std::vector<Event> events;
    for (std::size_t i = 0; i < entry->bodies.size(); ++i) {
      auto body = decode(entry->bodies[i].first, entry->bodies[i].second);
      if (!body) return std::unexpected(std::move(body.error()));
      events.push_back({.seq = std::ssize(events) + 1,
                        .wall = entry->times[i].wall,
                        .mono = entry->times[i].mono,
                        .body = std::move(*body)});
    }
    return events;
  }

  Result<std::vector<RunRow>> runs() const override {
    std::vector<RunRow> rows;
    for (const auto& entry : std::views::reverse(journal_->runs)) rows.push_back(entry.row);
    return rows;
  }
  Result<std::vector<SlotRow>> slots() const override {
    auto rows = journal_->held.slots;
    std::ranges::sort(rows, {}, &SlotRow::host);
    return rows;
  }
  Result<std::vector<LockRow>> locks() const override {
    auto rows = journal_->held.locks;
    std::ranges::sort(rows, {}, &LockRow::lock);
    return rows;
  }
  std::optional<std::uint64_t> holdings_version() const override { return journal_->holdings_version; }
  Result<std::vector<EffectRow>> effects(Wall since) const override { return journal_->held.effects_since(since); }

 private:
  std::string used_intent(const std::vector<StoredEvent>& events) const {
    for (const StoredEvent& stored : events) {
      const auto* intent = std::get_if<Intent>(&stored.event.body);
      const auto same = [&](const EffectRow& row) { return intent != nullptr && row.intent == intent->intent; };
      if (std::ranges::any_of(journal_->held.effects, same)) return intent->intent;
    }
    return {};
  }

  std::shared_ptr<MemoryJournal> journal_;
  Access access_;
  std::int64_t epoch_;
};

}  // namespace

std::shared_ptr<MemoryJournal> make_memory_journal(Tokens& tokens) {
  auto journal = std::make_shared<MemoryJournal>();
  journal->id = StoreId("s-" + tokens.hex(kStoreIdBytes));
  return journal;
}

Result<std::unique_ptr<Store>> open_memory_store(std::shared_ptr<MemoryJournal> journal, Access access) {
  if (access == Access::write) {
    if (journal->written) return fail(ErrorKind::conflict, "the store has an owner already");
    journal->written = true;
    ++journal->epoch;
  }
  return std::make_unique<MemoryStore>(std::move(journal), access);
}

}  // namespace unjam::state
