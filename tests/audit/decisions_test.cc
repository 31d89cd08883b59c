// Recorded decisions, replayed: those of the engine all follow from the rules, whatever happened to the run; one that
// was changed is named.
#include "orchestrator/audit/decisions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/orchestrator/runs_at_one_writer.h"
#include "tests/rehearsal/rehearsal_run.h"

namespace unjam::audit {
namespace {

using rehearsal::Evidence;

std::vector<state::Event> events_of(const Evidence& evidence) {
  std::vector<state::Event> out;
  for (const auto& written : evidence.journal) out.push_back(written.event);
  return out;
}

std::string told(const Replayed& replayed) {
  if (!replayed.first) return "";
  return std::to_string(replayed.first->seq) + ": " + replayed.first->recorded +
         "\nrequired: " + replayed.first->required;
}

Replayed replayed(const Evidence& evidence, const std::vector<state::Event>& events) {
  std::vector<OthersEvent> others;
  for (const auto& one : evidence.others)
    if (auto part = holding_part(one.event.body))
      others.push_back({one.run, {one.event.seq, one.event.wall, one.event.mono, std::move(*part)}});
  return replay(*evidence.plan, evidence.run.id, events, others);
}

// Given runs with every kind of mishap, killed and taken over, held up by others, stepped clocks and all, then every
// decision in their journals follows from what was seen.
TEST(Decisions, OfDisturbedRunsAllFollow) {
  rehearsal::Rehearser flagships(rehearsal::flagship(), rehearsal::every_mishap());
  rehearsal::Rehearser rollings(rehearsal::rolling(), rehearsal::every_mishap());
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    for (auto* rehearser : {&flagships, &rollings}) {
      const auto evidence = rehearser->run(seed);
      if (evidence.journal.empty()) continue;
      EXPECT_EQ(told(replayed(evidence, events_of(evidence))), "")
          << seed << (rehearser == &rollings ? " rolling" : "");
    }
  }
}

const Evidence& calm_roll() {
  static const auto evidence = rehearsal::rehearse(rehearsal::rolling(), rehearsal::calm());
  return evidence;
}

// The first event of a kind for which `which` holds, and where.
template <typename Body>
Body& find(std::vector<state::Event>& events, std::int64_t& seq, auto which) {
  for (auto& event : events) {
    auto* body = std::get_if<Body>(&event.body);
    if (body == nullptr || !which(*body)) continue;
    seq = event.seq;
    return *body;
  }
  throw std::runtime_error("no such event");
}

// What a replay of these says first, which must be about this event.
std::string first_of(const std::vector<state::Event>& events, std::int64_t seq) {
  if (!state::fold(calm_roll().run.id, events)) return "does not fold";
  const auto replayed = audit::replayed(calm_roll(), events);
  EXPECT_TRUE(replayed.first) << "nothing was noticed of event " << seq;
  if (!replayed.first) return "";
  EXPECT_EQ(replayed.first->seq, seq) << told(replayed);
  return told(replayed);
}

class DecisionsOfManyRuns : public engine::RunsAtOneWriter {};

// Given two runs of one process that both want the locks, so that what one gives back in a turn is what the other waits
// for, then the decisions of both follow from what was in the journal before them.
TEST_F(DecisionsOfManyRuns, AllFollow) {
  begin("heal-intersite-queue.yaml", engine::world_with(engine::FaultKind::dc_clock, {}, std::chrono::minutes(10)),
        {{"from", "tokyo"}, {"to", "osaka"}});
  drive("r-1");
  drive("r-2");
  live();
  for (std::size_t i = 0; i < drivers.size(); ++i) {
    const RunId& other = drivers[1 - i]->run().id;
    std::vector<OthersEvent> others;
    for (const auto& event : journal(other))
      if (auto part = holding_part(event.body))
        others.push_back({other, {event.seq, event.wall, event.mono, std::move(*part)}});
    EXPECT_FALSE(others.empty());
    const RunId& id = drivers[i]->run().id;
    EXPECT_EQ(told(replay(*plan, id, journal(id), others)), "") << id.text;
  }
}

TEST(Decisions, OfACalmRunAllFollow) {
  const auto all = replayed(calm_roll(), events_of(calm_roll()));
  EXPECT_EQ(told(all), "");
  EXPECT_GT(all.decisions, 50);
}

// Given a gate that was open, when the reading that opened it says otherwise, then the verdict does not follow.
TEST(Decisions, OnAReadingThatDoesNotOpenTheGateIsNamed) {
  auto events = events_of(calm_roll());
  std::int64_t seq = 0;
  find<state::GateAsked>(events, seq, [](const auto& gate) { return gate.open; });
  for (auto& event : events) {
    auto* reading = std::get_if<state::ReadingTaken>(&event.body);
    if (reading == nullptr || event.seq > seq || !reading->value) continue;
    reading->value.reset();
    reading->unknown = "nobody answered";
  }
  const auto replayed = audit::replayed(calm_roll(), events);
  ASSERT_TRUE(replayed.first);
  EXPECT_LE(replayed.first->seq, seq);
}

TEST(Decisions, ToChangeAnotherHostIsNamed) {
  auto events = events_of(calm_roll());
  std::int64_t seq = 0;
  auto& intent = find<state::Intent>(events, seq, [](const auto& one) { return one.effect == "disruptive"; });
  intent.host = intent.host == "tyohub1" ? "tyohub2" : "tyohub1";
  EXPECT_THAT(first_of(events, seq), testing::HasSubstr("host.reboot"));
}

TEST(Decisions, ThatTookAnotherVerdictIsNamed) {
  auto events = events_of(calm_roll());
  std::int64_t seq = 0;
  find<state::GateAsked>(events, seq, [](const auto& gate) { return gate.open; }).reasons.front().text = "because";
  EXPECT_THAT(first_of(events, seq), testing::HasSubstr("because"));
}

TEST(Decisions, OfAStepThatDidNotEndSoIsNamed) {
  auto events = events_of(calm_roll());
  std::int64_t seq = 0;
  find<state::StepEnded>(events, seq, [](const auto& step) { return step.outcome == state::StepOutcome::ok; }).outcome =
      state::StepOutcome::skipped;
  first_of(events, seq);
}

TEST(Decisions, OfAConfirmationOfOtherHostsIsNamed) {
  auto events = events_of(calm_roll());
  std::int64_t seq = 0;
  find<state::RunConfirmed>(events, seq, [](const auto&) { return true; }).hosts += 1;
  EXPECT_THAT(first_of(events, seq), testing::HasSubstr("may be changed"));
}

// Given any one decision that is left out, then it is missed, or the journal does not fold. A look is not: without it,
// the next one is what the rules required.
TEST(Decisions, ThatAreLeftOutAreMissed) {
  const auto whole = events_of(calm_roll());
  int noticed = 0;
  for (std::size_t left_out = 2; left_out + 1 < whole.size(); ++left_out) {
    const auto kind = state::kind_of(whole[left_out].body);
    if (kind == state::EventKind::reading_taken || kind == state::EventKind::effect_ended ||
        kind == state::EventKind::effect_observed || kind == state::EventKind::effect_accepted ||
        kind == state::EventKind::approval_given || kind == state::EventKind::looked ||
        kind == state::EventKind::run_confirmed)
      continue;
    auto events = whole;
    events.erase(events.begin() + static_cast<std::ptrdiff_t>(left_out));
    for (std::size_t i = left_out; i < events.size(); ++i) events[i].seq = static_cast<std::int64_t>(i) + 1;
    if (!state::fold(calm_roll().run.id, events)) continue;
    ++noticed;
    EXPECT_TRUE(replayed(calm_roll(), events).first) << left_out + 1 << " " << state::spell(kind);
  }
  EXPECT_GT(noticed, 5);
}

}  // namespace
}  // namespace unjam::audit
