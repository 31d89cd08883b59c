#include "orchestrator/engine/scope.h"

#include <fmt/format.h>

#include <algorithm>

#include "state/base/plants.h"

namespace unjam::engine {

using playbooks::Evaluated;
using playbooks::HostRef;
using playbooks::Unknown;
using playbooks::Value;

namespace {

constexpr int kMaxLetDepth = 64;           // lets are acyclic; this bounds a checker's mistake, not a playbook
constexpr Millis kSlowReadingUse{10'000};  // how long a reading that took longer than `fresh` stays an answer (unknown)
// So often the same is read for one answer. Readings that are never fresh together, because another one takes longer
// than they stay fresh, would otherwise be taken for ever; after this they are unknown, and unknown opens nothing.
constexpr int kReadingsForOneAnswer = 5;
constexpr playbooks::Duration kImplicitFresh = std::chrono::seconds(60);

std::unexpected<Unknown> unknown(std::string reason, bool unread = false) {
  return std::unexpected(Unknown{std::move(reason), unread});
}

Value hosts_value(const playbooks::Estate& estate) {
  playbooks::Set set;
  for (const auto& host : estate.hosts) set.push_back(Value::host(host.name));
  return Value::set(std::move(set));
}

int rank_of(const std::vector<std::string>& words, const std::string& word) {
  const auto at = std::find(words.begin(), words.end(), word);
  return static_cast<int>(at - words.begin());
}

// Drops the last component: "a/b/c" -> "a/b/"; "c" -> "".
std::string parent(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string{} : path.substr(0, slash + 1);
}

}  // namespace

RunScope::RunScope(const Plan& plan, const state::Run& run, Now now, Place place, Mono not_before)
    : plan_(plan), run_(run), now_(now), place_(std::move(place)), not_before_(not_before) {}

Evaluated RunScope::attribute(const HostRef& host, std::string_view field) const {
  const auto* found = plan_.estate.find(host.name);
  if (found == nullptr) return unknown(fmt::format("{} is not in the inventory", host.name));
  if (field == "name") return Value::text(found->name);
  if (field == "address") return Value::text(found->address);
  if (field == "site") return Value::enumeration(found->site, rank_of(plan_.estate.sites, found->site));
  if (field == "role") return Value::enumeration(found->role, rank_of(plan_.estate.roles, found->role));
  return unknown(fmt::format("a host has no {}", field));
}

Evaluated RunScope::name(std::string_view name) const {
  if (name == "host") return place_.host ? Evaluated(Value::host(*place_.host)) : unknown("no host is in hand");
  if (name == "params") return place_.frame->params;
  if (name == "hosts") return hosts_value(plan_.estate);
  if (name == "sites") {
    playbooks::Set set;
    for (const auto& site : plan_.estate.sites)
      set.push_back(Value::enumeration(site, rank_of(plan_.estate.sites, site)));
    return Value::set(std::move(set));
  }
  if (const auto found = place_.frame->targets.find(name); found != place_.frame->targets.end()) return found->second;
  if (const auto cached = lets_.find(name); cached != lets_.end()) return cached->second;
  if (const auto* let = place_.frame->program->let(name)) {
    if (depth_ >= kMaxLetDepth) return unknown(fmt::format("{} is nested too deeply", name));
    ++depth_;
    auto value = playbooks::evaluate(*let->expr->tree, *this);
    --depth_;
    lets_.emplace(std::string(name), value);
    return value;
  }
  return step_value(name);
}

const state::StepRecord* RunScope::visible_step(std::string_view name, std::string& path) const {
  for (std::string list = parent(place_.path);; list = parent(list.substr(0, list.size() - 1))) {
    if (list.size() < place_.frame->prefix.size()) return nullptr;
    path = list + std::string(name);
    if (const auto found = run_.steps.find(path); found != run_.steps.end()) return &found->second;
    if (list.empty() || list == place_.frame->prefix) return nullptr;
  }
}

Evaluated RunScope::step_value(std::string_view name) const {
  std::string path;
  const auto* step = visible_step(name, path);
  if (step == nullptr) return unknown(fmt::format("step {} has not run", name));
  if (place_.host) {
    if (const auto shot = step->snapshots.find(*place_.host); shot != step->snapshots.end() && !step->hosts)
      return of_host(name, HostRef{*place_.host});
    if (const auto intent = step->intents.find(*place_.host); intent != step->intents.end() && !step->hosts)
      return of_host(name, HostRef{*place_.host});
  }
  playbooks::Set done;
  for (const auto& [key, turn] : run_.turns)
    if (key.first == path && turn.ended && turn.outcome == state::StepOutcome::ok)
      done.push_back(Value::host(key.second));
  return Value::record({{"done", Value::set(std::move(done))}});
}

Evaluated RunScope::hosts_of(const playbooks::Fact& fact) const {
  return playbooks::evaluate(*fact.hosts->tree, *this);
}

const state::Reading* RunScope::usable(const std::string& key, const std::string& host,
                                       playbooks::Duration fresh) const {
  const auto found = run_.readings.find({key, host});
  if (found == run_.readings.end()) return nullptr;
  const auto& reading = found->second;
  if (reading.effects != run_.effects || reading.started < not_before_) return nullptr;
  const Millis bound = planted("freshness-not-asked") ? Millis::max() / 4 : std::chrono::duration_cast<Millis>(fresh);
  if (reading.taken - reading.started > bound) {
    return now_.mono - reading.taken <= kSlowReadingUse ? &reading : nullptr;
  }
  return now_.mono - reading.started <= bound ? &reading : nullptr;
}

bool RunScope::asked_enough(const std::string& key, const std::string& host) const {
  const auto found = run_.readings.find({key, host});
  return found != run_.readings.end() && found->second.seq > run_.acted &&
         found->second.in_row >= kReadingsForOneAnswer;
}

Evaluated RunScope::reading_value(const std::string& key, const std::string& host, const playbooks::ActionSpec& action,
                                  playbooks::Duration fresh) const {
  const auto* reading = usable(key, host, fresh);
  if (reading == nullptr && asked_enough(key, host)) {
    return unknown(fmt::format("{} of {} was read {} times and never fresh together with what else is asked", key, host,
                               kReadingsForOneAnswer));
  }
  if (reading == nullptr) return unknown(fmt::format("{} of {} has not been read", key, host), true);
  if (!reading->value) return unknown(fmt::format("{} of {}: {}", key, host, reading->unknown));
  if (reading->taken - reading->started > std::chrono::duration_cast<Millis>(fresh)) {
    return unknown(fmt::format("{} of {}: reading it took longer than it stays fresh", key, host));
  }
  return record_of(*reading->value, action);
}

Evaluated RunScope::of_host(std::string_view function, const HostRef& host) const {
  if (const auto* fact = place_.frame->program->fact(function))
    return reading_value(place_.frame->prefix + fact->name, host.name, *fact->action,
                         std::min<playbooks::Duration>(patience(fact->fresh, place_.frame->fields()), oldest_));
  std::string path;
  const auto* step = visible_step(function, path);
  if (step == nullptr) return unknown(fmt::format("step {} has not run", function));
  if (const auto shot = step->snapshots.find(host.name); shot != step->snapshots.end()) {
    if (!shot->second.value) return unknown(fmt::format("{} of {}: {}", function, host.name, shot->second.unknown));
    const auto* action = plan_.packs->find(shot->second.action);
    if (action == nullptr) return unknown(fmt::format("{}: no such action", shot->second.action));
    return record_of(*shot->second.value, *action);
  }
  const auto intent = step->intents.find(host.name);
  if (intent == step->intents.end()) return unknown(fmt::format("step {} did not run on {}", function, host.name));
  const auto& effect = run_.effects_by_intent.at(intent->second);
  const auto* action = plan_.packs->find(effect.intent.action);
  if (effect.phase != state::EffectPhase::ok || action == nullptr)
    return unknown(fmt::format("step {} on {} has no answer: {}", function, host.name, state::spell(effect.phase)));
  return record_of(effect.outputs, *action);
}

std::vector<Demand> RunScope::missing(const playbooks::ExprUses& uses) const {
  std::vector<Demand> out;
  for (const auto& use : uses.facts) {
    const auto* fact = place_.frame->program->fact(use.fact);
    if (fact == nullptr) continue;
    const std::string key = place_.frame->prefix + fact->name;
    const playbooks::Duration fresh =
        std::min<playbooks::Duration>(patience(fact->fresh, place_.frame->fields()), oldest_);
    std::vector<std::string> asked;
    if (use.host_only && place_.host) {
      asked.push_back(*place_.host);
    } else if (const auto hosts = hosts_of(*fact); hosts && hosts->as_set() != nullptr) {
      for (const auto& host : *hosts->as_set()) asked.push_back(host.as_host()->name);
    }
    for (const auto& host : asked) {
      if (usable(key, host, fresh) != nullptr || asked_enough(key, host)) continue;
      Demand demand{key, host, fact->action, &fact->with, fresh, patience(fact->limit, place_.frame->fields())};
      if (std::find(out.begin(), out.end(), demand) == out.end()) out.push_back(std::move(demand));
    }
  }
  return out;
}

std::optional<Demand> RunScope::missing_implicit(std::string_view action, const std::string& host) const {
  const std::string key = fmt::format("@{}", action);
  const auto fresh = std::min(kImplicitFresh, oldest_);
  if (usable(key, host, fresh) != nullptr || asked_enough(key, host)) return std::nullopt;
  const auto* spec = plan_.packs->find(action);
  const Millis limit =
      spec != nullptr && spec->limit ? std::chrono::duration_cast<Millis>(*spec->limit) : Millis{60'000};
  return Demand{key, host, spec, nullptr, fresh, limit};
}

Evaluated RunScope::implicit(std::string_view action, const std::string& host) const {
  const auto* spec = plan_.packs->find(action);
  if (spec == nullptr) return unknown(fmt::format("no pack offers {}", action));
  return reading_value(fmt::format("@{}", action), host, *spec, std::min(kImplicitFresh, oldest_));
}

Value record_of(const json::object& answer, const playbooks::ActionSpec& action) {
  playbooks::Fields fields;
  for (const auto& [name, type] : action.outputs) {
    const auto* given = answer.if_contains(name);
    if (given == nullptr) continue;
    if (auto value = playbooks::from_json(*given, *type)) fields.emplace(name, std::move(*value));
  }
  return Value::record(std::move(fields));
}

Millis patience(const playbooks::DurationArg& arg, const playbooks::Fields& params) {
  if (arg.param.empty()) return std::chrono::duration_cast<Millis>(arg.literal);
  const auto found = params.find(arg.param);
  const auto* value = found == params.end() ? nullptr : found->second.as_duration();
  return value == nullptr ? Millis{0} : std::chrono::duration_cast<Millis>(*value);
}

std::int64_t count(const playbooks::CountArg& arg, const playbooks::Fields& params, std::size_t of) {
  std::int64_t n = arg.literal;
  if (!arg.param.empty()) {
    const auto found = params.find(arg.param);
    const auto* value = found == params.end() ? nullptr : found->second.as_int();
    n = value == nullptr ? 1 : *value;
  }
  if (arg.percent) n = static_cast<std::int64_t>(of) * n / 100;
  return std::max<std::int64_t>(n, 1);
}

namespace {

json::object host_to_wire(const std::string& name, const playbooks::Estate& estate) {
  json::object out{{"name", name}};
  if (const auto* host = estate.find(name)) {
    out["address"] = host->address;
    out["site"] = host->site;
    out["role"] = host->role;
  }
  return out;
}

json::object site_to_wire(const std::string& site, const playbooks::Estate& estate) {
  json::array hosts;
  for (const auto& host : estate.hosts)
    if (host.site == site) hosts.push_back(host_to_wire(host.name, estate));
  return {{"name", site}, {"hosts", std::move(hosts)}};
}

}  // namespace

json::value to_wire(const Value& value, const playbooks::Type& type, const playbooks::Estate& estate) {
  if (const auto* host = value.as_host()) return host_to_wire(host->name, estate);
  if (const auto* duration = value.as_duration()) return std::chrono::duration_cast<Millis>(*duration).count();
  if (type.kind == playbooks::Type::Kind::site && value.as_text() != nullptr)
    return site_to_wire(*value.as_text(), estate);
  const auto items = [&](const std::vector<Value>& list) {
    json::array out;
    for (const auto& item : list) out.push_back(to_wire(item, type.element ? *type.element : type, estate));
    return out;
  };
  if (const auto* set = value.as_set()) return items(*set);
  if (const auto* list = value.as_list()) return items(*list);
  if (const auto* fields = value.as_record()) {
    json::object out;
    for (const auto& [name, field_type] : type.fields)
      if (const auto found = fields->find(name); found != fields->end())
        // Records travel flat: a host in one is its name.
        out[name] = found->second.as_host() != nullptr ? json::value(found->second.as_host()->name)
                                                       : to_wire(found->second, *field_type, estate);
    return out;
  }
  return playbooks::to_json(value);
}

std::expected<json::object, Unknown> inputs_of(const std::vector<playbooks::Argument>& with, const RunScope& scope,
                                               const Plan& plan) {
  json::object out;
  for (const auto& argument : with) {
    if (argument.text) {
      out[argument.input] = playbooks::fill(*argument.text, scope);
      continue;
    }
    auto value = playbooks::evaluate(*argument.expr->tree, scope);
    if (!value) return unknown(fmt::format("input {}: {}", argument.input, value.error().reason));
    out[argument.input] = to_wire(*value, *argument.expr->type, plan.estate);
  }
  return out;
}

}  // namespace unjam::engine
