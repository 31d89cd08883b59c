// Steps: exactly one verb each, and the keys that go with it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "playbooks/loader.h"

namespace unjam::playbooks {

using model::NameAt;
using model::Step;
using model::Steps;
using model::Verb;

namespace {

constexpr std::size_t kMaxSteps = 10'000;  // of one list

const Shape& shape_of(Verb verb) {
  return *verb_shapes()[static_cast<std::size_t>(verb)];
}

std::vector<std::string> verb_words() {
  std::vector<std::string> words;
  for (const Shape* shape : verb_shapes()) words.emplace_back(shape->name);
  return words;
}

// Every key that some step takes: for the nearest word when a step has no verb.
std::vector<std::string> step_words() {
  std::vector<std::string> words = verb_words();
  for (const Shape* shape : verb_shapes()) {
    for (const KeySpec& row : shape->keys) {
      if (std::ranges::find(words, row.key) == words.end()) words.emplace_back(row.key);
    }
  }
  return words;
}

// The first: of a second one the reader of the text has told.
const YamlNode* key_of(const YamlNode& map, std::string_view word) {
  for (const auto& [key, value] : map.entries) {
    if (key.text == word) return &key;
  }
  return nullptr;
}

}  // namespace

std::string_view model::spell(Verb verb) {
  return shape_of(verb).name;
}

Steps Loader::load_steps(const YamlNode& node, std::string_view what) {
  Steps out;
  if (node.kind != YamlNode::Kind::list) {
    if (!node.refused)
      context_.error("UJ0206", node.span, fmt::format("{} is a list of steps", what), "write - name: { ... }");
    return out;
  }
  if (node.items.empty()) context_.error("UJ0206", node.span, fmt::format("{} has no step", what));
  if (node.items.size() > kMaxSteps) {
    context_.error("UJ0206", node.items[kMaxSteps].span, fmt::format("more than {} steps in one list", kMaxSteps));
    return out;
  }
  for (const YamlNode& item : node.items) load_step(item, out);
  return out;
}

void Loader::load_step(const YamlNode& item, Steps& into) {
  Step step;
  step.verb = Verb::group;
  step.broken = true;
  step.name.span = item.span;
  if (item.kind != YamlNode::Kind::map || item.entries.size() != 1) {
    if (!item.refused)
      context_.error("UJ0206", item.span, "a step is one name with a map of keys",
                     item.entries.size() > 1 ? "write - name: and the keys below it, indented once more"
                                             : "write - name: { ... }");
    into.push_back(std::move(step));
    return;
  }
  const auto& [key, value] = item.entries.front();
  const bool named = good_name(key);
  if (named) step.name = {key.text, key.span};
  if (value.kind != YamlNode::Kind::map && !value.refused)
    context_.error("UJ0206", value.span, fmt::format("step {} is a map of keys", key.text), "write { verb: ... }");
  const auto verb =
      value.kind == YamlNode::Kind::map ? verb_of(value, {key.text, key.span}, step.verb_span) : std::nullopt;
  if (verb) {
    step.verb = *verb;
    step.broken = !named;
    MapReader reader(context_, value, shape_of(*verb), fmt::format("step {} ({})", key.text, model::spell(*verb)));
    load_keys(reader, step);
  }
  into.push_back(std::move(step));
}

std::optional<Verb> Loader::verb_of(const YamlNode& keys, const NameAt& name, Span& span) {
  std::vector<std::pair<Verb, Span>> found;
  const auto shapes = verb_shapes();
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const auto verb = static_cast<Verb>(i);
    if (verb == Verb::group) continue;
    if (const YamlNode* key = key_of(keys, shapes[i]->name)) found.emplace_back(verb, key->span);
  }
  // Beside another verb `do` is the body of a rollout.
  if (const YamlNode* body = found.empty() ? keys.find("do") : nullptr) found.emplace_back(Verb::group, body->span);
  if (found.size() == 1) {
    // `do` beside a misspelt verb is its body, not a group.
    if (found.front().first == Verb::group && tell_unknown_keys(keys, name, true)) return std::nullopt;
    span = found.front().second;
    return found.front().first;
  }
  if (!found.empty()) {
    std::vector<std::string_view> words;
    for (const auto& [verb, at] : found) words.push_back(model::spell(verb));
    context_.error("UJ0203", found[1].second,
                   fmt::format("step {} has {} verbs: {}", name.name, found.size(), fmt::join(words, ", ")),
                   "one step, one verb: make it several steps");
    return std::nullopt;
  }
  if (!tell_unknown_keys(keys, name, false))
    context_.error("UJ0203", name.span, fmt::format("step {} has no verb", name.name),
                   fmt::format("one of: {}", fmt::join(verb_words(), " ")));
  return std::nullopt;
}

// Reports the keys that no step has, or only those that look like a misspelt verb. True: there was one.
bool Loader::tell_unknown_keys(const YamlNode& keys, const NameAt& name, bool only_verbs) {
  bool told = false;
  const auto words = step_words();
  for (const auto& [key, value] : keys.entries) {
    if (std::ranges::find(words, key.text) != words.end()) continue;
    if (key.refused) {
      told = true;
      continue;
    }
    if (only_verbs && nearest(key.text, verb_words()).empty()) continue;
    context_.error("UJ0201", key.span, fmt::format("step {} has no key `{}`", name.name, key.text),
                   key_help(key.text, only_verbs ? verb_words() : words));
    told = true;
  }
  return told;
}

