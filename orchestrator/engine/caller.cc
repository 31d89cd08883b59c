#include "orchestrator/engine/caller.h"

#include <fmt/format.h>

#include "actions/script_call.h"

namespace unjam::engine {

namespace asio = boost::asio;

namespace {

// Built outside of the coroutine: GCC 12 rejects initializer lists of JSON inside.
json::object self_of(const actions::Host& host) {
  return {{"name", host.name.text}, {"address", host.address}, {"site", host.site}, {"role", host.role}};
}

}  // namespace

Caller::Caller(const Plan& plan, Tokens& tokens, World world)
    : plan_(plan), tokens_(tokens), world_(std::move(world)) {}

asio::awaitable<actions::Outcome> Caller::call(std::string host, const playbooks::ActionSpec& action,
                                               json::object inputs, json::object fence, Millis limit) const {
  actions::Outcome refused;
  refused.kind = actions::Outcome::Kind::not_sent;
  const auto* known = plan_.inventory->find(HostName{host});
  const auto* provider = known == nullptr ? nullptr : plan_.packs->provider(*known, action.name);
  if (provider == nullptr) {
    refused.reason = fmt::format("no pack of {} offers {}", host, action.name);
    co_return refused;
  }
  const auto& connection = provider->from_here ? here_ : plan_.inventory->connection_of(*known);
  inputs["unjam_self"] = self_of(*known);
  inputs["unjam_time_source"] = plan_.inventory->time_source;
  const auto token = tokens_.hex(16);
  auto rendered = actions::render_call(plan_.packs->script(*provider), inputs, fence, token, connection.become);
  if (!rendered) {
    refused.reason = rendered.error().text();
    co_return refused;
  }
  if (!connection.task.empty()) rendered->command = actions::task_command(connection.task);
  actions::Request request{.action = action.name,
                           .inputs = std::move(inputs),
                           .token = token,
                           .command = std::move(rendered->command),
                           .input = std::move(rendered->input),
                           .deadline = limit,
                           .fence = std::move(fence)};
  auto reply = co_await world_.transport(connection.transport).call(*known, connection, std::move(request));
  co_return actions::classify(reply, token, action);
}

}  // namespace unjam::engine
