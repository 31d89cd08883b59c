#include "state/status.h"

#include <gtest/gtest.h>

#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>
#include <set>
#include <tuple>

namespace unjam::state {
namespace {

template <typename Enum>
std::vector<Enum> all() {
  std::vector<Enum> values;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>([&](auto d) { values.push_back(d.value); });
  return values;
}

using enum EventKind;

// Written out a second time and from the other side (by phase), so that a slip in the table shows.
const std::set<EventKind> kWhileRunning = {
    run_resumed,    run_confirmed, approval_asked, approval_given,  approval_denied, cancel_requested, locks_taken,
    play_started,   step_started,  hosts_chosen,   reading_taken,   snapshot_taken,  looked,           gate_asked,
    turn_started,   turn_ended,    intent,         effect_accepted, effect_observed, effect_ended,     step_ended,
    slots_released, escalated,     stop_begun,     stuck_noted,     paged,           run_ended};
const std::set<EventKind> kWhileStopping = {
    run_resumed, cancel_requested, step_started, reading_taken,   snapshot_taken, looked,
    gate_asked,  turn_ended,       intent,       effect_accepted, effect_ended,   effect_observed,
    step_ended,  slots_released,   escalated,    stuck_noted,     paged,          run_ended};

Phase expected_after(Phase from, EventKind event) {
  if (event == run_ended) return Phase::ended;
  if (event == stop_begun) return Phase::stopping;
  if (event == run_created) return Phase::running;
  return from == Phase::ended ? Phase::stopping : from;
}

bool expected_legal(Phase from, EventKind event) {
  switch (from) {
    case Phase::none:
      return event == run_created;
    case Phase::running:
      return kWhileRunning.contains(event);
    case Phase::stopping:
      return kWhileStopping.contains(event);
    case Phase::ended:
      return event == run_resumed;
  }
  return false;
}

TEST(RunTransitions, AllowExactlyWhatEachPhaseAllows) {
  // given every phase and every event, when asked what follows, then it is the listed phase or nothing
  for (const Phase from : all<Phase>()) {
    for (const EventKind event : all<EventKind>()) {
      const auto after = next(from, event);
      ASSERT_EQ(after.has_value(), expected_legal(from, event)) << spell(from) << " " << spell(event);
      if (after) {
        EXPECT_EQ(*after, expected_after(from, event)) << spell(from) << " " << spell(event);
      }
    }
  }
}

TEST(RunTransitions, NameNoPairTwice) {
  std::set<std::pair<Phase, EventKind>> seen;
  for (const auto& row : run_transitions()) {
    EXPECT_TRUE(seen.emplace(row.from, row.event).second) << spell(row.from) << " " << spell(row.event);
  }
}

TEST(RunTransitions, BeginNothingNewWhileStopping) {
  for (const EventKind event :
       {stop_begun, turn_started, hosts_chosen, play_started, locks_taken, approval_asked, run_confirmed}) {
    EXPECT_FALSE(next(Phase::stopping, event)) << spell(event);
  }
}

TEST(EffectTransitions, AllowExactlyTheListedMoves) {
  // given every phase, event and phase, when asked whether it is legal, then only the listed moves are
  using P = EffectPhase;
  const std::set<std::tuple<P, EventKind, P>> moves = {{P::none, intent, P::intended},
                                                       {P::not_sent, intent, P::intended},
                                                       {P::intended, effect_accepted, P::accepted},
                                                       {P::unknown, effect_accepted, P::accepted},
                                                       {P::intended, effect_observed, P::intended},
                                                       {P::accepted, effect_observed, P::accepted},
                                                       {P::unknown, effect_observed, P::unknown},
                                                       {P::intended, effect_ended, P::ok},
                                                       {P::intended, effect_ended, P::not_sent},
                                                       {P::intended, effect_ended, P::failed},
                                                       {P::intended, effect_ended, P::unknown},
                                                       {P::accepted, effect_ended, P::ok},
                                                       {P::accepted, effect_ended, P::failed},
                                                       {P::accepted, effect_ended, P::unknown},
                                                       {P::unknown, effect_ended, P::ok},
                                                       {P::unknown, effect_ended, P::not_sent},
                                                       {P::unknown, effect_ended, P::failed},
                                                       {P::unknown, effect_ended, P::unknown}};
  for (const P from : all<P>())
    for (const EventKind event : all<EventKind>())
      for (const P to : all<P>())
        EXPECT_EQ(legal(from, event, to), moves.contains({from, event, to}))
            << spell(from) << " " << spell(event) << " " << spell(to);
  EXPECT_EQ(effect_transitions().size(), moves.size());
}

TEST(Transitions, AreDrawnWithEveryEventOfTheTable) {
  // given the diagram, when read, then it names every event that the tables name, and both machines
  const std::string diagram = transitions_to_mermaid();
  EXPECT_TRUE(diagram.starts_with("stateDiagram-v2\n"));
  EXPECT_NE(diagram.find("    [*] --> running : run_created\n"), std::string::npos);
  EXPECT_NE(diagram.find("    running --> stopping : stop_begun\n"), std::string::npos);
  EXPECT_NE(diagram.find("    ended --> stopping : run_resumed\n"), std::string::npos);
  EXPECT_NE(diagram.find("    accepted --> ok : effect_ended\n"), std::string::npos);
  for (const EventKind event : all<EventKind>()) {
    EXPECT_NE(diagram.find(spell(event)), std::string::npos) << spell(event);
  }
}

}  // namespace
}  // namespace unjam::state
