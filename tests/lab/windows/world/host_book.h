// What a Windows host has and the model fleet has not: services that are stopped, states of components, scheduled
// tasks, numbers of boots. Small texts by name. `disk` survives a restart, `memory` does not.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "actions/sim/world.h"
#include "state/base/json.h"

namespace unjam::lab {

struct Page {
  std::map<std::string, std::string> disk;
  std::map<std::string, std::string> memory;
  std::string boot;                          // of the model, as last seen
  std::int64_t boots = 1;                    // since the host was made
  std::vector<std::string> comments;         // `shutdown /c` of each restart that somebody asked for; the event 1074
  std::map<std::string, std::string> facts;  // of FOLDER/HOST/facts: oddities that do not change

  std::string fact(const std::string& name) const;  // empty if there is none
};
inline constexpr std::size_t kMostTexts = 1000;  // of a page: then `put` is refused

class HostBook {
 public:
  HostBook(actions::sim::World& world, const std::string& folder);

  // What happened since the last call: a new boot empties the memory and starts all services.
  void follow();
  Page& of(const std::string& host) { return pages_[host]; }

 private:
  actions::sim::World& world_;
  std::map<std::string, Page> pages_;
};

}  // namespace unjam::lab