void Loader::load_keys(MapReader& reader, Step& step) {
  const YamlNode* verb = reader.take(model::spell(step.verb));
  if (const YamlNode* when = reader.take("when")) step.when = load_expr(*when, "when");
  if (verb != nullptr) load_verb(*verb, step);
  load_modifiers(reader, step);
  load_body(reader, step);
  reader.finish();
}

void Loader::load_verb(const YamlNode& value, Step& step) {
  switch (step.verb) {
    case Verb::run:
      step.target = load_name(value, "run", true).value_or(NameAt{{}, value.span});
      break;
    case Verb::play:
      step.target = load_name(value, "play", false).value_or(NameAt{{}, value.span});
      break;
    case Verb::settles:
      step.target = load_name(value, "settles", false).value_or(NameAt{{}, value.span});
      break;
    case Verb::expect:
      step.expr = load_expr(value, "expect");
      break;
    case Verb::rollout:
      step.expr = load_expr(value, "rollout");
      break;
    case Verb::choose:
      load_arms(value, step);
      break;
    case Verb::ladder:
      step.body = load_steps(value, "ladder");
      break;
    case Verb::group:
      step.body = load_steps(value, "do");
      break;
    case Verb::approve:
    case Verb::done:
    case Verb::escalate:
      step.text = load_prose(value, model::spell(step.verb));
      break;
    case Verb::wait:
      step.limit = load_time(value, "wait");
      break;
  }
}

void Loader::load_modifiers(MapReader& reader, Step& step) {
  const Shape& shape = shape_of(step.verb);
  const auto take = [&](std::string_view key) { return shape.find(key) == nullptr ? nullptr : reader.take(key); };
  if (const YamlNode* hosts = take("hosts")) step.hosts = load_expr(*hosts, "hosts");
  if (const YamlNode* with = take("with")) step.with = load_with(*with);
  if (const YamlNode* undo = take("undo")) step.undo = load_name(*undo, "undo", true).value_or(NameAt{{}, undo->span});
  if (const YamlNode* retry = take("retry")) {
    step.retry_span = retry->span;
    const auto value = read_int(context_, *retry, "retry");
    if (value && (*value < 0 || *value > 9)) context_.error("UJ0206", retry->span, "retry is 0 to 9");
    step.retry = value.value_or(0);
  }
  if (const YamlNode* limit = take("limit")) step.limit = load_time(*limit, "limit");
  if (const YamlNode* hold = take("hold")) step.hold = load_time(*hold, "hold");
  if (const YamlNode* until = take("until")) step.until = load_expr(*until, "until");
  if (const YamlNode* order = take("order")) step.order = load_expr(*order, "order");
  if (const YamlNode* batch = take("batch")) step.batch = load_count(*batch, "batch", true);
  if (const YamlNode* stop = take("stop_after")) step.stop_after = load_count(*stop, "stop_after", false);
}

void Loader::load_body(MapReader& reader, Step& step) {
  if (step.verb == Verb::rollout) {
    if (const YamlNode* gate = reader.take("gate")) load_gate(*gate, step);
    if (const YamlNode* body = reader.take("do")) step.body = load_steps(*body, "do");
  }
  if (step.verb == Verb::ladder) {
    if (const YamlNode* after = reader.take("after_each")) step.after_each = load_steps(*after, "after_each");
  }
  if (shape_of(step.verb).find("else") == nullptr) return;
  if (const YamlNode* otherwise = reader.take("else")) {
    step.else_span = reader.key_span("else");
    step.otherwise = load_steps(*otherwise, "else");
  }
}

void Loader::load_gate(const YamlNode& node, Step& step) {
  MapReader reader(context_, node, kGateShape, "a gate");
  model::GateSpec gate;
  gate.span = reader.key_span("");
  if (const YamlNode* floor = reader.take("floor")) gate.floor = load_expr(*floor, "floor").value_or(model::ExprSlot{});
  const bool has_min = reader.has("min");
  if (const YamlNode* min = reader.take("min")) gate.min = load_count(*min, "min", false);
  if (gate.floor && !has_min)
    context_.error("UJ0505", reader.key_span("floor"), "a floor needs `min`: how many must remain");
  if (has_min && !reader.has("floor"))
    context_.error("UJ0206", reader.key_span("min"), "`min` without `floor`: of which hosts?");
  if (const YamlNode* require = reader.take("require")) {
    const MapReader conditions(context_, *require, "require");
    for (const auto& [key, value] : require->entries) {
      if (!is_identifier(key.text)) {
        good_name(key);
      } else {
        gate.require.emplace_back(NameAt{key.text, key.span}, load_expr(value, key.text).value_or(model::ExprSlot{}));
      }
    }
  }
  if (const YamlNode* limit = reader.take("limit")) gate.limit = load_time(*limit, "limit");
  reader.finish();
  step.gate = std::move(gate);
}

void Loader::load_arms(const YamlNode& node, Step& step) {
  if (node.kind != YamlNode::Kind::list || node.items.empty()) {
    context_.error("UJ0206", node.span, "choose is a list of { when, do }");
    return;
  }
  for (const YamlNode& item : node.items) {
    MapReader reader(context_, item, kArmShape, "an arm");
    model::Arm arm;
    arm.span = item.span;
    const YamlNode* when = reader.take("when");
    if (when != nullptr) {
      if (auto slot = load_expr(*when, "when")) arm.when = std::move(*slot);
    }
    if (const YamlNode* body = reader.take("do")) arm.body = load_steps(*body, "do");
    reader.finish();
    step.arms.push_back(std::move(arm));
  }
}

}  // namespace unjam::playbooks
