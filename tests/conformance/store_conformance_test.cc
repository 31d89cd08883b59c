// What every store must do, asked of every store; nothing is skipped for any.
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "state/memory_store.h"
#include "state/run.h"
#include "state/sqlite_store.h"
#include "tests/state/journal_script.h"
#include "tests/state/temp_dir.h"

namespace unjam::state {
namespace {

using Opened = Result<std::unique_ptr<Store>>;

// Where a store keeps its things: outlives the handles that a test opens.
struct Place {
  virtual ~Place() = default;
  virtual Opened open(Access access) = 0;
};

struct InMemory : Place {
  CountingTokens tokens;
  std::shared_ptr<MemoryJournal> journal = make_memory_journal(tokens);
  Opened open(Access access) override { return open_memory_store(journal, access); }
};

struct OnDisk : Place {
  CountingTokens tokens;
  TempDir dir;
  Opened open(Access access) override {
    return open_sqlite_store(dir.file("state"), access, tokens, {.ballast_bytes = 0});
  }
};

struct Backend {
  const char* name;
  std::function<std::unique_ptr<Place>()> make;
};

class StoreConformance : public testing::TestWithParam<Backend> {
 protected:
  std::unique_ptr<Place> place = GetParam().make();
  std::unique_ptr<Store> store = opened(Access::write);

  std::unique_ptr<Store> opened(Access access) {
    auto opened = place->open(access);
    EXPECT_TRUE(opened) << opened.error().text();
    return opened ? std::move(*opened) : nullptr;
  }

  // Appends at `seconds` and expects that it is taken, and that what it changes in what runs hold has another version.
  void put(const RunId& run, std::int64_t expected, std::int64_t seconds, std::vector<EventBody> bodies,
           const Claims& claims = {}) {
    const std::string held = holdings();
    const auto version = store->holdings_version();
    const auto done = store->append(run, expected, now_at(seconds), std::move(bodies), claims);
    ASSERT_TRUE(done) << done.error().text();
    if (holdings() != held) {
      EXPECT_NE(store->holdings_version(), version) << held << " became " << holdings();
    }
  }

  std::string holdings() {
    std::string all;
    for (const auto& slot : held_slots()) all += slot + "\n";
    for (const auto& lock : held_locks()) all += lock + "\n";
    const auto effects = store->effects(Wall{});
    for (const EffectRow& row : effects.value())
      all += row.run.text + " " + row.intent + (row.ended ? std::to_string(row.ended->since_epoch.count()) : " open") +
             "\n";
    return all;
  }

  ErrorKind refused(const RunId& run, std::int64_t expected, std::int64_t seconds, std::vector<EventBody> bodies,
                    const Claims& claims = {}) {
    const auto done = store->append(run, expected, now_at(seconds), std::move(bodies), claims);
    EXPECT_FALSE(done) << "was taken";
    if (done) return ErrorKind::io;
    message = done.error().message;
    return done.error().kind;
  }

  std::vector<std::string> held_slots() {
    std::vector<std::string> hosts;
    const auto rows = store->slots();
    for (const SlotRow& row : rows.value()) hosts.push_back(row.host + " " + row.holder.run.text);
    return hosts;
  }
  std::vector<std::string> held_locks() {
    std::vector<std::string> names;
    const auto rows = store->locks();
    for (const LockRow& row : rows.value()) names.push_back(row.lock + " " + row.holder.run.text);
    return names;
  }

