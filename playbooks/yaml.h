// The only door to yaml-cpp: text -> a located tree, by the strict subset of language.md 2 (UJ0101-0108).
// Serves playbooks, policies, inventories, contracts and packs alike. Scalars stay text: the key's type decides what
// they mean.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "playbooks/diagnostic.h"
#include "playbooks/source.h"
#include "state/base/result.h"

namespace unjam::playbooks {

inline constexpr std::size_t kMaxYamlBytes =
    4u << 20;  // 4 MiB: playbooks of 10,000 steps are checked as quickly as small ones
inline constexpr std::size_t kMaxYamlDepth = 32;
inline constexpr std::size_t kMaxYamlNodes = 250'000;
inline constexpr std::size_t kMaxYamlKeys = 2'000;  // in one map

struct YamlNode;
struct YamlEntry;

struct YamlNode {
  enum class Kind { scalar, list, map };
  enum class Style { plain, quoted, block };

  Kind kind = Kind::scalar;
  Style style = Style::plain;
  std::string text;      // of a scalar
  Span span;             // of a scalar: its first character inside quotes; of a block scalar: its first content line
  bool flow = false;     // inside { } or [ ]
  bool refused = false;  // a scalar whose fault was told (parse_yaml_all): nothing follows from it
  std::uint32_t indent = 0;  // block scalar: columns stripped from each line, so that places inside can be told exactly
  std::vector<YamlNode> items;     // of a list
  std::vector<YamlEntry> entries;  // of a map, in the file's order

  const YamlNode* find(std::string_view key) const;  // of a map; null if absent
};

struct YamlEntry {
  YamlNode first;  // key, always a scalar
  YamlNode second;
};

// The tree, or nothing and at least one error in `out`. Never throws, never hangs, whatever the bytes. A tree that is
// given is free of UJ01xx.
std::unique_ptr<YamlNode> parse_yaml(const SourcePtr& source, Diagnostics& out);

// The same, but the tree is also given where there are errors that leave the rest readable (a duplicate key, an empty
// value, a tag): a loader that goes on with it reports all faults of a file at once. Nothing may be made of it if
// `out.failed()`.
std::unique_ptr<YamlNode> parse_yaml_all(const SourcePtr& source, Diagnostics& out);

// The line of `span` as it would read with `replacement` there, without the blanks before it: shown as the mended line.
// Empty if the line is too long to be shown.
std::string line_with(const Source& source, Span span, std::string_view replacement);

// Reads a file of at most kMaxYamlBytes; ErrorKind::not_found, denied, exhausted, io.
Result<SourcePtr> read_source(const std::string& path);

}  // namespace unjam::playbooks
