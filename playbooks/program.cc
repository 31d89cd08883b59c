#include "playbooks/program.h"

#include <algorithm>

#include "playbooks/checker.h"
#include "playbooks/compiler.h"
#include "playbooks/play_loader.h"
#include "playbooks/yaml.h"

namespace unjam::playbooks {
namespace {

template <typename List>
const typename List::value_type* find_named(const List& list, std::string_view name) {
  const auto found = std::ranges::find_if(list, [name](const auto& entry) { return entry.name == name; });
  return found == list.end() ? nullptr : &*found;
}

std::shared_ptr<Program> assembled(const model::Playbook& book, const BookChecker& checker) {
  auto program = std::make_shared<Program>();
  program->name = book.name;
  program->summary = book.summary;
  program->source = book.source;
  program->params = checker.params();
  for (const auto& target : book.targets) program->targets.push_back({target.name.name, target.value.expr});
  program->facts = checker.facts();
  for (const auto& let : book.lets) program->lets.push_back({let.name.name, let.value.expr});
  program->plays = checker.plays();
  program->machine = compile_steps(book.steps);
  return program;
}

}  // namespace

const Fact* Program::fact(std::string_view fact_name) const {
  return find_named(facts, fact_name);
}
const NamedExpr* Program::let(std::string_view let_name) const {
  return find_named(lets, let_name);
}
const NamedExpr* Program::target(std::string_view target_name) const {
  return find_named(targets, target_name);
}

bool changes(const Program& program) {
  return strongest_effect(program) > Effect::read;
}

ProgramPtr load_played(const SourcePtr& source, const CheckInput& input, const PlayStack& around, Diagnostics& out) {
  Diagnostics own;
  const auto root = parse_yaml_all(source, own);
  std::shared_ptr<Program> program;
  if (root) {
    model::Playbook book = load_model(*root, source, own);
    PlayStack stack = around;
    stack.push_back(book.name);
    BookChecker checker(book, input, stack, own);
    checker.check();
    if (!own.failed()) program = assembled(book, checker);
  }
  own.sort();
  for (const Diagnostic& fault : own.all()) out.add(fault);
  return program;
}

ProgramPtr load_playbook(const SourcePtr& source, const CheckInput& input, Diagnostics& out) {
  return load_played(source, input, {}, out);
}

}  // namespace unjam::playbooks
