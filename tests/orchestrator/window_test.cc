#include "orchestrator/policy/window.h"

#include <gtest/gtest.h>

namespace unjam::policy {
namespace {

using playbooks::Effect;
using playbooks::WindowRule;

Wall at(std::int64_t seconds) {
  return {Millis{seconds * 1000}};
}

constexpr std::int64_t kNov24 = 1'795'478'400;  // 2026-11-24T00:00:00Z

WindowRule rule(std::string from, std::string to, std::string zone) {
  return {"night", std::move(from), std::move(to), std::move(zone), Effect::read};
}

// Given a span over midnight, then both of its sides are inside, its end is not.
TEST(Window, CrossesMidnight) {
  const auto night = rule("22:00", "05:00", "UTC");
  EXPECT_TRUE(*inside(night, at(kNov24 + 22 * 3600)));
  EXPECT_TRUE(*inside(night, at(kNov24 + 4 * 3600 + 3599)));
  EXPECT_FALSE(*inside(night, at(kNov24 + 5 * 3600)));
  EXPECT_FALSE(*inside(night, at(kNov24 + 12 * 3600)));
}

// Given a zone, then its own wall decides: 13:00 UTC is 22:00 in Tokyo.
TEST(Window, CountsInItsOwnZone) {
  const auto night = rule("22:00", "05:00", "Asia/Tokyo");
  EXPECT_TRUE(*inside(night, at(kNov24 + 13 * 3600)));
  EXPECT_FALSE(*inside(night, at(kNov24 + 13 * 3600 - 1)));
}

// Given daylight saving, then the hour that it skips or repeats moves no edge twice (Berlin, 2026-03-29 and
// 2026-10-25).
TEST(Window, HoldsOverDaylightSaving) {
  const auto night = rule("02:00", "04:00", "Europe/Berlin");
  constexpr std::int64_t kSpring = 1'774'742'400;  // 2026-03-29T00:00:00Z; 02:00 does not exist, 03:00 local is 01:00Z
  EXPECT_FALSE(*inside(night, at(kSpring + 3599)));
  EXPECT_TRUE(*inside(night, at(kSpring + 3600)));
  EXPECT_FALSE(*inside(night, at(kSpring + 2 * 3600)));
  constexpr std::int64_t kAutumn =
      1'792'886'400;  // 2026-10-25T00:00:00Z; 02:00 local happens twice, from 00:00Z to 02:00Z
  EXPECT_TRUE(*inside(night, at(kAutumn)));
  EXPECT_TRUE(*inside(night, at(kAutumn + 2 * 3600)));
  EXPECT_FALSE(*inside(night, at(kAutumn + 3 * 3600)));
}

// Given an unknown zone, then it is an error, and who asks finds the window closed and the freeze on.
TEST(Window, FailsClosedOnAnUnknownZone) {
  EXPECT_FALSE(inside(rule("00:00", "23:59", "Mars/Olympus"), at(kNov24)));
  playbooks::Policy policy;
  policy.windows = {rule("00:00", "23:59", "Mars/Olympus")};
  EXPECT_FALSE(ask_windows(policy, Effect::disruptive, at(kNov24)).open);
  policy.windows.clear();
  policy.freezes = {rule("2000-01-01 00:00", "2000-01-02 00:00", "Mars/Olympus")};
  EXPECT_EQ(ask_windows(policy, Effect::disruptive, at(kNov24)).cause, "freeze");
}

// Given a freeze above nudge, then a nudge may go on and a reboot may not, on its first day but not after its end.
TEST(Window, FreezesOnlyWhatIsAboveItsEffect) {
  playbooks::Policy policy;
  policy.freezes = {{"year-end", "2026-11-24 00:00", "2026-11-25 00:00", "UTC", Effect::nudge}};
  EXPECT_TRUE(ask_windows(policy, Effect::nudge, at(kNov24)).open);
  EXPECT_FALSE(ask_windows(policy, Effect::reversible, at(kNov24)).open);
  EXPECT_TRUE(ask_windows(policy, Effect::disruptive, at(kNov24 + 86'400)).open);
}

}  // namespace
}  // namespace unjam::policy
