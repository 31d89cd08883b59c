#include "tests/fuzz/targets.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "playbooks/contracts.h"
#include "playbooks/expr_eval_tool.h"
#include "playbooks/policy.h"
#include "playbooks/program.h"
#include "playbooks/yaml.h"
#include "tests/proof/machine_proof.h"
#include "tests/source_tree.h"

namespace unjam::fuzz {
namespace {

using namespace playbooks;

void promise(bool kept, std::string_view what) {
  if (kept) return;
  std::fputs(fmt::format("broken promise: {}\n", what).c_str(), stderr);
  std::abort();
}

const Contracts& contracts() {
  static const Contracts kContracts = [] {
    Contracts out;
    Diagnostics faults;
    for (const auto& entry : std::filesystem::directory_iterator(testing_support::source_dir() + "/actions/packs"))
      if (const auto source = read_source((entry.path() / "contracts.yaml").string())) out.add(*source, faults);
    out.check(faults);
    promise(!faults.failed(), "the shipped contracts load");
    return out;
  }();
  return kContracts;
}

const Estate& estate() {
  static const Estate kEstate{{"tokyo", "osaka"},
                              {"dc", "hub"},
                              {{"tyodc1", "tokyo", "dc", "10.77.1.10"},
                               {"tyohub1", "tokyo", "hub", "10.77.1.21"},
                               {"tyohub2", "tokyo", "hub", "10.77.1.22"},
                               {"osahub1", "osaka", "hub", "10.77.2.21"}}};
  return kEstate;
}

const Policy* policy() {
  static const auto kPolicy = [] {
    Diagnostics faults;
    return load_policy(*read_source(testing_support::source_dir() + "/tests/golden/policy.yaml"), contracts(), faults);
  }();
  return kPolicy.get();
}

// Faults are located, explained, and safe to print.
void told(const Diagnostics& faults, bool accepted) {
  promise(accepted != faults.failed(), "a file is either accepted or explained");
  promise(faults.all().size() <= kMaxDiagnostics, "diagnostics are bounded");
  for (const Diagnostic& fault : faults.all()) {
    promise(!fault.message.empty(), "a fault says what is wrong");
    promise(fault.notes.size() <= kMaxNotes, "a way is bounded");
    promise(fault.source == nullptr || fault.span.line <= fault.source->lines() + 1, "a fault stands in its file");
    const std::string shown = render(fault);
    promise(valid_utf8(shown), "what is shown is UTF-8");
    promise(shown.find('\x1b') == std::string::npos, "no control character is shown");
    promise(valid_utf8(canonical(json::value(to_json(fault)))), "JSON is UTF-8");
  }
}

SourcePtr source_of(std::string_view bytes) {
  return std::make_shared<const Source>("fuzzed.yaml", std::string(bytes));
}

}  // namespace

void loader(std::string_view bytes) {
  const SourcePtr source = source_of(bytes);
  {
    Diagnostics faults;
    const auto root = parse_yaml(source, faults);
    told(faults, root != nullptr);
  }
  {
    Diagnostics faults;
    CheckInput input;
    input.actions = &contracts();
    const bool accepted = load_playbook(source, input, faults) != nullptr;
    told(faults, accepted);
  }
  {
    Diagnostics faults;
    const bool accepted = load_policy(source, contracts(), faults) != nullptr;
    told(faults, accepted);
  }
  Diagnostics faults;
  Contracts own;
  own.add(source, faults);
  for (const Diagnostic& fault : faults.all()) promise(valid_utf8(render(fault)), "what is shown is UTF-8");
}

void expression(std::string_view bytes) {
  Diagnostics faults;
  const std::vector<EvalVariable> variables{
      {"i", "3"},   {"d", "1.5"}, {"t", "\"abc\""}, {"l", "[1, 2, 3]"}, {"m", "{\"a\": 1, \"b\": [true]}"},
      {"b", "true"}};
  const auto answer = eval_text(std::string(bytes), variables, faults);
  promise(answer.has_value() != faults.failed(), "an expression has a value or is explained");
  for (const Diagnostic& fault : faults.all()) promise(valid_utf8(render(fault)), "what is shown is UTF-8");
  if (!answer) return;
  promise(answer->type != nullptr, "a value has a type");
  promise(parse_json(answer->json).has_value(), "a value is JSON");
}

void checker(std::string_view bytes) {
  const SourcePtr source = source_of(bytes);
  for (const bool bound : {false, true}) {
    CheckInput input;
    input.actions = &contracts();
    if (bound) {
      input.estate = &estate();
      input.policy = policy();
    }
    Diagnostics faults;
    const ProgramPtr program = load_playbook(source, input, faults);
    told(faults, program != nullptr);
    if (!program) continue;
    for (const std::string& fault : test::faults_of(*program)) promise(false, fault);
    promise(!to_mermaid(*program).empty() && !to_dot(*program).empty(), "it can be drawn");
    const auto worst = worst_case(*program, {}, [](const Within&) { return std::size_t{4}; });
    promise(worst.total >= Duration::zero(), "its time is known");
  }
}

const std::vector<Row>& targets() {
  static const std::vector<Row> kRows{{"loader", loader}, {"expression", expression}, {"checker", checker}};
  return kRows;
}

}  // namespace unjam::fuzz
