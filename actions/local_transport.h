// `transport: local`: this machine, through /bin/sh in a process group of its own; the same contract as a remote host.
#pragma once

#include "actions/transport.h"

namespace unjam::actions {

class LocalTransport final : public Transport {
 public:
  boost::asio::awaitable<Result<Reply>> call(const Host& host, const Connection& connection, Request request) override;
  void forget(const HostName&) override {}
};

}  // namespace unjam::actions
