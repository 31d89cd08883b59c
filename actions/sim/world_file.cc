#include "actions/sim/world_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <limits>
#include <memory>

#include "playbooks/value.h"
#include "playbooks/yaml.h"

namespace unjam::actions::sim {
namespace {

using playbooks::YamlEntry;
using playbooks::YamlNode;
using Words = std::vector<std::string>;

constexpr const char* kUnknownKey = "UJ0201";
constexpr const char* kMissingKey = "UJ0202";
constexpr const char* kWrongForm = "UJ0206";
constexpr const char* kUnknownName = "UJ0302";
constexpr Millis kMostTime = hours(24 * 365);
constexpr Millis kMostAge = hours(24 * 7);  // every event of it is lived through before the first call

class Reader {
 public:
  Reader(const playbooks::SourcePtr& source, const std::vector<Host>& hosts, playbooks::Diagnostics& out)
      : source_(source), hosts_(hosts), out_(out) {
    for (const Host& host : hosts) names_.push_back(host.name.text);
  }

  WorldSpec world(const YamlNode& root);

 private:
  void error(const char* code, const YamlNode& node, std::string message, std::string help = {}) {
    out_.error(code, source_, node.span, std::move(message), std::move(help));
  }
  void unknown_word(const char* code, const YamlNode& node, std::string_view what, const Words& known);
  bool is_map(const YamlNode& node, std::string_view what);
  void only_keys(const YamlNode& map, std::string_view what, const Words& known);

  std::string text(const YamlNode& node, std::string_view what);
  std::int64_t number(const YamlNode& node, std::string_view what, std::int64_t least = 0);
  Millis duration(const YamlNode& node, std::string_view what, bool may_be_negative = false);
  Range range(const YamlNode& node, std::string_view what);

  void times(const YamlNode& node, Times& out);
  void mail(const YamlNode& node, MailTimes& out);
  FaultSpec fault(const YamlNode& node);
  void fault_hosts(const YamlNode& node, const FaultRow& row, FaultSpec& out);
  void host_name(const YamlNode& node, std::string_view role, Words& out);
  TransportFault transport(const YamlNode& node);

