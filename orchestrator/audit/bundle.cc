#include "orchestrator/audit/bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "orchestrator/audit/heads.h"
#include "orchestrator/audit/views.h"
#include "orchestrator/engine/decide.h"
#include "state/base/digest.h"
#include "state/journal_text.h"

namespace unjam::audit {
namespace {

namespace fs = std::filesystem;

using Files = std::map<std::string, std::string>;  // by path within the bundle

constexpr const char* kHead = "bundle.json";
constexpr const char* kJournal = "journal.jsonl";
constexpr const char* kOthers = "others.jsonl";
constexpr const char* kPacks = "packs/";
constexpr std::string_view kPackSuffixes[] = {".yaml", ".sh", ".ps1"};

std::unexpected<Error> does_not_fit(const std::string& file, std::string why) {
  return fail(ErrorKind::corrupt, std::move(why), file);
}

Result<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) return fail(ErrorKind::io, "cannot be read", path.string());
  return text.str();
}

// Adds to `out`, whose bounds are those of a bundle; a file that would go beyond them is not even read.
Result<void> read_tree(const fs::path& root, const std::string& prefix, bool only_packs, Files& out) {
  std::error_code error;
  std::uintmax_t bytes = 0;
  for (const auto& [name, text] : out) bytes += text.size();
  for (auto at = fs::recursive_directory_iterator(root, error); !error && at != fs::recursive_directory_iterator();
       at.increment(error)) {
    if (!at->is_regular_file(error)) continue;
    if (only_packs && std::ranges::find(kPackSuffixes, at->path().extension().string()) == std::end(kPackSuffixes))
      continue;
    bytes += at->file_size(error);
    if (error) break;
    if (out.size() >= kMaxBundleFiles || bytes > kMaxBundleBytes)
      return fail(ErrorKind::exhausted,
                  fmt::format("more than {} files or {} MiB", kMaxBundleFiles, kMaxBundleBytes >> 20), root.string());
    auto text = read_file(at->path());
    if (!text) return std::unexpected(text.error());
    out[prefix + fs::relative(at->path(), root, error).generic_string()] = std::move(*text);
  }
  if (error) return fail(ErrorKind::io, error.message(), root.string());
  return {};
}

std::string others_text(const std::vector<OthersEvent>& others) {
  std::string out;
  for (const auto& [run, event] : others)
    out += canonical({{"run", run.text},
                      {"seq", event.seq},
                      {"wall", event.wall.since_epoch.count()},
                      {"kind", state::spell(state::kind_of(event.body))},
                      {"body", parse_json(state::encode(event.body)).value_or(nullptr)}}) +
           "\n";
  return out;
}

Result<OthersEvent> others_line(const std::string& line) {
  const auto value = parse_json(line);
  if (!value || !value->is_object()) return fail(ErrorKind::corrupt, "is not an object");
  const auto& object = value->as_object();
  const auto run = text_at(object, "run");
  const auto name = text_at(object, "kind");
  const auto seq = int_at(object, "seq");
  const auto wall = int_at(object, "wall");
  const auto* body = object.if_contains("body");
  const auto kind = name ? state::kind_named(*name) : std::nullopt;
  if (!run || !kind || !seq || !wall || body == nullptr) return fail(ErrorKind::corrupt, "a key is missing or wrong");
  auto decoded = state::decode(*kind, canonical(*body));
  if (!decoded) return std::unexpected(decoded.error());
  return OthersEvent{RunId(*run), {*seq, Wall{Millis{*wall}}, Mono{}, std::move(*decoded)}};
}

Result<std::vector<OthersEvent>> read_others(const std::string& text) {
  std::vector<OthersEvent> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    auto one = others_line(line);
    if (!one) return does_not_fit(fmt::format("{}:{}", kOthers, out.size() + 1), one.error().message);
    out.push_back(std::move(*one));
  }
  return out;
}

struct Recorded {
  StoreId store;
  state::Run run;
  std::vector<state::Event> events;
  std::string head;
};

Result<Recorded> recorded(state::JournalText journal) {
  if (journal.events.empty()) return fail(ErrorKind::corrupt, "has no events");
  auto run = state::fold(journal.run, journal.events);
  if (!run) return std::unexpected(run.error());
  auto head = chain_of(journal.store, journal.run, journal.events);
  return Recorded{journal.store, std::move(*run), std::move(journal.events), std::move(head)};
}

