// The judges themselves: evidence of a run that went well is doctored in one place, and the judge of that promise, by
// its name, must see it.
#include "orchestrator/rehearsal/checkers.h"

#include <algorithm>

#include "orchestrator/rehearsal/intents.h"
#include "tests/rehearsal/rehearsal_run.h"

namespace unjam::rehearsal {
namespace {

using actions::sim::LogEntry;

class Checkers : public testing::Test {
 protected:
  // A roll of both hubs of tokyo without any mishap.
  static Evidence good() {
    static const Evidence evidence = rehearse(rolling(), calm());
    return evidence;
  }

  LogEntry* entry(const std::string& word, int nth = 1) {
    for (auto& one : doctored.hosts)
      if (one.word == word && one.at >= Mono{} && --nth == 0) return &one;
    ADD_FAILURE() << "no " << word << "\n" << trace(doctored);
    return &doctored.hosts.front();
  }
  void say(Mono at, const std::string& host, const std::string& word, const std::string& detail = {}) {
    doctored.hosts.push_back({at, host, word, detail});
    std::ranges::stable_sort(doctored.hosts, {}, &LogEntry::at);
  }
  template <typename Body>
  std::size_t written(int nth = 1) {
    for (std::size_t i = 0; i < doctored.journal.size(); ++i)
      if (std::holds_alternative<Body>(doctored.journal[i].event.body) && --nth == 0) return i;
    ADD_FAILURE() << "not in the journal";
    return 0;
  }
  template <typename Body>
  void forget() {
    std::erase_if(doctored.journal, [](const Written& one) { return std::holds_alternative<Body>(one.event.body); });
    std::erase_if(doctored.kept, [](const state::Event& one) { return std::holds_alternative<Body>(one.body); });
  }
  void write(std::size_t at, Mono when, state::EventBody body) {
    doctored.journal.insert(doctored.journal.begin() + static_cast<std::ptrdiff_t>(at),
                            Written{when, 1, state::Event{0, {}, {}, std::move(body)}});
  }
  void intend(const std::string& id, const std::string& path, Mono at, const std::string& host = "tyohub1") {
    state::Intent intent;
    intent.intent = id;
    intent.path = path;
    intent.host = host;
    intent.action = "hub.flag";
    intent.effect = "reversible";
    write(doctored.journal.size(), at, intent);
  }
  // Nothing else is asked: one lie often breaks two promises.
  void expect_seen(const std::string& name) {
    const auto found = std::ranges::find(checkers(), name, &Checker::name);
    ASSERT_NE(found, checkers().end()) << name;
    const auto violations = found->check(doctored);
    ASSERT_FALSE(violations.empty()) << name << " sees nothing\n" << trace(doctored);
    for (const auto& one : violations) EXPECT_EQ(one.checker, name);
  }

