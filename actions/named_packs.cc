#include "actions/named_packs.h"

#include <fmt/format.h>

#include <algorithm>

#include "playbooks/yaml.h"

namespace unjam::actions {

void check_named_packs(const Inventory& inventory, const Packs& packs, const playbooks::SourcePtr& source,
                       playbooks::Diagnostics& out) {
  const auto known = packs.packs();
  const auto missing = [&](const std::string& pack) {
    return std::find(known.begin(), known.end(), pack) == known.end();
  };
  const bool all_known = std::none_of(inventory.hosts.begin(), inventory.hosts.end(), [&](const Host& host) {
    return std::any_of(host.packs.begin(), host.packs.end(), missing);
  });
  if (all_known) return;
  playbooks::Diagnostics repeated;  // the text was read once already, and has no faults
  const auto root = playbooks::parse_yaml(source, repeated);
  const auto* hosts = root ? root->find("hosts") : nullptr;
  if (hosts == nullptr) return;
  for (const auto& [name, host] : hosts->entries) {
    const auto* list = host.find("packs");
    if (list == nullptr) continue;
    for (const auto& pack : list->items) {
      if (!missing(pack.text)) continue;
      const auto near = playbooks::nearest(pack.text, known);
      out.error("UJ0302", source, pack.span, fmt::format("{} has a pack {}, which is not there", name.text, pack.text),
                near.empty() ? "more packs are found by --packs DIR" : fmt::format("did you mean {}?", near));
    }
  }
}

}  // namespace unjam::actions