Result<Recorded> recorded(const state::Store& store, const RunId& run) {
  auto events = store.load(run);
  if (!events) return std::unexpected(events.error());
  return recorded({store.id(), run, std::move(*events)});
}

// A run with all that decided about it.
struct Case {
  Recorded of;
  std::shared_ptr<const engine::Plan> plan;
  std::vector<OthersEvent> others;
};

Result<Case> case_of(const state::Store& store, const RunId& run) {
  auto of = recorded(store, run);
  if (!of) return std::unexpected(of.error());
  auto plan = plan_of_run(of->run.created, of->run.created.packs);
  if (!plan) return std::unexpected(plan.error());
  auto others = others_of(store, run, of->events, engine::effect_history(*(*plan)->policy));
  if (!others) return std::unexpected(others.error());
  return Case{std::move(*of), std::move(*plan), std::move(*others)};
}

Verified verified(const Case& one) {
  const auto& [of, plan, others] = one;
  return {of.run.id, of.run.seq, of.head, of.run.created.digest, replay(*plan, of.run.id, of.events, others)};
}

std::string head_text(const Recorded& of) {
  return canonical({{"bundle", kBundleVersion},
                    {"run", of.run.id.text},
                    {"store", of.store.text},
                    {"playbook", of.run.created.playbook},
                    {"events", of.run.seq},
                    {"head", of.head},
                    {"digest", of.run.created.digest}}) +
         "\n";
}

engine::PlanTexts texts_of(const state::RunCreated& created, std::vector<std::string> pack_roots) {
  return {created.playbooks, created.inventory, created.policy, std::move(pack_roots), {}, {}, created.params};
}

Result<std::shared_ptr<const engine::Plan>> plan_from(const state::RunCreated& created,
                                                      const std::vector<std::string>& pack_roots) {
  if (created.playbooks.empty()) return fail(ErrorKind::corrupt, "the run was created from no playbook");
  playbooks::Diagnostics faults;
  std::optional<Error> error;
  auto plan = engine::make_plan(texts_of(created, pack_roots), faults, error);
  if (plan) return plan;
  if (error) return std::unexpected(*error);
  return fail(ErrorKind::conflict, "its texts have faults now: other packs or another engine than the run's");
}

Result<void> write_files(const fs::path& folder, const Files& files) {
  std::error_code error;
  if (!fs::create_directory(folder, error))
    return error ? fail(ErrorKind::io, error.message(), folder.string())
                 : fail(ErrorKind::conflict, "exists already; a bundle gets a folder of its own", folder.string());
  fs::permissions(folder, fs::perms::owner_all, error);  // inventory and policy are nobody else's
  if (error) return fail(ErrorKind::io, error.message(), folder.string());
  for (const auto& [name, text] : files) {
    fs::create_directories((folder / name).parent_path(), error);
    std::ofstream file(folder / name, std::ios::binary);
    file << text;
    file.close();
    if (error || !file)
      return fail(ErrorKind::io, "cannot be written; the bundle is not whole", (folder / name).string());
  }
  return {};
}

// The parts of the digest as the bundle tells them. Of the known_hosts files only it knows the digests; that they are
// right shows in the digest of the plan, which stands in the journal.
Result<json::object> told_parts(const Files& files) {
  const auto plan = parse_json(files.at("plan.json"));
  const auto hosts = parse_json(files.at("inventory.json"));
  const auto* rest = plan && plan->is_object() ? plan->as_object().if_contains("digest_of") : nullptr;
  if (rest == nullptr || !rest->is_object()) return does_not_fit("plan.json", "has no digest_of");
  if (!hosts || !hosts->is_object()) return does_not_fit("inventory.json", "is not an object");
  auto parts = rest->as_object();
  parts["hosts"] = *hosts;
  return parts;
}

// `plan`'s own parts, with the digests of known_hosts files that `told` has for the same hosts.
json::object parts_with_keys_of(const engine::Plan& plan, const json::object& told) {
  auto parts = engine::digest_parts(plan);
  const auto& hosts_told = told.at("hosts").as_object();
  for (auto& [name, host] : parts.at("hosts").as_object()) {
    const auto* same = hosts_told.if_contains(name);
    const auto* keys = same != nullptr && same->is_object() ? same->as_object().if_contains("known_hosts") : nullptr;
    if (keys != nullptr) host.as_object()["known_hosts"] = *keys;
  }
  return parts;
}

