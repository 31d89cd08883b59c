#include "playbooks/contracts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "playbooks/expr_check.h"
#include "playbooks/yaml_reader.h"

namespace unjam::playbooks {
namespace {

constexpr std::size_t kMaxTypeWords = 64;  // of one type in a contract

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = text.find_first_not_of(' ', at);
    if (begin == std::string_view::npos) break;
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    words.emplace_back(text.substr(begin, end - begin));
    at = end;
  }
  return words;
}

std::string canonical_refs(const std::vector<FieldRef>& refs) {
  std::string out;
  for (const FieldRef& ref : refs) out += fmt::format(" {}.{}{}", ref.action, ref.field, ref.of_host ? " of host" : "");
  return out;
}

std::string deep_spell(const Type& type) {
  if (type.kind != Type::Kind::record) {
    std::string out = spell(type);
    if (type.key) out += "/" + deep_spell(*type.key);
    if (type.element) out += "/" + deep_spell(*type.element);
    return out;
  }
  std::string out = "record " + type.name + " {";
  for (const auto& [name, field] : type.fields) out += fmt::format(" {}: {}", name, deep_spell(*field));
  return out + " }";
}

}  // namespace

std::optional<FieldRef> parse_field_ref(std::string_view text) {
  FieldRef ref;
  constexpr std::string_view kOfHost = " of host";
  if (text.ends_with(kOfHost)) {
    ref.of_host = true;
    text.remove_suffix(kOfHost.size());
  }
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == text.size()) return std::nullopt;
  if (text.find(' ') != std::string_view::npos) return std::nullopt;
  ref.action = text.substr(0, dot);
  ref.field = text.substr(dot + 1);
  return ref;
}

std::string field_ref_fault(const FieldRef& ref, const ActionCatalog& actions) {
  const ActionSpec* spec = actions.find(ref.action);
  if (spec == nullptr) {
    const std::string near = nearest(ref.action, actions.names());
    return fmt::format("no contract of action {}{}", ref.action,
                       near.empty() ? "" : fmt::format(": did you mean {}?", near));
  }
  if (spec->effect != Effect::read) return fmt::format("{} acts: it cannot be looked at", ref.action);
  const auto is_it = [&ref](const auto& output) { return output.first == ref.field; };
  if (std::ranges::any_of(spec->outputs, is_it)) return {};
  std::vector<std::string> fields;
  for (const auto& [name, type] : spec->outputs) fields.push_back(name);
  const std::string near = nearest(ref.field, fields);
  return fmt::format("{} has no output {}{}", ref.action, ref.field,
                     near.empty() ? "" : fmt::format(": did you mean {}?", near));
}

std::string canonical_text(const ActionSpec& spec) {
  std::string out = fmt::format("{} {} {} undo {} floor {}", spec.name, spell(spec.effect), spell(spec.retry),
                                spec.undo, spec.floor_required);
  for (const auto& [name, type] : spec.inputs) out += fmt::format("\nin {} {}", name, deep_spell(*type));
  for (const auto& [name, type] : spec.outputs) out += fmt::format("\nout {} {}", name, deep_spell(*type));
  if (spec.limit) out += fmt::format("\nlimit {}", spec.limit->count());
  if (spec.at_least) out += fmt::format("\nat_least {}", spec.at_least->count());
  out += "\ngate" + canonical_refs(spec.gate);
  for (const auto& [input, refs] : spec.proven) out += fmt::format("\nproven {}{}", input, canonical_refs(refs));
  return out + "\nverify" + canonical_refs(spec.verify);
}

// Reads one file into a Contracts.
class ContractLoader {
 public:
  ContractLoader(Contracts& into, const YamlContext& context) : into_(into), context_(context) {}