  const playbooks::SourcePtr& source_;
  const std::vector<Host>& hosts_;
  playbooks::Diagnostics& out_;
  Words names_;
};

void Reader::unknown_word(const char* code, const YamlNode& node, std::string_view what, const Words& known) {
  const std::string near = playbooks::nearest(node.text, known);
  error(code, node, fmt::format("{} '{}' is not known", what, playbooks::printable(node.text)),
        near.empty() ? fmt::format("one of: {}", fmt::join(known, ", ")) : fmt::format("did you mean '{}'?", near));
}

bool Reader::is_map(const YamlNode& node, std::string_view what) {
  if (node.kind == YamlNode::Kind::map) return true;
  error(kWrongForm, node, fmt::format("{} must be a map", what));
  return false;
}

void Reader::only_keys(const YamlNode& map, std::string_view what, const Words& known) {
  for (const YamlEntry& entry : map.entries) {
    if (std::ranges::find(known, entry.first.text) == known.end()) {
      unknown_word(kUnknownKey, entry.first, fmt::format("key of {}", what), known);
    }
  }
}

std::string Reader::text(const YamlNode& node, std::string_view what) {
  if (node.kind == YamlNode::Kind::scalar && !node.text.empty()) return node.text;
  error(kWrongForm, node, fmt::format("{} must be a text", what));
  return {};
}

std::int64_t Reader::number(const YamlNode& node, std::string_view what, std::int64_t least) {
  std::int64_t value = 0;
  const char* end = node.text.data() + node.text.size();
  const auto parsed = std::from_chars(node.text.data(), end, value);
  if (node.kind == YamlNode::Kind::scalar && parsed.ec == std::errc() && parsed.ptr == end && value >= least)
    return value;
  error(kWrongForm, node, fmt::format("{} must be a whole number from {} on", what, least));
  return least;
}

Millis Reader::duration(const YamlNode& node, std::string_view what, bool may_be_negative) {
  const auto parsed = node.kind == YamlNode::Kind::scalar ? playbooks::parse_duration(node.text)
                                                          : fail(ErrorKind::invalid, "not a scalar");
  if (!parsed) {
    error(kWrongForm, node, fmt::format("{} must be a time such as 90s or 5m", what));
    return Millis(0);
  }
  const auto value = std::chrono::duration_cast<Millis>(*parsed);
  if ((value < Millis(0) && !may_be_negative) || std::chrono::abs(value) > kMostTime) {
    error(kWrongForm, node, fmt::format("{} must be {} a year", what, may_be_negative ? "within" : "between 0 and"));
    return Millis(0);
  }
  return value;
}

Range Reader::range(const YamlNode& node, std::string_view what) {
  if (node.kind == YamlNode::Kind::scalar) {
    const Millis value = duration(node, what);
    return {value, value};
  }
  if (node.kind != YamlNode::Kind::list || node.items.size() != 2) {
    error(kWrongForm, node, fmt::format("{} must be a time or [ least, most ]", what));
    return {};
  }
  const Range value{duration(node.items[0], what), duration(node.items[1], what)};
  if (value.most < value.least) error(kWrongForm, node.items[1], fmt::format("{}: most is below least", what));
  return value;
}

void Reader::times(const YamlNode& node, Times& out) {
  const std::vector<std::pair<std::string, Range*>> ranges{
      {"connect", &out.connect}, {"look", &out.look}, {"measure", &out.measure},   {"change", &out.change},
      {"stop", &out.stop},       {"boot", &out.boot}, {"services", &out.services}, {"dc_restart", &out.dc_restart}};
  const std::vector<std::pair<std::string, Millis*>> single{{"connect_timeout", &out.connect_timeout},
                                                            {"replicate_every", &out.replicate_every},
                                                            {"time_poll", &out.time_poll}};
  Words known;
  std::ranges::transform(ranges, std::back_inserter(known), &std::pair<std::string, Range*>::first);
  std::ranges::transform(single, std::back_inserter(known), &std::pair<std::string, Millis*>::first);
  if (!is_map(node, "times")) return;
  only_keys(node, "times", known);
  for (const auto& [key, target] : ranges) {
    if (const YamlNode* value = node.find(key)) *target = range(*value, key);
  }
  for (const auto& [key, target] : single) {
    const YamlNode* value = node.find(key);
    if (value == nullptr) continue;
    *target = duration(*value, key);
    // Zero would be a loop that time never leaves.
    if (*target <= Millis(0)) error(kWrongForm, *value, fmt::format("{} must be above 0", key));
  }
}

void Reader::mail(const YamlNode& node, MailTimes& out) {
  if (!is_map(node, "mail")) return;
  only_keys(node, "mail", {"every", "retry_every"});
  for (const auto& [key, target] : {std::pair("every", &out.every), std::pair("retry_every", &out.retry_every)}) {
    const YamlNode* value = node.find(key);
    if (value == nullptr) continue;
    *target = duration(*value, key);
    if (*target < seconds(1)) error(kWrongForm, *value, fmt::format("{} must be at least 1s", key));
  }
}

void Reader::host_name(const YamlNode& node, std::string_view role, Words& out) {
  const std::string name = text(node, "host");
  if (name.empty()) return;
  const auto host = std::ranges::find(hosts_, name, [](const Host& h) { return h.name.text; });
  if (host == hosts_.end()) {
    unknown_word(kUnknownName, node, "host", names_);
  } else if (role != "any" && host->role != role) {
    error(kWrongForm, node, fmt::format("this fault needs a {}, and {} is a {}", role, name, host->role));
  } else {
    out.push_back(name);
  }
}

void Reader::fault_hosts(const YamlNode& node, const FaultRow& row, FaultSpec& out) {
  const YamlNode* one = node.find("host");
  const YamlNode* many = node.find("hosts");
  if (row.role == "none") return;
  if ((one == nullptr) == (many == nullptr)) {
    error(kMissingKey, node, fmt::format("fault '{}' needs `host` or `hosts`", row.word));
  } else if (one != nullptr) {
    host_name(*one, row.role, out.hosts);
  } else if (many->kind != YamlNode::Kind::list || many->items.empty()) {
    error(kWrongForm, *many, "hosts must be a list of names");
  } else {
    for (const YamlNode& item : many->items) host_name(item, row.role, out.hosts);
  }
}

FaultSpec Reader::fault(const YamlNode& node) {
  FaultSpec result;
  if (!is_map(node, "a fault")) return result;
  const YamlNode* kind = node.find("kind");
  if (kind == nullptr) {
    error(kMissingKey, node, "a fault needs `kind`");
    return result;
  }
  Words words;
  std::ranges::transform(fault_rows(), std::back_inserter(words),
                         [](const FaultRow& row) { return std::string(row.word); });
  const auto row = std::ranges::find(fault_rows(), kind->text, &FaultRow::word);
  if (row == fault_rows().end()) {
    unknown_word(kUnknownName, *kind, "fault", words);
    return result;
  }
  result.kind = row->kind;
  Words known{"kind", "at"};
  if (row->role != "none") known.insert(known.end(), {"host", "hosts"});
  if (row->offset) known.emplace_back("offset");
  if (row->corrected) known.emplace_back("corrected");
  if (row->lasts) known.emplace_back("for");
  if (row->time) known.emplace_back("time");
  only_keys(node, fmt::format("fault '{}'", row->word), known);
  fault_hosts(node, *row, result);
  if (const YamlNode* at = node.find("at")) result.at = duration(*at, "at", true);
  if (const YamlNode* offset = node.find("offset")) result.offset = duration(*offset, "offset", true);
  if (const YamlNode* corrected = node.find("corrected")) result.corrected = duration(*corrected, "corrected", true);
  if (const YamlNode* lasts = node.find("for")) result.lasts = duration(*lasts, "for");
  if (const YamlNode* time = node.find("time")) result.time = duration(*time, "time");
  return result;
}

TransportFault Reader::transport(const YamlNode& node) {
  TransportFault result;
  if (!is_map(node, "a fault of the transport")) return result;
  only_keys(node, "transport", {"how", "action", "host", "after", "times", "by"});
  const YamlNode* how = node.find("how");
  if (how == nullptr) {
    error(kMissingKey, node, "a fault of the transport needs `how`");
    return result;
  }
  const auto* word = std::ranges::find(kHowWords, std::string_view(how->text));
  if (word == std::end(kHowWords)) {
    unknown_word(kUnknownName, *how, "how", Words(std::begin(kHowWords), std::end(kHowWords)));
    return result;
  }
  result.how = static_cast<TransportFault::How>(word - std::begin(kHowWords));
  if (const YamlNode* action = node.find("action")) result.action = text(*action, "action");
  if (const YamlNode* host = node.find("host")) {
    Words found;
    host_name(*host, "any", found);
    if (!found.empty()) result.host = found.front();
  }
  if (const YamlNode* after = node.find("after")) result.after = number(*after, "after");
  if (const YamlNode* count = node.find("times")) result.times = number(*count, "times", 1);
  if (const YamlNode* by = node.find("by")) result.by = duration(*by, "by");
  return result;
}

// A list of at most kMaxFaults, each item read by `read`.
template <typename Item, typename Read, typename Complain>
void read_list(const YamlNode& node, std::vector<Item>& out, const Read& read, const Complain& complain) {
  if (node.kind != YamlNode::Kind::list || node.items.size() > kMaxFaults) {
    complain();
    return;
  }
  for (const YamlNode& item : node.items) out.push_back(read(item));
}

WorldSpec Reader::world(const YamlNode& root) {
  WorldSpec spec;
  if (!is_map(root, "a world file")) return spec;
  only_keys(root, "a world file",
            {"unjam", "world", "summary", "seed", "age", "speed", "logs", "times", "mail", "faults", "transport"});
  for (const char* key : {"unjam", "world"}) {
    if (root.find(key) == nullptr) error(kMissingKey, root, fmt::format("a world file needs `{}`", key));
  }
  const YamlNode* version = root.find("unjam");
  if (version != nullptr && version->text != "1") error(kWrongForm, *version, "this Unjam reads `unjam: 1`");
  if (const YamlNode* node = root.find("world")) spec.name = text(*node, "world");
  if (const YamlNode* node = root.find("summary")) spec.summary = text(*node, "summary");
  if (const YamlNode* node = root.find("seed")) spec.seed = static_cast<std::uint64_t>(number(*node, "seed"));
  if (const YamlNode* node = root.find("age")) {
    spec.age = duration(*node, "age");
    if (spec.age > kMostAge) error(kWrongForm, *node, "age must be at most 7d");
  }
  if (const YamlNode* node = root.find("speed")) spec.speed = number(*node, "speed");
  if (const YamlNode* node = root.find("logs")) {
    const std::filesystem::path folder = text(*node, "logs");
    spec.logs = (std::filesystem::path(source_->name()).parent_path() / folder).lexically_normal().string();
  }
  if (const YamlNode* node = root.find("times")) times(*node, spec.times);
  if (const YamlNode* node = root.find("mail")) mail(*node, spec.mail);
  const auto complain = [&](const YamlNode& node, std::string_view what) {
    return [&, what] { error(kWrongForm, node, fmt::format("{} must be a list of at most {}", what, kMaxFaults)); };
  };
  if (const YamlNode* node = root.find("faults")) {
    read_list(*node, spec.faults, [&](const YamlNode& item) { return fault(item); }, complain(*node, "faults"));
  }
  if (const YamlNode* node = root.find("transport")) {
    read_list(
        *node, spec.transport, [&](const YamlNode& item) { return transport(item); }, complain(*node, "transport"));
  }
  return spec;
}

}  // namespace

std::optional<WorldSpec> load_world(const playbooks::SourcePtr& source, const std::vector<Host>& hosts,
                                    playbooks::Diagnostics& out) {
  const auto root = playbooks::parse_yaml(source, out);
  if (!root) return std::nullopt;
  // `out` may already hold the faults of other files.
  playbooks::Diagnostics own;
  WorldSpec spec = Reader(source, hosts, own).world(*root);
  for (const auto& diagnostic : own.all()) out.add(diagnostic);
  if (own.failed()) return std::nullopt;
  return spec;
}

}  // namespace unjam::actions::sim