  std::string message;
  const RunId a{"r-a"};
  const RunId b{"r-b"};
};

using Names = std::vector<std::string>;

Claims slot_of(std::string host, std::vector<std::string> members = {}, std::int64_t min = 0) {
  Claims claims;
  claims.slot = SlotClaim{std::move(host), {}};
  if (!members.empty()) claims.slot->floors.push_back({"floor", std::move(members), min});
  return claims;
}

Claims locks_of(Names locks) {
  Claims claims;
  claims.locks = LockClaim{std::move(locks)};
  return claims;
}

TEST_P(StoreConformance, GivesBackWhatWasAppendedInItsOrder) {
  // given a run written in three appends, when loaded, then every event is there, numbered, timed and equal
  put(a, 0, 1, {created()});
  put(a, 1, 2, {StepStarted{.path = "s"}, Looked{.path = "s", .verdict = "unknown", .reason = "\xE6\x9D\xB1 \"x\"\n"}});
  put(a, 3, 5, {StepEnded{.path = "s", .outcome = StepOutcome::no}});
  const auto events = store->load(a);
  ASSERT_TRUE(events) << events.error().text();
  ASSERT_EQ(events->size(), 4u);
  for (std::size_t i = 0; i < events->size(); ++i) EXPECT_EQ((*events)[i].seq, static_cast<std::int64_t>(i) + 1);
  EXPECT_EQ((*events)[2].wall, now_at(2).wall);
  EXPECT_EQ((*events)[3].mono, now_at(5).mono);
  EXPECT_EQ(encode((*events)[0].body), encode(created()));
  EXPECT_EQ(std::get<Looked>((*events)[2].body).reason, "\xE6\x9D\xB1 \"x\"\n");
  EXPECT_TRUE(fold(a, *events));
}

TEST_P(StoreConformance, AnswersAnAppendWithTheEventsAsTheyAreLoaded) {
  const auto appended = store->append(a, 0, now_at(1), {created(), StepStarted{.path = "s"}});
  ASSERT_TRUE(appended);
  const auto loaded = store->load(a);
  ASSERT_TRUE(loaded);
  ASSERT_EQ(appended->size(), loaded->size());
  for (std::size_t i = 0; i < loaded->size(); ++i) {
    EXPECT_EQ((*appended)[i].seq, (*loaded)[i].seq);
    EXPECT_EQ((*appended)[i].mono, (*loaded)[i].mono);
    EXPECT_EQ(encode((*appended)[i].body), encode((*loaded)[i].body));
  }
}

TEST_P(StoreConformance, RefusesAnAppendThatDoesNotKnowTheLatest) {
  // given a run at event 2, when something is appended after 1, 0 or 3, then it is a conflict and nothing is written
  put(a, 0, 1, {created(), StepStarted{.path = "s"}});
  EXPECT_EQ(refused(a, 1, 2, {StepEnded{.path = "s"}}), ErrorKind::conflict);
  EXPECT_EQ(message, "run r-a has moved on to event 2");
  EXPECT_EQ(refused(a, 3, 2, {StepEnded{.path = "s"}}), ErrorKind::conflict);
  EXPECT_EQ(refused(a, 0, 2, {created()}), ErrorKind::conflict);
  EXPECT_EQ(store->load(a)->size(), 2u);
}

TEST_P(StoreConformance, RefusesWhatCannotBeAJournal) {
  // given appends that no fold could read, when tried, then each is invalid and nothing is written
  EXPECT_EQ(refused(a, 0, 1, {StepStarted{.path = "s"}}), ErrorKind::invalid);
  EXPECT_EQ(refused(a, 0, 1, {}), ErrorKind::invalid);
  EXPECT_EQ(refused(RunId(), 0, 1, {created()}), ErrorKind::invalid);
  EXPECT_EQ(refused(a, 0, 1, {created(), created()}), ErrorKind::invalid);
  EXPECT_TRUE(store->runs()->empty());
  put(a, 0, 1, {created()});
  EXPECT_EQ(refused(a, 1, 1, {created()}), ErrorKind::invalid);
  EXPECT_EQ(refused(a, 1, 1, {drain("i", "h"), drain("i", "k")}), ErrorKind::invalid);
  put(a, 1, 2, {RunEnded{.end = End::done}});
  EXPECT_EQ(refused(a, 2, 3, {StepStarted{.path = "s"}}), ErrorKind::invalid);
  EXPECT_EQ(store->load(a)->size(), 2u);
}

TEST_P(StoreConformance, RefusesMoreThanItsLimits) {
  put(a, 0, 1, {created()});
  EXPECT_EQ(refused(a, 1, 1, {Paged{.text = std::string(kMaxEventBytes, 'x')}}), ErrorKind::exhausted);
  EXPECT_EQ(refused(a, 1, 1, std::vector<EventBody>(kMaxAppendEvents + 1, Paged{})), ErrorKind::exhausted);
  EXPECT_EQ(store->load(a)->size(), 1u);
  put(a, 1, 1, std::vector<EventBody>(kMaxAppendEvents, Paged{}));
}

TEST_P(StoreConformance, KnowsNoRunThatWasNeverCreated) {
  EXPECT_EQ(refused(a, 4, 1, {StepStarted{.path = "s"}}), ErrorKind::not_found);
  const auto loaded = store->load(a);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().kind, ErrorKind::not_found);
}

TEST_P(StoreConformance, ListsRunsNewestFirstWithWhatBecameOfThem) {
  put(a, 0, 1, {created("one")});
  put(b, 0, 1, {created("two")});
  put(a, 1, 9, {StopBegun{.cause = "failed"}});
  auto runs = store->runs().value();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].id, b);
  EXPECT_EQ(runs[0].playbook, "two");
  EXPECT_EQ(runs[0].phase, Phase::running);
  EXPECT_EQ(runs[1].phase, Phase::stopping);
  EXPECT_EQ(runs[1].seq, 2);
  EXPECT_EQ(runs[1].created, now_at(1).wall);
  EXPECT_EQ(runs[1].summary, created().summary);
  put(a, 2, 10, {RunEnded{.end = End::stuck}});
  EXPECT_EQ(store->runs().value()[1].end, End::stuck);
  put(a, 3, 11, {RunResumed{.epoch = 2}});
  EXPECT_EQ(store->runs().value()[1].end, End::none);
  EXPECT_EQ(store->runs().value()[1].phase, Phase::stopping);
}

