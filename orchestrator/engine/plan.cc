#include "orchestrator/engine/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "actions/named_packs.h"
#include "orchestrator/engine/policy_bounds.h"
#include "orchestrator/engine/reach.h"
#include "orchestrator/engine/scope.h"
#include "playbooks/yaml.h"
#include "state/base/digest.h"

namespace unjam::engine {

using playbooks::Fields;
using playbooks::Type;
using playbooks::Value;

namespace {

constexpr int kEngineSchema = 1;  // part of the digest: what a plan means to the engine

Result<json::value> json_of_text(const std::string& text, const Type& type) {
  switch (type.kind) {
    case Type::Kind::integer:
    case Type::Kind::boolean: {
      auto value = parse_json(text);
      if (!value) return fail(ErrorKind::invalid, fmt::format("`{}` is not {}", text, spell(type)));
      return *value;
    }
    default:
      return json::value(text);
  }
}

std::optional<std::string> out_of_bounds(const playbooks::Param& param, const Value& value) {
  const auto below = [](const Value& a, const Value& b) {
    if (a.as_int() && b.as_int()) return *a.as_int() < *b.as_int();
    if (a.as_duration() && b.as_duration()) return *a.as_duration() < *b.as_duration();
    return false;
  };
  if (param.min && below(value, *param.min)) return fmt::format("is below its least value {}", spell(*param.min));
  if (param.max && below(*param.max, value)) return fmt::format("is above its largest value {}", spell(*param.max));
  return std::nullopt;
}

Result<void> check_bounds(const playbooks::Program& program, const playbooks::Policy& policy,
                          const playbooks::Param& param, const Value& value) {
  if (const auto wrong = out_of_bounds(param, value))
    return fail(ErrorKind::invalid, fmt::format("parameter {}: {} {}", param.name, spell(value), *wrong));
  const auto rules = policy.least.find(program.name);
  if (rules == policy.least.end()) return {};
  const auto least = rules->second.find(param.name);
  if (least == rules->second.end()) return {};
  playbooks::Param rule{param.name, param.type, {}, least->second, {}, {}};
  if (const auto wrong = out_of_bounds(rule, value))
    return fail(ErrorKind::invalid, fmt::format("parameter {}: {} {} (policy)", param.name, spell(value), *wrong));
  return {};
}

template <typename Give>
Result<Fields> bind(const playbooks::Program& program, const playbooks::Estate& estate, const playbooks::Policy& policy,
                    Give give) {
  Fields out;
  for (const auto& param : program.params) {
    const Result<std::optional<json::value>> given = give(param);
    if (!given) return std::unexpected(given.error());
    std::optional<Value> value = param.fallback;
    if (*given) {
      const auto type = param.type->kind == Type::Kind::site ? playbooks::types::site(estate.sites) : param.type;
      auto typed = playbooks::from_json(**given, *type);
      if (!typed) return fail(ErrorKind::invalid, fmt::format("parameter {}: {}", param.name, typed.error().message));
      value = std::move(*typed);
    }
    if (!value)
      return fail(ErrorKind::invalid, fmt::format("parameter {} is missing: give --param {}=VALUE ({})", param.name,
                                                  param.name, spell(*param.type)));
    if (auto bounded = check_bounds(program, policy, param, *value); !bounded) return std::unexpected(bounded.error());
    out.emplace(param.name, std::move(*value));
  }
  return out;
}

std::vector<std::string> names_of(const playbooks::Program& program) {
  std::vector<std::string> out;
  for (const auto& param : program.params) out.push_back(param.name);
  return out;
}

}  // namespace

Result<Fields> bind_params(const playbooks::Program& program, const playbooks::Estate& estate,
                           const playbooks::Policy& policy, const std::map<std::string, std::string>& given) {
  const auto known = names_of(program);
  for (const auto& [name, text] : given)
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const auto near = playbooks::nearest(name, known);
      return fail(ErrorKind::invalid, fmt::format("{} has no parameter {}{}", program.name, name,
                                                  near.empty() ? "" : fmt::format(": did you mean {}?", near)));
    }
  return bind(program, estate, policy, [&](const playbooks::Param& param) -> Result<std::optional<json::value>> {
    const auto found = given.find(param.name);
    if (found == given.end()) return std::optional<json::value>{};
    auto value = json_of_text(found->second, *param.type);
    if (!value) return fail(ErrorKind::invalid, fmt::format("parameter {}: {}", param.name, value.error().message));
    return std::optional<json::value>(std::move(*value));
  });
}

