// The composition root: the only place that constructs the real clock, randomness, store and transports. One Owner per
// process.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actions/packs.h"
#include "orchestrator/service.h"
#include "state/store.h"

namespace unjam::service {

struct OwnerOptions {
  std::string state_dir;                     // created with mode 0700 if it is missing
  std::vector<std::string> pack_roots;       // shipped packs first
  std::vector<std::string> catalogs;         // folders where playbooks are found by name
  std::string log_file;                      // operational log; empty: DIR/unjam.log
  double speed = 0;                          // model fleet: virtual seconds per real second; 0: as fast as possible
  std::optional<std::uint64_t> rehearsal{};  // every host is in a model without faults, of this seed
};

class Owner {
 public:
  // Takes DIR/lock. ErrorKind::conflict if another process owns it.
  static Result<std::unique_ptr<Owner>> open(const OwnerOptions& options);
  virtual ~Owner() = default;

  virtual boost::asio::io_context& io() = 0;
  virtual Service& service() = 0;
  virtual const state::Store& store() const = 0;

  // Runs the io_context until `done` says so or interrupt() was called; virtual time is advanced in between, except
  // while `asking` says that a person is being asked, who lives in real time.
  virtual void run_until(
      const std::function<bool()>& done, const std::function<bool()>& asking = [] { return false; }) = 0;
  // Stops driving at once; every run stays resumable (exit code 6).
  virtual void interrupt() = 0;
};

// The peer of a Unix socket, or this process.
state::Person this_person();
state::Person person_of(std::uint32_t uid);

// What `plan` prints: everything a person must know before saying yes. Changes nothing; reads facts once to show gates'
// present values.
struct PlanReport {
  json::object report;  // hosts, order, gates with values, worst case, undo list, digest, confirm number
};
std::expected<PlanReport, Rejected> plan(const OwnerOptions& options, const StartRequest& request);

}  // namespace unjam::service
