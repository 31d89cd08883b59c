#include "orchestrator/engine/turn_order.h"

#include <algorithm>

namespace unjam::engine {

namespace {

// Smallest first: false before true, enumerations in their order, unknown last.
bool before(const playbooks::Evaluated& a, const playbooks::Evaluated& b) {
  if (!a || !b) return a.has_value() && !b.has_value();
  if (a->as_bool() && b->as_bool()) return !*a->as_bool() && *b->as_bool();
  if (a->as_int() && b->as_int()) return *a->as_int() < *b->as_int();
  if (a->as_double() && b->as_double()) return *a->as_double() < *b->as_double();
  if (a->as_duration() && b->as_duration()) return *a->as_duration() < *b->as_duration();
  const auto* x = std::get_if<playbooks::EnumValue>(&a->data());
  const auto* y = std::get_if<playbooks::EnumValue>(&b->data());
  if (x && y) return x->rank < y->rank;
  if (a->as_text() && b->as_text()) return *a->as_text() < *b->as_text();
  return false;
}

}  // namespace

std::vector<std::string> turn_order(const playbooks::Node& node, const playbooks::Set& set,
                                    const std::function<RunScope(const std::string& host)>& at) {
  std::vector<std::pair<std::string, playbooks::Evaluated>> hosts;
  for (const auto& member : set) {
    const auto& host = member.as_host()->name;
    hosts.emplace_back(
        host, node.order ? playbooks::evaluate(*node.order->tree, at(host)) : playbooks::Evaluated(playbooks::Value()));
  }
  if (node.order)
    std::stable_sort(hosts.begin(), hosts.end(),
                     [](const auto& a, const auto& b) { return before(a.second, b.second); });
  std::vector<std::string> out;
  for (auto& [host, key] : hosts) out.push_back(std::move(host));
  return out;
}

}  // namespace unjam::engine
