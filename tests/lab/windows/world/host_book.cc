#include "tests/lab/windows/world/host_book.h"

#include <fstream>

namespace unjam::lab {

std::string Page::fact(const std::string& name) const {
  const auto found = facts.find(name);
  return found == facts.end() ? std::string() : found->second;
}

HostBook::HostBook(actions::sim::World& world, const std::string& folder) : world_(world) {
  for (const auto& host : world_.fleet().hosts) {
    Page& page = pages_[host.name];
    page.boot = host.boot;
    std::ifstream file(folder + "/" + host.name + "/facts");
    for (std::string line; std::getline(file, line) && page.facts.size() < kMostTexts;) {
      if (const auto at = line.find('='); at != std::string::npos) page.facts[line.substr(0, at)] = line.substr(at + 1);
    }
  }
}

void HostBook::follow() {
  for (auto& host : world_.fleet().hosts) {
    Page& page = pages_[host.name];
    if (page.boot == host.boot) continue;
    page.boot = host.boot;
    ++page.boots;
    page.memory.clear();
    // A paused transport runs again after a restart; a drained component does not.
    const bool component = page.disk.contains("component HubTransport Maintenance");
    if (!host.hub.drained || component || host.hub.drained_by != "unjam") continue;
    host.hub.drained = false;
    host.hub.drained_by.clear();
    world_.fleet().note(host, "resumed", "by=boot");
  }
}

}  // namespace unjam::lab
