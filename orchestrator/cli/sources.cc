#include "orchestrator/cli/sources.h"

#include <fmt/format.h>

#include <filesystem>

#include "actions/named_packs.h"
#include "orchestrator/cli/views.h"
#include "playbooks/yaml.h"

namespace unjam::cli {
namespace {

namespace fs = std::filesystem;

Result<std::string> find_playbook(const std::string& name, const std::vector<fs::path>& folders) {
  std::error_code ignored;
  if (fs::is_regular_file(name, ignored)) return name;
  if (name.find('/') == std::string::npos) {
    for (const auto& folder : folders) {
      const auto path = folder / (name.ends_with(".yaml") ? name : name + ".yaml");
      if (fs::is_regular_file(path, ignored)) return path.string();
    }
  }
  return fail(ErrorKind::not_found,
              fmt::format("no playbook {}: neither a file nor a name in the catalogue", one_line(name)));
}

class Loader {
 public:
  Loader(const Context& context, Sources& out) : context_(context), out_(out) {}

  void load(bool with_playbook) {
    out_.packs = actions::load_packs(context_.pack_roots(), out_.diagnostics);
    if (!context_.options.inventory.empty()) {
      if (const auto source = read(context_.options.inventory)) {
        out_.inventory = actions::load_inventory(source, out_.diagnostics);
        if (out_.inventory && out_.packs && with_playbook)
          actions::check_named_packs(*out_.inventory, *out_.packs, source, out_.diagnostics);
      }
      if (out_.inventory) out_.estate = estate_of(*out_.inventory);
    }
    if (!out_.packs) return;
    if (!context_.options.policy.empty())
      if (const auto source = read(context_.options.policy))
        out_.policy = playbooks::load_policy(source, *out_.packs, out_.diagnostics);
    if (out_.policy && out_.estate) playbooks::check_roles(*out_.policy, out_.estate->roles, out_.diagnostics);
    if (with_playbook) load_program();
  }

 private:
  playbooks::SourcePtr read(const std::string& path) {
    auto source = playbooks::read_source(path);
    if (source) return *source;
    if (!out_.error) out_.error = source.error();
    return nullptr;
  }

  void load_program() {
    std::vector<fs::path> catalogs(context_.owner.catalogs.begin(), context_.owner.catalogs.end());
    const auto path = find_playbook(context_.options.subject, catalogs);
    if (!path) {
      out_.error = path.error();
      return;
    }
    const auto source = read(*path);
    if (!source) return;
    playbooks::CheckInput input{out_.packs.get(), out_.estate ? &*out_.estate : nullptr, out_.policy.get()};
    input.find_playbook = [catalogs](const std::string& name,
                                     const std::string& beside) -> Result<playbooks::SourcePtr> {
      std::vector<fs::path> folders{fs::path(beside).parent_path()};
      folders.insert(folders.end(), catalogs.begin(), catalogs.end());
      const auto found = find_playbook(name, folders);
      if (!found) return std::unexpected(found.error());
      return playbooks::read_source(*found);
    };
    out_.program = playbooks::load_playbook(source, input, out_.diagnostics);
  }

  const Context& context_;
  Sources& out_;
};

}  // namespace

playbooks::Estate estate_of(const actions::Inventory& inventory) {
  playbooks::Estate estate{inventory.sites, inventory.roles, {}};
  for (const auto& host : inventory.hosts) estate.hosts.push_back({host.name.text, host.site, host.role, host.address});
  return estate;
}

Sources load_sources(const Context& context, bool with_playbook) {
  Sources out;
  Loader(context, out).load(with_playbook);
  out.diagnostics.sort();
  return out;
}

json::object faults_json(const playbooks::Diagnostics& faults, int code) {
  json::array list;
  for (const auto& fault : faults.all()) list.push_back(playbooks::to_json(fault));
  return {{"ok", code == kDone}, {"diagnostics", std::move(list)}, {"exit_code", code}};
}

int report(const Context& context, const Sources& sources, const std::string& good) {
  const int code = sources.ok() ? kDone : kBadInput;
  if (context.options.json) {
    auto out = faults_json(sources.diagnostics, code);
    if (sources.error) out["error"] = sources.error->text();
    print_json(out);
    return code;
  }
  for (const auto& diagnostic : sources.diagnostics.all()) {
    auto text = playbooks::render(diagnostic, context.out.colour);
    if (!text.ends_with('\n')) text += '\n';
    say(text);
  }
  if (sources.error) complain("unjam: " + playbooks::printable(sources.error->text()) + "\n");
  if (code == kDone)
    say(good);
  else if (const auto n = sources.diagnostics.all().size(); n > 0)
    complain(fmt::format("unjam: {}\n", counted(n, "fault")));
  return code;
}

}  // namespace unjam::cli