  void load(const YamlNode& root) {
    MapReader head(context_, root, kContractsShape, "a contract file");
    read_version(context_, head);
    if (const YamlNode* name = head.take("contracts")) file_ = read_name(context_, *name, "contracts").value_or("");
    if (const YamlNode* records = head.take("records")) load_records(*records);
    if (const YamlNode* actions = head.take("actions")) load_actions(*actions);
    head.finish();
  }

 private:
  using Members = std::vector<std::pair<std::string, TypePtr>>;

  TypePtr read_type(const YamlNode& node) {
    if (node.refused) return nullptr;
    if (node.kind != YamlNode::Kind::scalar) {
      context_.error("UJ0206", node.span, "a type is one text", "write list text, map host duration, enum a b");
      return nullptr;
    }
    const auto words = words_of(node.text);
    if (!words.empty() && words.size() <= kMaxTypeWords && words[0] == "enum") return read_enum(node, words);
    std::size_t at = 0;
    TypePtr type = words.size() <= kMaxTypeWords ? type_at(words, at) : nullptr;
    if (type && at == words.size()) return type;
    context_.error(
        "UJ0206", node.span, fmt::format("\"{}\" is not a type", node.text),
        "int bool double text duration timestamp site host secret, a record; set X, list X, map X Y, enum a b");
    return nullptr;
  }

  TypePtr read_enum(const YamlNode& node, const std::vector<std::string>& words) {
    std::vector<std::string> values(words.begin() + 1, words.end());
    auto sorted = values;
    std::ranges::sort(sorted);
    if (!values.empty() && std::ranges::adjacent_find(sorted) == sorted.end())
      return types::enumeration("", std::move(values));
    context_.error("UJ0206", node.span, "an enumeration names each of its words once", "write enum one two three");
    return nullptr;
  }

  TypePtr type_at(const std::vector<std::string>& words, std::size_t& at) {
    if (at >= words.size()) return nullptr;
    const std::string& word = words[at++];
    if (word == "int") return types::integer();
    if (word == "bool") return types::boolean();
    if (word == "double") return types::real();
    if (word == "text") return types::text();
    if (word == "duration") return types::duration();
    if (word == "timestamp") return types::timestamp();
    if (word == "site") return types::site();
    if (word == "host") return types::host();
    if (word == "secret") return types::secret();
    if (word == "set" || word == "list") {
      TypePtr element = type_at(words, at);
      if (!element) return nullptr;
      return word == "set" ? types::set_of(std::move(element)) : types::list_of(std::move(element));
    }
    if (word == "map") {
      TypePtr key = type_at(words, at);
      TypePtr element = key ? type_at(words, at) : nullptr;
      return element ? types::map_of(std::move(key), std::move(element)) : nullptr;
    }
    const auto record = into_.records_.find(word);
    return record == into_.records_.end() ? nullptr : record->second;
  }

  Members read_members(const YamlNode& node, const std::string& what) {
    Members out;
    const MapReader reader(context_, node, what);
    for (const auto& [key, value] : node.entries) {
      if (!is_identifier(key.text))
        context_.error("UJ0206", key.span, fmt::format("\"{}\" cannot be a name here", key.text),
                       "letters, digits and _");
      if (TypePtr type = read_type(value)) out.emplace_back(key.text, std::move(type));
    }
    return out;
  }

  void load_records(const YamlNode& node) {
    const MapReader reader(context_, node, "records");
    for (const auto& [key, value] : node.entries) {
      if (!is_identifier(key.text)) context_.error("UJ0206", key.span, fmt::format("\"{}\" is not a name", key.text));
      const TypePtr type = types::record(key.text, read_members(value, "record " + key.text));
      const auto [at, fresh] = into_.records_.emplace(key.text, type);
      if (!fresh && deep_spell(*at->second) != deep_spell(*type))
        context_.error("UJ0204", key.span, fmt::format("another record {} with other fields is loaded", key.text));
    }
  }

