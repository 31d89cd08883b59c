#include "orchestrator/audit/views.h"

#include <fmt/format.h>

#include "orchestrator/engine/arrival.h"
#include "playbooks/value.h"

namespace unjam::audit {
namespace {

using state::EventKind;

std::string at(Wall wall) {
  const auto ms = wall.since_epoch.count();
  const auto second = ms >= 0 ? ms / 1000 : -((999 - ms) / 1000);
  return playbooks::timestamp_text({second, static_cast<std::int32_t>((ms - second * 1000) * 1'000'000)});
}

const char* view_of(EventKind kind) {
  switch (kind) {
    case EventKind::reading_taken:
    case EventKind::snapshot_taken:
    case EventKind::looked:
    case EventKind::effect_observed:
      return "observations.json";
    case EventKind::gate_asked:
      return "verdicts.json";
    case EventKind::run_created:
    case EventKind::run_confirmed:
    case EventKind::approval_asked:
    case EventKind::approval_given:
    case EventKind::approval_denied:
    case EventKind::cancel_requested:
      return "approvals.json";
    default:
      return nullptr;
  }
}

// Of the creation only who wanted it: its texts stand in the journal.
json::value told(const state::EventBody& body) {
  if (const auto* created = std::get_if<state::RunCreated>(&body))
    return {{"requester", created->requester.user},
            {"uid", created->requester.uid},
            {"trigger", created->trigger},
            {"digest", created->digest},
            {"changes_at_most", created->changes_at_most}};
  return parse_json(state::encode(body)).value_or(nullptr);
}

// One element a line: canonical, and still readable in a pager.
std::string lines(const std::vector<std::string>& elements) {
  std::string out = "[";
  for (const auto& element : elements) out += (out.size() == 1 ? "\n" : ",\n") + element;
  return out + "\n]\n";
}

json::array names(const std::vector<std::string>& all) {
  json::array out;
  for (const auto& one : all) out.emplace_back(one);
  return out;
}

}  // namespace

std::map<std::string, std::string> views(const engine::Plan& plan, const json::object& parts, const RunId& run,
                                         const std::vector<state::Event>& events) {
  std::map<std::string, std::vector<std::string>> kept{
      {"observations.json", {}}, {"verdicts.json", {}}, {"approvals.json", {}}};
  std::string timeline;
  state::Run folded;
  folded.id = run;
  for (const auto& event : events) {
    (void)state::apply(folded, event);  // the caller has folded them
    timeline += fmt::format("{} {}\n", at(event.wall), engine::log_line(folded, event));
    const auto kind = state::kind_of(event.body);
    if (const auto* view = view_of(kind))
      kept[view].push_back(canonical(
          {{"seq", event.seq}, {"at", at(event.wall)}, {"what", state::spell(kind)}, {"body", told(event.body)}}));
  }
  std::map<std::string, std::string> out;
  for (const auto& [name, elements] : kept) out[name] = lines(elements);
  out["timeline.txt"] = std::move(timeline);
  auto rest = parts;
  const auto hosts = rest.at("hosts");
  rest.erase("hosts");
  out["inventory.json"] = canonical(hosts) + "\n";
  out["plan.json"] = canonical({{"digest_of", rest},
                                {"changeable", names(plan.changeable)},
                                {"locks", names(plan.locks)},
                                {"summary", plan.created.summary}}) +
                     "\n";
  return out;
}

}  // namespace unjam::audit
