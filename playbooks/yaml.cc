#include "playbooks/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "playbooks/yaml_text.h"

namespace unjam::playbooks {
namespace {

static_assert(kMaxTextBytes == kMaxYamlBytes);

constexpr std::size_t kMaxShownLine = 400;  // bytes; a longer line is not shown corrected

constexpr const char* kSyntaxHelp =
    "look at indentation, quotes and brackets in this line and the one before; a key is followed by \": \"";

// Thrown through yaml-cpp's parser to leave it at once; caught in parse_events.
struct LimitReached {};

std::size_t offset(const YAML::Mark& mark) {
  return mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
}

// Builds the tree from the events. A fault that leaves the rest readable is noted and the walk goes on.
class Builder final : public YAML::EventHandler {
 public:
  Builder(SourcePtr source, const TextPlaces& places, Diagnostics& out)
      : source_(std::move(source)), text_(source_->text()), places_(places), out_(out) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    // Marks were looked for in the raw text, so this is text that belongs to nothing.
    error("UJ0106", offset(mark), 1, "this is not YAML", kSyntaxHelp);
    throw LimitReached{};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(YamlNode::Kind::list, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(YamlNode::Kind::map, mark, tag, anchor, style);
  }
  void OnMapEnd() override { close(); }

  // What yaml-cpp could not read, told in terms of the file.
  void syntax_error(const YAML::Mark& mark);

  std::unique_ptr<YamlNode> take() { return std::move(root_); }
  bool fatal() const { return fatal_; }

 private:
  struct Frame {
    YamlNode node;
    bool has_key = false;
    YamlNode key{};
    bool key_is_piece = false;       // of the expression before it, cut at a comma
    std::size_t key_begin = 0;       // bytes at which the newest key
    std::size_t value_begin = 0;     // and the newest value begin
    std::set<std::string> keys{};    // seen so far
    std::set<std::size_t> hinted{};  // values that were already told to need quotes
  };

  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style);
  void close();
  void add(YamlNode node, std::size_t begin, std::size_t end);
  void add_key(Frame& frame, YamlNode node, std::size_t begin, std::size_t end);
  void count_node(std::size_t begin);
  void error(const char* code, std::size_t byte, std::size_t bytes, std::string message, std::string help);
  bool in_flow() const { return !frames_.empty() && frames_.back().node.flow; }
  bool expects_key() const {
    return !frames_.empty() && frames_.back().node.kind == YamlNode::Kind::map && !frames_.back().has_key;
  }

  YamlNode scalar(std::size_t begin, const std::string& value, std::size_t& end);
  void read_quoted(std::size_t begin, YamlNode& node, std::size_t& end);
  void read_block(std::size_t begin, YamlNode& node);
  void read_plain(std::size_t begin, YamlNode& node);
  bool hint_quotes(std::size_t begin, bool flow, const char* why);
  bool hint_colon(std::size_t begin, std::size_t end);
  std::string mended(std::size_t begin, std::size_t bytes, std::string_view replacement, std::string_view what) const;
  void refuse_tag(std::size_t begin);
  std::size_t last_line_before(std::size_t at) const;
  std::string hint_comment() const;
  std::size_t value_after_key(std::size_t key_end) const;

