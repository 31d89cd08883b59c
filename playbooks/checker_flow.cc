// What holds on every way through the steps: nothing is unreachable, `else` ends the run, `done` stands before the
// first change, the end is reached only after a look, changes stand behind the file's own approval.
#include <fmt/format.h>

#include <algorithm>

#include "playbooks/checker.h"

namespace unjam::playbooks {

using model::Step;
using model::Steps;
using model::Verb;

namespace {

// What is known of all ways that come to a place.
struct Flow {
  bool ends = false;             // no way goes on from here
  bool changed = false;          // some way has changed something
  const Step* unseen = nullptr;  // some way has not looked since this change
  bool approved = false;         // every way has passed an approval of this file
};

Flow join(const Flow& a, const Flow& b) {
  if (a.ends) return b;
  if (b.ends) return a;
  return {false, a.changed || b.changed, a.unseen != nullptr ? a.unseen : b.unseen, a.approved && b.approved};
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
    if (!end.ends && end.unseen != nullptr)
      checker_.error("UJ0606", end.unseen->name.span,
                     fmt::format("the run may end well without having looked since {}", end.unseen->name.name),
                     "end with an `expect` that asks facts");
  }

 private:
  Flow list(const Steps& steps, Flow flow) {
    for (const Step& step : steps) {
      if (flow.ends) {
        checker_.error("UJ0801", step.name.span, fmt::format("step {} is never reached", step.name.name),
                       "every way ends above it");
        return flow;
      }
      const Flow after = one(step, flow);
      flow = step.when ? join(flow, after) : after;
    }
    return flow;
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
        const bool looks = !step.expr || !step.expr->expr || !step.expr->expr->uses.facts.empty();
        if (looks) flow.unseen = nullptr;
        return flow;
      }
      case Verb::choose:
        return arms(step, flow);
      case Verb::group:
        return list(step.body, flow);
      case Verb::rollout: {
        Flow turn = flow;
        turn.changed = turn.changed || has_change(step.body);  // by an earlier turn
        const Flow after = list(step.body, turn);
        return join(flow, after);
      }
      case Verb::ladder:
        return ladder(step, flow);
      case Verb::approve:
        flow.approved = true;
        return flow;
      case Verb::wait:
        return flow;
      case Verb::done:
        if (flow.changed)
          checker_.error("UJ0603", step.verb_span, "`done` after a change: something has been done",
                         "look and come to the end, or escalate");
        flow.ends = true;
        return flow;
      case Verb::escalate:
        flow.ends = true;
        return flow;
    }
    return flow;
  }

  Flow change(const Step& step, Flow flow) {
    if (!is_change(step)) return flow;
    Effect effect = Effect::reversible;
    if (step.verb == Verb::run && step.action != nullptr) effect = step.action->effect;
    if (step.verb == Verb::play && step.program) effect = strongest_effect(*step.program);
    const bool counts = effect > Effect::nudge && step.verb != Verb::settles;
    if (asks_approval_ && counts && !flow.approved)
      checker_.error("UJ0508", step.name.span,
                     fmt::format("some way reaches {} past the approval that this file asks for", step.name.name),
                     "put it behind `approve`, in the same list or inside of a later step");
    flow.changed = true;
    if (step.verb != Verb::play) flow.unseen = &step;  // a played playbook ends with its own look
    return flow;
  }

  Flow arms(const Step& step, const Flow& flow) {
    Flow out;
    out.ends = true;
    for (const model::Arm& arm : step.arms) out = join(out, list(arm.body, flow));
    if (step.otherwise) out = join(out, list(*step.otherwise, flow));
    return out;
  }

  Flow ladder(const Step& step, const Flow& flow) {
    Flow climbing = list(step.after_each, flow);
    for (const Step& rung : step.body) {
      if (climbing.ends) {
        checker_.error("UJ0801", rung.name.span, fmt::format("rung {} is never reached", rung.name.name),
                       "every way ends above it");
        break;
      }
      const Flow after = one(rung, climbing);
      climbing = rung.when ? join(climbing, after) : after;
      if (!climbing.ends) climbing.changed = climbing.changed || has_change(step.after_each);
    }
    check_else(step, climbing);
    // It goes on only where a look at `until` came out true, which may have been the first one.
    Flow out = flow;
    out.changed = flow.changed || has_change(step.after_each) || has_change(step.body);
    out.unseen = nullptr;
    return out;
  }

  void check_else(const Step& step, const Flow& flow) {
    if (!step.otherwise) return;
    Flow otherwise = flow;
    otherwise.ends = false;
    if (list(*step.otherwise, otherwise).ends) return;
    checker_.error("UJ0802", step.else_span,
                   fmt::format("some way goes on behind this `else`, although {} did not hold", step.name.name),
                   "end every way through it with `escalate`");
  }

  BookChecker& checker_;
  bool asks_approval_ = false;
};

}  // namespace

void check_flow_rules(BookChecker& checker) {
  FlowRules(checker).check();
}

}  // namespace unjam::playbooks
