#include "tests/lab/windows/world/host_book.h"

namespace unjam::lab {

HostBook::HostBook(actions::sim::World& world) : world_(world) {
  for (const auto& host : world_.fleet().hosts) pages_[host.name].boot = host.boot;
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
