// The state of the model fleet: plain data, and the two things that every part of the model needs, a log and a queue of
// what happens later. The parts that give it life are power, clocks, kerberos, replication, mail, fence and faults.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "actions/sim/effect_log.h"
#include "actions/sim/world_spec.h"
#include "state/base/rng.h"
#include "state/base/time.h"

namespace unjam::actions::sim {

using HostIndex = std::size_t;

enum class Power { up, stopping, down, booting };

// What the next restart does besides restarting; used up by it.
struct NextRestart {
  bool never_returns = false;
  bool same_boot = false;
  bool other_key = false;
  bool other_machine = false;
  bool services_dead = false;
  std::optional<Millis> boot_time;
  std::optional<Millis> again_after;
};

struct Permit {
  std::string store;
  std::int64_t epoch = 0;
  std::string intent;
};
struct IntentRecord {
  bool finished = false;
  bool voided = false;  // looked for before it arrived: a late copy is refused
  std::string answer;   // base64 of the JSON
};
inline constexpr std::size_t kMaxIntents = 200;  // as prelude.sh

// Of the host itself, on its disk: survives every reboot.
struct FenceState {
  std::optional<Permit> permit;
  std::map<std::string, IntentRecord> intents;
  std::deque<std::string> order;
};

struct HostClock {
  Millis offset{0};  // to true time, at `since`
  Mono since{};
  std::int64_t drift_ppb = 0;
  bool synced = true;  // what its time service says
};

struct Ticket {
  std::int64_t kvno = 0;
  Mono until{};
};

// In memory: gone with a reboot, and only then. `offset` is what the Kerberos library adds to the host's own clock
// since it first asked a controller whose clock differed by more than the limit; it is what makes the failure last.
struct TicketCache {
  bool filled = false;
  Millis offset{0};
  std::map<HostIndex, Ticket> tickets;
};

enum class Spn { ok, missing, duplicate };

struct RefusedSession {  // event 1035, or a session that ended without AUTH, in the receiver's log
  std::int64_t id = 0;
  std::string address;
  Wall when{};  // by this host's clock
};
inline constexpr std::size_t kMaxRefusals = 10'000;  // the log rotates

struct HubState {
  bool drained = false;
  std::string drained_by;
  bool flagged = false;
  TicketCache cache;
  std::int64_t kvno = 1;  // of its machine password, in its own keytab
  bool keytab_lost = false;
  bool trust_broken = false;
  bool kdc_blocked = false;
  bool dns_wrong = false;
  bool tls_refused = false;
  bool inside_ok = true;
  bool outbound_ok = true;
  Spn spn = Spn::ok;
  std::vector<std::size_t> queue;  // of Fleet::messages, oldest first
  std::deque<RefusedSession> refusals;
  std::int64_t last_refusal = 0;
};

struct DcState {
  bool inbound_off = false;                 // option flag DISABLE_INBOUND_REPL
  bool outbound_off = false;                // option flag DISABLE_OUTBOUND_REPL
  bool stale = false;                       // its clock was set while its service ran
  std::map<HostIndex, std::int64_t> knows;  // newest password version of each hub that has reached it
};

struct SimHost {
  std::string name;
  std::string site;
  std::string role;
  std::string address;
  bool is_dc = false;
  bool is_hub = false;

  Power power = Power::up;
  bool services = true;    // mail, directory, or whatever it serves
  std::uint64_t life = 0;  // grows whenever the machine starts to go down: what was going on then is over
  std::string boot;
  std::string machine;
  Mono up_since{};
  NextRestart next;
  std::string shutdown_by;  // who has scheduled one; empty: nobody
  bool other_key = false;
  bool other_machine = false;
  bool unreachable = false;
  bool reboot_pending = false;
  bool in_balancer = true;

  HostClock clock;
  FenceState fence;
  HubState hub;
  DcState dc;

  Rng life_rng{0};  // of boots and clocks
  Rng call_rng{0};  // of latencies, apart, so that one call more does not change how long a boot takes
};

enum class Fault { none, auth, authorization, tls, unreachable, dns, refused, other };  // as mail.queues spells them

struct Message {
  std::string id;
  HostIndex at = 0;  // the hub that accepted it
  std::string to_site;
  enum class State { queued, delivered, withdrawn } state = State::queued;
  Fault last = Fault::none;
  bool probe = false;
  int deliveries = 0;
};
inline constexpr std::size_t kMaxMessages = 500'000;  // then nobody writes any more

struct Link {  // one partition, pulled by `dest` from `source`
  HostIndex dest = 0;
  HostIndex source = 0;
  std::string partition;
  std::int64_t code = 0;  // of the last attempt, as Windows numbers them
  bool dropped = false;   // the connection is gone: the next attempt says 64
};

enum class Happening {
  shutdown,
  off,
  boot,
  services,
  directory,
  reboot_again,
  time_poll,
  mail,
  queue_run,
  replication,
  fault,
  clock_corrected,
  fault_over
};

struct Event {
  Mono at;
  std::uint64_t seq = 0;
  Happening what = Happening::time_poll;
  std::size_t subject = 0;  // a host, a pair of sites, or a fault
  std::uint64_t life = 0;   // of the host, for the steps of a restart
};
struct Later {
  bool operator()(const Event& a, const Event& b) const { return a.at != b.at ? b.at < a.at : b.seq < a.seq; }
};

struct Fleet {
  WorldSpec spec;
  Wall start;  // true time at mono 0
  Mono now{};
  std::vector<SimHost> hosts;
  std::vector<std::string> sites;  // in the order in which hosts name them
  std::vector<Link> links;
  std::vector<Message> messages;
  std::map<std::size_t, std::size_t> turns;  // who takes the next message, by pair of sites
  Millis reference_offset{0};                // of the independent time source
  bool wan_cut = false;
  EffectLog log;
  std::priority_queue<Event, std::vector<Event>, Later> events;
  std::uint64_t last_seq = 0;

  SimHost* find(const std::string& name);
  HostIndex index(const SimHost& host) const { return static_cast<HostIndex>(&host - hosts.data()); }
  void note(const SimHost& host, std::string word, std::string detail = {});
  void later(Millis in, Happening what, std::size_t subject);
};

Millis draw(Rng& rng, const Range& range);

}  // namespace unjam::actions::sim