  std::vector<FieldRef> read_refs(const YamlNode& node, std::string_view what) {
    std::vector<FieldRef> out;
    if (node.kind != YamlNode::Kind::list)
      context_.error("UJ0206", node.span, fmt::format("{} is a list", what), "write [ action.field ]");
    for (const YamlNode& item : node.items) {
      auto ref = item.kind == YamlNode::Kind::scalar ? parse_field_ref(item.text) : std::nullopt;
      if (ref) {
        out.push_back(std::move(*ref));
      } else {
        context_.error("UJ0206", item.span, fmt::format("{} names fields of actions", what),
                       "write action.field, or action.field of host");
      }
    }
    return out;
  }

  void load_actions(const YamlNode& node) {
    const MapReader reader(context_, node, "actions");
    for (const auto& [key, value] : node.entries) {
      if (!read_name(context_, key, "an action", true)) continue;
      ActionSpec spec = load_action(key.text, value);
      const auto found = into_.actions_.find(key.text);
      if (found == into_.actions_.end()) {
        into_.actions_.emplace(key.text, Contracts::Entry{std::move(spec), context_.source, key.span});
      } else if (canonical_text(found->second.spec) != canonical_text(spec)) {
        context_.error("UJ0204", key.span, fmt::format("another contract of {} says something else", key.text),
                       fmt::format("it is in {}; use another name for yours", found->second.source->name()));
      }
    }
  }

  ActionSpec load_action(const std::string& name, const YamlNode& node) {
    ActionSpec spec;
    spec.name = name;
    spec.contracts = file_;
    MapReader reader(context_, node, kActionShape, "action " + name);
    load_classes(reader, spec);
    if (const YamlNode* inputs = reader.take("inputs")) spec.inputs = read_members(*inputs, "inputs");
    if (const YamlNode* outputs = reader.take("outputs")) {
      spec.outputs = read_members(*outputs, "outputs");
      for (const auto& [output, type] : spec.outputs) {
        if (!holds_secret(*type)) continue;
        context_.error("UJ0307", outputs->find(output)->span, fmt::format("output {} is a secret", output),
                       "outputs are journalled and shown; a secret only goes into an input");
      }
    }
    if (const YamlNode* limit = reader.take("limit")) spec.limit = read_positive(*limit, "limit");
    if (const YamlNode* least = reader.take("at_least")) spec.at_least = read_positive(*least, "at_least");
    if (const YamlNode* floor = reader.take("floor"))
      spec.floor_required = read_word(context_, *floor, "floor", {"required"}).has_value();
    if (const YamlNode* gate = reader.take("gate")) spec.gate = read_refs(*gate, "gate");
    if (const YamlNode* verify = reader.take("verify")) spec.verify = read_refs(*verify, "verify");
    if (const YamlNode* proven = reader.take("proven")) load_proven(*proven, spec);
    reader.finish();
    if (spec.effect == Effect::read && !spec.limit)
      context_.error("UJ0202", node.span, fmt::format("{} needs `limit`: facts take it", name));
    if (spec.limit && spec.at_least && *spec.limit < *spec.at_least)
      context_.error("UJ0206", node.span, "limit is below at_least");
    return spec;
  }

  std::optional<Duration> read_positive(const YamlNode& node, std::string_view what) {
    const auto value = read_duration(context_, node, what);
    if (value && value->count() == 0) {
      context_.error("UJ0206", node.span, fmt::format("{} is 0", what));
      return std::nullopt;
    }
    return value;
  }