  SourcePtr source_;
  std::string_view text_;
  const TextPlaces& places_;
  Diagnostics& out_;
  std::vector<Frame> frames_;
  std::unique_ptr<YamlNode> root_;
  std::size_t nodes_ = 0;
  std::size_t faults_ = 0;
  int documents_ = 0;
  bool fatal_ = false;
};

void Builder::error(const char* code, std::size_t byte, std::size_t bytes, std::string message, std::string help) {
  out_.error(code, source_, places_.at(byte, bytes), std::move(message), std::move(help));
  ++faults_;
}

// "what: the line with the replacement", or `what` alone if the line cannot be shown.
std::string Builder::mended(std::size_t begin, std::size_t bytes, std::string_view replacement,
                            std::string_view what) const {
  const std::string line = line_with(*source_, places_.at(begin, bytes), replacement);
  return line.empty() ? std::string(what) : fmt::format("{}: {}", what, line);
}

// A leading ! is what people write for `not`.
void Builder::refuse_tag(std::size_t begin) {
  const std::string_view rest = unquoted_expression(text_, begin, in_flow());
  std::string meant = "not ";
  meant += rest.substr(std::min(rest.find_first_not_of("! "), rest.size()));
  if (in_flow() && meant.find_first_of(",[]{}") != std::string::npos) meant = in_quotes(meant);
  const bool word = rest.size() > 1 && rest[1] != '!';
  error("UJ0101", begin, 1, "a tag",
        word ? mended(begin, rest.size(), meant, "to YAML a leading ! is a tag; write `not`")
             : "the key decides the type of its value");
}

// `key:value` without a blank is one word to YAML. False: the text there is not of that kind.
bool Builder::hint_colon(std::size_t begin, std::size_t end) {
  const std::size_t colon = text_.substr(begin, end - begin).find(':');
  if (colon == 0 || colon == std::string_view::npos) return false;
  const std::string_view key = text_.substr(begin, colon);
  const bool word = std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  const std::size_t behind = begin + colon + 1;
  if (!word || behind >= end || text_[behind] == ' ' || text_[behind] == '\r') return false;
  error("UJ0106", begin, colon + 1, "no blank behind the colon of a key", mended(begin + colon, 1, ": ", "write one"));
  return true;
}

void Builder::count_node(std::size_t begin) {
  if (++nodes_ <= kMaxYamlNodes) return;
  error("UJ0106", begin, 1, fmt::format("more than {} values in one file", kMaxYamlNodes), "");
  throw LimitReached{};
}

// The line with the expression in quotes, as the hint. False if there is none to show.
bool Builder::hint_quotes(std::size_t begin, bool flow, const char* why) {
  const std::string_view expression = unquoted_expression(text_, begin, flow);
  if (expression.empty()) return false;
  const std::size_t line = places_.line_begin(begin);
  const std::size_t end = places_.line_end(begin);
  if (end - line > kMaxShownLine) {
    error("UJ0106", begin, expression.size(), why, "write it in quotes");
    return true;
  }
  std::string corrected(text_.substr(line, begin - line));
  corrected += in_quotes(expression);
  corrected += text_.substr(begin + expression.size(), end - begin - expression.size());
  corrected.erase(0, corrected.find_first_not_of(' '));
  error("UJ0106", begin, expression.size(), why, "write it in quotes: " + corrected);
  return true;
}

void Builder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  std::size_t begin = std::min(offset(mark), text_.size());
  count_node(begin);
  if (frames_.empty()) return;  // an empty document; the caller says so
  Frame& frame = frames_.back();
  YamlNode node;
  node.flow = frame.node.flow;
  node.refused = true;
  node.span = places_.at(begin);
  const std::size_t word_end = text_.find_first_of(" \r\n,:]}", begin);
  const std::string_view word = text_.substr(begin, word_end - begin);
  if (anchor != 0) {
    error("UJ0101", begin, 1, "an anchor", "write the value again where it is needed; or put it in quotes");
  } else if (!word.empty() && is_boolean_word(word)) {
    node.text = word;
    read_plain(begin, node);
  } else if (frame.has_key && frame.key_is_piece) {
    if (frame.hinted.insert(frame.value_begin).second)
      hint_quotes(frame.value_begin, true, "a comma ends a value in { }: an expression with one needs quotes");
    frame.node.entries.back().second.refused = true;  // a piece of an expression is none
    frame.has_key = false;
    return;
  } else if (frame.has_key && frame.key.text.find(':') != std::string::npos && hint_colon(frame.key_begin, begin)) {
    frame.key.refused = true;
  } else if (frame.has_key) {
    node.span = frame.key.span;
    out_.error("UJ0103", source_, frame.key.span, fmt::format("\"{}\" has no value", frame.key.text),
               "write one, or delete the key");
  } else {
    const std::size_t before = begin == 0 ? std::string_view::npos : text_.find_last_not_of(" \r\n", begin - 1);
    if (before != std::string_view::npos) begin = before;
    error("UJ0103", begin, 1, expects_key() ? "an empty key" : "an empty item", "write a value, or delete it");
  }
  add(std::move(node), frame.value_begin, begin);
}

void Builder::OnAlias(const YAML::Mark& mark, YAML::anchor_t) {
  const std::size_t begin = offset(mark);
  count_node(begin);
  error("UJ0101", begin, 1, "an alias", "write the value again; an expression that begins with * needs quotes");
  YamlNode node;
  node.refused = true;
  node.span = places_.at(begin);
  add(std::move(node), begin, begin + 1);
}

void Builder::OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string& value) {
  const std::size_t begin = std::min(offset(mark), text_.size());
  count_node(begin);
  std::size_t end = begin;
  YamlNode node = scalar(begin, value, end);
  node.flow = in_flow();
  add(std::move(node), begin, end);
}

