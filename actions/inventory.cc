#include "actions/inventory.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <cassert>
#include <cctype>
#include <filesystem>
#include <utility>

#include "playbooks/yaml_reader.h"

namespace unjam::actions {

namespace fs = std::filesystem;
using playbooks::Diagnostics;
using playbooks::MapReader;
using playbooks::SourcePtr;
using playbooks::Span;
using playbooks::YamlContext;
using playbooks::YamlNode;

namespace {

constexpr std::size_t kMaxAddress = 255;

// With a number as its last label resolvers take the whole for an IPv4 address, `1` and `0x1` for 0.0.0.1 (RFC
// 1123 2.1, inet_aton); IPv6 is never one.
bool reads_as_number(std::string_view text) {
  if (text.contains(':')) return false;
  auto last = text.substr(text.rfind('.') + 1);
  const bool hex = last.starts_with("0x") || last.starts_with("0X");
  if (hex) last.remove_prefix(2);
  return (hex || !last.empty()) &&
         std::ranges::all_of(last, [&](unsigned char c) { return hex ? std::isxdigit(c) != 0 : std::isdigit(c) != 0; });
}

bool is_dotted_quad(std::string_view text) {
  boost::system::error_code wrong;
  boost::asio::ip::make_address_v4(std::string(text), wrong);
  return !wrong;
}

// A name or an address as resolvers and ssh take them; never something that looks like an option.
bool is_address(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == ':' ||
           c == '-' || c == '_' || c == '%';
  };
  if (text.empty() || text.size() > kMaxAddress || text.front() == '-' || !std::ranges::all_of(text, fits))
    return false;
  return !reads_as_number(text) || is_dotted_quad(text);
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

class InventoryLoader {
 public:
  InventoryLoader(const YamlContext& context, Inventory& into)
      : context_(context), into_(into), folder_(fs::path(context.source->name()).parent_path()) {}

  void load(const YamlNode& root) {
    MapReader head(context_, root, playbooks::kInventoryShape, "an inventory");
    playbooks::read_version(context_, head);
    if (const YamlNode* node = head.take("inventory")) {
      into_.name = playbooks::read_name(context_, *node, "inventory").value_or("");
    }
    if (const YamlNode* node = head.take("summary")) {
      into_.summary = playbooks::read_text(context_, *node, "summary").value_or("");
    }
    if (const YamlNode* node = head.take("time_source")) into_.time_source = address(*node, "time_source");
    if (const YamlNode* node = head.take("sites")) into_.sites = playbooks::read_names(context_, *node, "sites");
    if (const YamlNode* node = head.take("roles")) into_.roles = playbooks::read_names(context_, *node, "roles");
    if (const YamlNode* node = head.take("connect")) each(*node, "connect", &InventoryLoader::connection);
    if (const YamlNode* node = head.take("hosts")) {
      each(*node, "hosts", &InventoryLoader::host);
      if (node->kind == YamlNode::Kind::map && node->entries.empty()) {
        context_.error("UJ0206", node->span, "an inventory without hosts", "name at least one host");
      }
    }
    head.finish();
    same_machine_twice();
  }

 private:
  void each(const YamlNode& map, const char* what, void (InventoryLoader::*read)(const YamlNode&, const YamlNode&)) {
    if (map.kind != YamlNode::Kind::map) {
      context_.error("UJ0206", map.span, fmt::format("`{}` must be a map from names to their settings", what));
      return;
    }
    for (const auto& [key, value] : map.entries) (this->*read)(key, value);
  }

  std::string address(const YamlNode& node, const char* what) {
    const auto text = playbooks::read_text(context_, node, what);
    if (!text || is_address(*text)) return text.value_or("");
    context_.error("UJ0206", node.span,
                   fmt::format("`{}` must be a host name or an IP address, this is '{}'", what, *text));
    return {};
  }

  std::string path(const YamlNode& node, const char* what) {
    const auto text = playbooks::read_text(context_, node, what);
    if (!text) return {};
    if (text->empty()) context_.error("UJ0206", node.span, fmt::format("`{}` must be the path of a file", what));
    return text->empty() ? std::string() : (folder_ / *text).lexically_normal().string();
  }

