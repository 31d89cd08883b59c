// check, graph, packs, inventory: what is written, without any host.
#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/cli/commands.h"
#include "orchestrator/cli/sources.h"
#include "orchestrator/cli/views.h"
#include "playbooks/sarif.h"

namespace unjam::cli {
namespace {

std::string providers_of(const actions::Packs& packs, const std::string& action) {
  std::vector<std::string> out;
  for (const auto& pack : packs.packs())
    for (const auto& provider : packs.providers(pack))
      if (provider.action == action) {
        auto name = pack;
        if (!provider.roles.empty()) name += fmt::format(" ({})", fmt::join(provider.roles, ", "));
        out.push_back(std::move(name));
      }
  return fmt::format("{}", fmt::join(out, ", "));
}

json::object fields_of(const std::vector<std::pair<std::string, playbooks::TypePtr>>& fields) {
  json::object out;
  for (const auto& [name, type] : fields) out[name] = playbooks::spell(*type);
  return out;
}

json::object action_json(const actions::Packs& packs, const playbooks::ActionSpec& spec) {
  json::array providers;
  for (const auto& pack : packs.packs())
    for (const auto& provider : packs.providers(pack))
      if (provider.action == spec.name)
        providers.push_back(json::object{{"pack", pack},
                                         {"shell", provider.shell},
                                         {"file", provider.file},
                                         {"roles", json::array(provider.roles.begin(), provider.roles.end())}});
  return {{"action", spec.name},
          {"effect", std::string(playbooks::spell(spec.effect))},
          {"retry", std::string(playbooks::spell(spec.retry))},
          {"undo", spec.undo},
          {"floor", spec.floor_required},
          {"inputs", fields_of(spec.inputs)},
          {"outputs", fields_of(spec.outputs)},
          {"contracts", spec.contracts},
          {"providers", std::move(providers)}};
}

std::string transport_name(actions::TransportKind kind) {
  switch (kind) {
    case actions::TransportKind::ssh:
      return "ssh";
    case actions::TransportKind::openssh:
      return "openssh";
    case actions::TransportKind::local:
      return "local";
    case actions::TransportKind::model:
      break;
  }
  return "model";
}

json::array hosts_json(const actions::Inventory& inventory) {
  json::array out;
  for (const auto& host : inventory.hosts) {
    const auto& connection = inventory.connection_of(host);
    out.push_back(json::object{{"host", host.name.text},
                               {"site", host.site},
                               {"role", host.role},
                               {"address", host.address},
                               {"packs", json::array(host.packs.begin(), host.packs.end())},
                               {"connect", connection.name},
                               {"transport", transport_name(connection.transport)},
                               {"user", connection.user}});
  }
  return out;
}

}  // namespace

int check(const Context& context) {
  const auto sources = load_sources(context, true);
  if (context.options.sarif) {
    if (sources.error) return report(context, sources, "");
    print_json(playbooks::sarif(sources.diagnostics.all(), UNJAM_VERSION));
    return sources.ok() ? kDone : kBadInput;
  }
  const auto good = sources.program ? fmt::format("{}: no faults\n", sources.program->name) : std::string();
  return report(context, sources, good);
}

int graph(const Context& context) {
  const auto sources = load_sources(context, true);
  if (!sources.ok() || !sources.program) return report(context, sources, "");
  const auto text =
      context.options.format == "dot" ? playbooks::to_dot(*sources.program) : playbooks::to_mermaid(*sources.program);
  if (context.options.json)
    print_json(json::object{{"playbook", sources.program->name}, {"format", context.options.format}, {"graph", text}});
  else
    say(text);
  return kDone;
}

int packs(const Context& context) {
  const auto sources = load_sources(context, false);
  if (!sources.ok() || !sources.packs) return report(context, sources, "");
  auto names = sources.packs->names();
  std::sort(names.begin(), names.end());
  json::array list;
  std::string text = paint(context.out, Tone::strong,
                           pad("ACTION", 20) + "  " + pad("EFFECT", 11) + "  " + pad("RETRY", 10) + "  " +
                               pad("UNDO", 16) + "  PROVIDERS") +
                     "\n";
  for (const auto& name : names) {
    const auto* spec = sources.packs->find(name);
    if (spec == nullptr) continue;
    list.push_back(action_json(*sources.packs, *spec));
    const auto providers = providers_of(*sources.packs, name);
    text += pad(name, 20) + "  " + pad(playbooks::spell(spec->effect), 11) + "  " +
            pad(playbooks::spell(spec->retry), 10) + "  " + pad(spec->undo.empty() ? "-" : spec->undo, 16) + "  " +
            (providers.empty() ? "none" : providers) + "\n";
  }
  if (context.options.json) {
    print_json(list);
    return kDone;
  }
  text += "\nPacks\n";
  for (const auto& pack : sources.packs->packs())
    text += "  " + pad(pack, 12) + "  " + sources.packs->summary(pack) + "\n";
  say(text);
  return kDone;
}

int inventory(const Context& context) {
  auto with_file = context;
  with_file.options.inventory = context.options.subject;
  const auto sources = load_sources(with_file, false);
  if (!sources.ok() || !sources.inventory) return report(context, sources, "");
  const auto& found = *sources.inventory;
  if (context.options.json) {
    print_json(json::object{{"inventory", found.name},
                            {"summary", found.summary},
                            {"time_source", found.time_source},
                            {"hosts", hosts_json(found)}});
    return kDone;
  }
  auto text = fmt::format("{}: {}\n", found.name, found.summary);
  text += paint(context.out, Tone::strong,
                pad("HOST", 16) + "  " + pad("SITE", 10) + "  " + pad("ROLE", 8) + "  " + pad("ADDRESS", 20) + "  " +
                    pad("BY", 22) + "  PACKS") +
          "\n";
  for (const auto& host : found.hosts) {
    const auto& connection = found.connection_of(host);
    const auto by = fmt::format("{} ({})", connection.name, transport_name(connection.transport));
    text += pad(host.name.text, 16) + "  " + pad(host.site, 10) + "  " + pad(host.role, 8) + "  " +
            pad(host.address, 20) + "  " + pad(by, 22) + "  " + fmt::format("{}", fmt::join(host.packs, ", ")) + "\n";
  }
  say(text);
  return kDone;
}

}  // namespace unjam::cli