TEST_P(StoreConformance, TakesASlotWithTheIntentAndShowsItInTheJournal) {
  // given a claim that comes with an intent, when appended, then the slot is held and the stored intent says so
  put(a, 0, 1, {created(), drain("i", "hub1")}, slot_of("hub1"));
  EXPECT_EQ(held_slots(), Names{"hub1 r-a"});
  EXPECT_EQ(store->slots().value()[0].holder.since, now_at(1).wall);
  EXPECT_TRUE(std::get<Intent>(store->load(a).value()[1].body).slot);
  EXPECT_EQ(fold(a, store->load(a).value())->slots, std::set<std::string>{"hub1"});
  EXPECT_EQ(refused(a, 2, 2, {drain("k", "hub2")}, slot_of("hub3")), ErrorKind::invalid);
  Intent boast = nudge("n", "hub2");
  boast.slot = true;
  put(a, 2, 2, {boast});
  EXPECT_FALSE(std::get<Intent>(store->load(a).value()[2].body).slot) << "without a claim nothing was taken";
}

TEST_P(StoreConformance, GivesASlotToOneRunAtATime) {
  put(a, 0, 1, {created(), drain("i", "hub1")}, slot_of("hub1"));
  put(b, 0, 1, {created()});
  EXPECT_EQ(refused(b, 1, 2, {drain("j", "hub1"), Paged{}}, slot_of("hub1")), ErrorKind::conflict);
  EXPECT_EQ(message, "hub1 is in the hands of run r-a since 2017-07-14T02:40:01Z");
  EXPECT_EQ(store->load(b)->size(), 1u) << "a refused claim writes nothing";
  EXPECT_EQ(store->effects(now_at(0).wall)->size(), 1u);
  put(a, 2, 3, {reboot("k", "hub1")}, slot_of("hub1"));
  EXPECT_EQ(store->slots().value()[0].holder.since, now_at(1).wall) << "its own slot is taken once";
}