  Evidence doctored = good();
};

TEST_F(Checkers, AreSilentOnARunThatWentWell) {
  EXPECT_EQ(told(judge(doctored)), "");
  EXPECT_GE(checkers().size(), 18u);
}

// The other hub of the site was down long before this one was drained.
TEST_F(Checkers, FloorHeldSeesAHubTakenWhileTheOtherIsDown) {
  const auto taken = *entry("permit");
  const std::string other = taken.host == "tyohub1" ? "tyohub2" : "tyohub1";
  say(taken.at + -std::chrono::minutes(5), other, "off");
  expect_seen("floor-held");
}

// ... but not of one that went down just before: nobody could have known.
TEST_F(Checkers, FloorHeldForgivesWhatNobodyCouldHaveSeen) {
  const auto taken = *entry("permit");
  const std::string other = taken.host == "tyohub1" ? "tyohub2" : "tyohub1";
  say(taken.at + -std::chrono::seconds(5), other, "off");
  EXPECT_EQ(told(floor_held(doctored)).find(taken.host + " was taken"), std::string::npos);
}

TEST_F(Checkers, OneAtATimeSeesTwoHubsInOurHand) {
  const auto first = *entry("drained");
  const std::string other = first.host == "tyohub1" ? "tyohub2" : "tyohub1";
  say(first.at + std::chrono::seconds(1), other, "drained", first.detail);
  expect_seen("one-at-a-time");
}

TEST_F(Checkers, OneRebootPerIntentSeesTheSecondShutdown) {
  const auto first = *entry("shutdown");
  say(first.at + std::chrono::minutes(10), first.host, "shutdown", first.detail);
  expect_seen("one-reboot-per-intent");
}

TEST_F(Checkers, OneRebootPerIntentSeesTwoIntentsOfOneStep) {
  const auto first = *entry("shutdown");
  const auto at = written<state::Intent>();
  auto second = std::get<state::Intent>(doctored.journal[at].event.body);
  for (const auto& one : doctored.journal)
    if (const auto* intent = std::get_if<state::Intent>(&one.event.body))
      if (intent->intent == done_by(first)) second = *intent;
  second.intent = "again";
  write(at, Mono{}, second);
  say(first.at + std::chrono::minutes(10), first.host, "shutdown", "by=again");
  expect_seen("one-reboot-per-intent");
}

TEST_F(Checkers, FloorHeldSeesAHubThatAnotherRunHasInItsHand) {
  const auto taken = *entry("permit");
  Mishap held;
  held.kind = MishapKind::slot_held;
  held.host = taken.host == "tyohub1" ? "tyohub2" : "tyohub1";
  doctored.scenario.mishaps = {held};
  expect_seen("floor-held");
}

TEST_F(Checkers, NoEffectOutsideSeesChangesWithoutTheLocks) {
  forget<state::LocksTaken>();
  expect_seen("no-effect-outside");
}

TEST_F(Checkers, IntentBeforeEffectSeesAnEffectThatNobodyWroteDown) {
  say(Mono{Millis(5'000)}, "tyohub1", "permit", "intent=feed epoch=1");
  expect_seen("intent-before-effect");
}

TEST_F(Checkers, IntentBeforeEffectSeesAnIntentThatWasWrittenLater) {
  doctored.journal[written<state::Intent>()].at = doctored.ended;
  expect_seen("intent-before-effect");
}

TEST_F(Checkers, OnlyItsTargetsSeesAChangeElsewhere) {
  const auto first = *entry("permit");
  say(first.at, "osahub1", "permit", first.detail);
  expect_seen("only-its-targets");
}

TEST_F(Checkers, LimitsKeptSeesASecondRebootWithinTwelveHours) {
  const auto first = *entry("shutdown");
  say(first.at + std::chrono::hours(2), first.host, "shutdown", first.detail);
  expect_seen("limits-kept");
}

TEST_F(Checkers, NoEffectOutsideSeesAnIntentAfterCancel) {
  write(written<state::Intent>(2), Mono{}, state::CancelRequested{"cancel", {}});
  expect_seen("no-effect-outside");
}

TEST_F(Checkers, NoEffectOutsideSeesADisruptionAfterTheApprovalWasTakenBack) {
  write(written<state::Intent>(2), Mono{}, state::ApprovalDenied{"go", "taken back", {}});
  expect_seen("no-effect-outside");
}

TEST_F(Checkers, NoEffectOutsideSeesAnIntentOutsideTheWindow) {
  Mishap closes;
  closes.kind = MishapKind::window_closes;
  closes.at = Mono{std::chrono::minutes(1)};
  Scenario scenario = calm();
  scenario.mishaps = {closes};
  doctored.plan = plan_of(doctored.plan, scenario, Setting{}.start);
  expect_seen("no-effect-outside");
}

TEST_F(Checkers, NoEffectOutsideSeesAnIntentWhileTheSwitchIsThrown) {
  Mishap thrown;
  thrown.kind = MishapKind::kill_switch;
  doctored.scenario.mishaps = {thrown};
  expect_seen("no-effect-outside");
}

TEST_F(Checkers, NoEffectOutsideSeesAnIntentWhileAnotherRunHoldsTheLocks) {
  Mishap held;
  held.kind = MishapKind::lock_held;
  doctored.scenario.mishaps = {held};
  expect_seen("no-effect-outside");
}

TEST_F(Checkers, NoEffectOutsideSeesADisruptionThatTooFewHaveApproved) {
  forget<state::ApprovalGiven>();
  expect_seen("no-effect-outside");
}

TEST_F(Checkers, NoEffectOutsideSeesADisruptionAfterTheApprovalHasExpired) {
  for (auto& one : doctored.journal)
    if (std::holds_alternative<state::Intent>(one.event.body)) one.event.wall = one.event.wall + std::chrono::hours(5);
  expect_seen("no-effect-outside");
}

TEST_F(Checkers, NoEffectOutsideSeesAnEffectThatArrivesLongAfter) {
  entry("permit")->at = Mono{std::chrono::hours(5)};
  expect_seen("no-effect-outside");
}

TEST_F(Checkers, ObligationsSettledSeesAHubThatStaysDrained) {
  const auto resumed = *entry("resumed");
  std::erase_if(doctored.hosts, [&](const LogEntry& one) { return one.word == "resumed" && one.host == resumed.host; });
  expect_seen("obligations-settled");
}

TEST_F(Checkers, ObligationsSettledSeesASlotThatWasGivenBackTooEarly) {
  const auto down = *entry("shutdown", 2);
  std::erase_if(doctored.hosts, [&](const LogEntry& one) { return one.host == down.host && one.at > down.at; });
  doctored.run.ended->end = state::End::stuck;
  expect_seen("obligations-settled");
}

TEST_F(Checkers, SuccessHasEvidenceSeesARebootThatDidNotHappen) {
  const auto down = *entry("shutdown");
  std::erase_if(doctored.hosts,
                [&](const LogEntry& one) { return one.word == "boot" && one.host == down.host && one.at > down.at; });
  expect_seen("success-has-evidence");
}

TEST_F(Checkers, SuccessHasEvidenceSeesAChangeOfARunThatSaysItMadeNone) {
  doctored.run.ended->end = state::End::refused;
  expect_seen("success-has-evidence");
}

TEST_F(Checkers, SuccessHasEvidenceSeesAHubThatIsDownAtTheEnd) {
  const auto down = *entry("shutdown");
  std::erase_if(doctored.hosts, [&](const LogEntry& one) {
    return one.word == "services-up" && one.host == down.host && one.at > down.at;
  });
  expect_seen("success-has-evidence");
}

TEST_F(Checkers, SuccessHasEvidenceSeesARunThatIsDoneAndDoesNotKnowWhatItDid) {
  doctored.run.effects_by_intent.at(std::string(done_by(*entry("shutdown")))).phase = state::EffectPhase::unknown;
  expect_seen("success-has-evidence");
}

TEST_F(Checkers, UndoneNewestFirstSeesTheOldestDebtSettledFirst) {
  const auto at = entry("drained")->at;
  intend("flag", "roll[tyohub1]/flag", at);
  intend("drain", "roll[tyohub1]/drain", at);
  intend("undo", "roll[tyohub1]/flag/undo@1", at);
  say(at, "tyohub1", "flagged", "by=flag");
  say(at + Millis(1), "tyohub1", "drained", "by=drain");
  say(at + Millis(2), "tyohub1", "unflagged", "by=undo");
  expect_seen("undone-newest-first");
}

TEST_F(Checkers, EveryDebtTriedSeesAHubThatNobodyTriedToPutBack) {
  const auto resumed = *entry("resumed");
  std::erase_if(doctored.hosts, [&](const LogEntry& one) { return one.word == "resumed" && one.host == resumed.host; });
  doctored.run.ended->end = state::End::stuck;
  expect_seen("every-debt-tried");
}

TEST_F(Checkers, PutBackWhenReadySeesAHubPutBackWithoutItsServices) {
  const auto down = *entry("shutdown");
  std::erase_if(doctored.hosts, [&](const LogEntry& one) { return one.host == down.host && one.at > down.at; });
  const auto at = down.at + std::chrono::minutes(10);
  intend("undo", "roll[" + down.host + "]/drain/undo@1", at, down.host);
  say(at, down.host, "resumed", "by=undo");
  expect_seen("put-back-when-ready");
}

TEST_F(Checkers, StayedGoodSeesAHubThatWasDownShortlyBeforeItsTurnEndedWell) {
  const auto& turn = doctored.journal[written<state::TurnEnded>()];
  const auto host = std::get<state::TurnEnded>(turn.event.body).host;
  say(turn.at + -std::chrono::seconds(110), host, "off");
  say(turn.at + -std::chrono::seconds(20), host, "services-up");
  expect_seen("stayed-good");
}

TEST_F(Checkers, NothingLostSeesAnEventThatIsNotThereAnyMore) {
  doctored.kept.pop_back();
  expect_seen("nothing-lost");
  doctored = good();
  doctored.kept.at(3).body = state::Paged{"somebody", "else"};
  expect_seen("nothing-lost");
}

TEST_F(Checkers, NotSentIsTrueSeesWhatHappenedAllTheSame) {
  const auto at = written<state::EffectEnded>();
  std::get<state::EffectEnded>(doctored.journal[at].event.body).outcome = state::EffectPhase::not_sent;
  expect_seen("not-sent-is-true");
}

TEST_F(Checkers, RollbackLogCompleteSeesAChangeThatIsNotInIt) {
  const auto by = std::string(done_by(*entry("drained")));
  doctored.run.effects_by_intent.erase(by);
  expect_seen("rollback-log-complete");
}

TEST_F(Checkers, ReplayIsTheSameSeesAnyOtherField) {
  doctored.run.steps.begin()->second.detail = "another";
  expect_seen("replay-is-the-same");
  doctored = good();
  doctored.replayed.reset();
  expect_seen("replay-is-the-same");
}

TEST_F(Checkers, EndsOrPagesSeesARunThatDoesNotEnd) {
  doctored.run.ended.reset();
  expect_seen("ends-or-pages");
}

TEST_F(Checkers, EndsOrPagesSeesAFailureThatNobodyIsToldOf) {
  doctored.run.ended->end = state::End::stuck;
  std::erase_if(doctored.journal,
                [](const Written& one) { return std::holds_alternative<state::Paged>(one.event.body); });
  expect_seen("ends-or-pages");
}

// Every checker of the table is met by a test above: a new one without a doctored log fails here.
TEST_F(Checkers, EachHasADoctoredLog) {
  const auto self = text_of("tests/rehearsal/checkers_test.cc");
  for (const auto& one : checkers())
    EXPECT_NE(self.find("expect_seen(\"" + std::string(one.name) + "\")"), std::string::npos) << one.name;
}

}  // namespace
}  // namespace unjam::rehearsal