Result<Fields> bind_params(const playbooks::Program& program, const playbooks::Estate& estate,
                           const playbooks::Policy& policy, const json::object& given) {
  return bind(program, estate, policy, [&](const playbooks::Param& param) -> Result<std::optional<json::value>> {
    const auto* found = given.if_contains(param.name);
    return found == nullptr ? std::optional<json::value>{} : std::optional<json::value>(*found);
  });
}

Result<Targets> bind_targets(const playbooks::Program& program, const playbooks::Estate& estate, const Value& params) {
  // A scope that knows the inventory and what was bound so far, and no run.
  Plan plan;
  plan.estate = estate;
  const state::Run run;
  Frame frame{&program, "", params};
  for (const auto& target : program.targets) {
    const RunScope scope(plan, run, Now{}, Place{&frame, "", std::nullopt});
    auto value = playbooks::evaluate(*target.expr->tree, scope);
    if (!value) return fail(ErrorKind::invalid, fmt::format("target {}: {}", target.name, value.error().reason));
    if (value->as_set() == nullptr || value->as_set()->empty())
      return fail(ErrorKind::invalid, fmt::format("target {} is empty: no host of the inventory fits `{}`", target.name,
                                                  target.expr->text.text));
    frame.targets.emplace(target.name, std::move(*value));
  }
  return std::move(frame.targets);
}

namespace {

playbooks::Estate estate_of(const actions::Inventory& inventory) {
  playbooks::Estate out{inventory.sites, inventory.roles, {}};
  for (const auto& host : inventory.hosts) out.hosts.push_back({host.name.text, host.site, host.role, host.address});
  return out;
}

std::string file_digest(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return "absent";
  std::ostringstream text;
  text << file.rdbuf();
  return sha256_hex(text.str());
}

json::object hosts_part(const Plan& plan) {
  json::object out;
  for (const auto& host : plan.inventory->hosts) {
    const auto& connection = plan.inventory->connection_of(host);
    json::array packs;
    for (const auto& pack : host.packs) packs.emplace_back(pack);
    out[host.name.text] = {{"site", host.site},
                           {"role", host.role},
                           {"address", host.address},
                           {"packs", packs},
                           {"user", connection.user},
                           {"known_hosts", connection.known_hosts.empty() ? "" : file_digest(connection.known_hosts)}};
  }
  return out;
}

}  // namespace

json::object digest_parts(const Plan& plan) {
  json::object playbook_texts;
  for (const auto& document : plan.created.playbooks)
    playbook_texts[std::filesystem::path(document.name).stem().string()] = sha256_hex(document.text);
  json::object actions;
  for (const auto& action : reach_of(plan).actions) actions[action] = plan.packs->digest(action);
  return {{"schema", kEngineSchema},
          {"playbooks", playbook_texts},
          {"params", playbooks::to_json(plan.root.params)},
          {"time_source", plan.inventory->time_source},
          {"hosts", hosts_part(plan)},
          {"policy", sha256_hex(plan.created.policy.text)},
          {"actions", actions}};
}

namespace {

// Finds played playbooks among the documents of the journal first, then beside the file, then in the catalogues.
class Finder {
 public:
  Finder(const PlanTexts& texts, std::vector<state::Document>& used) : texts_(texts), used_(used) {}