  // What is left out counts as the worst: disruptive, once, not undoable.
  void load_classes(MapReader& reader, ActionSpec& spec) {
    if (const YamlNode* effect = reader.take("effect")) {
      const auto word =
          read_word(context_, *effect, "effect", {"read", "nudge", "reversible", "disruptive", "destructive"});
      for (const Effect e : {Effect::read, Effect::nudge, Effect::reversible, Effect::disruptive, Effect::destructive})
        if (word && *word == spell(e)) spec.effect = e;
    }
    if (spec.effect == Effect::read) spec.retry = Retry::pure;
    if (const YamlNode* retry = reader.take("retry")) {
      const auto word = read_word(context_, *retry, "retry", {"pure", "idempotent", "fenced", "once"});
      for (const Retry r : {Retry::pure, Retry::idempotent, Retry::fenced, Retry::once})
        if (word && *word == spell(r)) spec.retry = r;
      if ((spec.retry == Retry::pure) != (spec.effect == Effect::read))
        context_.error("UJ0206", retry->span, "`pure` is for actions that only read, and they are nothing else");
    }
    const YamlNode* undo = reader.take("undo");
    if (undo != nullptr) spec.undo = read_name(context_, *undo, "undo", true).value_or("none");
    if (undo != nullptr && spec.effect < Effect::reversible)
      context_.error("UJ0601", undo->span,
                     fmt::format("{} owes nothing: its effect is {}", spec.name, spell(spec.effect)));
    if (spec.effect == Effect::reversible && (spec.undo.empty() || spec.undo == "none"))
      context_.error("UJ0601", reader.key_span(undo != nullptr ? "undo" : "effect"),
                     fmt::format("{} is reversible and needs the action that undoes it", spec.name));
    if (spec.effect > Effect::reversible && spec.undo.empty()) spec.undo = "none";
  }

  void load_proven(const YamlNode& node, ActionSpec& spec) {
    const MapReader reader(context_, node, "proven");
    for (const auto& [key, value] : node.entries) {
      if (spec.input(key.text) == nullptr)
        context_.error("UJ0206", key.span, fmt::format("{} has no input {}", spec.name, key.text));
      spec.proven.emplace_back(key.text, read_refs(value, "proven"));
    }
  }

  Contracts& into_;
  const YamlContext& context_;
  std::string file_;
};

bool Contracts::add(const SourcePtr& source, Diagnostics& out) {
  Diagnostics own;
  const auto root = parse_yaml_all(source, own);
  if (root) {
    const YamlContext context{source, own};
    ContractLoader(*this, context).load(*root);
  }
  for (const Diagnostic& fault : own.all()) out.add(fault);
  return !own.failed();
}

bool Contracts::check(Diagnostics& out) const {
  bool good = true;
  const auto fault = [&](const Entry& entry, std::string message) {
    good = false;
    out.error("UJ0206", entry.source, entry.span, fmt::format("{}: {}", entry.spec.name, std::move(message)));
  };
  for (const auto& [name, entry] : actions_) {
    const ActionSpec& spec = entry.spec;
    if (!spec.undo.empty() && spec.undo != "none") {
      const ActionSpec* undo = find(spec.undo);
      if (undo == nullptr) {
        fault(entry, fmt::format("its undo {} has no contract", spec.undo));
      } else if (undo->effect == Effect::read || undo->effect > Effect::reversible) {
        fault(entry,
              fmt::format("its undo {} is {}; an undo is a nudge or reversible", spec.undo, spell(undo->effect)));
      } else if (!undo->inputs.empty()) {
        fault(entry, fmt::format("its undo {} wants inputs, which nobody would give", spec.undo));
      }
    }
    std::vector<FieldRef> refs = spec.gate;
    refs.insert(refs.end(), spec.verify.begin(), spec.verify.end());
    for (const auto& [input, fields] : spec.proven) refs.insert(refs.end(), fields.begin(), fields.end());
    for (const FieldRef& ref : refs) {
      if (std::string why = field_ref_fault(ref, *this); !why.empty()) fault(entry, std::move(why));
    }
  }
  return good;
}

const ActionSpec* Contracts::find(std::string_view action) const {
  const auto found = actions_.find(action);
  return found == actions_.end() ? nullptr : &found->second.spec;
}

std::vector<std::string> Contracts::names() const {
  std::vector<std::string> out;
  for (const auto& [name, entry] : actions_) out.push_back(name);
  return out;
}

}  // namespace unjam::playbooks
