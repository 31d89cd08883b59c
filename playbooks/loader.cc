#include "playbooks/loader.h"

#include <fmt/format.h>

#include <algorithm>

namespace unjam::playbooks {

using model::NameAt;

namespace {

// Keys of watch documents, which are another kind of file.
bool is_watch(const YamlNode& root) {
  return root.find("watch") != nullptr && root.find("playbook") == nullptr;
}

}  // namespace

ExprText Loader::expr_text(const YamlNode& node) const {
  return {node.text, context_.source, node.span, node.indent};
}

std::optional<model::ExprSlot> Loader::load_expr(const YamlNode& node, std::string_view what) {
  if (node.kind != YamlNode::Kind::scalar) {
    context_.error("UJ0206", node.span, fmt::format("{} is an expression", what),
                   "one that begins with [ or { needs quotes");
    return std::nullopt;
  }
  if (node.refused) return std::nullopt;
  if (node.text.find("${") != std::string::npos) {
    context_.error("UJ0205", node.span, "${} in an expression",
                   "write the expression itself; ${} is for texts that people read");
    return std::nullopt;
  }
  return model::ExprSlot{expr_text(node)};
}

std::optional<model::TextSlot> Loader::load_prose(const YamlNode& node, std::string_view what) {
  if (node.refused) return std::nullopt;
  if (node.kind == YamlNode::Kind::scalar && !node.text.empty()) return model::TextSlot{expr_text(node)};
  context_.error("UJ0206", node.span, fmt::format("{} is a text for people", what));
  return std::nullopt;
}

std::vector<model::ArgumentSlot> Loader::load_with(const YamlNode& node) {
  std::vector<model::ArgumentSlot> out;
  const MapReader reader(context_, node, "with");
  for (const auto& [key, value] : node.entries) {
    if (value.kind != YamlNode::Kind::scalar) {
      context_.error("UJ0206", value.span, fmt::format("{} is one expression or text", key.text),
                     "an expression that begins with [ or { needs quotes");
      continue;
    }
    out.push_back({key.text, key.span, expr_text(value)});
  }
  return out;
}

namespace {

std::string shown(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::map) return "a map";
  if (node.kind == YamlNode::Kind::list) return "a list";
  return fmt::format("\"{}\"", node.text);
}

}  // namespace

std::optional<DurationArg> Loader::load_time(const YamlNode& node, std::string_view what) {
  if (node.kind == YamlNode::Kind::scalar && node.text.starts_with("params.") &&
      is_identifier(std::string_view(node.text).substr(7)))
    return DurationArg{{}, node.text.substr(7), node.span};
  if (node.kind == YamlNode::Kind::scalar && duration_literal(node.text))
    return DurationArg{*duration_literal(node.text), {}, node.span};
  if (!node.refused)
    context_.error("UJ0206", node.span, fmt::format("{} is a time, this is {}", what, shown(node)),
                   number_help(*context_.source, node.span, node.text, "write 30s, 5m, 4h or 1d, or params.x"));
  return std::nullopt;
}

std::optional<CountArg> Loader::load_count(const YamlNode& node, std::string_view what, bool percent) {
  if (node.kind == YamlNode::Kind::scalar) {
    std::string_view text = node.text;
    if (text.starts_with("params.") && is_identifier(text.substr(7)))
      return CountArg{0, false, std::string(text.substr(7)), node.span};
    const bool share = percent && text.ends_with('%');
    if (share) text.remove_suffix(1);
    const auto value = whole_number(text);
    if (value && *value >= 1 && (!share || *value <= 100)) return CountArg{*value, share, {}, node.span};
    if (value && *value == 0 && what == "min") {
      context_.error("UJ0505", node.span, "a floor of 0 lets the last host go", "write 1 or more");
      return std::nullopt;
    }
    if (node.refused) return std::nullopt;
  }
  context_.error(
      "UJ0206", node.span,
      fmt::format("{} is a whole number from 1{}, this is \"{}\"", what, percent ? " or a percentage" : "", node.text),
      number_help(*context_.source, node.span, node.text, "or write params.x"));
  return std::nullopt;
}

std::optional<NameAt> Loader::load_name(const YamlNode& node, std::string_view what, bool dots) {
  auto name = read_name(context_, node, what, dots);
  if (!name) return std::nullopt;
  return NameAt{std::move(*name), node.span};
}

