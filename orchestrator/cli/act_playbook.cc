#include "orchestrator/cli/act_playbook.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "orchestrator/cli/text.h"
#include "playbooks/expr.h"

namespace unjam::cli {
namespace {

using playbooks::Evaluated;
using playbooks::Value;

constexpr const char* kDefaultLimit = "5m";

// What an expression about hosts may name: the inventory, nothing that must be looked at.
class InventoryScope final : public playbooks::Scope {
 public:
  explicit InventoryScope(const playbooks::Estate& estate) : estate_(estate) {}

  Evaluated name(std::string_view name) const override {
    playbooks::Set out;
    if (name == "hosts")
      for (const auto& host : estate_.hosts) out.push_back(Value::host(host.name));
    else if (name == "sites")
      for (const auto& site : estate_.sites) out.push_back(Value::text(site));
    else
      return std::unexpected(playbooks::Unknown{fmt::format(
          "nothing is named {} here; there are `hosts` and `sites`: hosts.filter(h, h.role == \"hub\")", name)});
    return Value::set(std::move(out));
  }
  Evaluated of_host(std::string_view function, const playbooks::HostRef&) const override {
    return std::unexpected(playbooks::Unknown{fmt::format("{} is no attribute; facts need a playbook", function)});
  }
  Evaluated attribute(const playbooks::HostRef& host, std::string_view field) const override {
    const auto* found = estate_.find(host.name);
    if (found != nullptr) {
      if (field == "name") return Value::text(found->name);
      if (field == "site") return Value::text(found->site);
      if (field == "role") return Value::text(found->role);
      if (field == "address") return Value::text(found->address);
    }
    return std::unexpected(
        playbooks::Unknown{fmt::format("a host has no {}; it has name, site, role, address", field)});
  }

 private:
  const playbooks::Estate& estate_;
};

std::unexpected<Error> refuse(const std::string& action, const std::string& why) {
  return fail(
      ErrorKind::denied,
      fmt::format("{} cannot be run by `act`: {}. Write a playbook for it (examples/plain-linux)", action, why));
}

std::string quoted(const std::string& text) {
  return json::serialize(json::value(text));
}

std::string block(const std::string& text, std::string_view indent) {
  std::string out = "|\n";
  std::size_t from = 0;
  while (from <= text.size()) {
    const auto to = std::min(text.find('\n', from), text.size());
    out += fmt::format("{}{}\n", indent, text.substr(from, to - from));
    from = to + 1;
  }
  return out;
}

// Sites and words of an enumeration are typed bare at a prompt: to=osaka.
std::string input_text(const playbooks::TypePtr* type, const std::string& value) {
  using Kind = playbooks::Type::Kind;
  const bool named = type != nullptr && ((*type)->kind == Kind::site || (*type)->kind == Kind::enumeration);
  const bool bare = std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return quoted(named && bare ? "'" + value + "'" : value);
}

Result<std::string> inputs_text(const playbooks::ActionSpec& spec, const std::map<std::string, std::string>& with) {
  for (const auto& [name, type] : spec.inputs)
    if (!with.contains(name))
      return fail(ErrorKind::invalid, fmt::format("{} wants the input {}: give --with {}=VALUE ({})", spec.name, name,
                                                  name, playbooks::spell(*type)));
  std::string out;
  for (const auto& [name, value] : with) {
    const auto* type = spec.input(name);
    if (type == nullptr) return fail(ErrorKind::invalid, fmt::format("{} has no input {}", spec.name, name), "--with");
    out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", name, input_text(type, value));
  }
  return out.empty() ? out : fmt::format(", with: {{ {} }}", out);
}

std::string limit_text(const playbooks::ActionSpec& spec, const ActRequest& request) {
  if (!request.limit.empty()) return request.limit;
  const auto longest =
      std::max(spec.limit.value_or(playbooks::Duration{0}), spec.at_least.value_or(playbooks::Duration{0}));
  if (longest.count() == 0) return kDefaultLimit;
  return fmt::format("{}s", std::chrono::ceil<std::chrono::seconds>(longest).count());
}

std::string head(const playbooks::ActionSpec& spec, const std::vector<std::string>& chosen) {
  auto name = spec.name;
  std::replace(name.begin(), name.end(), '.', '-');
  return fmt::format("unjam: 1\nplaybook: act-{}\nsummary: {}\n", name,
                     quoted(fmt::format("{} on {}", spec.name, counted(chosen.size(), "host"))));
}

bool refers(const std::vector<playbooks::FieldRef>& fields, const playbooks::FieldRef& to) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const auto& field) { return field.action == to.action && field.field == to.field; });
}

