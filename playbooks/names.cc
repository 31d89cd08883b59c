#include "playbooks/names.h"

#include <fmt/format.h>

#include <algorithm>

namespace unjam::playbooks {
// Targets are made of earlier ones only, so this ends; a map of targets is at most kMaxYamlKeys deep.
bool Atoms::inside_one(const std::string& atom, const Within& outer, std::set<std::string>& proven) const {
  if (proven.contains(atom) || std::ranges::find(outer, atom) != outer.end()) return true;
  const auto found = parents_.find(atom);
  if (found == parents_.end() || found->second.empty()) return false;
  const bool good =
      std::ranges::all_of(found->second, [&](const std::string& parent) { return inside_one(parent, outer, proven); });
  if (good) proven.insert(atom);
  return good;
}

bool Atoms::inside(const Within& inner, const Within& outer) const {
  if (outer.empty() || inner == kAnywhere || outer == kAnywhere) return true;
  if (inner.empty()) return false;  // the whole inventory in less than it
  std::set<std::string> proven;
  return std::ranges::all_of(inner, [&](const std::string& atom) { return inside_one(atom, outer, proven); });
}

TypePtr site_type(const Estate* estate) {
  return types::site(estate == nullptr ? std::vector<std::string>{} : estate->sites);
}

TypePtr host_record(const Estate* estate) {
  return types::record(
      "host", {{"name", types::text()},
               {"site", site_type(estate)},
               {"role", types::enumeration("role", estate == nullptr ? std::vector<std::string>{} : estate->roles)},
               {"address", types::text()}});
}

TypePtr localized(const TypePtr& type, const Estate* estate) {
  if (!type || estate == nullptr) return type;
  if (type->kind == Type::Kind::site) return site_type(estate);
  if (!type->key && !type->element && type->fields.empty()) return type;
  auto copy = std::make_shared<Type>(*type);
  copy->key = localized(type->key, estate);
  copy->element = localized(type->element, estate);
  for (auto& [name, field] : copy->fields) field = localized(field, estate);
  return copy;
}

void NameTable::show(StepOutput output) {
  place_.emplace(output.name, visible_.size());
  visible_.push_back(std::move(output));
}

void NameTable::hide_from(std::size_t count) {
  while (visible_.size() > count) {
    const auto found = place_.find(visible_.back().name);
    if (found != place_.end() && found->second == visible_.size() - 1) place_.erase(found);
    visible_.pop_back();
  }
}

const StepOutput* NameTable::output(std::string_view name) const {
  const auto found = place_.find(name);
  return found == place_.end() ? nullptr : &visible_[found->second];
}

const NameInfo* ScopeNames::builtin(std::string_view name) const {
  if (const auto known = builtins_.find(name); known != builtins_.end()) return &known->second;
  NameInfo info;
  if (name == "params") {
    info.type = table_.params;
  } else if (name == "host" && position_.host != nullptr) {
    info.type = types::host(*position_.host);
  } else if (name == "hosts" && position_.place != Position::Place::fact_hosts) {
    info.type = types::set_of(types::host());
  } else if (name == "sites") {
    info.type = types::set_of(site_type(table_.estate));
  } else {
    return nullptr;
  }
  return &builtins_.emplace(std::string(name), std::move(info)).first->second;
}

bool ScopeNames::steps_visible(const Declared& declared) const {
  if (position_.place == Position::Place::let || position_.place == Position::Place::fact_with)
    return true;  // asked where the let or fact itself is asked
  return std::ranges::all_of(declared.needs, [this](const std::string& step) {
    const StepOutput* output = table_.output(step);
    return output != nullptr && output->root;
  });
}

bool ScopeNames::allowed(const Declared& declared) const {
  using Place = Position::Place;
  switch (position_.place) {
    case Place::target:
      return declared.kind == Declared::Kind::target && declared.index < position_.targets_before;
    case Place::fact_hosts:
    case Place::fact_with:
      return declared.kind == Declared::Kind::target;
    case Place::let:
      return true;
    case Place::step:
      return steps_visible(declared);
  }
  return false;
}

const NameInfo* ScopeNames::find(std::string_view name) const {
  if (const NameInfo* info = builtin(name)) return info;
  const auto found = table_.declared.find(name);
  if (found != table_.declared.end()) {
    Declared& declared = found->second;
    if (!allowed(declared)) return nullptr;
    if (declared.state == Declared::State::waiting) table_.ensure(found->first);
    if (declared.state == Declared::State::checking) return nullptr;  // by itself: why_not tells
    if (declared.state == Declared::State::broken) met_broken_ = true;
    return &declared.info;
  }
  const bool steps = position_.place == Position::Place::step || position_.place == Position::Place::fact_with;
  const StepOutput* output = steps ? table_.output(name) : nullptr;
  if (output == nullptr) return nullptr;
  if (position_.place == Position::Place::fact_with && !output->root) return nullptr;
  met_broken_ = met_broken_ || output->broken;
  return &output->info;
}

std::string ScopeNames::why_not(std::string_view name, std::string& code) const {
  using Place = Position::Place;
  const bool fact = position_.place == Place::fact_hosts || position_.place == Place::fact_with;
  if (name == "host") {
    code = "UJ0403";
    return position_.place == Place::let
               ? "a let has no `host`: it would mean another one at each place"
               : "there is no host in hand here: only inside a rollout, and in the `with` of a fact";
  }
  if (name == "hosts" && position_.place == Place::fact_hosts) {
    code = "UJ0405";
    return "a fact is asked of targets, not of the whole inventory";
  }
  if (const auto found = table_.declared.find(name); found != table_.declared.end()) {
    const Declared& declared = found->second;
    if (declared.state == Declared::State::checking) {
      code = "UJ0302";
      return fmt::format("'{}' is defined by itself", name);
    }
    if (fact && declared.kind != Declared::Kind::target) {
      code = "UJ0405";
      return fmt::format("a fact may not depend on '{}': facts are read all at once", name);
    }
    if (position_.place == Place::target) {
      code = "UJ0302";
      return declared.kind == Declared::Kind::target
                 ? fmt::format("target '{}' is not defined above this one", name)
                 : fmt::format("targets are fixed at the start: '{}' cannot be asked here", name);
    }
    for (const std::string& step : declared.needs) {
      if (table_.output(step) != nullptr) continue;
      code = "UJ0401";
      return fmt::format("'{}' stands on step '{}', which has not run on every way to here", name, step);
    }
    return {};
  }
  if (const auto step = table_.steps.find(name); step != table_.steps.end()) {
    code = "UJ0401";
    if (position_.place == Place::target || position_.place == Place::fact_hosts || position_.place == Place::let)
      return fmt::format("step '{}' has no output here: only steps and the `with` of facts may ask it", name);
    if (position_.place == Place::fact_with)
      return fmt::format("a fact may only ask reads that stand in `steps` itself; '{}' is none, or has not run", name);
    const auto verb = step->second->verb;
    if (verb != model::Verb::run && verb != model::Verb::rollout) {
      code = "UJ0302";
      return fmt::format("step '{}' has no output", name);
    }
    return fmt::format("the output of step '{}' is not there on every way to here", name);
  }
  return {};
}

std::vector<std::string> ScopeNames::all() const {
  std::vector<std::string> out{"params", "hosts", "sites"};
  if (position_.host != nullptr) out.emplace_back("host");
  for (const auto& [name, declared] : table_.declared) {
    if (allowed(declared)) out.push_back(name);
  }
  for (const StepOutput& output : table_.outputs()) out.push_back(output.name);
  return out;
}

TypePtr ScopeNames::host_type(const Within&) const {
  return host_record(table_.estate);
}

}  // namespace unjam::playbooks
