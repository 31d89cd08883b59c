// Files that commands look at without running anything: packs, inventory, policy, playbook. All faults at once.
#pragma once

#include <memory>
#include <string>

#include "actions/inventory.h"
#include "actions/packs.h"
#include "orchestrator/cli/context.h"
#include "playbooks/program.h"

namespace unjam::cli {

struct Sources {
  playbooks::Diagnostics diagnostics;
  std::optional<Error> error;  // a file that cannot be read at all
  std::unique_ptr<actions::Packs> packs;
  std::unique_ptr<actions::Inventory> inventory;
  std::optional<playbooks::Estate> estate;
  std::shared_ptr<const playbooks::Policy> policy;
  playbooks::ProgramPtr program;

  bool ok() const { return !error && !diagnostics.failed(); }
};

// What the options name: packs always; inventory and policy if given; the playbook if `with_playbook`.
Sources load_sources(const Context& context, bool with_playbook);

playbooks::Estate estate_of(const actions::Inventory& inventory);

// What `--json` says of faults: ok, diagnostics, exit_code.
json::object faults_json(const playbooks::Diagnostics& faults, int code);

// Diagnostics to stdout as FILE:LINE:COLUMN: ..., the error to stderr; or all as JSON. Exit code 0 or 1.
int report(const Context& context, const Sources& sources, const std::string& good);

}  // namespace unjam::cli
