// The hosts as the language sees them: names and attributes, nothing of how to reach them. Made from an inventory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unjam::playbooks {

struct EstateHost {
  std::string name;
  std::string site;
  std::string role;
  std::string address;
};

struct Estate {
  std::vector<std::string> sites;
  std::vector<std::string> roles;  // their order is the order of `host.role`
  std::vector<EstateHost> hosts;   // inventory order

  const EstateHost* find(std::string_view name) const {
    for (const auto& host : hosts)
      if (host.name == name) return &host;
    return nullptr;
  }
};

}  // namespace unjam::playbooks