YamlNode Builder::scalar(std::size_t begin, const std::string& value, std::size_t& end) {
  YamlNode node;
  node.text = value;
  const std::size_t faults_before = faults_;
  const char first = begin < text_.size() ? text_[begin] : '\0';
  end = begin + value.size();
  node.span = places_.at(begin, value.size());
  if (first == '!') {
    refuse_tag(begin);
  } else if (first == '&') {
    error("UJ0101", begin, 1, "an anchor", "write the value again where it is needed; or put it in quotes");
  } else if (first == '*') {
    error("UJ0101", begin, 1, "an alias", "write the value again; or put it in quotes");
  } else if (first == '"' || first == '\'') {
    read_quoted(begin, node, end);
  } else if (first == '|' || first == '>') {
    read_block(begin, node);
  } else {
    read_plain(begin, node);
  }
  for (std::size_t i = 0; i < value.size();) {
    const CodePoint point = decode_utf8(value, i);
    const bool line_of_block = node.style == YamlNode::Style::block && point.value == U'\n';
    if (!point.valid || (is_refused_character(point.value) && !line_of_block)) {
      if (first == '"')
        error("UJ0108", begin, 1, "an escape that makes a control or invisible character", "write it in words");
      break;
    }
    i += point.bytes;
  }
  // A key stays a name, so that what asks for it is not blamed as well.
  node.refused = faults_ > faults_before && (!expects_key() || node.text == "<<");
  return node;
}

void Builder::read_quoted(std::size_t begin, YamlNode& node, std::size_t& end) {
  node.style = YamlNode::Style::quoted;
  const char quote = text_[begin];
  std::size_t i = begin + 1;
  for (; i < text_.size() && text_[i] != '\n'; ++i) {
    if (quote == '"' && text_[i] == '\\') {
      ++i;
    } else if (text_[i] == quote) {
      if (quote == '"' || i + 1 >= text_.size() || text_[i + 1] != quote) break;
      ++i;
    }
  }
  end = std::min(i + 1, text_.size());
  node.span = places_.at(begin + 1, i > begin + 1 ? i - begin - 1 : 1);
  if (i >= text_.size() || text_[i] != quote)
    error("UJ0104", begin, 1, "quotes over several lines",
          mended(begin, places_.line_end(begin) - begin, "|",
                 "write the text in one line; or without the quotes below, indented, behind"));
}

void Builder::read_plain(std::size_t begin, YamlNode& node) {
  if (text_.substr(begin, node.text.size()) != node.text || node.text.find('\n') != std::string::npos) {
    const std::size_t length = places_.line_end(begin) - begin;
    error(
        "UJ0104", begin, length, "a value over several lines",
        mended(begin, length, "|", "write all of it below, indented, where places in it can be told exactly, behind"));
    return;
  }
  if (node.text == "<<") {
    error("UJ0101", begin, 2, "a merge key", "write the keys out");
  } else if (is_boolean_word(node.text)) {
    error("UJ0103", begin, node.text.size(),
          node.text.empty()
              ? std::string("an empty value")
              : fmt::format("\"{}\" is a truth value to some readers of YAML, a text or nothing to others", node.text),
          mended(begin, node.text.size(), in_quotes(node.text), "write true or false; or the word in quotes"));
  }
}

void Builder::read_block(std::size_t begin, YamlNode& node) {
  node.style = YamlNode::Style::block;
  if (text_[begin] == '>')
    error("UJ0104", begin, 1, "folded text", mended(begin, 1, "|", "folding loses lines and columns; write"));
  const std::size_t header_end = places_.line_end(begin);
  if (text_.substr(begin, header_end - begin).substr(0, 3).find_first_of("0123456789") != std::string_view::npos)
    error("UJ0104", begin, 2, "a block scalar with a number", "indent its first line; that decides for the others");
  std::size_t at = text_.find('\n', header_end);
  const std::size_t first_line = at == std::string_view::npos ? text_.size() : at + 1;
  for (std::size_t line = first_line; line < text_.size();) {
    const std::size_t end = places_.line_end(line);
    const std::size_t content = text_.find_first_not_of(' ', line);
    if (content != std::string_view::npos && content < end) {
      node.indent = static_cast<std::uint32_t>(content - line);
      break;
    }
    at = text_.find('\n', end);
    line = at == std::string_view::npos ? text_.size() : at + 1;
  }
  const std::size_t stop = places_.line_end(first_line);
  const std::size_t content = std::min(first_line + node.indent, stop);
  node.span = places_.at(content, stop - content);
  node.span.column = node.indent + 1;
}

