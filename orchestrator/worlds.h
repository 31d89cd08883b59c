// The fleets of one process: the real one with the real clock, and a model with a virtual time for each run that asks
// for one.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actions/inventory.h"
#include "actions/local_transport.h"
#include "actions/openssh_transport.h"
#include "actions/sim/model_transport.h"
#include "actions/sim/virtual_time.h"
#include "actions/ssh_session.h"
#include "actions/ssh_transport.h"
#include "orchestrator/engine/caller.h"

namespace unjam::service {

class RealClock final : public Clock {
 public:
  Now now() const override;  // CLOCK_BOOTTIME and CLOCK_REALTIME
};

class RealTimers final : public actions::Timers {
 public:
  RealTimers(boost::asio::io_context& io, const Clock& clock) : io_(io), clock_(clock) {}
  boost::asio::awaitable<void> sleep_until(Mono when) override;

 private:
  boost::asio::io_context& io_;
  const Clock& clock_;
};

class RandomTokens final : public Tokens {
 public:
  std::string hex(std::size_t bytes) override;  // of the kernel
};

// Where a model remembers what its hosts were told, and whether it does.
struct ModelLife {
  std::string diary{};               // file; empty: nothing is remembered
  std::optional<Mono> resumed_at{};  // of the journal: the model is that of an earlier process
};

class Worlds {
 public:
  // `speed`: of model fleets; negative: as their world file says; 0: as fast as possible.
  Worlds(boost::asio::io_context& io, double speed);

  // The world of this inventory. A model is built anew for each run, except for one that is taken up again, and lives
  // on then from where it stood. ErrorKind::invalid: hosts of a model beside real ones, or a faulty world file;
  // conflict: the world file has been changed since.
  Result<engine::World> of(const actions::Inventory& inventory, const ModelLife& life = {});
  // The same inventory with every host in a model without faults (`unjam rehearse`).
  Result<engine::World> rehearsal_of(const actions::Inventory& inventory, std::uint64_t seed);

  // Moves the time of unpaced models to their next waiter. False: nobody waits there.
  bool advance();
  bool has_unpaced() const;

  const Clock& real_clock() const { return clock_; }

 private:
  struct Model {
    std::unique_ptr<actions::sim::World> world;
    std::unique_ptr<actions::sim::VirtualTime> time;
    std::unique_ptr<actions::sim::ModelTransport> transport;
    bool paced = false;
  };
  Result<engine::World> build(const actions::Inventory& inventory, actions::sim::WorldSpec spec, double speed,
                              std::unique_ptr<actions::sim::Diary> diary, Mono begin);

  boost::asio::io_context& io_;
  double speed_;
  RealClock clock_;
  RealTimers timers_;
  actions::SshLibrary library_;
  actions::SshTransport ssh_;
  actions::OpenSshTransport openssh_;
  actions::LocalTransport local_;
  std::vector<std::unique_ptr<Model>> models_;
};

}  // namespace unjam::service