bool Loader::good_name(const YamlNode& key) {
  if (key.refused) return false;
  if (!is_identifier(key.text)) {
    context_.error("UJ0206", key.span, fmt::format("\"{}\" cannot be a name here", key.text),
                   "letters, digits and _, not beginning with a digit");
    return false;
  }
  if (reserved_name(key.text)) {
    context_.error("UJ0204", key.span, fmt::format("the name \"{}\" is a word of the language", key.text),
                   "choose another");
    return false;
  }
  return true;
}

void Loader::load_params(const YamlNode& node, model::Playbook& into) {
  const MapReader reader(context_, node, "params");
  for (const auto& [key, value] : node.entries) {
    if (!is_identifier(key.text)) {
      good_name(key);
      continue;
    }
    model::ParamSpec param;
    param.name = {key.text, key.span};
    MapReader keys(context_, value, kParamShape, fmt::format("parameter {}", key.text));
    const auto text = [&](const YamlNode* found, std::string_view what) -> std::optional<NameAt> {
      if (found == nullptr) return std::nullopt;
      auto read = read_text(context_, *found, what);
      if (!read) return std::nullopt;
      return NameAt{std::move(*read), found->span};
    };
    if (auto type = text(keys.take("type"), "type")) param.type = std::move(*type);
    param.fallback = text(keys.take("default"), "default");
    param.min = text(keys.take("min"), "min");
    param.max = text(keys.take("max"), "max");
    keys.finish();
    into.params.push_back(std::move(param));
  }
}

std::vector<model::NamedSlot> Loader::load_named(const YamlNode& node, const std::string& what) {
  std::vector<model::NamedSlot> out;
  const MapReader reader(context_, node, what);
  for (const auto& [key, value] : node.entries) {
    if (!good_name(key)) continue;
    auto slot = load_expr(value, key.text);
    out.push_back({{key.text, key.span}, slot ? std::move(*slot) : model::ExprSlot{}});
  }
  return out;
}

void Loader::load_facts(const YamlNode& node, model::Playbook& into) {
  const MapReader reader(context_, node, "facts");
  for (const auto& [key, value] : node.entries) {
    if (!good_name(key)) continue;
    model::FactSpec fact;
    fact.name = {key.text, key.span};
    MapReader keys(context_, value, kFactShape, fmt::format("fact {}", key.text));
    if (const YamlNode* run = keys.take("run")) fact.action = load_name(*run, "run", true).value_or(NameAt{});
    if (const YamlNode* hosts = keys.take("hosts")) fact.hosts = load_expr(*hosts, "hosts");
    if (const YamlNode* with = keys.take("with")) fact.with = load_with(*with);
    if (const YamlNode* fresh = keys.take("fresh")) fact.fresh = load_time(*fresh, "fresh");
    if (const YamlNode* limit = keys.take("limit")) fact.limit = load_time(*limit, "limit");
    keys.finish();
    into.facts.push_back(std::move(fact));
  }
}

model::Playbook Loader::load(const YamlNode& root) {
  model::Playbook book;
  book.source = context_.source;
  if (is_watch(root)) {
    const YamlNode* watch = root.find("watch");
    context_.error("UJ0201", watch->span, "this is a watch, not a playbook", "watches are not supported yet");
    return book;
  }
  MapReader head(context_, root, kPlaybookShape, "a playbook");
  read_version(context_, head);
  if (const YamlNode* name = head.take("playbook")) {
    book.name = read_name(context_, *name, "playbook").value_or("");
    book.name_span = name->span;
  }
  if (const YamlNode* summary = head.take("summary")) {
    book.summary = read_text(context_, *summary, "summary").value_or("");
    if (book.summary.find('\n') != std::string::npos) context_.error("UJ0206", summary->span, "summary is one line");
  }
  if (const YamlNode* params = head.take("params")) load_params(*params, book);
  if (const YamlNode* targets = head.take("targets")) book.targets = load_named(*targets, "targets");
  if (const YamlNode* facts = head.take("facts")) load_facts(*facts, book);
  if (const YamlNode* lets = head.take("let")) book.lets = load_named(*lets, "let");
  if (const YamlNode* steps = head.take("steps")) book.steps = load_steps(*steps, "steps");
  head.finish();
  return book;
}

model::Playbook load_model(const YamlNode& root, const SourcePtr& source, Diagnostics& out) {
  const YamlContext context{source, out};
  return Loader(context).load(root);
}

}  // namespace unjam::playbooks