void Builder::open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                   YAML::EmitterStyle::value style) {
  const std::size_t begin = std::min(offset(mark), text_.size());
  count_node(begin);
  if (frames_.size() >= kMaxYamlDepth) {
    error("UJ0106", begin, 1, fmt::format("nested deeper than {}", kMaxYamlDepth), "");
    throw LimitReached{};
  }
  if (anchor != 0) error("UJ0101", begin, 1, "an anchor", "write the value again where it is needed");
  if (!tag.empty() && tag != "?") error("UJ0101", begin, 1, "a tag", "the key decides the type of its value");
  if (expects_key()) {
    error("UJ0106", begin, 1, "a key must be one word", "an expression that begins with [ or { needs quotes");
    throw LimitReached{};
  }
  if (!frames_.empty()) frames_.back().value_begin = begin;
  Frame frame;
  frame.node.kind = kind;
  frame.node.span = places_.at(begin);
  frame.node.flow = style == YAML::EmitterStyle::Flow || in_flow();
  frame.value_begin = begin;
  frames_.push_back(std::move(frame));
}

void Builder::close() {
  YamlNode node = std::move(frames_.back().node);
  const std::size_t begin = frames_.size() > 1 ? frames_[frames_.size() - 2].value_begin : 0;
  frames_.pop_back();
  add(std::move(node), begin, begin);
}

void Builder::add(YamlNode node, std::size_t begin, std::size_t end) {
  if (frames_.empty()) {
    if (!root_) root_ = std::make_unique<YamlNode>(std::move(node));
    return;
  }
  Frame& frame = frames_.back();
  if (frame.node.kind == YamlNode::Kind::list) {
    frame.value_begin = begin;
    frame.node.items.push_back(std::move(node));
  } else if (!frame.has_key) {
    add_key(frame, std::move(node), begin, end);
  } else {
    if (!frame.key_is_piece) frame.value_begin = begin;
    frame.node.entries.emplace_back(std::move(frame.key), std::move(node));
    frame.has_key = false;
  }
}

void Builder::add_key(Frame& frame, YamlNode node, std::size_t begin, std::size_t end) {
  if (frame.node.entries.size() >= kMaxYamlKeys) {
    error("UJ0106", begin, 1, fmt::format("more than {} keys in one map", kMaxYamlKeys), "");
    throw LimitReached{};
  }
  if (!frame.keys.insert(node.text).second && !node.refused)
    error("UJ0102", begin, end - begin, fmt::format("key \"{}\" twice in one map", node.text),
          "some readers take the first, some the last: keep one");
  frame.key = std::move(node);
  frame.key_begin = begin;
  frame.has_key = true;
  const std::size_t before = frame.value_begin;
  frame.key_is_piece = frame.node.flow && !frame.node.entries.empty() &&
                       begin < before + unquoted_expression(text_, before, true).size();
  if (!frame.key_is_piece) frame.value_begin = value_after_key(end);  // else it is kept for the hint
}

std::size_t Builder::value_after_key(std::size_t key_end) const {
  std::size_t at = key_end;
  while (at < text_.size() && text_[at] == ' ') ++at;
  if (at < text_.size() && text_[at] == ':') ++at;
  while (at < text_.size() && text_[at] == ' ') ++at;
  return at;
}

// The line before the one that holds `at`, or that line if there is none: where the fault mostly is.
std::size_t Builder::last_line_before(std::size_t at) const {
  const std::size_t begin = places_.line_begin(at);
  return begin == 0 ? 0 : places_.line_begin(begin - 1);
}

// A text with a # in it that was not quoted: the rest of the line, the bracket too, is a comment.
std::string Builder::hint_comment() const {
  const std::size_t value = frames_.back().value_begin;
  const std::string_view line = text_.substr(value, places_.line_end(value) - value);
  const std::size_t hash = line.find(" #");
  const std::size_t close = line.find_last_of("}]");
  if (hash == std::string_view::npos || close == std::string_view::npos || close < hash) return {};
  std::string_view meant = line.substr(0, close);
  while (meant.ends_with(' ')) meant.remove_suffix(1);
  return mended(value, meant.size(), in_quotes(meant), "behind a blank # begins a comment; write the text in quotes");
}

