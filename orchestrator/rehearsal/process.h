// One engine process of a rehearsal: an io_context, a clock that begins somewhere, a driver, and a way to the hosts
// that ends with it. Destroying it is SIGKILL: nothing of it runs again.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>

#include "actions/sim/model_transport.h"
#include "actions/sim/virtual_time.h"
#include "orchestrator/engine/driver.h"
#include "orchestrator/rehearsal/blows.h"
#include "orchestrator/rehearsal/struck_store.h"

namespace unjam::rehearsal {

// The clock as a process sees it: its monotonic time begins at another moment in every process.
class ProcessTime final : public Clock, public actions::Timers {
 public:
  ProcessTime(actions::sim::VirtualTime& time, Millis ahead) : time_(time), ahead_(ahead) {}
  Now now() const override {
    auto now = time_.now();
    now.mono = now.mono + ahead_;
    return now;
  }
  boost::asio::awaitable<void> sleep_until(Mono when) override { return time_.sleep_until(when + -ahead_); }

 private:
  actions::sim::VirtualTime& time_;
  Millis ahead_;
};

// The way to the model hosts, on which the process can die.
class StruckTransport final : public actions::Transport {
 public:
  StruckTransport(actions::Transport& inner, Blows& blows, const actions::Packs& packs)
      : inner_(inner), blows_(blows), packs_(packs) {}
  boost::asio::awaitable<Result<actions::Reply>> call(const actions::Host& host, const actions::Connection& connection,
                                                      actions::Request request) override;
  void forget(const HostName& host) override { inner_.forget(host); }

 private:
  bool changes(const std::string& action) const;

  actions::Transport& inner_;
  Blows& blows_;
  const actions::Packs& packs_;
};

class Process {
 public:
  struct Place {  // where it lives; all outlive it
    actions::sim::World* world = nullptr;
    Blows* blows = nullptr;
    Tokens* tokens = nullptr;
    std::function<bool()> switch_thrown;
    std::function<void()> after_each;  // called after each piece of work of the process
  };
  // `start`: true time at 0; `now`: true time; `stepped`: what the wall clock was stepped by until now.
  struct Start {
    Wall start;
    Mono now;
    Millis stepped{0};
    Millis ahead{0};  // of its monotonic clock against the true one
  };

  Process(const Place& place, const Start& start, std::unique_ptr<StruckStore> store);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void drive(std::shared_ptr<const engine::Plan> plan, state::Run run);

  // Runs what is due, one piece after another, until nothing is or the process is met by a blow. False: it works
  // without end in one instant.
  bool run();
  // Null until drive().
  engine::Driver* driver() { return driver_.get(); }
  StruckStore& store() { return *store_; }
  Now now() const { return own_.now(); }
  actions::sim::VirtualTime& time() { return time_; }

  const std::optional<Result<void>>& done() const { return done_; }
  bool crashed() const { return crashed_; }  // an exception came out of the engine
  bool frozen = false;

 private:
  boost::asio::io_context io_{1};
  actions::sim::VirtualTime time_;
  ProcessTime own_;
  Place place_;
  std::unique_ptr<StruckStore> store_;
  actions::sim::ModelTransport model_;
  engine::JournalWriter journal_;
  std::unique_ptr<StruckTransport> transport_;
  std::unique_ptr<engine::Driver> driver_;
  std::optional<Result<void>> done_;
  bool crashed_ = false;
};

}  // namespace unjam::rehearsal
