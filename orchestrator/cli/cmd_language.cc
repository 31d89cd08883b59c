// eval, explain, schema, fmt: the language itself, without any host.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <iterator>

#include "orchestrator/cli/commands.h"
#include "orchestrator/cli/replace_file.h"
#include "orchestrator/cli/sources.h"
#include "orchestrator/cli/views.h"
#include "playbooks/expr_eval_tool.h"
#include "playbooks/format.h"
#include "playbooks/rules.h"
#include "playbooks/schema.h"
#include "playbooks/yaml.h"

namespace unjam::cli {
namespace {

using playbooks::Diagnostics;
using playbooks::Rule;
using playbooks::Source;
using playbooks::SourcePtr;

// Faults of what was typed go to stderr: stdout is for the answer.
int complain_of(const Diagnostics& faults) {
  for (const auto& fault : faults.all()) {
    auto text = playbooks::render(fault, false);
    complain(text.ends_with('\n') ? text : text + '\n');
  }
  return kBadInput;
}

std::string wrapped(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (column > 0 && column + 1 + end > width) {
      out += '\n';
      column = 0;
    } else if (column > 0) {
      out += ' ';
      ++column;
    }
    out += text.substr(0, end);
    column += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out + "\n";
}

std::string indented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += fmt::format("    {}\n", text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string rule_text(const Context& context, const Rule& rule) {
  constexpr std::size_t kWidth = 100;
  const auto strong = [&context](std::string_view text) { return paint(context.out, Tone::strong, text); };
  auto out = strong(fmt::format("{}: {}", rule.code, rule.title)) + "\n\n" + wrapped(rule.meaning, kWidth);
  if (!rule.policy.empty()) out += "\nWith this policy\n" + indented(rule.policy);
  if (!rule.played.empty()) out += "\nWith this playbook beside it\n" + indented(rule.played);
  out +=
      "\n" + strong("Refused") + "\n" + indented(rule.refused) + "\n" + strong("Mended") + "\n" + indented(rule.mended);
  const bool part = rule.refused != playbooks::example_file(rule.refused);
  if (part)
    out += "\nWhere they are not written, `hubs` are all hosts of role hub, and `hub` is the fact probe.hub of them.\n";
  return out;
}

json::object rule_json(const Rule& rule) {
  json::object out{{"code", rule.code}, {"title", rule.title}, {"meaning", rule.meaning}};
  out["refused"] = playbooks::example_file(rule.refused);
  out["mended"] = playbooks::example_file(rule.mended);
  out["policy"] = rule.policy;
  out["played"] = rule.played;
  return out;
}

Result<SourcePtr> source_of(const std::string& path) {
  if (path != "-") return playbooks::read_source(path);
  std::string text(playbooks::kMaxYamlBytes + 1, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::cin.gcount()));
  if (text.size() > playbooks::kMaxYamlBytes)
    return fail(ErrorKind::exhausted, fmt::format("at most {} bytes are read", playbooks::kMaxYamlBytes), "stdin");
  return std::make_shared<const Source>("stdin", std::move(text));
}

// Formats one file. True: it was as it should be, or has been brought to it.
bool format_one(const Context& context, const std::string& path, bool& good) {
  const auto refuse_it = [&good](const Error& error) {
    complain("unjam: " + playbooks::printable(error.text()) + "\n");
    good = false;
    return false;
  };
  const auto source = source_of(path);
  if (!source) return refuse_it(source.error());
  Diagnostics faults;
  const auto text = playbooks::format_yaml(*source, faults);
  if (!text) {
    complain_of(faults);
    return good = false;
  }
  const bool same = *text == (*source)->text();
  if (context.options.check) {
    if (!same) say(fmt::format("{}: not formatted\n", playbooks::printable((*source)->name())));
    return same;
  }
  if (path == "-") {
    say(*text);
    return true;
  }
  if (same) return true;
  const auto replaced = replace_file(path, *text);
  if (!replaced) return refuse_it(replaced.error());
  say(fmt::format("{}: formatted\n", playbooks::printable(path)));
  return true;
}

}  // namespace

int eval(const Context& context) {
  const auto given = pairs(context.options.vars, "--var");
  if (!given) return refuse(context, given.error(), kBadInput);
  std::vector<playbooks::EvalVariable> variables;
  for (const auto& [name, json] : *given) variables.push_back({name, json});
  Diagnostics faults;
  const auto answer = playbooks::eval_text(context.options.subject, variables, faults);
  if (!answer) {
    if (context.options.json) print_json(faults_json(faults, kBadInput));
    return complain_of(faults);
  }
  if (!context.options.json) {
    say(answer->json + "\n");
    return kDone;
  }
  const auto spelled = playbooks::spell(*answer->type);
  const auto type = json::serialize(json::string(spelled.data(), spelled.size()));
  say(fmt::format("{{\"type\":{},\"value\":{}}}\n", type, answer->json));
  return kDone;
}

int explain(const Context& context) {
  const auto& typed = context.options.subject;
  if (typed.empty()) {
    json::array list;
    std::string text;
    for (const Rule& rule : playbooks::rules()) {
      list.emplace_back(rule_json(rule));
      text += fmt::format("{}  {}\n", rule.code, rule.title);
    }
    if (context.options.json) {
      print_json(list);
    } else {
      say(text);
    }
    return kDone;
  }
  const Rule* rule = playbooks::find_rule(typed);
  if (rule == nullptr) {
    const auto near = playbooks::nearest_rule(typed);
    const auto help =
        near.empty() ? std::string("`unjam explain` lists them all") : fmt::format("did you mean {}?", near);
    return refuse(context,
                  Error{ErrorKind::not_found, fmt::format("no rule has the code {}: {}", one_line(typed), help), {}},
                  kBadInput);
  }
  if (context.options.json) {
    print_json(rule_json(*rule));
  } else {
    say(rule_text(context, *rule));
  }
  return kDone;
}

int schema(const Context& context) {
  const auto& typed = context.options.subject;
  const auto kinds = playbooks::file_kinds();
  const auto found =
      std::ranges::find(kinds, typed.empty() ? std::string_view("playbook") : typed, &playbooks::FileKind::name);
  if (found == kinds.end()) {
    std::vector<std::string> names;
    for (const auto& kind : kinds) names.emplace_back(kind.name);
    return refuse(context,
                  Error{ErrorKind::not_found,
                        fmt::format("no file is called {}: one of {}", one_line(typed), fmt::join(names, " ")),
                        {}},
                  kBadInput);
  }
  say(playbooks::json_schema(*found));
  return kDone;
}

int format_files(const Context& context) {
  bool good = true;
  bool as_it_should = true;
  for (const auto& path : context.options.files) as_it_should = format_one(context, path, good) && as_it_should;
  return good && as_it_should ? kDone : kBadInput;
}

}  // namespace unjam::cli
