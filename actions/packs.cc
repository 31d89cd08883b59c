#include "actions/packs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "playbooks/yaml_reader.h"
#include "state/base/digest.h"

namespace unjam::actions {

namespace fs = std::filesystem;
using playbooks::Diagnostics;
using playbooks::MapReader;
using playbooks::Source;
using playbooks::SourcePtr;
using playbooks::YamlContext;
using playbooks::YamlNode;

namespace {

constexpr std::size_t kMaxScriptBytes = 256u << 10;
constexpr std::size_t kMaxPacks = 256;  // folders of one root

void file_fault(const std::string& path, std::string message, Diagnostics& out) {
  out.error("", std::make_shared<Source>(path, ""), {}, std::move(message));
}

Result<std::string> read_script(const fs::path& path) {
  std::error_code code;
  const auto size = fs::file_size(path, code);
  if (code) return fail(ErrorKind::not_found, code.message(), path.string());
  if (size > kMaxScriptBytes)
    return fail(ErrorKind::exhausted, fmt::format("a script of more than {} bytes", kMaxScriptBytes), path.string());
  std::ifstream file(path, std::ios::binary);
  std::string text(static_cast<std::size_t>(size), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file) return fail(ErrorKind::io, "cannot be read", path.string());
  return text;
}

bool plain_file_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string_view::npos;
}

}  // namespace

class PackLoader {
 public:
  PackLoader(Packs& into, Diagnostics& out) : into_(into), out_(out) {}

  void load_root(const std::string& root) {
    std::error_code code;
    if (!fs::is_directory(root, code)) return file_fault(root, "no folder of packs", out_);
    for (const auto& [shell, file] : {std::pair("sh", "prelude.sh"), std::pair("powershell", "prelude.ps1")}) {
      const fs::path path = fs::path(root) / file;
      if (!fs::exists(path, code) || into_.preludes_.contains(shell)) continue;
      if (auto text = read_script(path)) {
        into_.preludes_.emplace(shell, std::move(*text));
      } else {
        file_fault(path.string(), text.error().message, out_);
      }
    }
    if (fs::exists(fs::path(root) / "pack.yaml", code)) return load_folder(root);
    std::vector<fs::path> folders;
    for (fs::directory_iterator at(root, code), end; !code && at != end && folders.size() < kMaxPacks;
         at.increment(code)) {
      if (fs::exists(at->path() / "pack.yaml", code) || fs::exists(at->path() / "contracts.yaml", code))
        folders.push_back(at->path());
    }
    if (code) file_fault(root, code.message(), out_);
    std::ranges::sort(folders);
    for (const fs::path& folder : folders) load_folder(folder);
  }

  // After the last folder: providers need contracts, contracts each other, scripts their shell's prelude.
  void finish() {
    if (!out_.failed()) into_.contracts_.check(out_);
    for (const Pending& provider : pending_) {
      if (const auto* spec = into_.contracts_.find(provider.action); spec != nullptr) {
        check_place(provider, *spec);
        continue;
      }
      const std::string near = playbooks::nearest(provider.action, into_.contracts_.names());
      out_.error("UJ0302", provider.source, provider.span, fmt::format("no contract of action {}", provider.action),
                 near.empty() ? "add it to a contracts.yaml" : fmt::format("did you mean {}?", near));
    }
  }

 private:
  struct Pending {
    std::string action;
    SourcePtr source;
    playbooks::Span span;
    bool from_here = false;
  };

  // What changes a host is fenced by that host; from here only looking makes sense.
  void check_place(const Pending& provider, const playbooks::ActionSpec& spec) {
    if (!provider.from_here || spec.effect == playbooks::Effect::read) return;
    out_.error("UJ0206", provider.source, provider.span,
               fmt::format("{} changes something: only a look can be taken from the orchestrator", provider.action));
  }

  SourcePtr open(const fs::path& path) {
    auto source = playbooks::read_source(path.string());
    if (source) return *source;
    file_fault(path.string(), source.error().message, out_);
    return nullptr;
  }

  void load_folder(const fs::path& folder) {
    std::error_code code;
    if (const fs::path path = folder / "contracts.yaml"; fs::exists(path, code)) {
      if (const SourcePtr source = open(path)) into_.contracts_.add(source, out_);
    }
    const fs::path path = folder / "pack.yaml";
    if (!fs::exists(path, code)) return;
    const SourcePtr source = open(path);
    const auto root = source ? playbooks::parse_yaml_all(source, out_) : nullptr;
    if (root) load_pack(YamlContext{source, out_}, *root, folder);
  }

