// What holds on every way through the steps: nothing is unreachable, `else` ends the run, `done` stands before the
// first change, the end is reached only after a look, changes stand behind the file's own approval.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "playbooks/checker.h"

namespace unjam::playbooks {

using model::Step;
using model::Steps;
using model::Verb;

namespace {

// One stop on a way through the steps. Ways share their beginnings: each stop knows the one before it.
struct Stop {
  enum class What { comes, passes_when, skips, no_turn, holds_not, arm, otherwise, needed_no_more };
  std::int32_t before = -1;
  const Step* step = nullptr;
  What what = What::comes;
};

using Way = std::int32_t;  // its last stop; -1: the beginning

// What is known of all ways that come to a place, with one way as the witness of each.
struct Flow {
  bool ends = false;                   // no way goes on from here
  Way way = -1;                        // some way
  std::optional<Way> changed{};        // one that has changed something
  const Step* unseen = nullptr;        // some way has not looked since this change: ...
  Way unseen_way = -1;                 // ... this one
  std::optional<Way> unapproved = -1;  // one without an approval of this file; none: all have passed one
};

Flow join(const Flow& a, const Flow& b) {
  if (a.ends) return b;
  if (b.ends) return a;
  Flow out = a;
  if (!out.changed) out.changed = b.changed;
  if (!out.unapproved) out.unapproved = b.unapproved;
  if (out.unseen == nullptr) {
    out.unseen = b.unseen;
    out.unseen_way = b.unseen_way;
  }
  return out;
}

class FlowRules {
 public:
  explicit FlowRules(BookChecker& checker) : checker_(checker) {
    walk_steps(checker.book().steps, StepPlace{}, [this](const Step& step, const StepPlace&) {
      asks_approval_ = asks_approval_ || step.verb == Verb::approve;
    });
  }

  void check() {
    const Flow end = list(checker_.book().steps, Flow{});
    if (end.ends || end.unseen == nullptr) return;
    auto way = told(end.unseen_way, end.unseen);
    way.push_back({{}, "the end of the steps"});
    checker_.error_on(std::move(way), "UJ0606", end.unseen->name.span,
                      fmt::format("the run may end well without having looked since {}", end.unseen->name.name),
                      "end with an `expect` that asks facts");
  }

 private:
  using What = Stop::What;

  Flow at(Flow flow, const Step& step, What what) {
    const auto on = [&](Way& way) {
      stops_.push_back({way, &step, what});
      way = static_cast<Way>(stops_.size() - 1);
    };
    on(flow.way);
    if (flow.changed) on(*flow.changed);
    if (flow.unapproved) on(*flow.unapproved);
    if (flow.unseen != nullptr) on(flow.unseen_way);
    return flow;
  }

  // The stops of a way in their order, from `first` on (null: all).
  std::vector<Note> told(Way way, const Step* first) const {
    std::vector<Note> out;
    for (; way >= 0; way = stops_[static_cast<std::size_t>(way)].before) {
      const Stop& stop = stops_[static_cast<std::size_t>(way)];
      out.push_back({stop.step->name.span, in_words(stop)});
      if (stop.step == first && stop.what == What::comes) break;
    }
    std::ranges::reverse(out);
    return out;
  }

  static std::string in_words(const Stop& stop) {
    const std::string& name = stop.step->name.name;
    switch (stop.what) {
      case What::comes:
        return playbooks::in_words(*stop.step);
      case What::passes_when:
        return fmt::format("{}: its `when` holds", name);
      case What::skips:
        return fmt::format("{}: its `when` does not hold, it is left out", name);
      case What::no_turn:
        return fmt::format("{}: no host, no turn", name);
      case What::holds_not:
        return fmt::format("{}: does not hold", name);
      case What::arm:
        return fmt::format("{}: one of its arms", name);
      case What::otherwise:
        return fmt::format("{}: its `else`", name);
      case What::needed_no_more:
        return fmt::format("{}: `until` holds at its first look, the rungs are left out", name);
    }
    return name;
  }

  Flow list(const Steps& steps, Flow flow) {
    const Step* last = nullptr;
    for (const Step& step : steps) {
      if (flow.ends) {
        unreached(step, last, "step");
        return flow;
      }
      flow = guarded(step, flow);
      last = &step;
    }
    return flow;
  }

  void unreached(const Step& step, const Step* last, std::string_view what) {
    std::vector<Note> way;
    if (last != nullptr) way.push_back({last->name.span, playbooks::in_words(*last) + ": every way ends here"});
    way.push_back({step.name.span, "nothing comes here"});
    checker_.error_on(std::move(way), "UJ0801", step.name.span,
                      fmt::format("{} {} is never reached", what, step.name.name), "every way ends above it");
  }

  Flow guarded(const Step& step, const Flow& flow) {
    if (!step.when) return one(step, flow);
    const Flow after = one(step, at(flow, step, What::passes_when));
    return join(at(flow, step, What::skips), after);
  }