  std::optional<SecretFile> secret(const YamlNode& node, const char* what) {
    constexpr std::string_view kScheme = "file:";
    const auto text = playbooks::read_text(context_, node, what);
    if (!text) return std::nullopt;
    if (!text->starts_with(kScheme) || text->size() == kScheme.size()) {
      // The value is not repeated: it may be the secret itself.
      context_.error("UJ0206", node.span, fmt::format("`{}` must be a reference to a secret, never the secret", what),
                     "write file:/path/of/the/file");
      return std::nullopt;
    }
    return SecretFile{(folder_ / text->substr(kScheme.size())).lexically_normal().string()};
  }

  void transport_of(MapReader& map, Connection& out) {
    static const std::vector<std::string> kWords{"ssh", "openssh", "local", "model"};
    const YamlNode* node = map.take("transport");
    const auto word = node != nullptr ? playbooks::read_word(context_, *node, "transport", kWords) : std::nullopt;
    if (!word) return;
    out.transport = static_cast<TransportKind>(std::ranges::find(kWords, *word) - kWords.begin());
  }

  void port(const YamlNode& node, Connection& out) {
    constexpr std::int64_t kLast = 65'535;
    const auto number = playbooks::read_int(context_, node, "port");
    if (!number) return;
    if (*number < 1 || *number > kLast) {
      context_.error("UJ0206", node.span, fmt::format("`port` must be from 1 to {}, this is {}", kLast, *number));
      return;
    }
    out.port = static_cast<std::uint16_t>(*number);
  }

  // A key logon on Windows has no credentials for other machines; a task that was registered before runs as an account
  // that has. `task` is its name if that is another one, which becomes a word of a command line.
  void via(MapReader& map, Connection& out) {
    const YamlNode* way = map.take("via");
    const YamlNode* name = map.take("task");
    if (way != nullptr && playbooks::read_word(context_, *way, "via", {"scheduled-task"})) out.task = "Unjam";
    if (name == nullptr) return;
    const std::string text = playbooks::read_text(context_, *name, "task").value_or("");
    const auto plain = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    if (text.empty() || text.size() > 64 || !std::ranges::all_of(text, plain)) {
      context_.error("UJ0206", name->span, "the name of a task has letters, digits, - and _ only, at most 64 of them");
    }
    if (way == nullptr) context_.error("UJ0206", name->span, "`task` means nothing without `via: scheduled-task`");
    out.task = text;
  }

  void connection(const YamlNode& key, const YamlNode& value) {
    Connection out;
    out.name = playbooks::read_name(context_, key, "connection").value_or("");
    MapReader map(context_, value, playbooks::kConnectionShape, fmt::format("connection {}", out.name));
    transport_of(map, out);
    if (const YamlNode* node = map.take("user")) out.user = playbooks::read_text(context_, *node, "user").value_or("");
    if (const YamlNode* node = map.take("port")) port(*node, out);
    if (const YamlNode* node = map.take("key")) out.key = secret(*node, "key");
    if (const YamlNode* node = map.take("password")) out.password = secret(*node, "password");
    if (const YamlNode* node = map.take("agent"))
      out.agent = playbooks::read_bool(context_, *node, "agent").value_or(false);
    if (const YamlNode* node = map.take("known_hosts")) out.known_hosts = path(*node, "known_hosts");
    if (const YamlNode* node = map.take("ssh_config")) out.ssh_config = path(*node, "ssh_config");
    if (const YamlNode* node = map.take("become")) {
      out.become = playbooks::read_word(context_, *node, "become", {"sudo"}).has_value();
    }
    if (const YamlNode* node = map.take("shell")) {
      out.shell = playbooks::read_word(context_, *node, "shell", {"sh", "powershell"}).value_or("sh");
    }
    via(map, out);
    if (const YamlNode* node = map.take("model")) out.model = path(*node, "model");
    map.finish();
    check_connection(map, value, out);
    into_.connect.emplace(out.name, std::move(out));
  }

