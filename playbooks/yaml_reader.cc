#include "playbooks/yaml_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <limits>

namespace unjam::playbooks {
namespace {

struct Foreign {
  std::string_view word;
  std::string_view instead;
};

constexpr std::string_view kAlways = "there is no such key: always stop, settle what is owed newest first, page";

// Words that people bring from other tools.
constexpr std::array<Foreign, 34> kForeign{
    {{"on_failure", kAlways},
     {"on_error", kAlways},
     {"rescue", kAlways},
     {"always", kAlways},
     {"finally", kAlways},
     {"ignore_errors", "nothing is ignored: looking never fails a run, a change that fails stops it"},
     {"continue_on_error", "`stop_after` of a rollout tells how many turns may fail"},
     {"max_fail_percentage", "`stop_after` of a rollout tells how many turns may fail"},
     {"any_errors_fatal", "this is the default: `stop_after: 1`"},
     {"register", "name the step: `name(h)` is its output; or declare a fact"},
     {"tasks", "write `steps:` at the top, `do:` inside a step"},
     {"task", "write `steps:` at the top, `do:` inside a step"},
     {"roles", "a target: `hosts.filter(h, h.role == \"hub\")`"},
     {"vars", "write `params:` for what the caller gives, `let:` for names of expressions"},
     {"variables", "write `params:` for what the caller gives, `let:` for names of expressions"},
     {"inputs", "write `params:`; of an action: `with:`"},
     {"args", "write `with:`"},
     {"arguments", "write `with:`"},
     {"name", "a step is `- name_of_it: { ... }`; the playbook's name is `playbook:`"},
     {"description", "write `summary:`"},
     {"version", "write `unjam: 1`"},
     {"if", "write `when:`"},
     {"unless", "write `when: not ...`"},
     {"condition", "write `when:`"},
     {"timeout", "write `limit:`"},
     {"retries", "write `retry:`"},
     {"delay", "looks are repeated by the engine; to let time pass write `wait:`"},
     {"serial", "write `batch:`"},
     {"forks", "write `batch:`"},
     {"loop", "write `rollout:` with a set of hosts"},
     {"with_items", "write `rollout:` with a set of hosts"},
     {"command", "an action of a pack: `run: NAME`"},
     {"shell", "an action of a pack: `run: NAME`"},
     {"rollback", "it cannot be switched on or off; `undo:` names what puts a change back"}}};

bool is_name(std::string_view word, bool dots) {
  if (word.empty() || word.size() > 128) return false;
  const auto good = [dots](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           (dots && c == '.');
  };
  const bool ends = word.front() != '-' && word.front() != '.' && word.back() != '-' && word.back() != '.';
  return ends && std::ranges::all_of(word, good) && word.find("..") == std::string_view::npos;
}

const std::string* scalar_of(const YamlContext& context, const YamlNode& node, std::string_view what) {
  if (node.refused) return nullptr;
  if (node.kind == YamlNode::Kind::scalar) return &node.text;
  context.error("UJ0206", node.span,
                fmt::format("{} is one value, this is a {}", what, node.kind == YamlNode::Kind::list ? "list" : "map"));
  return nullptr;
}

}  // namespace

MapReader::MapReader(const YamlContext& context, const YamlNode& map, std::string what)
    : context_(context), what_(std::move(what)), span_(map.span) {
  if (map.kind == YamlNode::Kind::map) {
    map_ = &map;
  } else if (!map.refused) {
    context_.error("UJ0206", map.span, fmt::format("{} is a map of keys", what_));
  }
}

MapReader::MapReader(const YamlContext& context, const YamlNode& map, const Shape& shape, std::string what)
    : MapReader(context, map, std::move(what)) {
  shape_ = &shape;
  if (map_ == nullptr) return;
  for (const KeySpec& row : shape.keys) {
    if (row.need == Need::compulsory && map_->find(row.key) == nullptr)
      context_.error("UJ0202", span_, fmt::format("{} needs `{}`", what_, row.key),
                     fmt::format("`{}`: {}", row.key, row.meaning));
  }
}

const YamlNode* MapReader::take(std::string_view key) {
  assert(shape_ == nullptr || shape_->find(key) != nullptr);
  known_.emplace_back(key);
  return map_ == nullptr ? nullptr : map_->find(key);
}

const YamlNode* MapReader::need(std::string_view key) {
  const YamlNode* found = take(key);
  const bool told = shape_ != nullptr;  // at the beginning
  if (found == nullptr && map_ != nullptr && !told)
    context_.error("UJ0202", span_, fmt::format("{} needs `{}`", what_, key));
  return found;
}

Span MapReader::key_span(std::string_view key) const {
  if (map_ != nullptr) {
    for (const auto& [name, value] : map_->entries) {
      if (name.text == key) return name.span;
    }
  }
  return span_;
}

void MapReader::finish() {
  finish({});
}

void MapReader::finish(const std::vector<std::string>& also_known) {
  const auto asked = [this](const KeySpec& row) { return std::ranges::find(known_, row.key) != known_.end(); };
  assert(shape_ == nullptr || std::ranges::all_of(shape_->keys, asked));
  (void)asked;
  if (map_ == nullptr) return;
  std::vector<std::string> words = known_;
  words.insert(words.end(), also_known.begin(), also_known.end());
  for (const auto& [key, value] : map_->entries) {
    if (key.refused || std::ranges::find(known_, key.text) != known_.end()) continue;
    context_.error("UJ0201", key.span, fmt::format("{} has no key `{}`", what_, key.text), key_help(key.text, words));
  }
}

std::string key_help(const std::string& key, const std::vector<std::string>& known) {
  const auto foreign = std::ranges::find(kForeign, std::string_view(key), &Foreign::word);
  if (foreign != kForeign.end()) return std::string(foreign->instead);
  if (const std::string near = nearest(key, known); !near.empty()) return fmt::format("did you mean `{}`?", near);
  if (known.empty()) return {};
  return fmt::format("there are: {}", fmt::join(known, " "));
}

std::optional<std::string> read_text(const YamlContext& context, const YamlNode& node, std::string_view what) {
  const std::string* text = scalar_of(context, node, what);
  if (text == nullptr) return std::nullopt;
  std::string out = *text;
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

std::optional<std::int64_t> whole_number(std::string_view text, bool negative) {
  std::string_view digits = text;
  if (negative && digits.starts_with('-') && digits != "-0") digits.remove_prefix(1);
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  if (!std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string number_help(const Source& source, Span span, std::string_view text, std::string_view otherwise) {
  const auto digits_only = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  std::string_view digits = text;
  if (!digits.empty() && std::string_view("smhd%").find(digits.back()) != std::string_view::npos)
    digits.remove_suffix(1);
  const auto shown = [&](std::string_view why, std::string meant) {
    const std::string line = line_with(source, span, meant + std::string(text.substr(digits.size())));
    return line.empty() ? std::string(why) : fmt::format("{}; write: {}", why, line);
  };
  if (digits_only(digits) && digits.size() > 1 && digits.front() == '0') {
    const std::size_t first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
    return shown("a leading zero means base eight to some readers of YAML", std::string(digits.substr(first)));
  }
  std::int64_t value = 0;
  const int base = digits.starts_with("0x") ? 16 : 8;
  if (digits.starts_with("0x") || digits.starts_with("0o")) {
    const auto [end, error] = std::from_chars(digits.data() + 2, digits.data() + digits.size(), value, base);
    if (error == std::errc() && end == digits.data() + digits.size())
      return shown("numbers are written in base ten", fmt::format("{}", value));
  }
  std::string joined;
  for (const char c : digits) joined += c == '_' ? std::string() : std::string(1, c);
  if (joined.size() < digits.size() && digits_only(joined)) return shown("digits only", std::move(joined));
  const std::size_t colon = digits.find(':');
  if (colon != std::string_view::npos && digits_only(digits.substr(0, colon)) && digits_only(digits.substr(colon + 1)))
    return "to some readers of YAML this is a number of base sixty; write 30s, 5m, 4h or 1d";
  return std::string(otherwise);
}

std::optional<std::int64_t> read_int(const YamlContext& context, const YamlNode& node, std::string_view what) {
  const std::string* text = scalar_of(context, node, what);
  if (text == nullptr) return std::nullopt;
  const auto value = whole_number(*text);
  if (!value)
    context.error("UJ0206", node.span, fmt::format("{} is a whole number, this is \"{}\"", what, *text),
                  number_help(*context.source, node.span, *text, "digits only, no leading zero"));
  return value;
}

std::optional<bool> read_bool(const YamlContext& context, const YamlNode& node, std::string_view what) {
  const std::string* text = scalar_of(context, node, what);
  if (text == nullptr) return std::nullopt;
  if (*text == "true") return true;
  if (*text == "false") return false;
  context.error("UJ0206", node.span, fmt::format("{} is true or false, this is \"{}\"", what, *text));
  return std::nullopt;
}

std::optional<Duration> duration_literal(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto count = whole_number(text.substr(0, text.size() - 1));
  std::int64_t unit = 0;
  switch (text.back()) {
    case 's':
      unit = 1;
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3'600;
      break;
    case 'd':
      unit = 86'400;
      break;
    default:
      return std::nullopt;
  }
  constexpr std::int64_t kNanos = 1'000'000'000;
  if (!count || *count > std::numeric_limits<std::int64_t>::max() / kNanos / unit) return std::nullopt;
  return Duration(*count * unit * kNanos);
}

std::optional<Duration> read_duration(const YamlContext& context, const YamlNode& node, std::string_view what) {
  const std::string* text = scalar_of(context, node, what);
  if (text == nullptr) return std::nullopt;
  const auto value = duration_literal(*text);
  if (!value)
    context.error("UJ0206", node.span, fmt::format("{} is a time, this is \"{}\"", what, *text),
                  number_help(*context.source, node.span, *text, "write 30s, 5m, 4h or 1d"));
  return value;
}

std::optional<std::string> read_name(const YamlContext& context, const YamlNode& node, std::string_view what,
                                     bool dots) {
  const std::string* text = scalar_of(context, node, what);
  if (text == nullptr) return std::nullopt;
  if (is_name(*text, dots)) return *text;
  context.error("UJ0206", node.span, fmt::format("{} is a name, this is \"{}\"", what, *text),
                dots ? "letters, digits, - _ and ." : "letters, digits, - and _");
  return std::nullopt;
}

std::optional<std::string> read_word(const YamlContext& context, const YamlNode& node, std::string_view what,
                                     const std::vector<std::string>& words) {
  const std::string* text = scalar_of(context, node, what);
  if (text == nullptr) return std::nullopt;
  if (std::ranges::find(words, *text) != words.end()) return *text;
  const std::string near = nearest(*text, words);
  context.error(
      "UJ0206", node.span, fmt::format("{} is never \"{}\"", what, *text),
      near.empty() ? fmt::format("one of: {}", fmt::join(words, " ")) : fmt::format("did you mean {}?", near));
  return std::nullopt;
}

std::vector<std::string> read_names(const YamlContext& context, const YamlNode& node, std::string_view what,
                                    bool dots) {
  std::vector<std::string> out;
  if (node.kind != YamlNode::Kind::list) {
    context.error("UJ0206", node.span, fmt::format("{} is a list of names", what), "write [ one, two ]");
    return out;
  }
  for (const YamlNode& item : node.items) {
    auto name = read_name(context, item, what, dots);
    if (!name) continue;
    if (std::ranges::find(out, *name) != out.end())
      context.error("UJ0206", item.span, fmt::format("{} has \"{}\" twice", what, *name));
    out.push_back(std::move(*name));
  }
  return out;
}

bool read_version(const YamlContext& context, MapReader& head) {
  const YamlNode* node = head.need("unjam");
  if (node == nullptr) return false;
  if (node->kind == YamlNode::Kind::scalar && node->text == "1") return true;
  context.error("UJ0206", node->span, fmt::format("version \"{}\" of the language is not known", node->text),
                "write `unjam: 1`");
  return false;
}

bool is_identifier(std::string_view word) {
  if (word.empty() || word.size() > 128 || (word.front() >= '0' && word.front() <= '9')) return false;
  return std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace unjam::playbooks
