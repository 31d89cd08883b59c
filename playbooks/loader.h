// Part of the loader: how texts of a located tree become slots of the model. Only loader*.cc include it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "playbooks/model.h"
#include "playbooks/yaml_reader.h"

namespace unjam::playbooks {

class Loader {
 public:
  explicit Loader(const YamlContext& context) : context_(context) {}

  model::Playbook load(const YamlNode& root);

 private:
  // Head (loader.cc).
  void load_params(const YamlNode& node, model::Playbook& into);
  void load_facts(const YamlNode& node, model::Playbook& into);
  std::vector<model::NamedSlot> load_named(const YamlNode& node, const std::string& what);
  bool good_name(const YamlNode& key);

  // Values (loader.cc).
  ExprText expr_text(const YamlNode& node) const;
  std::optional<model::ExprSlot> load_expr(const YamlNode& node, std::string_view what);
  std::optional<model::TextSlot> load_prose(const YamlNode& node, std::string_view what);
  std::vector<model::ArgumentSlot> load_with(const YamlNode& node);
  std::optional<DurationArg> load_time(const YamlNode& node, std::string_view what);
  std::optional<CountArg> load_count(const YamlNode& node, std::string_view what, bool percent);
  std::optional<model::NameAt> load_name(const YamlNode& node, std::string_view what, bool dots);

  // Steps (loader_steps.cc).
  model::Steps load_steps(const YamlNode& node, std::string_view what);
  void load_step(const YamlNode& item, model::Steps& into);
  std::optional<model::Verb> verb_of(const YamlNode& keys, const model::NameAt& name, Span& span);
  bool tell_unknown_keys(const YamlNode& keys, const model::NameAt& name, bool only_verbs);
  void load_keys(MapReader& reader, model::Step& step);
  void load_verb(const YamlNode& value, model::Step& step);
  void load_modifiers(MapReader& reader, model::Step& step);
  void load_body(MapReader& reader, model::Step& step);
  void load_gate(const YamlNode& node, model::Step& step);
  void load_arms(const YamlNode& node, model::Step& step);

  const YamlContext& context_;
};

}  // namespace unjam::playbooks
