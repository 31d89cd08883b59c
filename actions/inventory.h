// The hosts, where they are, and how to reach them (inventory.yaml). Flat records; loaded strictly, faults located.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "playbooks/diagnostic.h"
#include "state/base/ids.h"

namespace unjam::actions {

// A reference to a secret: file:/absolute/path. The content is read when it is needed, never kept, never printed.
struct SecretFile {
  std::string path;
};

enum class TransportKind { ssh, openssh, local, model };

struct Connection {
  std::string name;
  TransportKind transport = TransportKind::ssh;
  std::string user;
  std::uint16_t port = 22;
  std::optional<SecretFile> key;  // private key, Ed25519 or ECDSA (libssh2 1.10 has no rsa-sha2)
  std::optional<SecretFile> password;
  bool agent = false;        // the agent of SSH_AUTH_SOCK signs
  std::string known_hosts;   // path
  std::string ssh_config;    // openssh only: -F
  bool become = false;       // `become: sudo`: sudo -n
  std::string shell = "sh";  // sh | powershell: which way in
  std::string task;   // `via: scheduled-task`: its name; powershell only. Empty: the session itself runs the script
  std::string model;  // model only: path of the world file
};

struct Host {
  HostName name;
  std::string site;
  std::string role;
  std::string address;
  std::vector<std::string> packs;  // where its providers come from, first match wins
  std::string connect;             // name of a Connection
};

struct Inventory {
  std::string name;
  std::string summary;
  std::string time_source;
  std::vector<std::string> sites;
  std::vector<std::string> roles;
  std::map<std::string, Connection> connect;
  std::vector<Host> hosts;  // in the file's order, which is "inventory order"

  const Host* find(const HostName& name) const;
  const Connection& connection_of(const Host& host) const;
};

// The inventory, or null and located errors. Relative paths in it are relative to the file.
std::unique_ptr<Inventory> load_inventory(const playbooks::SourcePtr& source, playbooks::Diagnostics& out);

}  // namespace unjam::actions
