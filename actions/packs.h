// Pack folders: contracts and providers as data. Loaded and checked at start; users add their own by --packs DIR.
//
//   <pack>/contracts.yaml   unjam, contracts, records, actions      (any pack may carry contracts; equal ones are one)
//   <pack>/pack.yaml        unjam, pack, summary, shell, providers: { action: { script: FILE, roles: [..], from: W } }
//                           from orchestrator: a look that needs no login on the host; sh runs it on this machine
//   <pack>/*.sh|*.ps1       the scripts; prelude.sh and prelude.ps1 lie in the root, beside the packs
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/inventory.h"
#include "actions/script_call.h"
#include "playbooks/action_spec.h"
#include "playbooks/contracts.h"
#include "playbooks/diagnostic.h"

namespace unjam::actions {

struct Provider {
  std::string pack;
  std::string action;
  std::string shell;               // sh | powershell
  std::string file;                // for messages
  std::string text;                // of the script
  std::vector<std::string> roles;  // empty: every role
  bool from_here = false;          // `from: orchestrator`: run on this machine, about the host; reads only
};

class Packs final : public playbooks::ActionCatalog {
 public:
  const playbooks::ActionSpec* find(std::string_view action) const override;
  std::vector<std::string> names() const override;

  // The provider of `action` for this host: the first of the host's packs that has one for its role; null if there is
  // none.
  const Provider* provider(const Host& host, std::string_view action) const;
  Script script(const Provider& provider) const;  // of this object and the provider

  std::vector<std::string> packs() const;
  std::string summary(std::string_view pack) const;
  const std::vector<Provider>& providers(std::string_view pack) const;
  // SHA-256 over the contract, every provider of it and their shells' preludes; part of the plan's digest. Empty if the
  // action has no contract.
  std::string digest(std::string_view action) const;

 private:
  friend std::unique_ptr<Packs> load_packs(const std::vector<std::string>& roots, playbooks::Diagnostics& out);
  friend class PackLoader;
  playbooks::Contracts contracts_;
  std::map<std::string, std::vector<Provider>, std::less<>> providers_;  // by pack
  std::map<std::string, std::string, std::less<>> summaries_;            // by pack
  std::map<std::string, std::string, std::less<>> preludes_;             // by shell
};

// Loads every pack under the roots (a root that has a pack.yaml is one pack itself), in the order of the roots and of
// their folders' names. The first prelude of a shell is the one that counts. Null and located errors in `out` on any
// fault: two different contracts of one name, a provider without contract, a script that is missing or too large.
std::unique_ptr<Packs> load_packs(const std::vector<std::string>& roots, playbooks::Diagnostics& out);

}  // namespace unjam::actions