  void load_pack(const YamlContext& context, const YamlNode& root, const fs::path& folder) {
    MapReader head(context, root, "a pack");
    playbooks::read_version(context, head);
    std::string name;
    if (const YamlNode* node = head.need("pack")) name = playbooks::read_name(context, *node, "pack").value_or("");
    std::string summary;
    if (const YamlNode* node = head.need("summary"))
      summary = playbooks::read_text(context, *node, "summary").value_or("");
    std::string shell = "sh";
    if (const YamlNode* node = head.take("shell"))
      shell = playbooks::read_word(context, *node, "shell", {"sh", "powershell"}).value_or("sh");
    const YamlNode* providers = head.take("providers");
    head.finish();
    if (name.empty()) return;
    if (!into_.summaries_.emplace(name, summary).second) {
      context.error("UJ0204", head.key_span("pack"), fmt::format("another pack is called {}", name));
      return;
    }
    auto& list = into_.providers_[name];
    if (providers == nullptr) return;
    const MapReader reader(context, *providers, "providers");
    for (const auto& [action, value] : providers->entries) {
      auto provider = load_provider(context, value, folder);
      pending_.push_back({action.text, context.source, action.span, provider && provider->from_here});
      if (provider) {
        provider->pack = name;
        provider->action = action.text;
        provider->shell = provider->from_here ? "sh" : shell;
        list.push_back(std::move(*provider));
      }
    }
  }

  std::optional<Provider> load_provider(const YamlContext& context, const YamlNode& node, const fs::path& folder) {
    MapReader reader(context, node, "a provider");
    Provider provider;
    const YamlNode* script = reader.need("script");
    if (const YamlNode* roles = reader.take("roles")) provider.roles = playbooks::read_names(context, *roles, "roles");
    if (const YamlNode* from = reader.take("from"))
      provider.from_here = playbooks::read_word(context, *from, "from", {"host", "orchestrator"}) == "orchestrator";
    reader.finish();
    const auto file = script != nullptr ? playbooks::read_text(context, *script, "script") : std::nullopt;
    if (!file) return std::nullopt;
    if (!plain_file_name(*file)) {
      context.error("UJ0206", script->span, "a script is a file beside pack.yaml");
      return std::nullopt;
    }
    provider.file = (folder / *file).string();
    auto text = read_script(provider.file);
    if (!text) {
      context.error("UJ0206", script->span, fmt::format("script {}: {}", *file, text.error().message));
      return std::nullopt;
    }
    provider.text = std::move(*text);
    return provider;
  }

  Packs& into_;
  Diagnostics& out_;
  std::vector<Pending> pending_;
};

const playbooks::ActionSpec* Packs::find(std::string_view action) const {
  return contracts_.find(action);
}

std::vector<std::string> Packs::names() const {
  return contracts_.names();
}

const Provider* Packs::provider(const Host& host, std::string_view action) const {
  for (const std::string& pack : host.packs) {
    for (const Provider& provider : providers(pack)) {
      const bool for_role =
          provider.roles.empty() || std::ranges::find(provider.roles, host.role) != provider.roles.end();
      if (provider.action == action && for_role) return &provider;
    }
  }
  return nullptr;
}

Script Packs::script(const Provider& provider) const {
  const auto prelude = preludes_.find(provider.shell);
  return {provider.shell, prelude == preludes_.end() ? std::string_view() : prelude->second, provider.text};
}

std::vector<std::string> Packs::packs() const {
  std::vector<std::string> out;
  for (const auto& [name, summary] : summaries_) out.push_back(name);
  return out;
}

std::string Packs::summary(std::string_view pack) const {
  const auto found = summaries_.find(pack);
  return found == summaries_.end() ? std::string{} : found->second;
}

const std::vector<Provider>& Packs::providers(std::string_view pack) const {
  static const std::vector<Provider> kNone;
  const auto found = providers_.find(pack);
  return found == providers_.end() ? kNone : found->second;
}

std::string Packs::digest(std::string_view action) const {
  const auto* spec = find(action);
  if (spec == nullptr) return {};
  std::string text = sha256_hex(playbooks::canonical_text(*spec));
  for (const auto& [pack, list] : providers_) {
    for (const Provider& provider : list) {
      if (provider.action != action) continue;
      const Script whole = script(provider);
      text += fmt::format("\n{} {} {} {}", pack, provider.shell, sha256_hex(whole.prelude), sha256_hex(whole.text));
      for (const std::string& role : provider.roles) text += " " + role;
      if (provider.from_here) text += " from:orchestrator";
    }
  }
  return sha256_hex(text);
}

std::unique_ptr<Packs> load_packs(const std::vector<std::string>& roots, playbooks::Diagnostics& out) {
  Diagnostics own;
  auto packs = std::make_unique<Packs>();
  PackLoader loader(*packs, own);
  for (const std::string& root : roots) loader.load_root(root);
  loader.finish();
  for (const auto& fault : own.all()) out.add(fault);
  return own.failed() ? nullptr : std::move(packs);
}

}  // namespace unjam::actions
