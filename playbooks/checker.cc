#include "playbooks/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "playbooks/compiler.h"
#include "playbooks/expr_walk.h"

namespace unjam::playbooks {

using State = Declared::State;
using model::Step;

namespace {

constexpr Duration kDefaultFresh = std::chrono::seconds(60);

// Faults that only follow from another one, which was told where it stands.
bool follows(const Diagnostic& fault) {
  return fault.code.starts_with("UJ03") && fault.code != "UJ0304" && fault.code != "UJ0308";
}

Within joined(const Within& a, const Within& b) {
  Within out;
  std::ranges::set_union(a, b, std::back_inserter(out));
  return out;
}

}  // namespace

std::string in_words(const Step& step) {
  const std::string& name = step.name.name;
  switch (step.verb) {
    case model::Verb::run:
      return fmt::format("{}: run {}", name, step.target.name);
    case model::Verb::play:
      return fmt::format("{}: play {}", name, step.target.name);
    case model::Verb::settles:
      return fmt::format("{}: settles {}", name, step.target.name);
    case model::Verb::rollout:
      return fmt::format("{}: a turn of the rollout", name);
    case model::Verb::group:
      return fmt::format("{}: do", name);
    default:
      return fmt::format("{}: {}", name, model::spell(step.verb));
  }
}

BookChecker::BookChecker(model::Playbook& book, const CheckInput& input, const PlayStack& stack, Diagnostics& out)
    : book_(book), input_(input), stack_(stack), out_(out) {
  names_.estate = input.estate;
  names_.ensure = [this](const std::string& name) { ensure(name); };
}

void BookChecker::error(std::string code, Span span, std::string message, std::string help) {
  out_.error(std::move(code), book_.source, span, std::move(message), std::move(help));
}

void BookChecker::error_on(std::vector<Note> way, std::string code, Span span, std::string message, std::string help) {
  error(std::move(code), span, std::move(message), std::move(help));
  out_.explain(std::move(way));
}

std::vector<Note> BookChecker::way_to(const Step& step) const {
  std::vector<Note> way{{step.name.span, in_words(step)}};
  const Step* inner = &step;
  for (auto found = around_.find(inner); found != around_.end(); found = around_.find(inner)) {
    inner = found->second;
    way.push_back({inner->name.span, in_words(*inner)});
  }
  std::ranges::reverse(way);
  return way;
}

void BookChecker::check() {
  check_params();
  declare();
  for (const auto& target : book_.targets) ensure(target.name.name);
  check_steps(book_.steps, StepPlace{.root = true});
  // What no step asked is typed last, when all steps of the root list are visible.
  for (const auto& fact : book_.facts) ensure(fact.name.name);
  for (const auto& let : book_.lets) ensure(let.name.name);
  mark_times_used(*this);
  report_unused();
  check_gate_rules(*this);
  check_obligation_rules(*this);
  check_flow_rules(*this);
  check_time_rules(*this);
  check_unknown_rules(*this);
  check_policy_rules(*this);
  // A fault that was taken for the consequence of another one must not let a file through.
  if (!out_.failed() && !all_typed()) error("UJ0301", {}, "some part of this file could not be checked");
}

void BookChecker::declare_name(const model::NameAt& name, Declared declared) {
  declared.span = name.span;
  const auto [at, fresh] = names_.declared.emplace(name.name, std::move(declared));
  if (fresh) return;
  error("UJ0204", name.span, fmt::format("the name '{}' is taken", name.name),
        fmt::format("it stands in line {}: targets, facts, lets and steps share their names", at->second.span.line));
}

void BookChecker::declare_steps(const model::Steps& steps, bool root) {
  walk_steps(steps, StepPlace{.root = root}, [this](const model::Step& step, const StepPlace&) {
    if (step.name.name.empty()) return;
    const auto declared = names_.declared.find(step.name.name);
    const auto other = names_.steps.find(step.name.name);
    if (is_path_word(step.name.name))
      error("UJ0204", step.name.span, fmt::format("no step may be called \"{}\"", step.name.name),
            "it is a word of the journal's paths");
    const bool taken = declared != names_.declared.end() || other != names_.steps.end();
    if (taken) {
      const Span at = other != names_.steps.end() ? other->second->name.span : declared->second.span;
      error("UJ0204", step.name.span, fmt::format("the name '{}' is taken", step.name.name),
            fmt::format("it stands in line {}: targets, facts, lets and steps share their names", at.line));
    } else {
      names_.steps.emplace(step.name.name, &step);
    }
  });
}

void BookChecker::declare() {
  using Kind = Declared::Kind;
  for (std::size_t i = 0; i < book_.targets.size(); ++i) {
    Declared declared{Kind::target, i};
    declared.mentions = names_in(book_.targets[i].value.text);
    declare_name(book_.targets[i].name, std::move(declared));
  }
  for (std::size_t i = 0; i < book_.facts.size(); ++i) {
    Declared declared{Kind::fact, i};
    for (const auto& argument : book_.facts[i].with) declared.mentions.merge(names_in(argument.text));
    declare_name(book_.facts[i].name, std::move(declared));
  }
  for (std::size_t i = 0; i < book_.lets.size(); ++i) {
    Declared declared{Kind::let, i};
    declared.mentions = names_in(book_.lets[i].value.text);
    declare_name(book_.lets[i].name, std::move(declared));
  }
  declare_steps(book_.steps, true);
  walk_steps(book_.steps, StepPlace{}, [this](const Step& step, const StepPlace&) {
    const auto hold = [&](const model::Steps& inner) {
      for (const Step& below : inner) around_.emplace(&below, &step);
    };
    hold(step.body);
    hold(step.after_each);
    for (const model::Arm& arm : step.arms) hold(arm.body);
    if (step.otherwise) hold(*step.otherwise);
  });
  close_needs();
  facts_.resize(book_.facts.size());
}

// Which steps each fact and let stands on, through others. Repeats until nothing is added; each round adds at least one
// of finitely many pairs, and chains are as long as they are written.
void BookChecker::close_needs() {
  for (auto& [name, declared] : names_.declared) {
    if (declared.kind != Declared::Kind::fact) continue;
    for (const std::string& word : declared.mentions)
      if (names_.steps.contains(word)) declared.needs.insert(word);
  }
  bool grew = true;
  for (std::size_t round = 0; grew && round <= names_.declared.size(); ++round) {
    grew = false;
    for (auto& [name, declared] : names_.declared) {
      if (declared.kind != Declared::Kind::let) continue;
      const std::size_t before = declared.needs.size();
      for (const std::string& word : declared.mentions) {
        const auto other = names_.declared.find(word);
        if (other != names_.declared.end())
          declared.needs.insert(other->second.needs.begin(), other->second.needs.end());
      }
      grew = grew || declared.needs.size() > before;
    }
  }
}

void BookChecker::ensure(const std::string& name) {
  const auto found = names_.declared.find(name);
  if (found == names_.declared.end() || found->second.state != State::waiting) return;
  Declared& declared = found->second;
  declared.state = State::checking;
  declared.info.type = types::dyn();
  if (defining_ >= kMaxDefinitionDepth) {
    error("UJ0302", declared.span,
          fmt::format("'{}' is defined through more than {} others", name, kMaxDefinitionDepth));
    declared.state = State::broken;
    return;
  }
  ++defining_;
  switch (declared.kind) {
    case Declared::Kind::target:
      check_target(declared, declared.index);
      break;
    case Declared::Kind::fact:
      check_fact(declared, declared.index);
      break;
    case Declared::Kind::let:
      check_let(declared, declared.index);
      break;
  }
  --defining_;
  if (declared.state == State::checking) declared.state = State::broken;
}

// The targets that an expression is made of, all of their hosts included; nothing if it chooses among them.
std::optional<Within> BookChecker::exact_within(const Expr& tree) const {
  if (tree.kind == Expr::Kind::name) {
    const auto found = names_.declared.find(tree.name);
    if (found == names_.declared.end()) return std::nullopt;
    const Declared& declared = found->second;
    if (declared.kind == Declared::Kind::target && declared.info.type) return declared.info.type->within;
    const CheckedExprPtr& let = declared.kind == Declared::Kind::let ? book_.lets[declared.index].value.expr : nullptr;
    return let ? exact_within(*let->tree) : std::nullopt;
  }
  if (tree.kind == Expr::Kind::call && tree.name == "+" && tree.args.size() == 2) {
    const auto left = exact_within(*tree.args[0]);
    const auto right = exact_within(*tree.args[1]);
    if (left && right) return joined(*left, *right);
  }
  return std::nullopt;
}

void BookChecker::check_target(Declared& declared, std::size_t index) {
  auto& target = book_.targets[index];
  if (target.value.text.source == nullptr) return;  // had no value
  const Position position{Position::Place::target, index, nullptr};
  const TypePtr want = types::set_of(types::host());
  declared.info.type = types::set_of(types::host(), {target.name.name});
  target.value.expr = check_slot(target.value.text, want, position);
  if (!target.value.expr) return;
  const auto same_hosts = exact_within(*target.value.expr->tree);
  if (same_hosts && !same_hosts->empty()) {
    declared.info.type = types::set_of(types::host(), *same_hosts);
  } else {
    names_.atoms.define(target.name.name, target.value.expr->type->within);
  }
  declared.state = State::ready;
}

void BookChecker::check_let(Declared& declared, std::size_t index) {
  auto& let = book_.lets[index];
  if (let.value.text.source == nullptr) return;
  let.value.expr = check_slot(let.value.text, nullptr, {Position::Place::let, 0, nullptr});
  if (!let.value.expr) return;
  declared.info.type = let.value.expr->type;
  declared.info.uses = std::make_shared<const ExprUses>(let.value.expr->uses);
  declared.state = State::ready;
}

void BookChecker::check_fact(Declared& declared, std::size_t index) {
  auto& spec = book_.facts[index];
  Fact& fact = facts_[index];
  fact.name = spec.name.name;
  fact.span = spec.name.span;
  declared.info.kind = NameInfo::Kind::fact;
  bool good = true;
  if (!spec.action.name.empty()) fact.action = input_.actions->find(spec.action.name);
  if (fact.action == nullptr && !spec.action.name.empty()) {
    const std::string near = nearest(spec.action.name, input_.actions->names());
    error("UJ0302", spec.action.span, fmt::format("unknown action '{}'", spec.action.name),
          near.empty() ? "`unjam packs` lists them" : fmt::format("did you mean '{}'?", near));
  }
  if (fact.action != nullptr && fact.action->effect != Effect::read) {
    error("UJ0405", spec.action.span,
          fmt::format("a fact only looks; {} is {}", fact.action->name, spell(fact.action->effect)),
          "do it in a step: `run:`");
    good = false;
  }
  Within domain;
  if (spec.hosts) {
    fact.hosts = check_slot(spec.hosts->text, types::set_of(types::host()), {Position::Place::fact_hosts, 0, nullptr});
    const auto exact = fact.hosts ? exact_within(*fact.hosts->tree) : std::nullopt;
    if (exact) domain = *exact;
    if (fact.hosts && (!exact || exact->empty())) {
      error("UJ0405", spec.hosts->text.origin, "a fact is asked of whole targets",
            "define a target for these hosts and name it here, so that no host can be missing");
      good = false;
    }
  }
  if (fact.action == nullptr || !fact.hosts) return;
  const Position position{Position::Place::fact_with, 0, &domain};
  good = check_with(spec.with, *fact.action, spec.action.span, position) && good;
  for (auto& argument : spec.with) fact.with.push_back({argument.name, argument.expr, argument.checked});
  fact.fresh = spec.fresh.value_or(DurationArg{kDefaultFresh, {}, spec.action.span});
  fact.limit = spec.limit ? *spec.limit : DurationArg{fact.action->limit.value_or(kDefaultFresh), {}, spec.action.span};
  declared.info.type = localized(fact.action->answer(), input_.estate);
  declared.info.domain = domain;
  if (good) declared.state = State::ready;
}

void BookChecker::pass_on(const Diagnostics& own, bool met_broken) {
  for (const Diagnostic& fault : own.all()) {
    if (met_broken && follows(fault)) continue;
    out_.add(fault);
    if (auto way = where_from(fault); !way.empty()) out_.explain(std::move(way));
  }
}

// Where the step stands whose output is not there, or not surely (UJ0401, UJ0402).
std::vector<Note> BookChecker::where_from(const Diagnostic& fault) const {
  if (fault.code != "UJ0401" && fault.code != "UJ0402") return {};
  std::string_view text = book_.source->line(fault.span.line);
  std::size_t at = 0;  // columns are code points
  for (std::uint32_t column = 1; column < fault.span.column && at < text.size(); ++column)
    at += decode_utf8(text, at).bytes;
  text.remove_prefix(std::min(at, text.size()));
  const std::string word(text.substr(0, text.find_first_not_of("abcdefghijklmnopqrstuvwxyz"
                                                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")));
  std::vector<Note> way;
  std::set<std::string> steps{word};
  if (const auto declared = names_.declared.find(word); declared != names_.declared.end()) {
    way.push_back({declared->second.span, fmt::format("{} is defined here", word)});
    steps = declared->second.needs;
  }
  for (const std::string& name : steps) {
    const auto step = names_.steps.find(name);
    if (step == names_.steps.end()) continue;
    const auto from = way_to(*step->second);
    way.insert(way.end(), from.begin(), from.end());
    if (step->second->when) way.push_back({step->second->when->text.origin, "its `when` may leave it out"});
  }
  way.push_back({fault.span, "asked here"});
  return way;
}

void BookChecker::mark_used(const ExprUses& uses) {
  names_.used.insert(uses.names.begin(), uses.names.end());
}

CheckedExprPtr BookChecker::check_slot(const ExprText& text, const TypePtr& want, const Position& position) {
  if (text.source == nullptr) return nullptr;
  for (const std::string& word : names_in(text)) names_.used.insert(word);
  Diagnostics own;
  const ScopeNames scope(names_, position);
  CheckedExprPtr expr = check_expr(text, want, scope, own);
  pass_on(own, scope.met_broken());
  if (!expr || scope.met_broken()) return nullptr;
  mark_used(expr->uses);
  return expr;
}

std::optional<CheckedText> BookChecker::check_prose(const ExprText& text, const Position& position) {
  for (const std::string& word : names_in(text)) names_.used.insert(word);
  Diagnostics own;
  const ScopeNames scope(names_, position);
  auto checked = check_text(text, scope, own);
  pass_on(own, scope.met_broken());
  if (checked) mark_used(checked->uses);
  return scope.met_broken() ? std::nullopt : checked;
}

bool BookChecker::check_with(std::vector<model::ArgumentSlot>& with, const ActionSpec& action, Span span,
                             const Position& position) {
  bool good = true;
  std::vector<std::string> known;
  for (const auto& [input, type] : action.inputs) {
    known.push_back(input);
    if (std::ranges::find(with, input, &model::ArgumentSlot::name) != with.end()) continue;
    error("UJ0306", span, fmt::format("{} wants the input {} ({})", action.name, input, spell(*type)),
          fmt::format("write with: {{ {}: ... }}", input));
    good = false;
  }
  for (auto& argument : with) {
    const TypePtr* type = action.input(argument.name);
    if (type == nullptr) {
      const std::string near = nearest(argument.name, known);
      error("UJ0306", argument.name_span, fmt::format("{} has no input {}", action.name, argument.name),
            near.empty() ? fmt::format("it has: {}", fmt::join(known, " ")) : fmt::format("did you mean {}?", near));
      good = false;
      continue;
    }
    if ((*type)->kind == Type::Kind::text) {
      argument.checked = check_prose(argument.text, position);
      good = good && argument.checked;
    } else {
      argument.expr = check_slot(argument.text, localized(*type, input_.estate), position);
      good = good && argument.expr;
    }
  }
  return good;
}

namespace {

bool typed(const std::optional<model::ExprSlot>& slot) {
  return !slot || slot->expr;
}

bool typed(const std::vector<model::ArgumentSlot>& with) {
  return std::ranges::all_of(with, [](const auto& slot) { return slot.expr || slot.checked; });
}

bool typed(const Step& step) {
  const bool needs_expr = step.verb == model::Verb::expect || step.verb == model::Verb::rollout;
  const bool needs_action = step.verb == model::Verb::run || step.verb == model::Verb::settles;
  bool good = typed(step.when) && typed(step.expr) && typed(step.hosts) && typed(step.until) && typed(step.order) &&
              typed(step.with) && (!step.text || step.text->checked) && (!needs_expr || step.expr) &&
              (!needs_action || step.action != nullptr) && (step.verb != model::Verb::play || step.program) &&
              !step.broken;
  for (const model::Arm& arm : step.arms) good = good && arm.when.expr;
  if (!step.gate) return good;
  for (const auto& [name, condition] : step.gate->require) good = good && condition.expr;
  return good && typed(step.gate->floor);
}

}  // namespace

bool BookChecker::all_typed() const {
  bool good =
      std::ranges::all_of(names_.declared, [](const auto& entry) { return entry.second.state == State::ready; });
  walk_steps(book_.steps, StepPlace{}, [&good](const Step& step, const StepPlace&) { good = good && typed(step); });
  return good;
}

void BookChecker::report_unused() {
  // Where something could not be read, it may have asked for what now looks lost.
  const bool unread = std::ranges::any_of(out_.all(), [](const Diagnostic& fault) {
    return (fault.code < "UJ03" && fault.code != "UJ0204") || fault.code == "UJ0302" || fault.code == "UJ0308" ||
           fault.code == "UJ1002";
  });
  if (unread) return;
  for (const auto& target : book_.targets) {
    if (!names_.used.contains(target.name.name))
      error("UJ0406", target.name.span, fmt::format("target '{}' is never asked", target.name.name),
            "a lost guard looks like this: use it, or delete it");
  }
  for (const auto& let : book_.lets) {
    if (!names_.used.contains(let.name.name))
      error("UJ0406", let.name.span, fmt::format("'{}' is never asked", let.name.name),
            "a lost guard looks like this: use it, or delete it");
  }
  for (const auto& param : book_.params) {
    if (!names_.used.contains("params." + param.name.name))
      error("UJ0406", param.name.span, fmt::format("parameter '{}' is never asked", param.name.name),
            "a lost guard looks like this: use it, or delete it");
  }
}

const model::FactSpec* BookChecker::fact_spec(std::string_view fact) const {
  const auto found = names_.declared.find(fact);
  const bool known = found != names_.declared.end() && found->second.kind == Declared::Kind::fact;
  return known ? &book_.facts[found->second.index] : nullptr;
}

const ActionSpec* BookChecker::fact_action(std::string_view fact) const {
  const model::FactSpec* spec = fact_spec(fact);
  return spec == nullptr ? nullptr : input_.actions->find(spec->action.name);
}

const Expr* BookChecker::let_tree(std::string_view name) const {
  const auto found = names_.declared.find(name);
  if (found == names_.declared.end() || found->second.kind != Declared::Kind::let) return nullptr;
  const CheckedExprPtr& let = book_.lets[found->second.index].value.expr;
  return let ? let->tree.get() : nullptr;
}

Looks BookChecker::looks_for(const FieldRef* ref) const {
  Looks::Question question;
  question.any_field = ref == nullptr;
  question.let = [this](std::string_view name) { return let_tree(name); };
  std::optional<FieldRef> wanted;
  if (ref != nullptr) wanted = *ref;
  question.wanted = [this, wanted](std::string_view fact, std::string_view field) {
    const ActionSpec* action = fact_action(fact);
    return action != nullptr && (!wanted || (action->name == wanted->action && field == wanted->field));
  };
  return Looks(std::move(question));
}

bool BookChecker::must_look_at(const Expr& condition, const FieldRef& ref) const {
  return looks_for(&ref).needed(condition, ref.of_host ? "host" : "");
}

bool is_change(const model::Step& step) {
  switch (step.verb) {
    case model::Verb::run:
      return step.action == nullptr || step.action->effect > Effect::read;
    case model::Verb::settles:
      return true;
    case model::Verb::play:
      return !step.program || strongest_effect(*step.program) > Effect::read;
    default:
      break;
  }
  if (has_change(step.body) || has_change(step.after_each)) return true;
  const auto arm = [](const model::Arm& a) { return has_change(a.body); };
  return std::ranges::any_of(step.arms, arm) || (step.otherwise && has_change(*step.otherwise));
}

bool has_change(const model::Steps& steps) {
  return std::ranges::any_of(steps, is_change);
}

namespace {

Effect strongest_in(const Machine& machine) {
  Effect most = Effect::read;
  for (const Node& node : machine.nodes) {
    if (node.kind == Node::Kind::act && node.action != nullptr) most = std::max(most, node.action->effect);
    if (node.body) most = std::max(most, strongest_in(*node.body));
    if (node.program) most = std::max(most, strongest_effect(*node.program));
  }
  return most;
}

}  // namespace

Effect strongest_effect(const Program& program) {
  return strongest_in(program.machine);
}

}  // namespace unjam::playbooks