  // Keys that the transport needs, and keys that it would silently ignore.
  void check_connection(const MapReader& map, const YamlNode& value, const Connection& out) {
    if (value.kind != YamlNode::Kind::map) return;
    std::vector<const char*> needed;
    std::vector<const char*> idle;
    switch (out.transport) {
      case TransportKind::ssh:
        needed = {"user", "known_hosts"};
        idle = {"ssh_config", "model"};
        break;
      case TransportKind::openssh:
        idle = {"model"};
        break;
      case TransportKind::local:
        idle = {"user", "port", "key", "password", "agent", "known_hosts", "ssh_config", "model"};
        break;
      case TransportKind::model:
        needed = {"model"};
        idle = {"user", "port", "key", "password", "agent", "known_hosts", "ssh_config", "become"};
        break;
    }
    for (const char* key : needed) {
      if (!map.has(key)) context_.error("UJ0202", value.span, fmt::format("connection {} needs `{}`", out.name, key));
    }
    for (const char* key : idle) {
      if (map.has(key)) {
        context_.error("UJ0206", map.key_span(key),
                       fmt::format("`{}` means nothing for the transport of {}", key, out.name));
      }
    }
    if (out.transport == TransportKind::ssh && !map.has("key") && !map.has("password") && !out.agent) {
      context_.error("UJ0202", value.span, fmt::format("connection {} has no way to prove who it is", out.name),
                     "add `key: file:/path`, `agent: true` or `password: file:/path`");
    }
    if (out.become && out.shell == "powershell") {
      context_.error("UJ0206", map.key_span("become"), "`become: sudo` is for `shell: sh`");
    }
    if (map.has("via") && out.shell != "powershell") {
      context_.error("UJ0206", map.key_span("via"), "`via: scheduled-task` is for `shell: powershell`");
    }
  }

  void host(const YamlNode& key, const YamlNode& value) {
    Host out;
    out.name = HostName(playbooks::read_name(context_, key, "host").value_or(""));
    MapReader map(context_, value, playbooks::kHostShape, fmt::format("host {}", out.name.text));
    if (const YamlNode* node = map.take("site")) {
      out.site = playbooks::read_word(context_, *node, "site", into_.sites).value_or("");
    }
    if (const YamlNode* node = map.take("role")) {
      out.role = playbooks::read_word(context_, *node, "role", into_.roles).value_or("");
    }
    if (const YamlNode* node = map.take("address")) out.address = address(*node, "address");
    if (const YamlNode* node = map.take("packs")) {
      out.packs = playbooks::read_names(context_, *node, "packs");
      if (node->kind == YamlNode::Kind::list && node->items.empty()) {
        context_.error("UJ0206", node->span,
                       fmt::format("host {} has no pack: nothing could be run on it", out.name.text));
      }
    }
    if (const YamlNode* node = map.take("connect")) {
      std::vector<std::string> names;
      for (const auto& [name, connection] : into_.connect) names.push_back(name);
      out.connect = playbooks::read_word(context_, *node, "connect", names).value_or("");
    }
    map.finish();
    places_.push_back(key.span);
    into_.hosts.push_back(std::move(out));
  }

  // One machine under two names would count twice for a floor. Loopback is for tests, which put many hosts there.
  void same_machine_twice() {
    std::map<std::pair<std::string, std::uint16_t>, const Host*> seen;
    for (std::size_t i = 0; i < into_.hosts.size(); ++i) {
      const Host& one = into_.hosts[i];
      const auto connect = into_.connect.find(one.connect);
      if (connect == into_.connect.end() || one.address.empty() || is_loopback(one.address)) continue;
      const TransportKind kind = connect->second.transport;
      if (kind != TransportKind::ssh && kind != TransportKind::openssh) continue;
      const auto [other, fresh] = seen.try_emplace({one.address, connect->second.port}, &one);
      if (fresh) continue;
      context_.error("UJ0204", places_[i],
                     fmt::format("host {} is at the address of {} ({}): one machine would count as two", one.name.text,
                                 other->second->name.text, one.address));
    }
  }

  const YamlContext& context_;
  Inventory& into_;
  fs::path folder_;
  std::vector<Span> places_;  // of the hosts' names
};

}  // namespace

const Host* Inventory::find(const HostName& wanted) const {
  const auto found = std::ranges::find(hosts, wanted, &Host::name);
  return found == hosts.end() ? nullptr : &*found;
}

const Connection& Inventory::connection_of(const Host& host) const {
  const auto found = connect.find(host.connect);
  assert(found != connect.end());  // the loader has seen to it
  return found->second;
}

std::unique_ptr<Inventory> load_inventory(const SourcePtr& source, Diagnostics& out) {
  const std::size_t before = out.all().size();
  const auto root = playbooks::parse_yaml_all(source, out);
  if (!root) return nullptr;
  auto inventory = std::make_unique<Inventory>();
  const YamlContext context{source, out};
  InventoryLoader(context, *inventory).load(*root);
  const auto is_error = [](const playbooks::Diagnostic& d) { return d.severity == playbooks::Severity::error; };
  const auto& all = out.all();
  if (std::any_of(all.begin() + static_cast<std::ptrdiff_t>(before), all.end(), is_error)) return nullptr;
  return inventory;
}

}  // namespace unjam::actions
