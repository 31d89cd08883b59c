#include <fmt/format.h>

#include "orchestrator/cli/views.h"

namespace unjam::cli {
namespace {

using namespace state;  // NOLINT(google-build-using-namespace): the visitor names all 28 events

constexpr std::size_t kFieldsWidth = 160;

struct Said {
  std::string what;
  Tone tone = Tone::plain;
  bool detail = false;
  std::string path{};
  std::string host{};
  std::string again{};  // key under which an equal line that follows is left out
};

std::string name_of(const Person& person) {
  return person.user.empty() ? fmt::format("uid {}", person.uid) : person.user;
}

std::string list(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

Tone tone_of(StepOutcome outcome) {
  switch (outcome) {
    case StepOutcome::ok:
      return Tone::good;
    case StepOutcome::skipped:
      return Tone::dim;
    case StepOutcome::no:
      return Tone::warn;
    default:
      return Tone::bad;
  }
}

std::string because(const std::string& cause, const std::string& detail = {}) {
  std::string out;
  if (!cause.empty()) out += " (" + one_line(cause) + ")";
  if (!detail.empty()) out += ": " + one_line(detail);
  return out;
}

std::string value_text(const std::optional<json::object>& value, const std::string& unknown) {
  return value ? spell_fields(*value, kFieldsWidth) : "unknown: " + one_line(unknown);
}

// One visitor per event, in the order of the variant.
struct Speak {
  std::map<std::string, Intent>& intents;
  std::set<std::string>& read;

  Said operator()(const RunCreated& e) const {
    return {fmt::format("{} begun by {} ({}); may change up to {}", e.playbook, name_of(e.requester), e.trigger,
                        counted(static_cast<std::size_t>(std::max<std::int64_t>(0, e.changes_at_most)), "host")),
            Tone::strong};
  }
  Said operator()(const RunResumed& e) const {
    return {fmt::format("taken up again by {}; looks at the hosts first", name_of(e.by)), Tone::strong};
  }
  Said operator()(const RunConfirmed& e) const {
    return {fmt::format("confirmed by {}: {}", name_of(e.by), counted(static_cast<std::size_t>(e.hosts), "host"))};
  }
  Said operator()(const ApprovalAsked& e) const {
    if (e.count == 0) return {"policy asks nobody to approve: " + one_line(e.text), Tone::plain, false, e.path};
    return {fmt::format("asks {} of {} to approve: {}", e.count, e.group, one_line(e.text)), Tone::warn, false, e.path};
  }
  Said operator()(const ApprovalGiven& e) const { return {"approved by " + name_of(e.by), Tone::good, false, e.path}; }
  Said operator()(const ApprovalDenied& e) const {
    return {"denied" + (e.by ? " by " + name_of(*e.by) : std::string()) + because({}, e.reason), Tone::warn, false,
            e.path};
  }
  Said operator()(const CancelRequested& e) const {
    return {(e.cause.empty() ? "cancel" : one_line(e.cause)) + " asked" + (e.by ? " by " + name_of(*e.by) : ""),
            Tone::warn};
  }
  Said operator()(const LocksTaken& e) const { return {"holds " + list(e.locks), Tone::plain, true}; }
  Said operator()(const PlayStarted& e) const {
    return {"plays with " + spell_fields(e.params, kFieldsWidth), Tone::plain, true, e.path};
  }
  Said operator()(const StepStarted& e) const { return {"begins", Tone::plain, true, e.path}; }
  Said operator()(const HostsChosen& e) const {
    const bool inside = e.path.find('[') != std::string::npos;  // of a look or a turn: its effects say the same
    return {e.hosts.empty() ? "no host: nothing to do" : "on " + list(e.hosts), Tone::plain, e.hosts.empty() || inside,
            e.path};
  }
  Said operator()(const ReadingTaken& e) const {
    const bool own = e.fact.starts_with('@');  // the engine's, not the playbook's
    const bool first = !own && read.insert(e.fact + " " + e.host).second;
    return {"read " + e.fact + ": " + value_text(e.value, e.unknown),
            e.value ? Tone::plain : Tone::warn,
            !first,
            {},
            e.host};
  }
  Said operator()(const SnapshotTaken& e) const {
    return {"looked: " + value_text(e.value, e.unknown), e.value ? Tone::plain : Tone::warn, true, e.path, e.host};
  }
  Said operator()(const Looked& e) const {
    const bool yes = e.verdict == "true";
    const auto text =
        yes ? std::string("holds") : (e.verdict == "false" ? "not yet" : "cannot tell") + because({}, e.reason);
    return {text, yes ? Tone::good : Tone::warn, false, e.path, {}, "look " + e.path};
  }
  Said operator()(const GateAsked& e) const {
    std::vector<std::string> shut;
    for (const auto& reason : e.reasons)
      if (!reason.open) shut.push_back(reason.name + ": " + one_line(reason.text));
    // Asked again right before the effect: only a verdict that has changed is news.
    const bool again = e.path.find('[') != std::string::npos;
    if (e.open && again) return {"gate open", Tone::good, true, e.path, e.host};
    if (e.open) return {"gate open", Tone::good, false, e.path, e.host, "gate " + e.path + " " + e.host};
    return {"gate shut, " + fmt::format("{}", fmt::join(shut, "; ")),
            Tone::warn,
            false,
            e.path,
            e.host,
            "gate " + e.path + " " + e.host};
  }
  Said operator()(const TurnStarted& e) const { return {"turn begins", Tone::plain, true, e.path, e.host}; }
  Said operator()(const TurnEnded& e) const {
    return {"turn " + std::string(spell(e.outcome)) + because(e.cause), tone_of(e.outcome), false, e.path, e.host};
  }
  Said operator()(const Intent& e) const {
    intents[e.intent] = e;
    std::string what = e.undoes.empty() ? e.action : e.action + " (undo)";
    if (e.attempt > 1) what += fmt::format(", attempt {}", e.attempt);
    const auto inputs = spell_fields(e.inputs, kFieldsWidth);
    if (!inputs.empty()) what += ": " + inputs;
    const bool nudge = e.effect == "nudge";  // its end says enough
    return {what, nudge ? Tone::plain : Tone::strong, nudge, e.path, e.host};
  }
  Said operator()(const EffectAccepted& e) const { return of(e.intent, {"accepted; its proof is awaited"}); }
  Said operator()(const EffectObserved& e) const {
    auto said = of(e.intent, {"looked: " + one_line(e.saw) + because({}, e.conclusion)});
    said.again = "observed " + e.intent;
    return said;
  }
  Said operator()(const EffectEnded& e) const {
    const bool good = e.outcome == EffectPhase::ok;
    std::string what = std::string(e.outcome == EffectPhase::not_sent ? "not sent" : spell(e.outcome));
    if (!e.reason.empty()) what += because({}, e.reason);
    const auto after = spell_fields(e.after.empty() ? e.outputs : e.after, kFieldsWidth);
    if (!e.before.empty()) what += "; before: " + spell_fields(e.before, kFieldsWidth);
    if (!after.empty()) what += (e.before.empty() ? ": " : "; after: ") + after;
    return of(e.intent, {what, good ? Tone::good : Tone::bad});
  }
  Said operator()(const StepEnded& e) const {
    const bool quiet = e.outcome == StepOutcome::ok || e.outcome == StepOutcome::skipped;
    return {std::string(spell(e.outcome)) + because(e.cause, e.detail), tone_of(e.outcome), quiet, e.path};
  }
  Said operator()(const SlotsReleased& e) const {
    return {"slot of " + list(e.hosts) + " released" + because({}, e.evidence), Tone::plain, true};
  }
  Said operator()(const Escalated& e) const { return {"escalates: " + one_line(e.text), Tone::warn, false, e.path}; }
  Said operator()(const StopBegun& e) const {
    return {"stops" + because(e.cause, e.detail) + "; what is owed is settled now", Tone::warn, false, e.path};
  }
  Said operator()(const StuckNoted& e) const {
    return {"stuck: " + one_line(e.reason), Tone::bad, false, e.path, e.host};
  }
  Said operator()(const Paged& e) const { return {"pages " + one_line(e.who) + because({}, e.text), Tone::warn}; }
  Said operator()(const RunEnded& e) const {
    return {std::string(spell(e.end)) + because(e.cause, e.text), exit_code(e.end) == kDone ? Tone::good : Tone::bad};
  }

  Said of(const std::string& intent, Said said) const {
    const auto found = intents.find(intent);
    if (found == intents.end()) return said;
    said.path = found->second.path;
    said.host = found->second.host;
    said.what = found->second.action + " " + said.what;
    return said;
  }
};

}  // namespace

Line Timeline::add(const Event& event) {
  auto said = std::visit(Speak{intents_, read_}, event.body);
  Line line{event.seq, clock_.at(event), event.wall, said.path, said.host, said.what, said.tone, said.detail};
  if (line.host.empty()) line.host = host_of(line.path);
  if (!said.again.empty()) {
    auto& last = last_[said.again];
    if (last == line.what) line.detail = true;
    last = line.what;
  }
  return line;
}

std::string line_text(const Line& line, const Look& look) {
  std::string where = line.path;
  if (where.empty() && !line.host.empty()) where = line.host;
  if (!line.host.empty() && where != line.host && where.find("[" + line.host + "]") == std::string::npos)
    where += "[" + line.host + "]";
  std::string text = offset_text(line.since) + "  ";
  std::size_t used = columns(text);
  text = paint(look, Tone::dim, text);
  if (!where.empty()) {
    const auto cell = pad(where, 34) + "  ";
    used += columns(cell);
    text += cell;
  }
  const auto room = look.width == 0 ? 0 : (look.width > used + 20 ? look.width - used : 20);
  return text + paint(look, line.tone, clip(line.what, room)) + "\n";
}

std::string timeline_text(const std::vector<Event>& events, bool all, const Look& look) {
  Timeline timeline;
  std::string out;
  for (const auto& event : events) {
    const auto line = timeline.add(event);
    if (all || !line.detail) out += line_text(line, look);
  }
  return out;
}

json::array timeline_json(const std::vector<Event>& events) {
  Timeline timeline;
  json::array out;
  for (const auto& event : events) {
    const auto line = timeline.add(event);
    json::object item{{"seq", event.seq},
                      {"at", clock_text(event.wall)},
                      {"at_ms", event.wall.since_epoch.count()},
                      {"since_ms", line.since.count()},
                      {"kind", std::string(spell(kind_of(event.body)))},
                      {"path", line.path},
                      {"host", line.host},
                      {"what", line.what}};
    if (auto body = parse_json(encode(event.body)); body && body->is_object()) item["event"] = *body;
    out.push_back(std::move(item));
  }
  return out;
}

}  // namespace unjam::cli
