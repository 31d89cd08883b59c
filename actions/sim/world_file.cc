#include "actions/sim/world_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "playbooks/yaml.h"
#include "playbooks/yaml_reader.h"

namespace unjam::actions::sim {
namespace {

using playbooks::MapReader;
using playbooks::YamlNode;
using Words = std::vector<std::string>;

constexpr Millis kMostTime = hours(24 * 365);
constexpr Millis kMostAge = hours(24 * 7);  // every event of it is lived through before the first call

// One world file on its way into a WorldSpec. Each member reads one key; all faults of the file are reported at once.
class WorldLoader {
 public:
  WorldLoader(const playbooks::SourcePtr& source, const std::vector<Host>& hosts, playbooks::Diagnostics& out)
      : context_{source, out}, hosts_(hosts) {}

  WorldSpec load(const YamlNode& root);
  Times load_times(const YamlNode& root);

 private:
  void error(const YamlNode& node, std::string message, std::string help = {}) {
    context_.error("UJ0206", node.span, std::move(message), std::move(help));
  }
  Millis duration(const YamlNode& node, std::string_view what, bool may_be_negative = false);
  Range range(const YamlNode& node, std::string_view what);
  std::int64_t number(const YamlNode& node, std::string_view what, std::int64_t least);

  void times(const YamlNode& node, Times& out);
  void host_times(MapReader& map, HostTimes& out);
  void role_times(const YamlNode& node, Times& out);
  void mail(const YamlNode& node, MailTimes& out);
  void host(const YamlNode& node, std::string_view role, Words& out);
  FaultSpec fault(const YamlNode& node);
  void fault_hosts(MapReader& map, const YamlNode& node, const FaultRow& row, FaultSpec& out);
  TransportFault transport(const YamlNode& node);
  template <typename Read>
  void list(const YamlNode& node, std::string_view what, Read read);