// Why this takes a playbook, or empty.
std::string too_much(const playbooks::ActionSpec& spec, const playbooks::Policy* policy,
                     const std::set<std::string>& roles) {
  if (policy == nullptr) return "there is no --policy, so no floor";
  if (!spec.undo.empty() && spec.undo != "none") return fmt::format("it would owe its undo, {}", spec.undo);
  if (!spec.gate.empty() || policy->gates.contains(spec.name)) return "its gate must look at more than a floor";
  if (!spec.proven.empty()) return "one of its inputs must be proven";
  if (roles.size() != 1) return fmt::format("the hosts are of {} roles; one at a time", roles.size());
  const auto& role = *roles.begin();
  const bool floored =
      std::any_of(policy->floors.begin(), policy->floors.end(), [&](const auto& floor) { return floor.role == role; });
  if (!floored) return fmt::format("policy has no floor for the role {}", role);
  const auto healthy = policy->healthy.find(role);
  if (healthy == policy->healthy.end())
    return fmt::format("policy does not say what healthy means for the role {}", role);
  if (!spec.verify.empty() && !refers(spec.verify, healthy->second))
    return fmt::format("it must be verified by {}.{}, not by policy's {}.{}", spec.verify.front().action,
                       spec.verify.front().field, healthy->second.action, healthy->second.field);
  return {};
}