  Result<playbooks::SourcePtr> operator()(const std::string& playbook, const std::string& beside) const {
    for (const auto& document : texts_.playbooks)
      if (std::filesystem::path(document.name).stem() == playbook)
        return remember(std::make_shared<playbooks::Source>(document.name, document.text));
    std::vector<std::filesystem::path> folders{std::filesystem::path(beside).parent_path()};
    for (const auto& catalog : texts_.catalogs) folders.emplace_back(catalog);
    for (const auto& folder : folders) {
      const auto path = (folder / (playbook + ".yaml")).string();
      if (auto source = playbooks::read_source(path)) return remember(*source);
    }
    return fail(ErrorKind::not_found, fmt::format("no playbook {} beside {} or in the catalogue", playbook, beside));
  }

 private:
  playbooks::SourcePtr remember(playbooks::SourcePtr source) const {
    const bool known = std::any_of(used_.begin(), used_.end(), [&](const auto& d) { return d.name == source->name(); });
    if (!known) used_.push_back({source->name(), source->text()});
    return source;
  }

  const PlanTexts& texts_;
  std::vector<state::Document>& used_;
};

std::shared_ptr<const playbooks::Policy> policy_of(const state::Document& text, const actions::Packs& packs,
                                                   playbooks::Diagnostics& out) {
  // No policy at all is the safe default; a file that is there and empty is a fault like any other.
  if (text.name.empty() && text.text.empty()) return std::make_shared<playbooks::Policy>();
  return playbooks::load_policy(std::make_shared<playbooks::Source>(text.name, text.text), packs, out);
}

}  // namespace

std::shared_ptr<const Plan> make_plan(const PlanTexts& texts, playbooks::Diagnostics& out,
                                      std::optional<Error>& error) {
  auto plan = std::make_shared<Plan>();
  const auto inventory_text = std::make_shared<playbooks::Source>(texts.inventory.name, texts.inventory.text);
  plan->inventory = actions::load_inventory(inventory_text, out);
  plan->packs = actions::load_packs(texts.pack_roots, out);
  if (!plan->packs) return nullptr;
  plan->policy = policy_of(texts.policy, *plan->packs, out);
  if (!plan->inventory || !plan->policy) return nullptr;
  actions::check_named_packs(*plan->inventory, *plan->packs, inventory_text, out);
  plan->estate = estate_of(*plan->inventory);
  playbooks::check_roles(*plan->policy, plan->estate.roles, out);

  const auto& first = texts.playbooks.front();
  std::vector<state::Document> used{first};
  playbooks::CheckInput input{plan->packs.get(), &plan->estate, plan->policy.get(), Finder(texts, used)};
  plan->program = playbooks::load_playbook(std::make_shared<playbooks::Source>(first.name, first.text), input, out);
  if (!plan->program || out.failed()) return nullptr;

  auto params = texts.typed_params.empty()
                    ? bind_params(*plan->program, plan->estate, *plan->policy, texts.params)
                    : bind_params(*plan->program, plan->estate, *plan->policy, texts.typed_params);
  if (!params) return error = params.error(), nullptr;
  plan->root = {plan->program.get(), "", Value::record(std::move(*params))};
  auto targets = bind_targets(*plan->program, plan->estate, plan->root.params);
  if (!targets) return error = targets.error(), nullptr;
  plan->root.targets = std::move(*targets);

  auto reach = reach_of(*plan);
  plan->changeable.assign(reach.hosts.begin(), reach.hosts.end());
  plan->effects = std::move(reach.effects);
  plan->locks = locks_of(*plan, reach.touched);
  if (auto kept = keeps_to_policy(*plan); !kept) return error = kept.error(), nullptr;

  auto& created = plan->created;
  created.playbook = plan->program->name;
  created.summary = plan->program->summary;
  created.params = playbooks::to_json(plan->root.params).as_object();
  created.playbooks = std::move(used);
  created.inventory = texts.inventory;
  created.policy = texts.policy;
  created.packs = texts.pack_roots;
  created.changes_at_most = static_cast<std::int64_t>(plan->changeable.size());
  plan->digest = sha256_hex(canonical(digest_parts(*plan)));
  created.digest = plan->digest;
  return plan;
}

}  // namespace unjam::engine
