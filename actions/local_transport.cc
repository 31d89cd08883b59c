#include "actions/local_transport.h"

#include <boost/asio/this_coro.hpp>

#include "actions/child_process.h"

namespace unjam::actions {

boost::asio::awaitable<Result<Reply>> LocalTransport::call(const Host& host, const Connection&, Request request) {
  const auto executor = co_await boost::asio::this_coro::executor;
  Deadline deadline(executor, request.deadline);
  auto child = ChildProcess::start(executor, {"/bin/sh", "-c", "exec " + request.command}, plain_environment());
  if (!child) co_return fail(child.error().kind, child.error().message, host.name.text);
  const ChildEnd end = co_await child->finish(request.input(), deadline);
  Reply reply = end.output.reply(end.ended);
  reply.exit_status = end.exit_status;
  co_return reply;
}

}  // namespace unjam::actions
