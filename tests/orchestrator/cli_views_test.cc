#include "orchestrator/cli/live_view.h"
#include "orchestrator/cli/views.h"
#include "tests/orchestrator/cli_journal.h"

namespace unjam::cli {
namespace {

using state::EffectPhase;
using state::End;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Views, ExitCodesAreThoseOfTheDesign) {
  // given every end, when it is mapped, then the code is the documented one
  EXPECT_EQ(exit_code(End::done), 0);
  EXPECT_EQ(exit_code(End::healthy), 0);
  EXPECT_EQ(exit_code(End::refused), 2);
  EXPECT_EQ(exit_code(End::failed), 3);
  EXPECT_EQ(exit_code(End::stuck), 4);
  EXPECT_EQ(exit_code(End::escalated), 5);
  EXPECT_EQ(exit_code(End::interrupted), 6);
  EXPECT_EQ(exit_code(Journal().rebooting().run()), 6) << "a run without an end was interrupted";
}

TEST(Views, WhyNamesTheProofThatIsAwaited) {
  // given a reboot that the host has accepted, when asked why, then it says what it waits for, how long, and its limit
  Journal journal;
  journal.rebooting().add(Millis{70'000}, state::EffectObserved{"i2", "no answer", "still away"});
  const auto run = journal.run();
  const auto text = why_text(run, waits(run, {}, journal.now()), kPlain);
  EXPECT_THAT(text, AllOf(HasSubstr("host.reboot on tyohub1"), HasSubstr("looking for the proof"),
                          HasSubstr("for       1m 12s"), HasSubstr("gives up in 8m 48s")));
}

TEST(Views, WhyNamesEachShutConditionWithItsReasonAndAge) {
  // given a gate that is shut for a minute for two of three reasons, then both are named, the open one is not
  Journal journal;
  journal.created().add(Millis{0}, state::StepStarted{"roll"});
  const state::GateAsked shut{"roll",
                              "tyohub1",
                              false,
                              {{"floor", false, "0 of 1 remain without tyohub1: tyohub2 is unknown (no answer)"},
                               {"nobody_else", true, "true"},
                               {"window", false, "closed until 22:00"}}};
  journal.add(Millis{1000}, shut).add(Millis{60'000}, shut);
  const auto run = journal.run();
  const auto waiting = waits(run, {}, journal.now());
  const auto text = why_text(run, waiting, kPlain);
  EXPECT_THAT(text, AllOf(HasSubstr("gate of roll on tyohub1   floor"), HasSubstr("tyohub2 is unknown (no answer)"),
                          HasSubstr("window"), HasSubstr("closed until 22:00"), HasSubstr("for       1m")));
  EXPECT_THAT(text, Not(HasSubstr("nobody_else")));
  EXPECT_EQ(why_json(run, waiting).at("waits").as_array().size(), 3u) << "both conditions, and the confirmation";
}

TEST(Views, WhyNamesWhoHoldsTheSlot) {
  // given a shut gate and another run that holds a slot, then that run is named
  Journal journal;
  journal.created(0).add(Millis{0}, state::StepStarted{"roll"});
  journal.add(Millis{0}, state::GateAsked{"roll", "tyohub1", false, {{"floor", false, "too few"}}});
  const auto run = journal.run();
  Others others;
  others.slots.push_back({"tyohub2", {RunId("r-ffff"), Wall{}}});
  EXPECT_THAT(why_text(run, waits(run, others, journal.now()), kPlain),
              HasSubstr("held by   r-ffff holds the slot of tyohub2"));
}

TEST(Views, WhyTellsHowToApproveAndWhenItExpires) {
  // given an approval that was asked for, then group, expiry and the command to type are told; once given, it is gone
  Journal journal;
  journal.created(0).add(Millis{0}, state::StepStarted{"go"});
  journal.add(Millis{0},
              state::ApprovalAsked{"go", "heal mail", "d1", "leads", 1, Millis(std::chrono::hours(4)).count()});
  auto run = journal.run();
  EXPECT_THAT(why_text(run, waits(run, {}, journal.now()), kPlain),
              AllOf(HasSubstr("0 of 1 given"), HasSubstr("leads"), HasSubstr("expires in 4h"),
                    HasSubstr("unjam approve r-0123456789abcdef")));
  journal.add(Millis{5}, state::ApprovalGiven{"go", "d1", {1002, "aiko", ""}});
  run = journal.run();
  for (const auto& wait : waits(run, {}, journal.now())) EXPECT_NE(wait.kind, "approval");
}

TEST(Views, WhyTellsThatNobodyDrivesTheRun) {
  // given a run whose process has died, then the first thing said is to resume it
  Journal journal;
  journal.rebooting();
  const auto run = journal.run();
  Others others;
  others.driven = false;
  const auto waiting = waits(run, others, journal.now());
  ASSERT_FALSE(waiting.empty());
  EXPECT_EQ(waiting.front().kind, "driver");
  EXPECT_EQ(waiting.front().advice, "unjam resume r-0123456789abcdef");
}

TEST(Views, StatusShowsStepsAndWhatIsOwed) {
  // given a drained hub in reboot, when its status is shown, then steps, the awaited proof and the debt are there
  Journal journal;
  journal.rebooting();
  const auto run = journal.run();
  const auto waiting = waits(run, {}, journal.now());
  EXPECT_THAT(status_text(run, waiting, kPlain),
              AllOf(HasSubstr("rolling-reboot-hubs"), HasSubstr("roll[tyohub1]/drain"), HasSubstr("ok"),
                    HasSubstr("accepted, its proof is awaited"), HasSubstr("hub.drain on tyohub1: hub.resume")));
  const auto object = status_json(run, waiting);
  EXPECT_EQ(object.at("state").as_string(), "running");
  EXPECT_EQ(object.at("changed").as_bool(), true);
  EXPECT_EQ(object.at("owed").as_array().size(), 1u);
}

TEST(Views, RollbackLogTellsOwedUndoneAndCannot) {
  // given a drain that was undone and a reboot, then the log says undone and cannot, with before and after
  Journal journal;
  journal.rebooting().effect_ended(Millis{30'000}, "i2", EffectPhase::ok, {{"boot", "a"}}, {{"boot", "b"}});
  EXPECT_THAT(rollback_text(journal.run(), kPlain),
              AllOf(HasSubstr("1 owed"), HasSubstr("before  policy = open"), HasSubstr("after   policy = drained")));
  journal.intent(Millis{0}, "i3", "roll[tyohub1]/resume", "hub.resume", "reversible", "hub.drain", "i1");
  journal.effect_ended(Millis{1000}, "i3", EffectPhase::ok);
  const auto text = rollback_text(journal.run(), kPlain);
  EXPECT_THAT(text, AllOf(HasSubstr("0 owed, 1 undone"), HasSubstr("cannot"), HasSubstr("boot = a")));
  EXPECT_EQ(rollback_json(journal.run()).at("log").as_array().size(), 3u);
}

TEST(Views, EndReportNamesChangesDebtsAndNextCommand) {
  // given a run that ended stuck with a drained hub, then the report says so and what to type
  Journal journal;
  journal.rebooting().effect_ended(Millis{30'000}, "i2", EffectPhase::unknown);
  journal.add(Millis{0}, state::StopBegun{"unknown", "roll[tyohub1]/reboot", "never came back"});
  journal.add(Millis{0}, state::StuckNoted{"roll[tyohub1]/drain", "tyohub1", "not ready"});
  journal.add(Millis{0}, state::RunEnded{End::stuck, true, "unknown", "tyohub1 never came back"});
  const auto text = end_report(journal.run(), kPlain);
  EXPECT_THAT(text, AllOf(HasSubstr("stuck after 37s: tyohub1 never came back"), HasSubstr("2 effects on 1 host"),
                          HasSubstr("unjam rollback r-0123456789abcdef"), HasSubstr("not ready")));
}

TEST(Views, TheReportOfAFailureSaysWhatTheHostSaid) {
  // given a reboot that the host refused, when the run has failed, then the host's own words are in the report; not
  // when it went well
  Journal journal;
  journal.rebooting().effect_ended(Millis{30'000}, "i2", EffectPhase::failed, {}, {},
                                   "shutdown: 1190, a shutdown is under way");
  EXPECT_THAT(end_report(journal.run(), kPlain), Not(HasSubstr("1190")));
  journal.add(Millis{0}, state::StopBegun{"no", "roll[tyohub1]/reboot", "host.reboot failed"});
  journal.add(Millis{0}, state::RunEnded{End::failed, true, "no", "roll[tyohub1]/reboot"});
  EXPECT_THAT(end_report(journal.run(), kPlain),
              HasSubstr("  failed    host.reboot on tyohub1: shutdown: 1190, a shutdown is under way\n"));
}

TEST(Views, AnEscalationBringsItsEvidence) {
  // given a run that escalates after readings of three hosts, two of which say the same
  Journal journal;
  journal.created(0);
  const auto reading = [&](const char* fact, const char* host, std::optional<json::object> value, const char* unknown) {
    journal.add(Millis{1}, state::ReadingTaken{fact, host, 0, 0, std::move(value), unknown});
  };
  reading("offers", "osahub1", json::object{{"kerberos", true}}, "");
  reading("offers", "osahub1", json::object{{"kerberos", false}, {"said", {"220 ****", "250-x", "c", "d", "e"}}}, "");
  reading("trust", "tyohub1", json::object{{"status", 0}}, "");
  reading("trust", "tyohub2", json::object{{"status", 0}}, "");
  reading("trust", "tyohub3", std::nullopt, "no answer");
  reading("@boot", "tyohub1", json::object{{"boot", "b"}}, "");
  journal.add(Millis{1}, state::Escalated{"guard", "a firewall", false});
  journal.add(Millis{1}, state::StopBegun{"escalate", "guard", "a firewall"});
  journal.add(Millis{1}, state::RunEnded{End::escalated, false, "escalate", "a firewall"});
  // when it is asked for its end and why, then the newest reading of each fact and host is there, equal ones together
  const auto run = journal.run();
  const char* wanted =
      "  evidence  what was read last of each fact:\n"
      "    offers    osahub1: kerberos = false, said = [220 ****, 250-x, c, d, e]\n"
      "    trust     tyohub1, tyohub2: status = 0\n"
      "              tyohub3: unknown: no answer\n";
  EXPECT_THAT(end_report(run, kPlain), HasSubstr(wanted));
  EXPECT_THAT(why_text(run, {}, kPlain), HasSubstr(wanted));
  EXPECT_EQ(why_json(run, {}).at("evidence").as_array().size(), 4u);
}

TEST(Timeline, LeavesOutLooksThatSayTheSameAgain) {
  // given three looks of which the second repeats the first, when the short log is shown, then it is there once
  Journal journal;
  journal.created(0).add(Millis{0}, state::StepStarted{"back"});
  journal.add(Millis{1000}, state::Looked{"back", "unknown", "no answer"});
  journal.add(Millis{1000}, state::Looked{"back", "unknown", "no answer"});
  journal.add(Millis{1000}, state::Looked{"back", "true", ""});
  const auto text = timeline_text(journal.events(), false, kPlain);
  EXPECT_EQ(text.find("cannot tell"), text.rfind("cannot tell"));
  EXPECT_THAT(text, AllOf(HasSubstr("+00:00:01"), HasSubstr("holds")));
  EXPECT_EQ(timeline_json(journal.events()).size(), 5u) << "programs are given every event";
}

TEST(Timeline, CountsOnOverAResumeInAnotherProcess) {
  // given a run resumed an hour later by a process with another monotonic clock, then time goes on by the wall's hour
  auto events = Journal().created().events();
  state::Event resumed{2, events[0].wall + std::chrono::hours(1), Mono{Millis{7}}, state::RunResumed{2, {}}};
  state::Event later{3, events[0].wall + std::chrono::hours(1), Mono{Millis{1007}}, state::Paged{"x", "y"}};
  RunClock clock;
  EXPECT_EQ(clock.at(events[0]), Millis{0});
  EXPECT_EQ(clock.at(resumed), std::chrono::hours(1));
  EXPECT_EQ(clock.at(later), std::chrono::hours(1) + Millis{1000});
}

TEST(Timeline, WhatHostsSayCannotDriveTheTerminal) {
  // given a reason with an escape sequence and a line break, when shown, then neither reaches the terminal
  Journal journal;
  journal.created(0).add(Millis{0}, state::StepStarted{"back"});
  journal.add(Millis{0}, state::Looked{"back", "false", "\x1b[2Jgone\nsecond"});
  const auto text = timeline_text(journal.events(), true, kPlain);
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, HasSubstr("gone | second"));
}

TEST(LiveView, PipedItGivesPlainLinesOnly) {
  // given a view without a terminal, when events come, then no escape sequence is written
  Journal journal;
  journal.rebooting();
  LiveView view(RunId("r-1"), kPlain, false);
  std::string out;
  for (const auto& event : journal.events()) out += view.add(event);
  out += view.finish();
  EXPECT_THAT(out, AllOf(Not(HasSubstr("\x1b")), HasSubstr("host.reboot"), HasSubstr("roll[tyohub1]/drain")));
}

TEST(LiveView, OnATerminalTheTableIsDrawnAnewInPlace) {
  // given a terminal, when a second event comes, then the table of the first is erased before, and hosts are shown
  Journal journal;
  journal.rebooting();
  LiveView view(RunId("r-1"), kPlain, true);
  std::string last;
  for (const auto& event : journal.events()) last = view.add(event);
  EXPECT_THAT(last, AllOf(HasSubstr("A\x1b[J"), HasSubstr("tyohub1"), HasSubstr("drain ok"), HasSubstr("reboot ...")));
  EXPECT_THAT(last, HasSubstr("tyohub2")) << "hosts that wait for their turn are shown too";
  EXPECT_THAT(view.finish(), HasSubstr("\x1b[J"));
  EXPECT_EQ(view.finish(), "") << "there is nothing left to take away";
}

TEST(LiveView, NoLineIsWiderThanTheTerminal) {
  // given a narrow terminal, when the table is drawn, then no line of it wraps
  Journal journal;
  journal.rebooting().add(Millis{1000}, state::EffectObserved{"i2", std::string(300, 'x'), "still away"});
  LiveView view(RunId("r-1"), Look{false, 50, 24}, true);
  std::string last;
  for (const auto& event : journal.events()) last = view.add(event);
  const auto table = last.substr(last.find("--"));
  std::size_t from = 0;
  while (from < table.size()) {
    const auto to = table.find('\n', from);
    EXPECT_LE(columns(table.substr(from, to - from)), 50u);
    from = to + 1;
  }
}

TEST(Text, WidthCountsWideAndCombiningCharacters) {
  // given Japanese and combining characters, when measured and cut, then columns are counted as a terminal shows them
  EXPECT_EQ(columns("東京"), 4u);
  EXPECT_EQ(columns("e\xCC\x81"), 1u);
  EXPECT_EQ(clip("東京大阪", 7), "東京...");
  EXPECT_EQ(columns(pad("東京", 6)), 6u);
  EXPECT_EQ(clip("short", 0), "short");
}

TEST(Text, DurationsReadAsPeopleSayThem) {
  EXPECT_EQ(brief(Millis{0}), "0s");
  EXPECT_EQ(brief(Millis{350}, true), "350ms");
  EXPECT_EQ(brief(std::chrono::seconds(130)), "2m 10s");
  EXPECT_EQ(brief(std::chrono::minutes(185)), "3h 05m");
  EXPECT_EQ(brief(std::chrono::hours(52)), "2d 04h");
  EXPECT_EQ(brief(std::chrono::seconds(-61)), "-1m 01s");
}

TEST(Paths, NameTheStepAndTheHostInHand) {
  EXPECT_EQ(step_of("heal/roll[tyohub1]/reboot"), "reboot");
  EXPECT_EQ(step_of("heal/roll[tyohub1]"), "roll");
  EXPECT_EQ(host_of("heal/roll[tyohub1]/reboot"), "tyohub1");
  EXPECT_EQ(host_of("heal/look[2]/retry"), "") << "the second look of a ladder is no host";
}

}  // namespace
}  // namespace unjam::cli
