// Times and counts (language.md 4, UJ08): every wait has a limit that is known before the run.
#include <fmt/format.h>

#include "playbooks/checker.h"

namespace unjam::playbooks {

using model::Step;
using model::Verb;

namespace {

std::string spelled(Duration d) {
  return spell(Value::duration(d));
}

class TimeRules {
 public:
  explicit TimeRules(BookChecker& checker) : checker_(checker) {}

  void check_step(const Step& step) {
    if (step.limit) check_limit(*step.limit, model::spell(step.verb));
    if (step.hold) check_hold(step);
    if (step.gate && step.gate->limit) check_limit(*step.gate->limit, "gate");
    if (step.gate && step.gate->min) check_count(*step.gate->min, "min");
    if (step.batch) check_count(*step.batch, "batch");
    if (step.stop_after) check_count(*step.stop_after, "stop_after");
    if (step.verb == Verb::run && step.action != nullptr && step.limit) check_long_enough(*step.action, *step.limit);
  }

  void check_fact(const model::FactSpec& fact) {
    if (fact.fresh) check_limit(*fact.fresh, "fact");
    if (fact.limit) check_limit(*fact.limit, "fact");
    const ActionSpec* action = checker_.fact_action(fact.name.name);
    if (fact.limit && action != nullptr) check_long_enough(*action, *fact.limit);
  }

 private:
  // A parameter that is declared and a duration; tells otherwise.
  bool is_time(const DurationArg& arg, std::string_view what) {
    if (arg.param.empty()) return true;
    const Param* param = checker_.param(arg.param);
    if (param == nullptr) {
      if (!declared(arg.param))
        checker_.error("UJ0302", arg.span, fmt::format("no parameter {}", arg.param), hint(arg.param));
      return false;
    }
    if (param->type->kind == Type::Kind::duration) return true;
    checker_.error("UJ0301", arg.span,
                   fmt::format("{} wants a duration, params.{} is {}", what, arg.param, spell(*param->type)));
    return false;
  }

  bool declared(const std::string& name) const {
    for (const auto& spec : checker_.book().params)
      if (spec.name.name == name) return true;
    return false;
  }

  std::string hint(const std::string& name) const {
    std::vector<std::string> known;
    for (const auto& spec : checker_.book().params) known.push_back(spec.name.name);
    const std::string near = nearest(name, known);
    return near.empty() ? "" : fmt::format("did you mean params.{}?", near);
  }

  void check_limit(const DurationArg& arg, std::string_view what) {
    if (!is_time(arg, "limit")) return;
    const auto least = checker_.least(arg);
    if (least && least->count() <= 0) {
      checker_.error("UJ0805", arg.span, fmt::format("this {} has no time at all", what));
    } else if (!least) {
      checker_.error("UJ0805", arg.span, fmt::format("params.{} may be 0: no time at all", arg.param),
                     "give it a `min` above 0 where it is declared");
    }
    if (!checker_.most(arg))
      checker_.error("UJ0807", arg.span,
                     fmt::format("params.{} has no bound: the end could not be foretold", arg.param),
                     "give it a `max` where it is declared");
  }

  void check_hold(const Step& step) {
    if (!is_time(*step.hold, "hold")) return;
    const auto hold = checker_.most(*step.hold);
    if (!hold) {
      checker_.error("UJ0807", step.hold->span,
                     fmt::format("params.{} has no bound: the end could not be foretold", step.hold->param),
                     "give it a `max` where it is declared");
      return;
    }
    const auto limit = step.limit ? checker_.least(*step.limit) : std::nullopt;
    if (limit && *hold >= *limit)
      checker_.error(
          "UJ0803", step.hold->span,
          fmt::format("to hold for {} within a limit of {} is not possible", spelled(*hold), spelled(*limit)),
          "raise the limit, or lower the hold");
  }

  void check_long_enough(const ActionSpec& action, const DurationArg& limit) {
    const auto& at_least = action.at_least;
    const auto least = checker_.least(limit);
    if (!at_least || !least || *least >= *at_least) return;
    checker_.error("UJ0806", limit.span,
                   fmt::format("{} may need {}: a limit of {} would call a slow success a failure", action.name,
                               spelled(*at_least), spelled(*least)),
                   limit.param.empty() ? "" : "raise the parameter's `min`");
  }

  void check_count(const CountArg& arg, std::string_view what) {
    if (arg.param.empty()) return;
    const Param* param = checker_.param(arg.param);
    if (param == nullptr) {
      if (!declared(arg.param))
        checker_.error("UJ0302", arg.span, fmt::format("no parameter {}", arg.param), hint(arg.param));
      return;
    }
    if (param->type->kind != Type::Kind::integer) {
      if (what != "min")  // told by the gate's rules
        checker_.error("UJ0301", arg.span,
                       fmt::format("{} is an int, params.{} is {}", what, arg.param, spell(*param->type)));
    } else if (what != "min" && (!param->min || *param->min->as_int() < 1)) {
      checker_.error("UJ0206", arg.span, fmt::format("params.{} may be 0", arg.param), "give it `min: 1`");
    }
  }

  BookChecker& checker_;
};

// Parameters that stand where only a parameter or a literal may stand count as asked.
void mark_used(BookChecker& checker, const Step& step) {
  const auto mark = [&](const auto& arg) {
    if (arg && !arg->param.empty()) checker.names().used.insert("params." + arg->param);
  };
  mark(step.limit);
  mark(step.hold);
  mark(step.batch);
  mark(step.stop_after);
  if (step.gate) {
    mark(step.gate->limit);
    mark(step.gate->min);
  }
}

}  // namespace

void mark_times_used(BookChecker& checker) {
  for (const auto& fact : checker.book().facts) {
    if (fact.limit && !fact.limit->param.empty()) checker.names().used.insert("params." + fact.limit->param);
    if (fact.fresh && !fact.fresh->param.empty()) checker.names().used.insert("params." + fact.fresh->param);
  }
  walk_steps(checker.book().steps, StepPlace{},
             [&checker](const Step& step, const StepPlace&) { mark_used(checker, step); });
}

void check_time_rules(BookChecker& checker) {
  TimeRules rules(checker);
  for (const auto& fact : checker.book().facts) rules.check_fact(fact);
  walk_steps(checker.book().steps, StepPlace{},
             [&rules](const Step& step, const StepPlace&) { rules.check_step(step); });
}

}  // namespace unjam::playbooks