std::vector<std::string> pack_roots_in(const fs::path& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (std::size_t n = 0; n < kMaxBundleFiles; ++n) {
    const auto root = folder / kPacks / std::to_string(n);
    if (!fs::is_directory(root, error)) break;
    out.push_back(root.string());
  }
  return out;
}

Result<void> complete(const Files& files) {
  for (const auto* name : {kHead, kJournal, kOthers, "plan.json", "inventory.json"})
    if (!files.contains(name)) return does_not_fit(name, "is missing: this is no bundle, or not a whole one");
  return {};
}

}  // namespace

Result<std::shared_ptr<const engine::Plan>> plan_of_run(const state::RunCreated& created,
                                                        const std::vector<std::string>& pack_roots) {
  auto plan = plan_from(created, pack_roots);
  if (plan && (*plan)->digest != created.digest)
    return fail(
        ErrorKind::conflict,
        fmt::format("packs, host keys or engine are not the run's any more: the digest of its plan is {}, now it "
                    "would be {}",
                    created.digest.substr(0, 12), (*plan)->digest.substr(0, 12)));
  return plan;
}

Result<std::vector<OthersEvent>> others_of(const state::Store& store, const RunId& run,
                                           const std::vector<state::Event>& events, Millis history) {
  const Wall first = events.front().wall + -history;
  const Wall last = events.back().wall;
  const auto rows = store.runs();
  if (!rows) return std::unexpected(rows.error());
  std::vector<OthersEvent> out;
  for (const auto& row : *rows) {
    if (row.id == run || row.created > last) continue;
    const auto journal = store.load(row.id);
    if (!journal) return std::unexpected(journal.error());
    if (journal->back().wall < first && row.phase == state::Phase::ended) continue;
    for (const auto& event : *journal)
      if (auto part = holding_part(event.body); part && event.wall <= last)
        out.push_back({row.id, {event.seq, event.wall, Mono{}, std::move(*part)}});
  }
  std::ranges::stable_sort(out, {}, [](const auto& one) { return one.event.wall; });
  return out;
}

Result<Verified> verify_run(const state::Store& store, const RunId& run) {
  const auto one = case_of(store, run);
  if (!one) return std::unexpected(one.error());
  return verified(*one);
}

Result<Verified> export_bundle(const state::Store& store, const RunId& run, const std::string& folder) {
  const auto one = case_of(store, run);
  if (!one) return std::unexpected(one.error());
  const auto& [of, plan, others] = *one;

  auto files = views(*plan, engine::digest_parts(*plan), run, of.events);
  files[kHead] = head_text(of);
  files[kJournal] = state::export_journal({of.store, run, of.events});
  files[kOthers] = others_text(others);
  for (std::size_t n = 0; n < of.run.created.packs.size(); ++n)
    if (auto read = read_tree(of.run.created.packs[n], fmt::format("{}{}/", kPacks, n), true, files); !read)
      return std::unexpected(read.error());
  if (auto written = write_files(folder, files); !written) return std::unexpected(written.error());
  return verified(*one);
}

Result<Verified> verify_bundle(const std::string& folder) {
  Files files;
  if (auto read = read_tree(folder, "", false, files); !read) return std::unexpected(read.error());
  if (auto whole = complete(files); !whole) return std::unexpected(whole.error());
  auto journal = state::import_journal(files.at(kJournal));
  if (!journal) return does_not_fit(kJournal, journal.error().text());
  auto of = recorded(std::move(*journal));
  if (!of) return does_not_fit(kJournal, of.error().text());
  if (files.at(kHead) != head_text(*of)) return does_not_fit(kHead, "is not that of this journal");
  auto others = read_others(files.at(kOthers));
  if (!others) return std::unexpected(others.error());

  auto plan = plan_from(of->run.created, pack_roots_in(folder));
  if (!plan) return std::unexpected(plan.error());
  const auto parts = told_parts(files);
  if (!parts) return std::unexpected(parts.error());
  if (sha256_hex(canonical(*parts)) != of->run.created.digest)
    return does_not_fit("plan.json", "with inventory.json does not give the digest that stands in the journal");
  if (canonical(parts_with_keys_of(**plan, *parts)) != canonical(*parts))
    return does_not_fit("packs", "are not those that the run was planned with, or this engine is another");
  for (const auto& [name, text] : views(**plan, *parts, of->run.id, of->events)) {
    const auto found = files.find(name);
    if (found == files.end() || found->second != text) return does_not_fit(name, "does not follow from the journal");
  }
  return verified({std::move(*of), std::move(*plan), std::move(*others)});
}

}  // namespace unjam::audit