TEST_P(StoreConformance, CountsEverySlotThatAnyoneHoldsAgainstTheFloor) {
  // given three hubs of which one must remain, when two runs take one each, then nobody gets the third
  const Names hubs = {"hub1", "hub2", "hub3"};
  put(a, 0, 1, {created(), drain("i", "hub1")}, slot_of("hub1", hubs, 1));
  put(b, 0, 1, {created(), drain("j", "hub2")}, slot_of("hub2", hubs, 1));
  EXPECT_EQ(refused(b, 2, 2, {drain("k", "hub3")}, slot_of("hub3", hubs, 1)), ErrorKind::conflict);
  EXPECT_EQ(
      message,
      "floor: without hub3 and what is in hand (hub1, hub2) only 0 of the 3 that are up would remain, at least 1 must");
  put(a, 2, 3, {SlotsReleased{.hosts = {"hub1"}, .evidence = "serving"}});
  put(b, 2, 4, {drain("k", "hub3")}, slot_of("hub3", hubs, 1));
  EXPECT_EQ(held_slots(), (Names{"hub2 r-b", "hub3 r-b"}));
}

TEST_P(StoreConformance, KeepsSlotsUntilTheirOwnRunReleasesThem) {
  put(a, 0, 1, {created(), drain("i", "hub1")}, slot_of("hub1"));
  put(b, 0, 1, {created(), SlotsReleased{.hosts = {"hub1"}}});
  EXPECT_EQ(held_slots(), Names{"hub1 r-a"}) << "another run's release is not evidence";
  put(a, 2, 2, {RunEnded{.end = End::stuck}});
  EXPECT_EQ(held_slots(), Names{"hub1 r-a"}) << "a stuck run keeps what it could not bring back";
  put(a, 3, 3, {RunResumed{.epoch = 1}, SlotsReleased{.hosts = {"hub1"}}});
  EXPECT_TRUE(held_slots().empty());
}

TEST_P(StoreConformance, TakesAllLocksOrNone) {
  // given one lock held, when another run wants it with a free one, then it gets neither until the first run has ended
  put(a, 0, 1, {created(), LocksTaken{.locks = {"site:tokyo"}}}, locks_of({"site:tokyo"}));
  put(b, 0, 2, {created()});
  const EventBody both = LocksTaken{.locks = {"site:osaka", "site:tokyo"}};
  EXPECT_EQ(refused(b, 1, 3, {both}, locks_of({"site:osaka", "site:tokyo"})), ErrorKind::conflict);
  EXPECT_EQ(message, "lock site:tokyo is held by run r-a since 2017-07-14T02:40:01Z");
  EXPECT_EQ(held_locks(), Names{"site:tokyo r-a"});
  put(a, 2, 4, {RunEnded{.end = End::done}});
  EXPECT_TRUE(held_locks().empty());
  put(b, 1, 5, {both}, locks_of({"site:osaka", "site:tokyo"}));
  EXPECT_EQ(held_locks(), (Names{"site:osaka r-b", "site:tokyo r-b"}));
}

TEST_P(StoreConformance, KeepsTheVersionOfWhatRunsHoldUntilThatMayHaveChanged) {
  // given a version, when something is written that changes no slot, lock or effect, then it stays; else put() sees
  // that it does not
  const auto before = store->holdings_version();
  ASSERT_TRUE(before);
  put(a, 0, 1, {created(), Paged{}});
  EXPECT_EQ(store->holdings_version(), before);
  put(a, 2, 2, {LocksTaken{.locks = {"site:tokyo"}}}, locks_of({"site:tokyo"}));
  put(a, 3, 3, {drain("i", "hub1")}, slot_of("hub1"));
  put(a, 4, 4, {EffectEnded{.intent = "i", .outcome = EffectPhase::ok}});
  put(a, 5, 5, {SlotsReleased{.hosts = {"hub1"}, .evidence = "serving"}});
  put(a, 6, 6, {RunEnded{.end = End::done}});
  EXPECT_EQ(holdings(), "r-a i" + std::to_string(now_at(4).wall.since_epoch.count()) + "\n");
}

