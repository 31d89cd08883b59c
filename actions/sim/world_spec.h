// What a model world is made of, as data: timings, mail, and the faults that are set in it. Read from a world file
// (world_file.h) or made in code. The hosts come from the inventory: a world file never names sites or roles.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/base/time.h"

namespace unjam::actions::sim {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct Range {  // drawn evenly from the host's own chance
  Millis least{0};
  Millis most{0};
};

// How long a host takes for what it does.
struct HostTimes {
  Range connect{Millis(20), Millis(120)};     // until the command is sent
  Range look{Millis(100), Millis(900)};       // a script that reads
  Range measure{Millis(1500), Millis(4000)};  // time.offset: several samples of several clocks
  Range change{Millis(300), Millis(2000)};    // a script that acts
  Range stop{seconds(5), seconds(20)};        // from the begin of a shutdown until the machine is off
  Range boot{seconds(60), seconds(180)};      // from off until sshd answers
  Range services{seconds(10), seconds(60)};   // from there until mail or directory service is up
  Range dc_restart{seconds(5), seconds(30)};  // of the directory service alone
};

struct Times : HostTimes {                              // the hosts of every role that has no times of its own
  std::map<std::string, HostTimes, std::less<>> roles;  // a role of the inventory is a class of hosts
  Millis connect_timeout{seconds(10)};                  // of the orchestrator, when nothing answers
  Millis replicate_every{hours(3)};                     // between sites
  Millis time_poll{seconds(64)};                        // of each time service

  const HostTimes& of(std::string_view role) const {
    const auto own = roles.find(role);
    return own == roles.end() ? *this : own->second;
  }
};

struct MailTimes {
  Millis every{minutes(1)};        // a new message for each ordered pair of sites
  Millis retry_every{minutes(5)};  // a hub tries its queue by itself
};

enum class FaultKind {
  none,
  hub_clock,           // a hub's clock is off; its tickets are good
  dc_clock,            // a controller was booted on a wrong clock, and the hubs of its site have asked it for tickets
  stale_tickets,       // all clocks are right by now, these hubs hold tickets from before
  replication_missed,  // inbound replication was off while machine passwords changed elsewhere; on again: 8457 on
                       // record
  replication_off,     // the same, and it is still off
  keytab_lost,
  spn_missing,
  spn_duplicate,
  kdc_port_blocked,
  trust_broken,   // the domain does not know this machine's password, and no replication brings it
  peer_down,      // powered off
  dns_wrong,      // cannot resolve the hubs of other sites
  tls_refused,    // refuses STARTTLS of other sites
  time_disagree,  // the independent reference is off
  wan_cut,
  inside_broken,  // mail inside the site of this hub is stuck
  outbound_broken,
  no_return,       // the next shutdown is for ever
  same_boot_id,    // the next reboot comes back with the same boot id: it was none
  other_host_key,  // the host comes back with another key
  other_machine,   // another machine answers at the address after the next reboot
  slow_boot,
  service_dead,   // the services do not start after the next boot
  reboots_again,  // some time after the next boot it reboots once more by itself
  unreachable,    // by the orchestrator; its mail goes on
  clock_step,
  reboot_by_other,
  drain_by_other,
  update_pending  // wants a reboot, and would spend it installing
};

struct FaultSpec {
  FaultKind kind = FaultKind::none;
  std::vector<std::string> hosts;   // names of the inventory
  std::optional<Millis> at;         // on the orchestrator's monotonic clock; absent: -age, before it looked
  Millis offset{minutes(10)};       // of clocks, signed
  std::optional<Millis> corrected;  // hub-clock, dc-clock: when the clock was, or will be, put right by somebody else
  std::optional<Millis> lasts;      // wan-cut, unreachable: `for`
  Millis time{minutes(5)};          // slow-boot: of the boot; reboots-again: after the boot
};

// What a fault kind is called in a world file and what it may say. `role` is that of the hosts it needs: dc, hub, any,
// or none.
struct FaultRow {
  FaultKind kind;
  std::string_view word;
  std::string_view role;
  bool offset = false;
  bool corrected = false;
  bool lasts = false;
  bool time = false;
  std::string_view summary;
};
const std::vector<FaultRow>& fault_rows();
std::string_view spell(FaultKind kind);

struct TransportFault {
  enum class How {
    not_sent,     // no connection
    cut_before,   // the connection ends after sending, and the host has read nothing
    cut_after,    // the effect happens, the answer is lost
    no_answer,    // the effect happens, nothing comes until the deadline
    half_answer,  // the effect happens, the frame ends in the middle, exit status 0
    late          // the answer comes `by` later
  };
  How how = How::not_sent;
  std::string action;      // empty: any
  std::string host;        // empty: any
  std::int64_t after = 0;  // so many matching calls go well first
  std::int64_t times = 1;
  Millis by{0};
};
inline constexpr std::string_view kHowWords[] = {"not-sent",  "cut-before",  "cut-after",
                                                 "no-answer", "half-answer", "late"};

struct WorldSpec {
  std::string name;
  std::string summary;
  std::uint64_t seed = 1;
  Millis age{minutes(30)};  // how long the faults have been there when the orchestrator starts
  Times times;
  MailTimes mail;
  std::vector<FaultSpec> faults;
  std::vector<TransportFault> transport;
  std::string logs;        // folder of the hosts' own logs; empty: in memory only
  std::int64_t speed = 1;  // virtual seconds per real one, for pace(); 0: as fast as it goes
};

}  // namespace unjam::actions::sim