  Flow one(const Step& step, Flow flow) {
    if (step.broken) return flow;
    switch (step.verb) {
      case Verb::run:
      case Verb::settles:
      case Verb::play:
        return change(step, flow);
      case Verb::expect: {
        check_else(step, flow);
        flow = at(flow, step, What::comes);
        const bool looks = !step.expr || !step.expr->expr || !step.expr->expr->uses.facts.empty();
        if (looks) flow.unseen = nullptr;
        return flow;
      }
      case Verb::choose:
        return arms(step, flow);
      case Verb::group:
        return list(step.body, at(flow, step, What::comes));
      case Verb::rollout:
        return rollout(step, flow);
      case Verb::ladder:
        return ladder(step, flow);
      case Verb::approve:
        flow = at(flow, step, What::comes);
        flow.unapproved.reset();
        return flow;
      case Verb::wait:
        return at(flow, step, What::comes);
      case Verb::done:
        if (flow.changed) {
          auto way = told(*flow.changed, nullptr);
          way.push_back({step.name.span, playbooks::in_words(step)});
          checker_.error_on(std::move(way), "UJ0603", step.verb_span, "`done` after a change: something has been done",
                            "look and come to the end, or escalate");
        }
        flow.ends = true;
        return flow;
      case Verb::escalate:
        flow.ends = true;
        return flow;
    }
    return flow;
  }

  Flow rollout(const Step& step, const Flow& flow) {
    Flow turn = at(flow, step, What::comes);
    if (has_change(step.body) && !turn.changed) turn.changed = turn.way;  // by an earlier turn
    const Flow after = list(step.body, turn);
    return join(at(flow, step, What::no_turn), after);
  }

  Flow change(const Step& step, Flow flow) {
    flow = at(flow, step, What::comes);
    if (!is_change(step)) return flow;
    Effect effect = Effect::reversible;
    if (step.verb == Verb::run && step.action != nullptr) effect = step.action->effect;
    if (step.verb == Verb::play && step.program) effect = strongest_effect(*step.program);
    const bool counts = effect > Effect::nudge && step.verb != Verb::settles;
    if (asks_approval_ && counts && flow.unapproved)
      checker_.error_on(told(*flow.unapproved, nullptr), "UJ0508", step.name.span,
                        fmt::format("some way reaches {} past the approval that this file asks for", step.name.name),
                        "put it behind `approve`, in the same list or inside of a later step");
    if (!flow.changed) flow.changed = flow.way;
    if (step.verb != Verb::play) {  // a played playbook ends with its own look
      flow.unseen = &step;
      flow.unseen_way = flow.way;
    }
    return flow;
  }

  Flow arms(const Step& step, const Flow& flow) {
    Flow out;
    out.ends = true;
    for (const model::Arm& arm : step.arms) out = join(out, list(arm.body, at(flow, step, What::arm)));
    if (step.otherwise) out = join(out, list(*step.otherwise, at(flow, step, What::otherwise)));
    return out;
  }

  Flow ladder(const Step& step, const Flow& flow) {
    const Flow begun = at(flow, step, What::comes);
    // What is done after each rung is done after changes, but for the first time.
    Flow looking = begun;
    if (has_change(step.body) && !looking.changed) looking.changed = looking.way;
    Flow climbing = begun;
    climbing.ends = list(step.after_each, looking).ends;
    if (has_change(step.after_each) && !climbing.changed) climbing.changed = climbing.way;
    const Step* last = nullptr;
    for (const Step& rung : step.body) {
      if (climbing.ends) {
        unreached(rung, last, "rung");
        break;
      }
      climbing = guarded(rung, climbing);
      last = &rung;
    }
    check_else(step, climbing);
    // It goes on only where a look at `until` came out true, which may have been the first one.
    Flow out = at(flow, step, What::needed_no_more);
    if ((has_change(step.after_each) || has_change(step.body)) && !out.changed) out.changed = begun.way;
    out.unseen = nullptr;
    return out;
  }

  void check_else(const Step& step, const Flow& flow) {
    if (!step.otherwise) return;
    Flow otherwise = at(flow, step, What::holds_not);
    otherwise.ends = false;
    const Flow after = list(*step.otherwise, otherwise);
    if (after.ends) return;
    auto way = checker_.way_to(step);
    const auto inner = told(after.way, nullptr);
    const auto from = std::ranges::find_if(inner, [&](const Note& note) { return note.span == step.name.span; });
    way.insert(way.end(), from, inner.end());
    way.push_back({step.else_span, "the `else` ends, and what stands behind goes on"});
    checker_.error_on(std::move(way), "UJ0802", step.else_span,
                      fmt::format("some way goes on behind this `else`, although {} did not hold", step.name.name),
                      "end every way through it with `escalate`");
  }

  BookChecker& checker_;
  std::vector<Stop> stops_;
  bool asks_approval_ = false;
};

}  // namespace

void check_flow_rules(BookChecker& checker) {
  FlowRules(checker).check();
}

}  // namespace unjam::playbooks
