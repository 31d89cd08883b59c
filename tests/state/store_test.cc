#include "state/store.h"

#include <gtest/gtest.h>

#include "tests/state/journal_script.h"

namespace unjam::state {
namespace {

const RunId kMine{"r-mine"};
const RunId kOther{"r-other"};

std::vector<SlotRow> held(std::vector<std::pair<std::string, RunId>> slots) {
  std::vector<SlotRow> rows;
  for (auto& [host, run] : slots) rows.push_back({host, {run, now_at(0).wall}});
  return rows;
}

std::string floor_of(std::int64_t min, std::vector<std::string> members, const std::vector<SlotRow>& slots,
                     const std::string& host = "hub1") {
  return refused_by(SlotClaim{host, {{.name = "floor", .members = std::move(members), .min = min}}}, slots, kMine);
}

TEST(SlotClaim, LeavesAtLeastTheFloorOfHostsThatAreUp) {
  EXPECT_EQ(floor_of(1, {"hub1", "hub2"}, {}), "");
  EXPECT_EQ(floor_of(2, {"hub1", "hub2"}, {}),
            "floor: without hub1 only 1 of the 2 that are up would remain, at least 2 must");
  EXPECT_NE(floor_of(1, {"hub1"}, {}), "") << "the last that is up stays up";
  EXPECT_NE(floor_of(1, {}, {}), "") << "nothing is known to be up";
  EXPECT_EQ(floor_of(0, {}, {}), "");
}

TEST(SlotClaim, TakesNoHostForUpThatSomebodyHasInHand) {
  EXPECT_NE(floor_of(1, {"hub1", "hub2"}, held({{"hub2", kOther}})), "");
  EXPECT_NE(floor_of(1, {"hub1", "hub2"}, held({{"hub2", kMine}})), "") << "nor that this run has in hand";
  EXPECT_EQ(floor_of(1, {"hub1", "hub2", "hub3"}, held({{"hub2", kOther}})), "");
  EXPECT_EQ(floor_of(1, {"hub1", "hub2"}, held({{"elsewhere", kOther}})), "");
}

TEST(SlotClaim, MayBeMadeAgainByTheRunThatHoldsTheHost) {
  // given a drained hub, which is not up any more, when its own run claims it for the reboot, then the floor decides
  EXPECT_EQ(floor_of(1, {"hub2"}, held({{"hub1", kMine}})), "");
  EXPECT_NE(floor_of(1, {"hub2"}, held({{"hub1", kOther}})), "");
}

TEST(SlotClaim, NamesEveryFloorThatItBreaks) {
  const SlotClaim claim{"hub1",
                        {{.name = "floor", .members = {"hub1", "hub2"}, .min = 1},
                         {.name = "policy floor hub per site", .members = {"hub1", "hub2"}, .min = 2}}};
  EXPECT_EQ(refused_by(claim, {}, kMine).substr(0, 26), "policy floor hub per site:");
}

EffectRow effect(std::string host, std::optional<std::int64_t> ended_at) {
  EffectRow row{
      .run = kOther, .intent = "i", .action = "host.reboot", .host = std::move(host), .began = now_at(0).wall};
  if (ended_at) row.ended = now_at(*ended_at).wall;
  return row;
}

TEST(RateClaim, CountsOnlyItsActionOnItsHosts) {
  const RateClaim claim{.name = "c", .action = "host.reboot", .hosts = {"hub1"}, .every = Millis(60'000)};
  EXPECT_NE(refused_by(claim, {effect("hub1", 10)}, now_at(20).wall), "");
  EXPECT_EQ(refused_by(claim, {effect("hub2", 10)}, now_at(20).wall), "");
  EffectRow drained = effect("hub1", 10);
  drained.action = "hub.drain";
  EXPECT_EQ(refused_by(claim, {drained}, now_at(20).wall), "");
}

TEST(RateClaim, OpensExactlyAtItsEnd) {
  const RateClaim claim{.name = "c", .action = "host.reboot", .hosts = {"hub1"}, .every = Millis(60'000)};
  EXPECT_NE(refused_by(claim, {effect("hub1", 10)}, now_at(69).wall), "");
  EXPECT_EQ(refused_by(claim, {effect("hub1", 10)}, now_at(70).wall), "");
  EXPECT_NE(refused_by(claim, {effect("hub1", std::nullopt)}, now_at(1'000'000).wall), "") << "still open";
}

TEST(RateClaim, AllowsSoManyWithinItsSpan) {
  const RateClaim claim{
      .name = "daily", .action = "host.reboot", .hosts = {"hub1"}, .at_most = 2, .within = Millis(100'000)};
  const std::vector<EffectRow> past = {effect("hub1", 1), effect("hub1", 50), effect("hub1", 60)};
  EXPECT_NE(refused_by(claim, past, now_at(149).wall), "");
  EXPECT_EQ(refused_by(claim, past, now_at(150).wall), "");
  EXPECT_EQ(refused_by({.name = "none", .action = "host.reboot", .hosts = {"hub1"}}, past, now_at(60).wall), "");
}

TEST(LockClaim, IsRefusedByAnyLockOfAnotherRun) {
  const std::vector<LockRow> rows = {{"site:tokyo", {kOther, now_at(0).wall}}, {"site:osaka", {kMine, now_at(0).wall}}};
  EXPECT_EQ(refused_by(LockClaim{{"site:osaka"}}, rows, kMine), "");
  EXPECT_EQ(refused_by(LockClaim{{"site:nagoya"}}, rows, kMine), "");
  EXPECT_EQ(refused_by(LockClaim{{"site:osaka", "site:tokyo"}}, rows, kMine),
            "lock site:tokyo is held by run r-other since 2017-07-14T02:40:00Z");
}

}  // namespace
}  // namespace unjam::state