template <class Map>
const typename Map::mapped_type* lookup(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

std::int64_t least_of(const playbooks::Policy& policy, const std::string& role) {
  std::int64_t least = 1;
  for (const auto& floor : policy.floors)
    if (floor.role == role) least = std::max(least, floor.min);
  return least;
}

// What a nudge ends with: a look at the fact that policy calls healthy, for each role among the hosts.
struct Looks {
  std::string targets, facts{"facts:\n"}, steps;
};

Result<Looks> looks_after(const std::vector<std::string>& chosen, const playbooks::Estate& estate,
                          const playbooks::Policy* policy) {
  std::set<std::string> roles;
  for (const auto& name : chosen) roles.insert(estate.find(name)->role);
  Looks out;
  int count = 0;
  for (const auto& role : roles) {
    const auto* healthy = policy == nullptr ? nullptr : lookup(policy->healthy, role);
    if (healthy == nullptr)
      return fail(ErrorKind::denied,
                  fmt::format("it ends with a look, and {} what healthy means for the role {}",
                              policy == nullptr ? "without --policy nothing says" : "policy does not say", role));
    const auto n = std::to_string(++count);
    out.targets += fmt::format("  of_role{}: 'chosen.filter(h, h.role == {})'\n", n, quoted(role));
    out.facts += fmt::format("  health{}: {{ run: {}, hosts: of_role{} }}\n", n, healthy->action, n);
    out.steps += fmt::format("  - well{0}: {{ expect: \"of_role{0}.all(h, health{0}(h).{1})\", limit: 10m }}\n", n,
                             healthy->field);
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> chosen_hosts(const std::string& on, const playbooks::Estate& estate) {
  const auto source = std::make_shared<playbooks::Source>("--on", on);
  playbooks::Diagnostics faults;
  const auto tree = playbooks::parse_expr({on, source, {1, 1, 1}}, faults);
  if (!tree) {
    const auto& first = faults.all().front();
    return fail(ErrorKind::invalid, first.message, fmt::format("--on:{}:{}", first.span.line, first.span.column));
  }
  const auto value = playbooks::evaluate(*tree, InventoryScope(estate));
  if (!value)
    return fail(ErrorKind::invalid, value.error().reason,
                fmt::format("--on:{}:{}", value.error().where.line, value.error().where.column));
  std::set<std::string> names;
  if (const auto* set = value->as_set(); set != nullptr)
    for (const auto& item : *set)
      if (item.as_host() != nullptr) names.insert(item.as_host()->name);
  if (value->as_set() == nullptr)
    return fail(ErrorKind::invalid, "not a set of hosts; for example hosts.filter(h, h.site == \"tokyo\")", "--on");
  if (names.empty())
    return fail(ErrorKind::invalid, "no host of the inventory is meant; an empty set is never \"all\"", "--on");
  std::vector<std::string> out;
  for (const auto& host : estate.hosts)
    if (names.contains(host.name)) out.push_back(host.name);
  return out;
}

Result<ActPlaybook> act_playbook(const playbooks::ActionSpec& spec, const ActRequest& request,
                                 const std::vector<std::string>& chosen, const playbooks::Estate& estate,
                                 const playbooks::Policy* policy) {
  const auto given = inputs_text(spec, request.with);
  if (!given) return std::unexpected(given.error());
  const auto& with = *given;
  const auto limit = limit_text(spec, request);
  auto text = head(spec, chosen) + "targets:\n  chosen: " + block(request.on, "    ");
  if (spec.effect <= playbooks::Effect::nudge) {
    if (!spec.gate.empty() || spec.floor_required) return refuse(spec.name, "its gate must look at more than a floor");
    const auto act =
        fmt::format("steps:\n  - act: {{ run: {}, hosts: chosen{}, limit: {} }}\n", spec.name, with, limit);
    if (spec.effect == playbooks::Effect::read) return ActPlaybook{text + act, chosen};
    auto look = looks_after(chosen, estate, policy);
    if (!look) return refuse(spec.name, look.error().message);
    return ActPlaybook{text + look->targets + look->facts + act + look->steps, chosen};
  }
  std::set<std::string> roles;
  std::set<std::string> sites;
  for (const auto& name : chosen) {
    roles.insert(estate.find(name)->role);
    sites.insert(estate.find(name)->site);
  }
  if (const auto why = too_much(spec, policy, roles); !why.empty()) return refuse(spec.name, why);
  const auto& role = *roles.begin();
  const auto& healthy = policy->healthy.find(role)->second;
  ActPlaybook out;
  std::string list;
  for (const auto& site : sites) list += (list.empty() ? "" : ", ") + quoted(site);
  for (const auto& host : estate.hosts)
    if (host.role == role && sites.contains(host.site)) out.pool.push_back(host.name);
  text += fmt::format(
      "  pool: 'hosts.filter(h, h.role == {} and h.site in [{}])'   # those and their peers, for the floor\n",
      quoted(role), list);
  text += fmt::format("facts:\n  health: {{ run: {}, hosts: pool, fresh: 30s }}\n", healthy.action);
  text += "steps:\n  - roll:\n      rollout: \"pool.filter(h, h in chosen)\"\n      gate:\n";
  text += fmt::format("        floor: \"pool.filter(h, h.site == host.site and sure(health(h).{}))\"\n", healthy.field);
  text += fmt::format("        min: {}\n        limit: 10m\n      do:\n", least_of(*policy, role));
  text += fmt::format("        - act: {{ run: {}{}, limit: {}, undo: none }}\n", spec.name, with, limit);
  text += fmt::format("        - well: {{ expect: health(host).{}, hold: 10s, limit: 10m }}\n", healthy.field);
  out.text = std::move(text);
  return out;
}

}  // namespace unjam::cli
