// Identities are distinct types: a HostName cannot be passed where a RunId is wanted (Atlassian 2022: app ids taken for
// site ids).
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace unjam {

template <typename Tag>
struct Id {
  std::string text;

  Id() = default;
  explicit Id(std::string t) : text(std::move(t)) {}
  bool empty() const { return text.empty(); }
  friend auto operator<=>(const Id&, const Id&) = default;
};

using RunId = Id<struct RunTag>;        // "r-" and 16 hex digits
using HostName = Id<struct HostTag>;    // key of the inventory's `hosts`
using IntentId = Id<struct IntentTag>;  // one per journalled intent; travels to the host in the fence
using StoreId = Id<struct StoreTag>;    // of one state directory; travels to the host in the fence

// Where a step stands in a run, the journal's identity: heal/roll[tyohub1]/reboot
using StepPath = Id<struct StepTag>;

}  // namespace unjam

template <typename Tag>
struct std::hash<unjam::Id<Tag>> {
  std::size_t operator()(const unjam::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.text); }
};