  playbooks::YamlContext context_;
  const std::vector<Host>& hosts_;
};

// Unlike a playbook's, a time of a world may lie before its start: a leading minus.
Millis WorldLoader::duration(const YamlNode& node, std::string_view what, bool may_be_negative) {
  std::string_view text = node.kind == YamlNode::Kind::scalar ? std::string_view(node.text) : std::string_view();
  const bool negative = may_be_negative && text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto read = playbooks::duration_literal(text);
  if (!read || *read > kMostTime) {
    error(node, fmt::format("{} must be a time such as 90s or 5m{}, at most a year", what,
                            may_be_negative ? ", or -5m" : ""));
    return Millis(0);
  }
  const auto value = std::chrono::duration_cast<Millis>(*read);
  return negative ? -value : value;
}

Range WorldLoader::range(const YamlNode& node, std::string_view what) {
  if (node.kind == YamlNode::Kind::scalar) {
    const Millis value = duration(node, what);
    return {value, value};
  }
  if (node.kind != YamlNode::Kind::list || node.items.size() != 2) {
    error(node, fmt::format("{} must be a time or [ least, most ]", what));
    return {};
  }
  const Range value{duration(node.items[0], what), duration(node.items[1], what)};
  if (value.most < value.least) error(node.items[1], fmt::format("{}: most is below least", what));
  return value;
}

std::int64_t WorldLoader::number(const YamlNode& node, std::string_view what, std::int64_t least) {
  const auto value = playbooks::read_int(context_, node, what);
  if (value && *value < least) error(node, fmt::format("{} must be at least {}", what, least));
  return std::max(value.value_or(least), least);
}

void WorldLoader::host_times(MapReader& map, HostTimes& out) {
  const std::pair<const char*, Range*> ranges[] = {
      {"connect", &out.connect}, {"look", &out.look}, {"measure", &out.measure},   {"change", &out.change},
      {"stop", &out.stop},       {"boot", &out.boot}, {"services", &out.services}, {"dc_restart", &out.dc_restart}};
  for (const auto& [key, target] : ranges) {
    if (const YamlNode* value = map.take(key)) *target = range(*value, key);
  }
}

// What a role does not say is as with all others.
void WorldLoader::role_times(const YamlNode& node, Times& out) {
  MapReader map(context_, node, "roles");
  std::set<std::string> known;
  for (const Host& host : hosts_) known.insert(host.role);
  for (const auto& role : known) {
    const YamlNode* value = map.take(role);
    if (value == nullptr) continue;
    MapReader own(context_, *value, "the times of a role");
    host_times(own, out.roles.emplace(role, static_cast<const HostTimes&>(out)).first->second);
    own.finish();
  }
  map.finish();
}

void WorldLoader::times(const YamlNode& node, Times& out) {
  MapReader map(context_, node, "times");
  host_times(map, out);
  if (const YamlNode* roles = map.take("roles")) role_times(*roles, out);
  const std::pair<const char*, Millis*> single[] = {{"connect_timeout", &out.connect_timeout},
                                                    {"replicate_every", &out.replicate_every},
                                                    {"time_poll", &out.time_poll}};
  for (const auto& [key, target] : single) {
    const YamlNode* value = map.take(key);
    if (value == nullptr) continue;
    *target = duration(*value, key);
    // Zero would be a loop that time never leaves.
    if (*target < seconds(1)) error(*value, fmt::format("{} must be at least 1s", key));
  }
  map.finish();
}

void WorldLoader::mail(const YamlNode& node, MailTimes& out) {
  MapReader map(context_, node, "mail");
  for (const auto& [key, target] : {std::pair("every", &out.every), std::pair("retry_every", &out.retry_every)}) {
    const YamlNode* value = map.take(key);
    if (value == nullptr) continue;
    *target = duration(*value, key);
    if (*target < seconds(1)) error(*value, fmt::format("{} must be at least 1s", key));
  }
  map.finish();
}

void WorldLoader::host(const YamlNode& node, std::string_view role, Words& out) {
  const auto name = playbooks::read_name(context_, node, "host");
  if (!name) return;
  const auto found = std::ranges::find(hosts_, *name, [](const Host& h) { return h.name.text; });
  if (found == hosts_.end()) {
    Words known;
    std::ranges::transform(hosts_, std::back_inserter(known), [](const Host& h) { return h.name.text; });
    context_.error("UJ0302", node.span, fmt::format("the inventory has no host '{}'", *name),
                   playbooks::key_help(*name, known));
  } else if (role != "any" && found->role != role) {
    error(node, fmt::format("this fault needs a {}, and {} is a {}", role, *name, found->role));
  } else {
    out.push_back(*name);
  }
}

void WorldLoader::fault_hosts(MapReader& map, const YamlNode& node, const FaultRow& row, FaultSpec& out) {
  if (row.role == "none") return;
  const YamlNode* one = map.take("host");
  const YamlNode* many = map.take("hosts");
  if ((one == nullptr) == (many == nullptr)) {
    context_.error("UJ0202", node.span, fmt::format("fault '{}' needs `host` or `hosts`", row.word));
  } else if (one != nullptr) {
    host(*one, row.role, out.hosts);
  } else {
    list(*many, "hosts", [&](const YamlNode& item) { host(item, row.role, out.hosts); });
    if (out.hosts.empty()) error(*many, "hosts must name at least one");
  }
}

FaultSpec WorldLoader::fault(const YamlNode& node) {
  FaultSpec result;
  MapReader map(context_, node, "a fault");
  Words words;
  for (const FaultRow& row : fault_rows()) words.emplace_back(row.word);
  const YamlNode* kind = map.need("kind");
  const auto word = kind != nullptr ? playbooks::read_word(context_, *kind, "kind", words) : std::nullopt;
  const auto row = std::ranges::find(fault_rows(), word.value_or(""), &FaultRow::word);
  if (row == fault_rows().end()) return result;
  result.kind = row->kind;
  fault_hosts(map, node, *row, result);
  if (const YamlNode* at = map.take("at")) result.at = duration(*at, "at", true);
  if (row->offset) {
    if (const YamlNode* offset = map.take("offset")) result.offset = duration(*offset, "offset", true);
  }
  if (row->corrected) {
    if (const YamlNode* corrected = map.take("corrected")) result.corrected = duration(*corrected, "corrected", true);
  }
  if (row->lasts) {
    if (const YamlNode* lasts = map.take("for")) result.lasts = duration(*lasts, "for");
  }
  if (row->time) {
    if (const YamlNode* time = map.take("time")) result.time = duration(*time, "time");
  }
  map.finish();
  return result;
}

TransportFault WorldLoader::transport(const YamlNode& node) {
  TransportFault result;
  MapReader map(context_, node, "a fault of the transport");
  const Words words(std::begin(kHowWords), std::end(kHowWords));
  const YamlNode* how = map.need("how");
  const auto word = how != nullptr ? playbooks::read_word(context_, *how, "how", words) : std::nullopt;
  if (word) result.how = static_cast<TransportFault::How>(std::ranges::find(words, *word) - words.begin());
  if (const YamlNode* action = map.take("action")) {
    result.action = playbooks::read_name(context_, *action, "action", true).value_or("");
  }
  if (const YamlNode* name = map.take("host")) {
    Words found;
    host(*name, "any", found);
    if (!found.empty()) result.host = found.front();
  }
  if (const YamlNode* after = map.take("after")) result.after = number(*after, "after", 0);
  if (const YamlNode* count = map.take("times")) result.times = number(*count, "times", 1);
  if (const YamlNode* by = map.take("by")) result.by = duration(*by, "by");
  map.finish();
  return result;
}

template <typename Read>
void WorldLoader::list(const YamlNode& node, std::string_view what, Read read) {
  if (node.kind != YamlNode::Kind::list || node.items.size() > kMaxFaults) {
    error(node, fmt::format("{} must be a list of at most {}", what, kMaxFaults));
    return;
  }
  for (const YamlNode& item : node.items) read(item);
}

WorldSpec WorldLoader::load(const YamlNode& root) {
  WorldSpec spec;
  MapReader head(context_, root, "a world file");
  playbooks::read_version(context_, head);
  if (const YamlNode* node = head.need("world")) {
    spec.name = playbooks::read_name(context_, *node, "world").value_or("");
  }
  if (const YamlNode* node = head.take("summary")) {
    spec.summary = playbooks::read_text(context_, *node, "summary").value_or("");
  }
  if (const YamlNode* node = head.take("seed")) spec.seed = static_cast<std::uint64_t>(number(*node, "seed", 0));
  if (const YamlNode* node = head.take("speed")) spec.speed = number(*node, "speed", 0);
  if (const YamlNode* node = head.take("age")) {
    spec.age = duration(*node, "age");
    if (spec.age > kMostAge) error(*node, "age must be at most 7d");
  }
  if (const YamlNode* node = head.take("logs")) {
    const std::filesystem::path folder = playbooks::read_text(context_, *node, "logs").value_or("");
    const auto beside = std::filesystem::path(context_.source->name()).parent_path() / folder;
    spec.logs = beside.lexically_normal().string();
  }
  if (const YamlNode* node = head.take("times")) times(*node, spec.times);
  if (const YamlNode* node = head.take("mail")) mail(*node, spec.mail);
  if (const YamlNode* node = head.take("faults")) {
    list(*node, "faults", [&](const YamlNode& item) { spec.faults.push_back(fault(item)); });
  }
  if (const YamlNode* node = head.take("transport")) {
    list(*node, "transport", [&](const YamlNode& item) { spec.transport.push_back(transport(item)); });
  }
  head.finish();
  return spec;
}

Times WorldLoader::load_times(const YamlNode& root) {
  Times out;
  MapReader head(context_, root, "a file of times");
  playbooks::read_version(context_, head);
  if (const YamlNode* node = head.need("times")) times(*node, out);
  head.finish();
  return out;
}

// `out` may already hold the faults of other files, so a file is judged by its own.
template <typename Loaded>
std::optional<Loaded> loaded(const playbooks::SourcePtr& source, const std::vector<Host>& hosts,
                             playbooks::Diagnostics& out, Loaded (WorldLoader::*load)(const YamlNode&)) {
  const auto root = playbooks::parse_yaml(source, out);
  if (!root) return std::nullopt;
  playbooks::Diagnostics own;
  Loaded result = (WorldLoader(source, hosts, own).*load)(*root);
  for (const auto& diagnostic : own.all()) out.add(diagnostic);
  if (own.failed()) return std::nullopt;
  return result;
}

}  // namespace

std::optional<WorldSpec> load_world(const playbooks::SourcePtr& source, const std::vector<Host>& hosts,
                                    playbooks::Diagnostics& out) {
  return loaded(source, hosts, out, &WorldLoader::load);
}

std::optional<Times> load_times(const playbooks::SourcePtr& source, const std::vector<Host>& hosts,
                                playbooks::Diagnostics& out) {
  return loaded(source, hosts, out, &WorldLoader::load_times);
}

}  // namespace unjam::actions::sim
