#include "playbooks/rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "playbooks/diagnostic.h"

namespace unjam::playbooks {
namespace {

bool has_key(std::string_view text, std::string_view key) {
  const std::string line = fmt::format("{}:", key);
  return text.starts_with(line) || text.find("\n" + line) != std::string_view::npos;
}

// As the table has it: UJ0701 for 0701 and uj0701.
std::string full_code(std::string_view typed) {
  std::string out;
  for (const char c : typed) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out.starts_with("UJ") ? out : "UJ" + out;
}

}  // namespace

const std::vector<Rule>& rules() {
  static const std::vector<Rule> kAll = [] {
    std::vector<Rule> all;
    for (const auto part : {rules_of_text(), rules_of_types(), rules_of_gates(), rules_of_ends()})
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return kAll;
}

const Rule* find_rule(std::string_view code) {
  const std::string full = full_code(code);
  const auto found = std::ranges::find(rules(), std::string_view(full), &Rule::code);
  return found == rules().end() ? nullptr : &*found;
}

std::string nearest_rule(std::string_view typed) {
  std::vector<std::string> known;
  for (const Rule& rule : rules()) known.emplace_back(rule.code);
  return nearest(full_code(typed), known);
}

std::string example_file(std::string_view example) {
  if (example.find("unjam: 1") != std::string_view::npos) return std::string(example);
  std::string body;
  if (example.starts_with("- ")) {
    body = "steps:\n";
    for (std::string_view rest = example; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      body += fmt::format("  {}\n", rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  } else {
    body = example;
  }
  std::string out = "unjam: 1\nplaybook: example\nsummary: An example\n";
  if (!has_key(body, "targets")) out += "targets:\n  hubs: hosts.filter(h, h.role == \"hub\")\n";
  if (!has_key(body, "facts")) out += "facts:\n  hub: { run: probe.hub, hosts: hubs }\n";
  return out + body;
}

std::string rules_as_markdown() {
  std::string out = "| code | refuses | because |\n|---|---|---|\n";
  for (const Rule& rule : rules()) {
    std::string meaning(rule.meaning);
    for (std::size_t at = meaning.find('|'); at != std::string::npos; at = meaning.find('|', at + 2))
      meaning.insert(at, "\\");
    out += fmt::format("| `{}` | {} | {} |\n", rule.code, rule.title, meaning);
  }
  return out;
}

}  // namespace unjam::playbooks