TEST_P(StoreConformance, ClaimsNoLockThatTheJournalDoesNotShow) {
  put(a, 0, 1, {created()});
  EXPECT_EQ(refused(a, 1, 1, {Paged{}}, locks_of({"site:tokyo"})), ErrorKind::invalid);
  EXPECT_EQ(refused(a, 1, 1, {LocksTaken{.locks = {"site:tokyo"}}}), ErrorKind::invalid);
  EXPECT_TRUE(held_locks().empty());
}

TEST_P(StoreConformance, CountsEffectsOfAllRunsAgainstARate) {
  // given a reboot that ended at 10 s, when another run wants one, then it must wait for the interval
  put(a, 0, 1, {created(), reboot("i", "hub1")});
  put(b, 0, 2, {created()});
  Claims claims;
  claims.rates = {{.name = "cooldown hub", .action = "host.reboot", .hosts = {"hub1"}, .every = Millis(60'000)}};
  EXPECT_EQ(refused(b, 1, 5, {reboot("j", "hub1")}, claims), ErrorKind::conflict);
  EXPECT_EQ(message, "cooldown hub: host.reboot on hub1 by run r-a has not ended, at least 1m must pass");
  put(a, 2, 10, {ended("i")});
  EXPECT_EQ(refused(b, 1, 69, {reboot("j", "hub1")}, claims), ErrorKind::conflict);
  EXPECT_EQ(message, "cooldown hub: host.reboot on hub1 by run r-a ended 59s ago, at least 1m must pass");
  put(b, 1, 70, {reboot("j", "hub1")}, claims);
}

TEST_P(StoreConformance, CountsHowManyWithinASpan) {
  put(a, 0, 1, {created(), reboot("i", "hub1"), ended("i"), reboot("k", "hub2")});
  Claims claims;
  claims.rates = {{.name = "daily",
                   .action = "host.reboot",
                   .hosts = {"hub1", "hub2", "hub3"},
                   .at_most = 2,
                   .within = Millis(100'000)}};
  EXPECT_EQ(refused(a, 4, 50, {reboot("j", "hub3")}, claims), ErrorKind::conflict);
  EXPECT_EQ(message, "daily: host.reboot was done 2 times within 100s, at most 2 are allowed");
  put(a, 4, 50, {ended("k", EffectPhase::not_sent)});
  put(a, 5, 51, {reboot("j", "hub3")}, claims);
}

TEST_P(StoreConformance, FailsClosedWhenTheWallClockWasSetBack) {
  put(a, 0, 1000, {created(), reboot("i", "hub1"), ended("i")});
  Claims claims;
  claims.rates = {{.name = "c", .action = "host.reboot", .hosts = {"hub1"}, .every = Millis(1000)}};
  EXPECT_EQ(refused(a, 3, 10, {reboot("j", "hub1")}, claims), ErrorKind::conflict);
}

TEST_P(StoreConformance, ListsEffectsSinceThenAndThoseStillOpen) {
  // given one old effect, one old that is open, one unknown, one never sent and one new, when listed, then the old that
  // ended and the one that never was are not there
  Intent read = nudge("look", "hub1");
  read.effect = "read";
  put(a, 0, 1, {created(), drain("old", "hub1"), ended("old"), drain("open", "hub2"), read});
  put(a, 5, 2, {reboot("unsure", "hub1"), ended("unsure", EffectPhase::unknown)});
  put(a, 7, 2, {reboot("never", "hub1"), ended("never", EffectPhase::not_sent)});
  put(a, 9, 20, {nudge("new", "hub1"), ended("new", EffectPhase::failed)});
  const auto names = [&] {
    Names found;
    const auto rows = store->effects(now_at(10).wall);
    for (const EffectRow& row : rows.value()) {
      found.push_back(row.intent + (row.ended ? " ended" : " open"));
    }
    return found;
  };
  EXPECT_EQ(names(), (Names{"open open", "unsure open", "new ended"}));
  const EffectRow row = store->effects(now_at(10).wall).value()[1];
  EXPECT_EQ(row.run, a);
  EXPECT_EQ(row.action, "host.reboot");
  EXPECT_EQ(row.host, "hub1");
  EXPECT_EQ(row.began, now_at(2).wall);
  put(a, 11, 30, {RunEnded{.end = End::stuck}});
  EXPECT_EQ(names(), (Names{"open ended", "unsure ended", "new ended"})) << "with the run they end for cooldowns";
}

TEST_P(StoreConformance, TakesAnIntentOnceUnlessItSurelyWasNotSent) {
  put(a, 0, 1, {created(), drain("i", "hub1")});
  put(b, 0, 1, {created()});
  EXPECT_EQ(refused(b, 1, 2, {drain("i", "hub2")}), ErrorKind::conflict);
  EXPECT_EQ(message, "intent i is in the journal already");
  put(a, 2, 3, {ended("i", EffectPhase::not_sent)});
  put(a, 3, 4, {drain("i", "hub1")});
  EXPECT_EQ(store->effects(now_at(0).wall)->size(), 1u);
}

TEST_P(StoreConformance, WritesManyRequestsTogetherAndRefusesThemOneByOne) {
  // given four requests of which two fit, when written together, then those two are there and the others say why not
  put(a, 0, 1, {created()});
  std::vector<AppendRequest> requests;
  requests.push_back({a, 1, now_at(2), {drain("i", "hub1")}, slot_of("hub1")});
  requests.push_back({b, 0, now_at(2), {created(), drain("j", "hub1")}, slot_of("hub1")});
  requests.push_back({b, 7, now_at(2), {Paged{}}});
  requests.push_back({a, 2, now_at(2), {Paged{.text = "after the first"}}});
  const auto answers = store->append_many(std::move(requests));
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_TRUE(answers[0]);
  ASSERT_FALSE(answers[1]);
  EXPECT_EQ(answers[1].error().kind, ErrorKind::conflict);
  ASSERT_FALSE(answers[2]);
  EXPECT_EQ(answers[2].error().kind, ErrorKind::not_found);
  EXPECT_TRUE(answers[3]);
  EXPECT_EQ(store->load(a)->size(), 3u);
  EXPECT_EQ(store->runs()->size(), 1u);
  EXPECT_EQ(held_slots(), Names{"hub1 r-a"});
}

TEST_P(StoreConformance, HasOneOwnerAndAnyNumberOfReaders) {
  // given an owner, when others open it, then a second owner is refused and a reader sees what was committed
  put(a, 0, 1, {created()});
  const auto second = place->open(Access::write);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::conflict);
  const auto reader = opened(Access::read);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->id(), store->id());
  EXPECT_EQ(reader->load(a)->size(), 1u);
  put(a, 1, 2, {drain("i", "hub1")}, slot_of("hub1"));
  EXPECT_EQ(reader->load(a)->size(), 2u);
  EXPECT_EQ(reader->slots()->size(), 1u);
  const auto written = reader->append(a, 2, now_at(3), {Paged{}});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::denied);
  EXPECT_EQ(reader->load(a)->size(), 2u);
}

TEST_P(StoreConformance, IsTheSameStoreWhenOpenedAgainInALaterEpoch) {
  put(a, 0, 1, {created(), LocksTaken{.locks = {"site:tokyo"}}}, locks_of({"site:tokyo"}));
  put(a, 2, 2, {drain("i", "hub1")}, slot_of("hub1"));
  const StoreId id = store->id();
  const std::int64_t epoch = store->epoch();
  store.reset();
  store = opened(Access::write);
  EXPECT_FALSE(id.empty());
  EXPECT_EQ(store->id(), id);
  EXPECT_GT(store->epoch(), epoch);
  EXPECT_EQ(held_slots(), Names{"hub1 r-a"});
  EXPECT_EQ(held_locks(), Names{"site:tokyo r-a"});
  EXPECT_EQ(store->effects(now_at(0).wall)->size(), 1u);
  put(a, 3, 9, {ended("i")});
  EXPECT_TRUE(fold(a, store->load(a).value()));
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreConformance,
                         testing::Values(Backend{"Memory", [] { return std::make_unique<InMemory>(); }},
                                         Backend{"Sqlite", [] { return std::make_unique<OnDisk>(); }}),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace unjam::state
