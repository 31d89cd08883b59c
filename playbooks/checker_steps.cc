// The walk over the steps: types of what they say, names that become visible.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "playbooks/checker.h"
#include "playbooks/expr_walk.h"

namespace unjam::playbooks {

using model::Step;
using model::Verb;

namespace {

bool has_order(Type::Kind kind) {
  using Kind = Type::Kind;
  return kind == Kind::integer || kind == Kind::real || kind == Kind::text || kind == Kind::boolean ||
         kind == Kind::duration || kind == Kind::timestamp || kind == Kind::enumeration || kind == Kind::site;
}

}  // namespace

Position BookChecker::position_of(const StepPlace& place) const {
  return {Position::Place::step, 0, place.host};
}

CheckedExprPtr BookChecker::check_truth(model::ExprSlot& slot, const StepPlace& place) {
  slot.expr = check_slot(slot.text, types::boolean(), position_of(place));
  return slot.expr;
}

void BookChecker::check_steps(model::Steps& steps, StepPlace place) {
  const std::size_t outside = names_.shown();
  for (Step& step : steps) {
    check_step(step, place);
    add_output(step, place);
  }
  // The root list's stay: facts and lets that no step asked are typed behind it.
  if (!place.root) names_.hide_from(outside);
}

void BookChecker::check_step(Step& step, const StepPlace& place) {
  if (step.when) check_truth(*step.when, place);
  StepPlace inner = place;
  inner.root = false;
  inner.rung = false;
  switch (step.verb) {
    case Verb::run:
      check_run(step, place);
      break;
    case Verb::rollout:
      check_rollout(step, place);
      break;
    case Verb::ladder:
      check_ladder(step, place);
      break;
    case Verb::choose:
      check_choose(step, place);
      break;
    case Verb::play:
      check_play(step, place);
      break;
    case Verb::group:
      check_steps(step.body, inner);
      break;
    case Verb::expect:
      if (step.expr) check_truth(*step.expr, place);
      if (step.otherwise) check_steps(*step.otherwise, inner);
      break;
    case Verb::approve:
      if (place.rollout != nullptr)
        error("UJ0404", step.verb_span, "no approval inside a rollout: a host is in hand", "ask before the rollout");
      [[fallthrough]];
    case Verb::done:
    case Verb::escalate:
      if (step.text) step.text->checked = check_prose(step.text->text, position_of(place));
      break;
    case Verb::settles: {
      const auto settled = names_.steps.find(step.target.name);
      if (settled != names_.steps.end()) step.action = settled->second->action;
      break;
    }
    case Verb::wait:
      break;
  }
}

void BookChecker::check_run(Step& step, const StepPlace& place) {
  if (!step.target.name.empty()) {
    step.action = input_.actions->find(step.target.name);
    if (step.action == nullptr) {
      const std::string near = nearest(step.target.name, input_.actions->names());
      error("UJ0302", step.target.span, fmt::format("unknown action '{}'", step.target.name),
            near.empty() ? "`unjam packs` lists them" : fmt::format("did you mean '{}'?", near));
    }
  }
  if (place.rollout != nullptr && step.hosts) {
    error("UJ0404", step.hosts->text.origin, "inside a rollout an action runs on the host in hand",
          "leave `hosts` out, or put the step before the rollout");
  } else if (place.rollout == nullptr && !step.hosts) {
    error("UJ0202", step.name.span, fmt::format("step {} needs `hosts`: where to run it", step.name.name));
  } else if (step.hosts) {
    step.hosts->expr = check_slot(step.hosts->text, types::set_of(types::host()), position_of(place));
    const bool change = step.action != nullptr && step.action->effect > Effect::read;
    if (step.hosts->expr && change && step.hosts->expr->type->within.empty())
      error("UJ0404", step.hosts->text.origin, "these hosts lie in no target: nothing outside of targets is changed",
            "name a target, or filter one");
  }
  if (step.action != nullptr) check_with(step.with, *step.action, step.target.span, position_of(place));
}

void BookChecker::check_rollout(Step& step, const StepPlace& place) {
  if (place.rollout != nullptr)
    error("UJ0404", step.verb_span, "no rollout inside a rollout: a host is in hand", "end the outer one first");
  step.within = kAnywhere;
  if (step.expr) step.expr->expr = check_slot(step.expr->text, types::set_of(types::host()), position_of(place));
  if (step.expr && step.expr->expr) {
    step.within = step.expr->expr->type->within;
    if (step.within.empty()) {
      error("UJ0404", step.expr->text.origin, "these hosts lie in no target: nothing outside of targets is changed",
            "name a target, or filter one");
      step.within = kAnywhere;
    }
  }
  if (step.until) check_truth(*step.until, place);
  StepPlace inner = place;
  inner.root = false;
  inner.rung = false;
  inner.host = &step.within;
  inner.rollout = &step;
  if (step.order) {
    step.order->expr = check_slot(step.order->text, nullptr, position_of(inner));
    if (step.order->expr && !has_order(step.order->expr->type->kind))
      error("UJ0301", step.order->text.origin, fmt::format("{} has no order", spell(*step.order->expr->type)));
  }
  if (step.gate) check_gate(*step.gate, position_of(inner));
  check_steps(step.body, inner);
}

void BookChecker::check_gate(model::GateSpec& gate, const Position& position) {
  if (gate.floor) gate.floor->expr = check_slot(gate.floor->text, types::set_of(types::host()), position);
  std::set<std::string> names;
  for (auto& [name, condition] : gate.require) condition.expr = check_slot(condition.text, types::boolean(), position);
}

void BookChecker::check_ladder(Step& step, const StepPlace& place) {
  StepPlace inner = place;
  inner.root = false;
  inner.rung = false;
  inner.ladder = true;
  if (step.until) check_truth(*step.until, place);
  StepPlace after = inner;
  after.after_each = true;
  check_steps(step.after_each, after);
  StepPlace rung = inner;
  rung.rung = true;
  check_steps(step.body, rung);
  StepPlace otherwise = inner;
  otherwise.ladder = place.ladder;
  if (step.otherwise) check_steps(*step.otherwise, otherwise);
}

void BookChecker::check_choose(Step& step, const StepPlace& place) {
  StepPlace inner = place;
  inner.root = false;
  inner.rung = false;
  for (model::Arm& arm : step.arms) {
    if (arm.when.text.source != nullptr) check_truth(arm.when, place);
    check_steps(arm.body, inner);
  }
  if (step.otherwise) {
    check_steps(*step.otherwise, inner);
    return;
  }
  const auto well_typed = [](const model::Arm& arm) { return arm.when.expr != nullptr; };
  if (std::ranges::all_of(step.arms, well_typed) && !exhausts_an_enumeration(step))
    error("UJ0703", step.verb_span, "these arms may all be false", "write `else:`");
}

bool BookChecker::exhausts_an_enumeration(const Step& step) const {
  std::set<std::string> words;
  std::string asked;
  TypePtr type;
  for (const model::Arm& arm : step.arms) {
    const Expr& tree = *arm.when.expr->tree;
    if (tree.kind != Expr::Kind::call || tree.name != "==" || tree.args.size() != 2) return false;
    const std::size_t literal = tree.args[0]->kind == Expr::Kind::literal ? 0 : 1;
    const Expr& word = *tree.args[literal];
    const Expr& other = *tree.args[1 - literal];
    if (word.kind != Expr::Kind::literal || word.literal.as_text() == nullptr) return false;
    if (!other.type || other.type->kind != Type::Kind::enumeration || other.type->words.empty()) return false;
    if (!asked.empty() && asked != canonical(other)) return false;
    asked = canonical(other);
    type = other.type;
    words.insert(*word.literal.as_text());
  }
  return type && words.size() == type->words.size();
}

void BookChecker::add_output(const Step& step, const StepPlace& place) {
  StepOutput output;
  output.name = step.name.name;
  output.info.conditional = step.when.has_value();
  if (step.broken) {
    output.broken = true;
    output.info.type = types::dyn();
  } else if (step.verb == Verb::rollout) {
    output.info.type = types::record(step.name.name, {{"done", types::set_of(types::host(), step.within)}});
    output.broken = step.within == kAnywhere;
  } else if (step.verb == Verb::run) {
    output.root = place.root && step.action != nullptr && step.action->effect == Effect::read;
    output.broken = step.action == nullptr;
    output.info.type = step.action == nullptr ? types::dyn() : localized(step.action->answer(), input_.estate);
    if (step.hosts) {
      const CheckedExprPtr& hosts = step.hosts->expr;
      output.broken = output.broken || !hosts;
      output.info.kind = NameInfo::Kind::steps;
      const auto exact = hosts ? exact_within(*hosts->tree) : std::nullopt;
      output.info.domain = exact && !exact->empty() ? *exact : Within{fmt::format("the hosts of '{}'", output.name)};
    }
  } else {
    return;
  }
  names_.show(std::move(output));
}

}  // namespace unjam::playbooks
