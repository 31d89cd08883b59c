// audit verify, audit export: what was recorded, held against its hash chain and against the rules.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "orchestrator/audit/bundle.h"
#include "orchestrator/audit/heads.h"
#include "orchestrator/cli/commands.h"
#include "orchestrator/cli/reading.h"

namespace unjam::cli {
namespace {

namespace fs = std::filesystem;

Result<RunId> run_named(const state::Store& store, const std::string& name) {
  auto rows = store.runs();
  if (!rows) return std::unexpected(rows.error());
  return find_run({std::move(*rows), {}, {}}, name);
}

// What verifying one run or bundle came to.
int tell(const Context& context, const audit::Verified& of, std::string_view more = "") {
  const auto& first = of.replayed.first;
  if (context.options.json) {
    json::object out{{"run", of.run.text},   {"events", of.events}, {"head", of.head},
                     {"digest", of.digest},  {"chain", "whole"},    {"decisions", of.replayed.decisions},
                     {"unrequired", nullptr}};
    if (first) out["unrequired"] = {{"seq", first->seq}, {"recorded", first->recorded}, {"required", first->required}};
    print_json(out);
  } else {
    say(fmt::format("run {}: {} events, the chain is whole, its head is {}\n", of.run.text, of.events, of.head));
    if (first)
      say(fmt::format("event {} does not follow from the rules\n  recorded: {}\n  required: {}\n", first->seq,
                      first->recorded, first->required));
    else
      say(fmt::format("{} decisions replayed: each is what the rules required\n", of.replayed.decisions));
    say(more);
  }
  return first ? kBadInput : kDone;
}

Result<std::vector<std::string>> changed(const state::Store& store, const std::string& file) {
  std::error_code error;
  if (fs::file_size(file, error) > kMaxJsonBytes && !error) return fail(ErrorKind::exhausted, "is too large", file);
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in) return fail(ErrorKind::not_found, "cannot be read", file);
  const auto earlier = audit::read_heads(text.str());
  if (!earlier) return fail(ErrorKind::invalid, earlier.error().message, file);
  return audit::changed_since(store, *earlier);
}

int verify_all(const Context& context, const state::Store& store) {
  const auto heads = audit::heads(store);
  if (!heads) return refuse(context, heads.error(), kBadInput);
  std::vector<std::string> breaks;
  if (!context.options.heads.empty()) {
    auto found = changed(store, context.options.heads);
    if (!found) return refuse(context, found.error(), kBadInput);
    breaks = std::move(*found);
  }
  if (context.options.json) {
    say(audit::heads_text(store.id(), *heads) + "\n");
  } else {
    std::int64_t events = 0;
    for (const auto& head : *heads) {
      events += head.events;
      say(fmt::format("{}  {:>7} events  head {}\n", head.run.text, head.events, head.hash));
    }
    say(fmt::format("{} runs, {} events: every chain is whole\n", heads->size(), events));
  }
  for (const auto& one : breaks) complain(one + "\n");
  return breaks.empty() ? kDone : kBadInput;
}

}  // namespace

int audit_verify(const Context& context) {
  const auto& subject = context.options.subject;
  if (std::error_code ignored; fs::is_directory(subject, ignored)) {
    const auto of = audit::verify_bundle(subject);
    return of ? tell(context, *of) : refuse(context, of.error(), kBadInput);
  }
  const auto store = open_to_read(context.state_dir);
  if (!store) return refuse(context, store.error(), kBadInput);
  if (subject.empty()) return verify_all(context, **store);
  const auto run = run_named(**store, subject);
  if (!run) return refuse(context, run.error(), kBadInput);
  const auto of = audit::verify_run(**store, *run);
  return of ? tell(context, *of) : refuse(context, of.error(), kBadInput);
}

int audit_export(const Context& context) {
  const auto store = open_to_read(context.state_dir);
  if (!store) return refuse(context, store.error(), kBadInput);
  const auto run = run_named(**store, context.options.subject);
  if (!run) return refuse(context, run.error(), kBadInput);
  const auto of = audit::export_bundle(**store, *run, context.options.to);
  if (!of) return refuse(context, of.error(), kBadInput);
  return tell(
      context, *of,
      fmt::format("written: {}; `unjam audit verify {}` needs nothing else\n", context.options.to, context.options.to));
}

}  // namespace unjam::cli