void Builder::syntax_error(const YAML::Mark& mark) {
  fatal_ = true;
  const std::size_t at = std::min(offset(mark), text_.size());
  if (at < text_.size() && text_[at] == '*') {
    error("UJ0101", at, 1, "an alias", "write the value again; an expression that begins with * needs quotes");
    return;
  }
  if (!frames_.empty() && frames_.back().node.kind == YamlNode::Kind::map) {
    const Frame& frame = frames_.back();
    const std::size_t begin = frame.value_begin;
    const bool same_line = begin < text_.size() && places_.line_begin(begin) == places_.line_begin(at);
    const char* why = frame.node.flow
                          ? "in { } an expression with a comma, a bracket or \": \" needs quotes"
                          : "an expression that begins with a quote or a bracket, or has \": \" inside, needs quotes";
    const bool value_known = begin > 0 && (frame.has_key || !frame.node.entries.empty());
    if (same_line && value_known && text_[begin] != '\n' && hint_quotes(begin, frame.node.flow, why)) return;
  }
  const std::size_t begun = text_.find_first_not_of(" -", places_.line_begin(at == 0 ? 0 : last_line_before(at)));
  if (begun < at && hint_colon(begun, places_.line_end(begun))) return;
  if (at >= text_.size() && in_flow()) {
    const bool map = frames_.back().node.kind == YamlNode::Kind::map;
    out_.error("UJ0106", source_, frames_.back().node.span, map ? "this { is never closed" : "this [ is never closed",
               hint_comment());
    return;
  }
  error("UJ0106", at, 1, "this is not YAML", kSyntaxHelp);
}

// False: nothing can be made of the text, and `builder` has said so.
bool parse_events(const std::string& text, Builder& builder) {
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    // At most twice: on some texts (`,`) yaml-cpp yields documents without end.
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(builder);
    return true;
  } catch (const LimitReached&) {
    return false;
  } catch (const YAML::Exception& fault) {
    builder.syntax_error(fault.mark);
    return false;
  } catch (const std::exception&) {
    builder.syntax_error(YAML::Mark());
    return false;
  }
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

std::unique_ptr<YamlNode> parse_yaml_all(const SourcePtr& source, Diagnostics& out) {
  const TextPlaces places(*source);
  if (!check_text_surface(source, places, out)) return nullptr;
  Builder builder(source, places, out);
  if (!parse_events(source->text(), builder)) return nullptr;
  auto root = builder.take();
  if (!root || root->kind != YamlNode::Kind::map) {
    out.error("UJ0107", source, root ? root->span : Span{1, 1, 1}, root ? "not a map of keys" : "nothing in this file",
              "a file begins with `unjam: 1`");
    return nullptr;
  }
  return root;
}

std::unique_ptr<YamlNode> parse_yaml(const SourcePtr& source, Diagnostics& out) {
  Diagnostics own;
  auto root = parse_yaml_all(source, own);
  for (const Diagnostic& fault : own.all()) out.add(fault);
  return own.failed() ? nullptr : std::move(root);
}

std::string line_with(const Source& source, Span span, std::string_view replacement) {
  std::string_view line = source.line(span.line);
  if (line.size() > kMaxShownLine) return {};
  std::size_t begin = 0;
  for (std::uint32_t i = 1; i < span.column && begin < line.size(); ++i) begin += decode_utf8(line, begin).bytes;
  std::size_t end = begin;
  for (std::uint32_t i = 0; i < span.length && end < line.size(); ++i) end += decode_utf8(line, end).bytes;
  std::string out(line.substr(0, begin));
  out += replacement;
  out += line.substr(end);
  out.erase(0, out.find_first_not_of(' '));
  return out;
}

Result<SourcePtr> read_source(const std::string& path) {
  std::error_code code;
  const auto kind = std::filesystem::status(path, code).type();
  if (kind == std::filesystem::file_type::not_found) return fail(ErrorKind::not_found, "no such file", path);
  if (kind != std::filesystem::file_type::regular) return fail(ErrorKind::invalid, "not a regular file", path);
  const auto size = std::filesystem::file_size(path, code);
  if (code) return fail(ErrorKind::io, code.message(), path);
  if (size > kMaxYamlBytes)
    return fail(ErrorKind::exhausted, fmt::format("the file has {} bytes; at most {} are read", size, kMaxYamlBytes),
                path);
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorKind::io, "the file cannot be opened", path);
  // One more, to see whether it grows; not the limit, since many files are read at each start.
  std::string text(size + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail(ErrorKind::io, "the file cannot be read", path);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > size) return fail(ErrorKind::io, "the file grew while it was read; try again", path);
  return std::make_shared<const Source>(path, std::move(text));
}

}  // namespace unjam::playbooks
