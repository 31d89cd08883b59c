// Closed schemas: every key that nobody asked for is an error with the nearest right word, every value is read strictly
// by the type that its key wants. Shared by all loaders of YAML files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "playbooks/diagnostic.h"
#include "playbooks/keys.h"
#include "playbooks/value.h"
#include "playbooks/yaml.h"

namespace unjam::playbooks {

// Where a loader reports to.
struct YamlContext {
  SourcePtr source;
  Diagnostics& out;

  void error(std::string code, Span span, std::string message, std::string help = {}) const {
    out.error(std::move(code), source, span, std::move(message), std::move(help));
  }
};

// Reads the keys of one map. A node that is no map is reported once and reads as an empty one.
class MapReader {
 public:
  // `what` is what the map describes, for messages: "a gate", "action mail.queues".
  MapReader(const YamlContext& context, const YamlNode& map, std::string what);
  // The keys are those of `shape`: a compulsory one that is absent is reported at once (UJ0202), and finish() knows
  // all.
  MapReader(const YamlContext& context, const YamlNode& map, const Shape& shape, std::string what);

  const YamlNode* take(std::string_view key);  // null if absent; with a shape: one of its keys
  const YamlNode* need(std::string_view key);  // null and UJ0202 if absent; of maps without a shape
  bool has(std::string_view key) const { return map_ != nullptr && map_->find(key) != nullptr; }
  Span key_span(std::string_view key) const;  // of the key itself; of the map if absent

  // Reports every key that was not taken (UJ0201). Keys that were asked for in vain count as known. With a shape every
  // key of it must have been asked for: what the table promises is read.
  void finish();
  // The same, against these words as well.
  void finish(const std::vector<std::string>& also_known);

 private:
  const YamlContext& context_;
  const YamlNode* map_ = nullptr;
  const Shape* shape_ = nullptr;
  std::string what_;
  Span span_;
  std::vector<std::string> known_;
};

// The help for an unknown key: what Unjam says instead for words of other tools, else the nearest known word, else the
// known words.
std::string key_help(const std::string& key, const std::vector<std::string>& known);

// Scalars. `what` names the value in messages: "limit". Each reports UJ0206 and gives nothing if the form is wrong.
std::optional<std::string> read_text(const YamlContext& context, const YamlNode& node, std::string_view what);
std::optional<std::int64_t> read_int(const YamlContext& context, const YamlNode& node, std::string_view what);
std::optional<bool> read_bool(const YamlContext& context, const YamlNode& node, std::string_view what);
// D of the grammar: a whole number and s, m, h or d.
std::optional<Duration> read_duration(const YamlContext& context, const YamlNode& node, std::string_view what);
// Lower-case words joined by -, as playbooks, hosts and sites are called; with `dots`, as actions are.
std::optional<std::string> read_name(const YamlContext& context, const YamlNode& node, std::string_view what,
                                     bool dots = false);
std::optional<std::string> read_word(const YamlContext& context, const YamlNode& node, std::string_view what,
                                     const std::vector<std::string>& words);
std::vector<std::string> read_names(const YamlContext& context, const YamlNode& node, std::string_view what,
                                    bool dots = false);

// The help for a number that readers of YAML take differently (012, 0x1F, 1:30, 1_000): what they make of it, and the
// line with what was meant. For anything else `otherwise`.
std::string number_help(const Source& source, Span span, std::string_view text, std::string_view otherwise);

// `unjam: 1` of the head. False if it is missing or of another version.
bool read_version(const YamlContext& context, MapReader& head);

// Whether `word` may name a parameter, target, fact, let or step: a name of CEL's grammar.
bool is_identifier(std::string_view word);
// D of the grammar, without a report.
std::optional<Duration> duration_literal(std::string_view text);
// Whole numbers: 0 or [1-9][0-9]*, with a minus if `negative`.
std::optional<std::int64_t> whole_number(std::string_view text, bool negative = false);

}  // namespace unjam::playbooks
