#include "tests/playbooks/action_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <vector>

#include "playbooks/contracts.h"
#include "playbooks/yaml.h"
#include "tests/playbooks/document.h"
#include "tests/source_tree.h"

namespace unjam::playbooks {
namespace {

namespace fs = std::filesystem;

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? std::string{} : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Behind `  NAME:`, and on the lines below it that are nothing but a comment.
std::string comments_at(const std::string& file, const std::string& action) {
  std::istringstream lines(file);
  std::string said;
  bool here = false;
  for (std::string line; std::getline(lines, line);) {
    const auto hash = line.find(" #");
    if (line.starts_with("  " + action + ":")) {
      here = true;
    } else if (here &&
               (hash == std::string::npos || !line.starts_with("    ") || !trimmed(line.substr(0, hash)).empty())) {
      break;
    }
    if (!here || hash == std::string::npos) continue;
    said += (said.empty() ? "" : " ") + trimmed(line.substr(hash + 2));
  }
  return said;
}

std::string typed(const std::vector<std::pair<std::string, TypePtr>>& fields) {
  std::string out;
  for (const auto& [name, type] : fields)
    out += fmt::format("{}`{}: {}`", out.empty() ? "" : "<br>", name, spell(*type));
  for (std::size_t at = 0; (at = out.find('|', at)) != std::string::npos; at += 2) out.insert(at, "\\");
  return out;
}

std::string spell_refs(const std::vector<FieldRef>& refs) {
  std::vector<std::string> out;
  for (const auto& ref : refs)
    out.push_back(fmt::format("`{}.{}{}`", ref.action, ref.field, ref.of_host ? " of host" : ""));
  return fmt::format("{}", fmt::join(out, ", "));
}

std::string wants(const ActionSpec& spec) {
  std::vector<std::string> out;
  if (spec.needs_gate()) out.emplace_back("a gate");
  if (spec.floor_required) out.emplace_back("a floor");
  if (!spec.gate.empty()) out.push_back("its gate looks at " + spell_refs(spec.gate));
  for (const auto& [input, refs] : spec.proven)
    out.push_back(
        fmt::format("`{}` from a set that the gate wants non-empty and that looks at {}", input, spell_refs(refs)));
  if (!spec.verify.empty()) out.push_back("verified by " + spell_refs(spec.verify));
  if (spec.at_least) out.push_back(fmt::format("`limit` at least {}", spell(Value::duration(*spec.at_least))));
  return fmt::format("{}", fmt::join(out, "; "));
}

std::string row(const ActionSpec& spec, const std::string& file) {
  std::string effect{spell(spec.effect)};
  if (spec.effect != Effect::read) effect += fmt::format(", {}", spell(spec.retry));
  if (!spec.undo.empty()) effect += fmt::format(", undo `{}`", spec.undo);
  return fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", spec.name, effect, typed(spec.inputs), typed(spec.outputs),
                     wants(spec), comments_at(file, spec.name));
}

}  // namespace

std::string actions_as_markdown() {
  std::vector<fs::path> files;
  for (const auto& folder : fs::directory_iterator(fs::path(testing_support::source_dir()) / "actions/packs"))
    if (fs::exists(folder.path() / "contracts.yaml")) files.push_back(folder.path() / "contracts.yaml");
  std::ranges::sort(files);
  std::string out;
  for (const auto& file : files) {
    Contracts contracts;
    Diagnostics faults;
    contracts.add(*read_source(file.string()), faults);
    for (const auto& fault : faults.all()) ADD_FAILURE() << render(fault);
    if (contracts.names().empty()) continue;
    out += fmt::format(
        "{}Contracts `{}`:\n\n| action | effect | given | answers | wants | what it is |\n|---|---|---|---|---|---|\n",
        out.empty() ? "" : "\n", file.parent_path().filename().string());
    const std::string text = read_text_file(file.string());
    for (const auto& name : contracts.names()) out += row(*contracts.find(name), text);
  }
  return out;
}

}  // namespace unjam::playbooks
