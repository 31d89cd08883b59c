// inventory.yaml and contract files.
#include "playbooks/keys.h"

namespace unjam::playbooks {
namespace {

using enum Need;

constexpr std::string_view kTransports[] = {"ssh", "openssh", "local", "model"};
constexpr std::string_view kShells[] = {"sh", "powershell"};
constexpr std::string_view kWays[] = {"scheduled-task"};
constexpr std::string_view kSudo[] = {"sudo"};
constexpr std::string_view kEffects[] = {"read", "nudge", "reversible", "disruptive", "destructive"};
constexpr std::string_view kRetries[] = {"pure", "idempotent", "fenced", "once"};
constexpr std::string_view kRequired[] = {"required"};

constexpr KeySpec kConnection[] = {
    {"transport", Form::word, optional, "how the hosts are reached", "ssh", nullptr, kTransports},
    {"user", Form::text, optional, "who logs in; compulsory for ssh"},
    {"port", Form::whole, optional, "of the SSH server", "22", nullptr, {}, 1, 65'535},
    {"key", Form::secret, optional, "private key: file:/path"},
    {"password", Form::secret, optional, "file:/path of a file that holds it"},
    {"agent", Form::truth_value, optional, "the agent of SSH_AUTH_SOCK signs", "false"},
    {"known_hosts", Form::path, optional, "the hosts' keys; compulsory for ssh"},
    {"ssh_config", Form::path, optional, "openssh only: its configuration file"},
    {"become", Form::word, optional, "sudo: become root by sudo without a password", {}, nullptr, kSudo},
    {"shell", Form::word, optional, "what reads the scripts", "sh", nullptr, kShells},
    {"via",
     Form::word,
     optional,
     "powershell only: a task that was registered before runs the scripts",
     {},
     nullptr,
     kWays},
    {"task", Form::text, optional, "name of that task", "Unjam"},
    {"model", Form::path, optional, "model only: the world file"}};

constexpr KeySpec kHost[] = {{"site", Form::name, compulsory, "one of `sites`"},
                             {"role", Form::name, compulsory, "one of `roles`"},
                             {"address", Form::address, compulsory, "host name or IP address"},
                             {"packs", Form::names, compulsory, "where its providers come from; the first match wins"},
                             {"connect", Form::name, compulsory, "one of `connect`"}};

constexpr KeySpec kInventory[] = {
    {"unjam", Form::version, compulsory, "version of the language"},
    {"inventory", Form::name, compulsory, "its name"},
    {"summary", Form::text, optional, "for people"},
    {"time_source", Form::address, compulsory, "the judge of every clock, independent of the hosts below"},
    {"sites", Form::names, compulsory, "the words that `site` may be"},
    {"roles", Form::names, compulsory, "the words that `role` may be; their order is the order of `order: host.role`"},
    {"connect", Form::called, compulsory, "ways in; secrets are references, never values", {}, &kConnectionShape},
    {"hosts", Form::called, compulsory, "the hosts, in inventory order", {}, &kHostShape}};

constexpr KeySpec kAction[] = {
    {"effect", Form::word, optional, "how far it reaches", "disruptive", nullptr, kEffects},
    {"retry", Form::word, optional, "whether sending it again is safe", "pure if effect is read, else once", nullptr,
     kRetries},
    {"undo", Form::action, optional, "what puts it back, or none; compulsory for reversible", "none"},
    {"inputs", Form::named_types, optional, "name and type of what it is given"},
    {"outputs", Form::named_types, optional, "name and type of what it answers"},
    {"limit", Form::duration, optional, "default patience; compulsory for effect read"},
    {"at_least", Form::duration, optional, "a shorter limit would call a slow success a failure"},
    {"floor", Form::word, optional, "required: it takes its host out of service", {}, nullptr, kRequired},
    {"gate", Form::fields, optional, "what its gate must look at"},
    {"proven", Form::proven, optional,
     "inputs that must be drawn from a set which the gate requires to be non-empty and which looks at these"},
    {"verify", Form::fields, optional, "the expect that follows must read one of these, of host"}};

constexpr KeySpec kContracts[] = {
    {"unjam", Form::version, compulsory, "version of the language"},
    {"contracts", Form::name, compulsory, "name of this file of contracts"},
    {"records", Form::records, optional, "types of several fields, by name"},
    {"actions", Form::actions, compulsory, "what each action promises", {}, &kActionShape}};

constexpr FileKind kKinds[] = {{"playbook", "what is done, in which order, on what evidence", &kPlaybookShape},
                               {"policy", "who, when, how often, how many", &kPolicyShape},
                               {"inventory", "the hosts and the ways to them", &kInventoryShape},
                               {"contracts", "what the checker must know of actions", &kContractsShape}};

}  // namespace

constexpr Shape kConnectionShape{"connection", "a way in", kConnection};
constexpr Shape kHostShape{"host", "one host", kHost};
constexpr Shape kInventoryShape{"inventory", "The hosts, where they are, and how to reach them", kInventory};
constexpr Shape kActionShape{"action", "the contract of an action", kAction};
constexpr Shape kContractsShape{"contracts", "Contracts of actions", kContracts};

const KeySpec* Shape::find(std::string_view key) const {
  for (const KeySpec& row : keys) {
    if (row.key == key) return &row;
  }
  return nullptr;
}

std::span<const FileKind> file_kinds() {
  return kKinds;
}

}  // namespace unjam::playbooks
