// act: one action on many hosts, as a playbook made for it.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "orchestrator/cli/act_playbook.h"
#include "orchestrator/cli/commands.h"
#include "orchestrator/cli/drive.h"
#include "orchestrator/cli/sources.h"
#include "orchestrator/cli/views.h"

namespace unjam::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kValueWidth = 100;

// The file that a start wants; read when the run is created, and gone afterwards: the journal keeps the text.
class PlaybookFile {
 public:
  explicit PlaybookFile(const std::string& text) {
    std::error_code ignored;
    auto folder = (fs::temp_directory_path(ignored) / "unjam-act-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return;
    folder_ = folder;
    std::ofstream file(path());
    file << text;
    file.close();
    good_ = file.good();
  }
  ~PlaybookFile() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }
  PlaybookFile(const PlaybookFile&) = delete;
  PlaybookFile& operator=(const PlaybookFile&) = delete;
  bool good() const { return good_; }
  std::string path() const { return folder_ + "/act.yaml"; }

 private:
  std::string folder_;
  bool good_ = false;
};

// The hosts' answers, where they were looked at; the exit code.
int report_reads(const Context& context, const state::Run& run) {
  int code = exit_code(run);
  json::array list;
  std::string text;
  for (const auto& [path, step] : run.steps) {
    for (const auto& [host, taken] : step.snapshots) {
      json::object item{{"host", host}};
      if (taken.value) {
        item["value"] = *taken.value;
        text += pad(host, 16) + "  " + spell_fields(*taken.value, context.out.width == 0 ? 0 : kValueWidth) + "\n";
      } else {
        item["unknown"] = taken.unknown;
        text += pad(host, 16) + "  " + paint(context.out, Tone::warn, "unknown: " + one_line(taken.unknown)) + "\n";
        if (code == kDone) code = kEscalated;
      }
      list.push_back(std::move(item));
    }
  }
  if (context.options.json)
    print_json(
        json::object{{"run", run.id.text}, {"state", state_of(run)}, {"hosts", std::move(list)}, {"exit_code", code}});
  else
    say(text.empty() ? end_report(run, context.out) : text);
  return code;
}

// The number of hosts, typed or given. What the plan bounds, the pool with its peers, is then confirmed for it: the
// rollout itself is over the chosen hosts only.
std::optional<int> confirm(const Context& context, const std::vector<std::string>& chosen,
                           const std::vector<std::string>& pool, service::StartRequest& request) {
  const auto n = static_cast<std::int64_t>(chosen.size());
  auto given = context.options.confirm;
  if (!given && request.may_ask) {
    say(fmt::format("{} may be changed: {}.\nType {} and Enter to go on: ", counted(chosen.size(), "host"),
                    fmt::join(chosen, ", "), n));
    std::string line;
    std::getline(std::cin, line);
    if (line == std::to_string(n)) given = n;
  }
  if (!given || *given != n)
    return refuse(
        context,
        Error{ErrorKind::denied,
              fmt::format("the number of hosts that may be changed, {}, was not confirmed: give --confirm {}", n, n)},
        kRefused);
  request.confirm = static_cast<std::int64_t>(pool.size());
  return std::nullopt;
}

}  // namespace

int act(const Context& context) {
  const auto sources = load_sources(context, false);
  if (!sources.ok() || !sources.packs || !sources.estate) return report(context, sources, "");
  const auto* spec = sources.packs->find(context.options.subject);
  if (spec == nullptr) {
    const auto near = playbooks::nearest(context.options.subject, sources.packs->names());
    return refuse(
        context,
        Error{ErrorKind::not_found, fmt::format("no action {}{}", one_line(context.options.subject),
                                                near.empty() ? ": see `unjam packs`" : "; did you mean " + near + "?")},
        kBadInput);
  }
  auto with = pairs(context.options.with, "--with");
  if (!with) return refuse(context, with.error(), kBadInput);
  const auto chosen = chosen_hosts(context.options.on, *sources.estate);
  if (!chosen) return refuse(context, chosen.error(), kBadInput);
  const auto made = act_playbook(*spec, {context.options.on, std::move(*with), context.options.limit}, *chosen,
                                 *sources.estate, sources.policy.get());
  if (!made) return refuse(context, made.error(), code_of(made.error()));

  auto request = start_request(context);
  if (!request) return refuse(context, request.error(), kBadInput);
  if (spec->effect > playbooks::Effect::nudge)
    if (const auto code = confirm(context, *chosen, made->pool, *request)) return *code;
  const PlaybookFile file(made->text);
  if (!file.good())
    return refuse(context, Error{ErrorKind::io, "cannot write the playbook of this act to the temporary folder"},
                  kBadInput);
  request->playbook = file.path();
  Wanted wanted;
  wanted.start = std::move(*request);
  if (spec->effect == playbooks::Effect::read) wanted.finish = report_reads;
  return drive(context, wanted);
}

}  // namespace unjam::cli
