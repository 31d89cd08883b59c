// The names of the flagship playbook, for tests of expressions.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "playbooks/expr.h"

namespace unjam::playbooks {

class TestNames : public Names {
 public:
  using Map = std::map<std::string, NameInfo, std::less<>>;

  const NameInfo* find(std::string_view name) const override {
    const auto found = names.find(name);
    return found == names.end() ? nullptr : &found->second;
  }
  std::string why_not(std::string_view name, std::string& code) const override {
    const auto found = elsewhere.find(name);
    if (found == elsewhere.end()) return {};
    code = found->second.first;
    return found->second.second;
  }
  std::vector<std::string> all() const override {
    std::vector<std::string> out;
    for (const auto& entry : names) out.push_back(entry.first);
    return out;
  }
  TypePtr host_type(const Within& within) const override {
    auto type = std::make_shared<Type>(*types::host(within));
    type->fields = {{"name", types::text()}, {"site", site}, {"role", role}, {"address", types::text()}};
    return type;
  }
  // senders and receivers lie in hubs; hubs and dcs in everyone.
  bool inside(const Within& inner, const Within& outer) const override {
    if (outer.empty()) return true;
    if (inner.empty()) return false;
    const std::set<std::string> around(outer.begin(), outer.end());
    return std::ranges::all_of(inner, [&](const std::string& atom) {
      if (around.contains(atom)) return true;
      const bool hub = atom == "senders" || atom == "receivers";
      return hub && around.contains("hubs");
    });
  }

  void value(const std::string& name, TypePtr type) { names[name].type = std::move(type); }
  void function(const std::string& name, NameInfo::Kind kind, TypePtr answer, Within domain) {
    names[name] = {.kind = kind, .type = std::move(answer), .domain = std::move(domain)};
  }

  TypePtr site = types::site();
  TypePtr role = types::enumeration("role", {"dc", "hub"});
  Map names;
  std::map<std::string, std::pair<std::string, std::string>, std::less<>> elsewhere;
};

inline TypePtr hosts_in(Within within) {
  return types::set_of(types::host(within), within);
}

inline TestNames flagship_names() {
  using Kind = NameInfo::Kind;
  TestNames n;
  const TypePtr fault =
      types::enumeration("", {"none", "auth", "authorization", "tls", "unreachable", "dns", "refused", "other"});
  const TypePtr link = types::record("link", {{"source", types::host()},
                                              {"partition", types::text()},
                                              {"code", types::integer()},
                                              {"safe", types::boolean()}});
  n.value("hosts", hosts_in({}));
  n.value("sites", types::set_of(types::site()));
  n.value("params", types::record("params", {{"from", types::site()},
                                             {"to", types::site()},
                                             {"max_skew", types::duration()},
                                             {"agree", types::duration()},
                                             {"min_healthy", types::integer()},
                                             {"word", types::text()},
                                             {"password", types::secret()}}));
  n.value("hubs", hosts_in({"hubs"}));
  n.value("senders", hosts_in({"senders"}));
  n.value("receivers", hosts_in({"receivers"}));
  n.value("dcs", hosts_in({"dcs"}));
  n.value("everyone", hosts_in({"dcs", "hubs"}));
  n.function("queue", Kind::fact,
             types::record("mail.queues", {{"stuck", types::integer()},
                                           {"fault", fault},
                                           {"ids", types::list_of(types::text())},
                                           {"inside_ok", types::boolean()},
                                           {"outbound_ok", types::boolean()}}),
             {"senders"});
  n.function("refusal", Kind::fact,
             types::record("mail.refusals", {{"sources", types::list_of(types::text())}, {"last", types::integer()}}),
             {"receivers"});
  n.function("clock", Kind::fact,
             types::record("time.offset", {{"offset", types::duration()},
                                           {"peers", types::map_of(types::host(), types::duration())},
                                           {"synced", types::boolean()}}),
             {"dcs", "hubs"});
  n.function("repl", Kind::fact,
             types::record("ad.replication", {{"failing", types::list_of(link)}, {"unsafe", types::boolean()}}),
             {"dcs"});
  n.function("hub", Kind::fact,
             types::record("probe.hub", {{"ready", types::boolean()},
                                         {"serving", types::boolean()},
                                         {"queued", types::integer()},
                                         {"load", types::real()}}),
             {"hubs"});
  n.function("probe", Kind::steps, types::record("mail.probe", {{"arrived", types::boolean()}}), {"senders"});
  n.value("host", types::host({"hubs"}));
  return n;
}

// A scope from tables; what is in none is unknown.
class TestScope : public Scope {
 public:
  Evaluated name(std::string_view name) const override {
    const auto found = values.find(name);
    if (found == values.end()) return std::unexpected(Unknown{"no value of " + std::string(name)});
    return found->second;
  }
  Evaluated of_host(std::string_view function, const HostRef& host) const override {
    const auto found = answers.find(std::string(function) + "(" + host.name + ")");
    if (found == answers.end()) {
      return std::unexpected(Unknown{std::string(function) + " of " + host.name + " was not read", true});
    }
    return found->second;
  }
  Evaluated attribute(const HostRef& host, std::string_view field) const override {
    const auto found = attributes.find(host.name + "." + std::string(field));
    if (found == attributes.end()) return std::unexpected(Unknown{"no attribute"});
    return found->second;
  }

  std::map<std::string, Value, std::less<>> values;
  std::map<std::string, Value, std::less<>> answers;
  std::map<std::string, Value, std::less<>> attributes;
};

inline ExprText expr_text(const std::string& text) {
  return {text, std::make_shared<const Source>("play.yaml", text), {1, 1, 1}, 0};
}

}  // namespace unjam::playbooks
