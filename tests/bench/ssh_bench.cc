// One command on 100 hosts, 32 at once, and ten on each: Unjam, the bare loop and the peers take turns on one sshd, so
// that what else the machine does hits all of them. The server's forks cost most of the time; they are in every figure.
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>

#include "actions/ssh_session.h"
#include "actions/ssh_transport.h"
#include "tests/bench/parts.h"
#include "tests/bench/raw_ssh.h"
#include "tests/bench/timing.h"
#include "tests/support/sshd.h"

namespace unjam::bench {
namespace {

namespace asio = boost::asio;
using actions::Connection;
using actions::Host;
using testing_support::Sshd;
using testing_support::write_file;

constexpr std::size_t kHosts = 100;
constexpr std::size_t kAtOnce = 32;
constexpr std::size_t kCommands = 10;
constexpr int kRounds = 3;
constexpr Millis kPatience{120'000};

class SteadyClock final : public Clock {
 public:
  Now now() const override {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return {.mono = {std::chrono::duration_cast<Millis>(since)}, .wall = {}};
  }
};

std::string host_name(std::size_t i) {
  return fmt::format("h{:03}", i);
}

Connection connection_to(const Sshd& sshd) {
  Connection connection;
  connection.name = "ssh";
  connection.user = sshd.user();
  connection.port = sshd.port();
  connection.key = actions::SecretFile{sshd.key()};
  connection.known_hosts = sshd.known_hosts({sshd.port()});
  return connection;
}

asio::awaitable<void> call_host(actions::SshTransport& transport, Host host, const Connection& connection,
                                std::size_t commands, std::size_t& good) {
  for (std::size_t i = 0; i < commands; ++i) {
    actions::Request request;
    request.action = "bench";
    request.command = "true";
    request.deadline = kPatience;
    const auto reply = co_await transport.call(host, connection, std::move(request));
    if (reply && reply->ended == actions::Ended::exited) ++good;
  }
}

// How many calls did not end well.
std::size_t transport_calls(const Connection& connection, std::size_t commands) {
  asio::io_context io;
  const SteadyClock clock;
  actions::SshOptions options;
  options.max_calls = kAtOnce;
  actions::SshTransport transport(clock, options);
  std::size_t good = 0;
  for (std::size_t i = 0; i < kHosts; ++i) {
    Host host;
    host.name = HostName(host_name(i));
    host.address = "127.0.0.1";
    asio::co_spawn(io, call_host(transport, std::move(host), connection, commands, good), [](std::exception_ptr) {});
  }
  io.run();
  return kHosts * commands - good;
}

// What the programs read: an inventory, a policy, an ssh_config, a list of names.
struct Files {
  std::string inventory, policy, ssh_config, names, ansible;
};

Files write_files(const Sshd& sshd, const std::string& folder) {
  std::string inventory = fmt::format(
      "unjam: 1\ninventory: bench\nsummary: One sshd under a hundred names\nsites: [ here ]\nroles: [ web ]\n"
      "time_source: ntp.example.net\n"
      "connect:\n  ssh:\n    transport: ssh\n    user: {}\n    port: {}\n    key: file:{}\n    known_hosts: "
      "{}\nhosts:\n",
      sshd.user(), sshd.port(), sshd.key(), sshd.known_hosts({sshd.port()}));
  std::string names;
  for (std::size_t i = 0; i < kHosts; ++i) {
    inventory += fmt::format("  {}: {{ site: here, role: web, address: 127.0.0.1, packs: [ linux ], connect: ssh }}\n",
                             host_name(i));
    names += host_name(i) + "\n";
  }
  Files files{folder + "/inventory.yaml", folder + "/policy.yaml", folder + "/ssh_config", folder + "/names",
              folder + "/ansible"};
  write_file(files.inventory, inventory);
  write_file(files.policy, "unjam: 1\npolicy: bench\n");
  write_file(files.names, names);
  write_file(files.ansible, names);
  write_file(files.ssh_config,
             fmt::format("Host *\n  HostName 127.0.0.1\n  Port {}\n  User {}\n  IdentityFile {}\n  IdentitiesOnly yes\n"
                         "  UserKnownHostsFile {}\n  StrictHostKeyChecking yes\n  LogLevel ERROR\n",
                         sshd.port(), sshd.user(), sshd.key(), sshd.known_hosts({sshd.port()})));
  return files;
}

// One way of doing it; `run` gives the reason when it did not work.
struct Way {
  std::string name;
  std::function<std::string()> run;
  std::vector<double> seconds{};
  std::string failed{};
  double time() const { return median(seconds); }
};

Way by_program(std::string name, std::vector<std::string> argv, const std::string& folder) {
  const std::string log = folder + "/" + name + ".log";
  return {std::move(name), [argv = std::move(argv), log] {
            const Ran ran = run_program(argv, log);
            return ran.code == 0
                       ? ""
                       : fmt::format("exit code {}: {}", ran.code, testing_support::read_file(log).substr(0, 300));
          }};
}

std::string counted(std::size_t failed) {
  return failed == 0 ? "" : fmt::format("{} calls failed", failed);
}

// Every way once in each round.
void take_turns(std::vector<Way*> ways) {
  for (int round = 0; round < kRounds; ++round) {
    for (Way* way : ways) {
      if (!way->failed.empty()) continue;
      way->seconds.push_back(seconds_of([way] { way->failed = way->run(); }));
    }
  }
}

void add_against_raw(Table& table, const std::string& what, const Way& ours, const Way& raw, double limit) {
  if (!ours.failed.empty() || !raw.failed.empty()) return table.cannot(what, ours.failed + raw.failed);
  const double ratio = ours.time() / raw.time();
  table.add({.what = what,
             .measured = as_time(ours.time()),
             .beside = fmt::format("{} {}", as_time(raw.time()), raw.name),
             .ratio = ratio,
             .target = fmt::format("<= {} x", limit),
             .met = ratio <= limit});
}

void add_against_peer(Table& table, const Way& ours, const Way& peer, double least) {
  const std::string what = fmt::format("one command, 100 hosts: {}", peer.name);
  if (!ours.failed.empty() || !peer.failed.empty()) return table.cannot(what, ours.failed + peer.failed);
  const double ratio = peer.time() / ours.time();
  table.add({.what = what,
             .measured = as_time(peer.time()),
             .beside = fmt::format("{} {}", as_time(ours.time()), ours.name),
             .ratio = ratio,
             .target = fmt::format(">= {} x of ours", least),
             .met = ratio >= least});
}

void ten_commands(const RawServer& server, const Connection& connection, Table& table) {
  Way raw{"bare libssh2 loop",
          [&] { return counted(raw_loop(server, {.hosts = kHosts, .at_once = kAtOnce, .commands = kCommands})); }};
  Way ours{"Unjam's transport", [&] { return counted(transport_calls(connection, kCommands)); }};
  take_turns({&raw, &ours});
  add_against_raw(table, "10 commands each, 100 hosts: transport", ours, raw, 1.3);
}

void one_command(const RawServer& server, const Connection& connection, const Surroundings& here, const Files& files,
                 Table& table) {
  Way raw{"bare libssh2 loop", [&] { return counted(raw_loop(server, {.hosts = kHosts, .at_once = kAtOnce})); }};
  Way ours{"Unjam's transport", [&] { return counted(transport_calls(connection, 1)); }};
  Way act = by_program("unjam act",
                       {here.unjam, "act", "host.boot", "--on", "hosts", "--inventory", files.inventory, "--policy",
                        files.policy, "--state", here.scratch + "/state", "--json"},
                       here.scratch);
  const std::string option = "-F" + files.ssh_config;
  const std::string at_once = std::to_string(kAtOnce);
  struct Peer {
    std::string program;
    Way way;
    double least;
  };
  std::vector<Peer> peers;
  peers.push_back(
      {"clush",
       by_program("clush", {"clush", "-q", "-f", at_once, "-o", option, "-w", "h[000-099]", "true"}, here.scratch), 4});
  peers.push_back(
      {"parallel-ssh",
       by_program("pssh", {"parallel-ssh", "-p", at_once, "-t", "120", "-x", option, "-h", files.names, "true"},
                  here.scratch),
       4});
  peers.push_back({"ansible",
                   by_program("ansible raw",
                              {"ansible", "all", "-i", files.ansible, "-f", at_once, "--ssh-common-args=" + option,
                               "-m", "raw", "-a", "true"},
                              here.scratch),
                   7});
  std::vector<Way*> ways{&raw, &ours, &act};
  for (Peer& peer : peers) {
    if (program_named(peer.program).empty()) peer.way.failed = peer.program + " is not installed";
    ways.push_back(&peer.way);
  }
  take_turns(ways);
  add_against_raw(table, "one command, 100 hosts: transport", ours, raw, 1.3);
  add_against_raw(table, "one command, 100 hosts: unjam act host.boot", act, raw, 1.3);
  for (const Peer& peer : peers) add_against_peer(table, act, peer.way, peer.least);
}

}  // namespace

void bench_ssh(const Surroundings& here, Table& table) {
  const actions::SshLibrary library;
  std::string why;
  const auto sshd = Sshd::start(why, {"LogLevel ERROR"});
  if (!sshd) return table.cannot("commands on 100 hosts", "no sshd: " + why);
  const RawServer server{sshd->port(), sshd->user(), sshd->key()};
  const Connection connection = connection_to(*sshd);
  one_command(server, connection, here, write_files(*sshd, here.scratch), table);
  ten_commands(server, connection, table);
}

}  // namespace unjam::bench
