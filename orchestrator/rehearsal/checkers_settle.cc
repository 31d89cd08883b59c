#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "orchestrator/engine/scope.h"
#include "orchestrator/rehearsal/checkers.h"
#include "orchestrator/rehearsal/host_story.h"
#include "orchestrator/rehearsal/intents.h"

namespace unjam::rehearsal {

using actions::sim::LogEntry;
using playbooks::Node;

namespace {

constexpr std::string_view kUndoMark = "/undo@";  // in the path of what settling runs (decide_settle.cc)
constexpr Millis kSeenBetween{45'000};            // an outage shorter than this can fall between two looks
constexpr std::string_view kOpens[] = {"drained", "flagged", "left"};
constexpr std::string_view kCloses[] = {"resumed", "unflagged", "joined"};

// Whether settling has come to an end with what this step opened, well or badly.
bool settling_ended(const Evidence& evidence, const std::string& path) {
  return std::ranges::any_of(evidence.journal, [&](const Written& written) {
    const auto* ended = std::get_if<state::StepEnded>(&written.event.body);
    return ended != nullptr && ended->path.starts_with(path + std::string(kUndoMark));
  });
}

struct Debt {
  const LogEntry* opened = nullptr;
  std::string path;  // of the step that opened it
};

// When settling began with the debt of this step; nothing: not until `until`.
std::optional<Mono> settling_since(const Evidence& evidence, const std::string& path, Mono until) {
  for (const auto& written : evidence.journal) {
    if (written.at > until) break;
    const auto* started = std::get_if<state::StepStarted>(&written.event.body);
    if (started != nullptr && started->path.starts_with(path + std::string(kUndoMark))) return written.at;
  }
  return std::nullopt;
}

const Node* rollout_at(const playbooks::Machine& machine, const std::string& path) {
  for (const auto& node : machine.nodes)
    if (node.kind == Node::Kind::rollout && node.path == path) return &node;
  return nullptr;
}

// How long a host must have been seen good at the end of its turn.
Millis last_hold(const engine::Plan& plan, const Node& rollout) {
  Millis hold{0};
  for (const auto& node : rollout.body->nodes)
    if (node.kind == Node::Kind::expect) hold = engine::patience(node.hold, plan.root.fields());
  return hold;
}

bool taken_out_in(const Evidence& evidence, const std::string& path, const std::string& host) {
  return std::ranges::any_of(evidence.journal, [&](const Written& written) {
    const auto* intent = std::get_if<state::Intent>(&written.event.body);
    const auto* action = intent == nullptr ? nullptr : evidence.plan->packs->find(intent->action);
    return action != nullptr && action->floor_required && intent->path.starts_with(fmt::format("{}[{}]/", path, host));
  });
}

}  // namespace

// Of those that have not even been tried yet: one that cannot be settled must not keep the older ones waiting.
Violations undone_newest_first(const Evidence& evidence) {
  Violations out;
  const auto intents = intents_of(evidence);
  std::map<std::pair<std::string, std::size_t>, Debt> open;
  for (const auto& entry : evidence.hosts) {
    const auto found = intents.find(done_by(entry));
    if (found == intents.end()) continue;
    const auto opens = std::ranges::find(kOpens, entry.word) - std::begin(kOpens);
    if (opens < std::ssize(kOpens)) {
      open[{entry.host, static_cast<std::size_t>(opens)}] = {&entry, found->second.intent.path};
      continue;
    }
    const auto closes = std::ranges::find(kCloses, entry.word) - std::begin(kCloses);
    const auto closed = open.find({entry.host, static_cast<std::size_t>(closes)});
    if (closes == std::ssize(kCloses) || closed == open.end()) continue;
    const auto debt = closed->second;
    open.erase(closed);
    if (found->second.intent.path.find(kUndoMark) == std::string::npos) continue;  // in the order of the playbook
    for (const auto& [key, newer] : open)
      if (newer.opened->at > debt.opened->at && !settling_since(evidence, newer.path, entry.at))
        out.push_back({"undone-newest-first", entry.at, entry.host,
                       fmt::format("{} before what was {} on {} later", entry.word, newer.opened->word, key.first)});
  }
  return out;
}

// What stays as it is by our hand when the run has ended was tried to be put back until the limit of that.
Violations every_debt_tried(const Evidence& evidence) {
  Violations out;
  if (!evidence.finished()) return out;
  const auto intents = intents_of(evidence);
  for (std::size_t pair = 0; pair < std::size(kOpens); ++pair) {
    std::map<std::string, const LogEntry*> open;
    for (const auto& entry : evidence.hosts) {
      if (entry.word == kCloses[pair]) open.erase(entry.host);
      if (entry.word != kOpens[pair]) continue;
      open.erase(entry.host);
      if (!done_by(entry).empty() && entry.at <= evidence.ended) open.emplace(entry.host, &entry);
    }
    for (const auto& [host, entry] : open) {
      const auto found = intents.find(done_by(*entry));
      if (found != intents.end() && !settling_ended(evidence, found->second.intent.path))
        out.push_back({"every-debt-tried", entry->at, host,
                       fmt::format("it was {} by us, and nobody tried to the end to put it back", entry->word)});
    }
  }
  return out;
}

Violations put_back_when_ready(const Evidence& evidence) {
  Violations out;
  const auto intents = intents_of(evidence);
  const HostStories stories(evidence);
  for (const auto& entry : evidence.hosts) {
    if (entry.word != "resumed" && entry.word != "joined") continue;
    const auto found = intents.find(done_by(entry));
    const auto mark = found == intents.end() ? std::string::npos : found->second.intent.path.find(kUndoMark);
    if (mark == std::string::npos) continue;
    const auto since = settling_since(evidence, found->second.intent.path.substr(0, mark), entry.at);
    if (!stories.up_within(entry.host, since.value_or(found->second.at) + -kBelief, entry.at))
      out.push_back({"put-back-when-ready", entry.at, entry.host,
                     fmt::format("it was {}, and its services did not run", entry.word)});
  }
  return out;
}

// At the end of a turn that took the host out of service and ended well.
Violations stayed_good(const Evidence& evidence) {
  Violations out;
  const HostStories stories(evidence);
  for (const auto& written : evidence.journal) {
    const auto* ended = std::get_if<state::TurnEnded>(&written.event.body);
    if (ended == nullptr || ended->outcome != state::StepOutcome::ok || !stories.known(ended->host)) continue;
    const auto* rollout = rollout_at(evidence.plan->program->machine, ended->path);
    if (rollout == nullptr || !taken_out_in(evidence, ended->path, ended->host)) continue;
    const Mono from = written.at + -last_hold(*evidence.plan, *rollout);
    Mono out_since{};
    bool serves = true;
    for (const auto& moment : stories.life(ended->host)) {
      if (moment.at > written.at) break;
      if (serves && !moment.serves) out_since = moment.at;
      const bool back_late = !serves && moment.serves && moment.at > from && moment.at - out_since >= kSeenBetween;
      if (back_late)
        out.push_back(
            {"stayed-good", written.at, ended->host,
             fmt::format("its turn ended well {} s after it began to serve", (written.at - moment.at).count() / 1000)});
      serves = moment.serves;
    }
  }
  return out;
}

}  // namespace unjam::rehearsal
