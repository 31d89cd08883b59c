// The model fleet behind the Transport seam: the engine, the scripts' wire form and `classify` run unchanged, and
// nothing leaves this process.
//
// A call takes as long as it would: connecting, then the script. What the script changes, it changes when it has been
// sent; the answer comes later, and may not come at all: the host may go down meanwhile, or a TransportFault of the
// world may take it. Waiting is done through the injected timers, so virtual time makes it free.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "actions/sim/diary.h"
#include "actions/sim/world.h"
#include "actions/timers.h"
#include "actions/transport.h"

namespace unjam::actions::sim {

// Thread: that of the io_context. World, clock and timers must outlive it; no other transport may move the same world.
class ModelTransport final : public Transport {
 public:
  // With a diary, what reaches a host is written there before it acts.
  ModelTransport(World& world, const Clock& clock, Timers& timers, std::unique_ptr<Diary> diary = nullptr);

  // Makes the hosts do again what the diary says of an earlier process. Before the first call. Machines, clocks, mail
  // and permits come out as they were; only noise (how long a call took) may differ.
  void relive();

  boost::asio::awaitable<Result<Reply>> call(const Host& host, const Connection& connection, Request request) override;
  void forget(const HostName& host) override;  // there are no sessions to drop

 private:
  Mono now() const { return clock_.now().mono; }
  // The first fault of the spec that this call meets; counts it.
  const TransportFault* meet_fault(const std::string& host, const std::string& action);
  Result<void> write_down(const SimHost& host, const Request& request);
  // Empty: connected. Otherwise nothing has reached the host.
  boost::asio::awaitable<std::optional<Error>> connect(SimHost& host, Mono begun, Mono deadline);

  World& world_;
  const Clock& clock_;
  Timers& timers_;
  std::unique_ptr<Diary> diary_;
  std::vector<std::int64_t> met_;  // by index of the spec's transport faults
};

// The frame that a script prints: BEGIN, base64 of the body, END and its length.
std::string frame(const std::string& token, const json::object& body);

}  // namespace unjam::actions::sim
