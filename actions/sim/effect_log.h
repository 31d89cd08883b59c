// What happened on the model hosts, written by the hosts and by nobody else: the judge of every safety claim. Unjam
// never reads it.
//
// In memory for tests; with a folder also one file per host, NAME.log, begun anew with the world, one line per entry,
// flushed at once:   SECONDS WORD DETAIL...      e.g.   431.250 boot id=5b0c... intent=i-1
// SECONDS: on the orchestrator's monotonic clock; negative: before it started. Words are fixed and documented here:
//
//   fault KIND..       set in this world          off                 the machine went down
//   shutdown by=WHO    it began to go down        boot id=B intent=I  up again; I: the permitted intent, or -
//   services-up        mail or directory          services-down by=I  the directory service was stopped
//   permit intent=I    the fence let I through    refused WORD..      the fence refused, by this word of PROTOCOL.md
//   drained resumed flagged unflagged             by=WHO
//   clock by=D from=D who=WHO   it was moved      tickets offset=D    fetched from a controller whose clock differs
//   retried site=S     its queue was flushed      dc-restarted
//   replicated from=H partition=P                 replication-failed from=H partition=P code=N
//   accepted id=M to=S delivered id=M to=H        withdrawn id=M
//   purged             its tickets are gone       transport-restarted
//   left joined        the load balancer          service-restarted name=S by=I     script by=I
#pragma once

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "state/base/result.h"
#include "state/base/time.h"

namespace unjam::actions::sim {

struct LogEntry {
  Mono at;
  std::string host;
  std::string word;
  std::string detail;

  std::string line() const;  // without the host
};

inline constexpr std::size_t kMaxLogEntries = 2'000'000;  // of a world; later ones are counted, not kept

class EffectLog {
 public:
  // Opens (and empties) one file per host; the folder is made if it is not there. ErrorKind::io.
  Result<void> open(const std::string& folder, const std::vector<std::string>& hosts);

  void add(Mono at, const std::string& host, std::string word, std::string detail = {});

  const std::vector<LogEntry>& all() const { return entries_; }
  std::vector<LogEntry> of(const std::string& host, const std::string& word = {}) const;
  std::size_t count(const std::string& host, const std::string& word) const;
  std::string text() const;  // every entry as "HOST SECONDS WORD DETAIL", in order
  std::size_t dropped() const { return dropped_; }

 private:
  std::vector<LogEntry> entries_;
  std::map<std::string, std::ofstream> files_;
  std::size_t dropped_ = 0;
};

// Seconds with three decimals, signed: -600.250
std::string spell_seconds(Millis d);

}  // namespace unjam::actions::sim
