#include "playbooks/format.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "playbooks/yaml.h"

namespace unjam::playbooks {
namespace {

constexpr std::size_t kStep = 2;  // blanks per level

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

std::string_view stripped(std::string_view line) {
  while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The byte behind the quoted text that begins at `at`; the line's end if it is not closed.
std::size_t skip_quoted(std::string_view line, std::size_t at) {
  const char quote = line[at];
  for (++at; at < line.size(); ++at) {
    if (quote == '"' && line[at] == '\\') {
      ++at;
    } else if (line[at] == quote) {
      if (quote == '"' || at + 1 >= line.size() || line[at + 1] != quote) return at + 1;
      ++at;
    }
  }
  return line.size();
}

bool is_dash(std::string_view content) {
  return content.starts_with("- ") || content == "-";
}

// The value of `key: value`, or the content itself if it has no key.
std::string_view value_of(std::string_view content) {
  std::size_t at = 0;
  if (!content.empty() && (content[0] == '"' || content[0] == '\'')) at = skip_quoted(content, 0);
  if (!content.empty() && (content[0] == '{' || content[0] == '[')) return content;
  for (; at < content.size(); ++at) {
    if (content[at] == '#' && at > 0 && content[at - 1] == ' ') return {};
    const bool ends_key = content[at] == ':' && (at + 1 == content.size() || content[at + 1] == ' ');
    if (!ends_key) continue;
    content.remove_prefix(at + 1);
    return content.substr(indent_of(content));
  }
  return content;
}

// How deep in { } and [ ] a piece of a line ends that began at `depth`.
std::size_t depth_after(std::string_view piece, std::size_t depth) {
  bool fresh = true;  // a quote here begins a quoted text
  for (std::size_t at = 0; at < piece.size();) {
    const char c = piece[at];
    if ((c == '"' || c == '\'') && fresh) {
      at = skip_quoted(piece, at);
      fresh = false;
      continue;
    }
    if (c == '#' && (at == 0 || piece[at - 1] == ' ')) return depth;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
    const bool opens = c == '{' || c == '[' || c == ',' || c == ':';
    fresh = opens || (fresh && c == ' ');
    ++at;
  }
  return depth;
}

// Walks the lines once. What a comment belongs to is known at the next line only, so comments wait for it.
class Formatter {
 public:
  explicit Formatter(std::string_view text) : lines_(lines_of(text)) {}

  std::string run() {
    for (at_ = 0; at_ < lines_.size();) line();
    comments(nullptr);
    while (out_.size() > kept_ && out_.ends_with("\n\n")) out_.pop_back();
    return std::move(out_);
  }

 private:
  struct Level {
    std::size_t from;  // its column in the file
    std::size_t to;    // and in the result
    bool list;
  };
  struct Placed {
    std::size_t from;
    std::size_t to;
  };

  void line() {
    const std::string_view text = stripped(lines_[at_]);
    if (text.empty() || text[indent_of(text)] == '#') {
      waiting_.push_back(text);
      ++at_;
      return;
    }
    if (indent_of(text) == 0 && (text == "---" || text.starts_with("--- "))) {
      comments(nullptr);
      emit(0, text);
      ++at_;
      return;
    }
    content(text);
  }

  void content(std::string_view text) {
    Placed place{indent_of(text), 0};
    std::string_view rest = text.substr(place.from);
    place.to = enter(place.from, is_dash(rest));
    comments(&place);
    placed_.push_back(place);
    std::string made;
    std::size_t column = place.from;
    while (is_dash(rest)) {  // "- - x" is a list in a list
      const std::size_t blanks = rest.size() > 1 ? rest.find_first_not_of(' ', 1) : rest.size();
      made += rest.size() > 1 ? "- " : "-";
      rest.remove_prefix(std::min(blanks, rest.size()));
      column += blanks;
      const bool has_key = value_of(rest).size() != rest.size();
      if (is_dash(rest) || has_key) levels_.push_back({column, levels_.back().to + kStep, is_dash(rest)});
    }
    emit(place.to, made + std::string(rest));
    ++at_;
    const std::string_view value = value_of(rest);
    if (value.empty()) return;
    if (value[0] == '{' || value[0] == '[') rest_of_flow(depth_after(value, 0), place);
    if (value[0] == '|' || value[0] == '>') block(value);
  }

  // The column for a line at column `from` of a list or map; the levels are left standing at it.
  std::size_t enter(std::size_t from, bool list) {
    while (!levels_.empty() && levels_.back().from > from) levels_.pop_back();
    // A list may stand at the column of its key: then a key at this column ends it.
    if (!levels_.empty() && levels_.back().from == from && levels_.back().list && !list) levels_.pop_back();
    const bool known = !levels_.empty() && levels_.back().from == from && levels_.back().list == list;
    if (!known) levels_.push_back({from, levels_.empty() ? 0 : levels_.back().to + kStep, list});
    return levels_.back().to;
  }

  // Further lines of { } and [ ] move with the first.
  void rest_of_flow(std::size_t depth, const Placed& place) {
    while (depth > 0 && at_ < lines_.size()) {
      const std::string_view text = stripped(lines_[at_++]);
      const std::size_t from = indent_of(text);
      depth = depth_after(text.substr(from), depth);
      emit(from + place.to > place.from ? from + place.to - place.from : 0, text.substr(from));
    }
  }

  // The lines below `|`: moved by the first, to one step behind the level that they belong to.
  void block(std::string_view header) {
    const bool keeps = header.substr(0, 3).find('+') != std::string_view::npos;  // empty lines at its end
    std::size_t first = at_;
    while (first < lines_.size() && stripped(lines_[first]).empty()) ++first;
    if (first == lines_.size() || indent_of(lines_[first]) <= levels_.back().from) {
      for (; keeps && at_ < first; ++at_) out_ += '\n';
      kept_ = out_.size();
      return;
    }
    const std::size_t from = indent_of(lines_[first]);
    std::size_t end = first;
    for (std::size_t i = first; i < lines_.size(); ++i) {
      const bool empty = stripped(lines_[i]).empty() && indent_of(lines_[i]) <= from;
      if (!empty && indent_of(lines_[i]) < from) break;
      if (!empty || keeps) end = i + 1;
    }
    const std::size_t to = levels_.back().to + kStep;
    for (; at_ < end; ++at_) {
      std::string_view text = lines_[at_];
      if (text.ends_with('\r')) text.remove_suffix(1);
      const std::size_t indent = indent_of(text);
      if (indent < text.size() || indent > from) out_.append(indent - from + to, ' ');
      out_ += text.substr(indent);
      out_ += '\n';
    }
    kept_ = out_.size();
  }

  // The comments and empty lines before a line at `next`, or before the end of the file.
  void comments(const Placed* next) {
    for (const std::string_view text : waiting_) {
      if (!text.empty()) {
        const std::size_t from = indent_of(text);
        emit(column_of_comment(from, next), text.substr(from));
      } else if (!out_.empty() && !out_.ends_with("\n\n")) {
        out_ += '\n';
      }
    }
    waiting_.clear();
  }

  // A comment goes with the line below if it stands at its column or before it; one that stands further in belongs to
  // what is above.
  std::size_t column_of_comment(std::size_t from, const Placed* next) const {
    if (next != nullptr && from <= next->from) return next->to;
    for (auto above = placed_.rbegin(); above != placed_.rend(); ++above) {
      if (above->from <= from) return from - above->from + above->to;
    }
    return next != nullptr ? next->to : 0;
  }

  void emit(std::size_t column, std::string_view text) {
    out_.append(text.empty() ? 0 : column, ' ');
    out_ += text;
    out_ += '\n';
  }

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
  std::vector<Level> levels_{};
  std::vector<Placed> placed_{};  // every line of content so far
  std::vector<std::string_view> waiting_{};
  std::string out_{};
  std::size_t kept_ = 0;  // so much of it ends in a text whose empty lines count
};

bool same_tree(const YamlNode& a, const YamlNode& b) {
  if (a.kind != b.kind || a.style != b.style || a.flow != b.flow || a.text != b.text) return false;
  const auto same_entry = [](const YamlEntry& x, const YamlEntry& y) {
    return same_tree(x.first, y.first) && same_tree(x.second, y.second);
  };
  return std::ranges::equal(a.items, b.items, same_tree) && std::ranges::equal(a.entries, b.entries, same_entry);
}

std::string without_white_space(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '\n' && c != '\r') out += c;
  }
  return out;
}

}  // namespace

std::optional<std::string> format_yaml(const SourcePtr& source, Diagnostics& out) {
  const auto before = parse_yaml(source, out);
  if (!before) return std::nullopt;
  std::string text = Formatter(source->text()).run();
  Diagnostics faults;
  const auto after = parse_yaml(std::make_shared<Source>(source->name(), text), faults);
  const bool same =
      after && same_tree(*before, *after) && without_white_space(source->text()) == without_white_space(text);
  if (same) return text;
  out.error("", source, {}, "formatted, this file would not read as it does now: it is left as it is",
            "this is a fault of unjam; please report it with the file");
  return std::nullopt;
}

}  // namespace unjam::playbooks
