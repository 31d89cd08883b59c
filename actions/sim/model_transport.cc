#include "actions/sim/model_transport.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "actions/sim/model_actions.h"
#include "actions/sim/power.h"
#include "state/base/digest.h"

namespace unjam::actions::sim {
namespace asio = boost::asio;

namespace {

using How = TransportFault::How;

Reply cut() {
  return {.ended = Ended::cut, .err = "the connection was closed by the remote host"};
}

}  // namespace

std::string frame(const std::string& token, const json::object& body) {
  const std::string text = base64_encode(json::serialize(body));
  return fmt::format("UNJAM-BEGIN {}\n{}\nUNJAM-END {} {}\n", token, text, token, text.size());
}

ModelTransport::ModelTransport(World& world, const Clock& clock, Timers& timers, std::unique_ptr<Diary> diary)
    : world_(world),
      clock_(clock),
      timers_(timers),
      diary_(std::move(diary)),
      met_(world.fleet().spec.transport.size(), 0) {}

void ModelTransport::relive() {
  for (const auto& call : diary_->past()) {
    world_.advance_to(call.at);
    SimHost* host = world_.fleet().find(call.host);
    if (host == nullptr) continue;
    (void)meet_fault(host->name, call.action);
    (void)run_model_action(world_.fleet(), *host, call.action, call.inputs, call.fence);
  }
  world_.advance_to(now());
}

const TransportFault* ModelTransport::meet_fault(const std::string& host, const std::string& action) {
  const auto& faults = world_.fleet().spec.transport;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const TransportFault& fault = faults[i];
    const bool fits = (fault.host.empty() || fault.host == host) && (fault.action.empty() || fault.action == action);
    if (!fits) continue;
    const std::int64_t number = met_[i]++;
    if (number >= fault.after && number < fault.after + fault.times) return &fault;
  }
  return nullptr;
}

// Inputs only of actions that the model knows: those have no secrets among them.
Result<void> ModelTransport::write_down(const SimHost& host, const Request& request) {
  if (!diary_) return {};
  const bool known = find_model_action(request.action) != nullptr;
  return diary_->add({now(), host.name, request.action, known ? request.inputs : json::object(), request.fence});
}

asio::awaitable<std::optional<Error>> ModelTransport::connect(SimHost& host, Mono begun, Mono deadline) {
  const Times& times = world_.fleet().spec.times;
  co_await timers_.sleep_until(std::min(begun + draw(host.call_rng, times.of(host.role).connect), deadline));
  world_.advance_to(now());
  switch (reach(host)) {
    case Reach::silent:
      co_await timers_.sleep_until(std::min(begun + times.connect_timeout, deadline));
      co_return Error{ErrorKind::not_sent, "no answer while connecting", host.name};
    case Reach::refused:
      co_return Error{ErrorKind::not_sent, "connection refused", host.name};
    case Reach::other_key:
      co_return Error{ErrorKind::denied, "the host key is not the one that is pinned (model fleet)", host.name};
    case Reach::open:
      break;
  }
  if (now() >= deadline)
    co_return Error{ErrorKind::not_sent, "the deadline passed before anything was sent", host.name};
  co_return std::nullopt;
}

asio::awaitable<Result<Reply>> ModelTransport::call(const Host& host, const Connection&, Request request) {
  const Mono begun = now();
  const Mono deadline = begun + request.deadline;
  world_.advance_to(begun);
  SimHost* found = world_.fleet().find(host.name.text);
  if (found == nullptr) co_return fail(ErrorKind::not_sent, "the model fleet has no such host", host.name.text);
  SimHost& sim = *found;
  const TransportFault* fault = meet_fault(sim.name, request.action);
  const How how = fault != nullptr ? fault->how : How::late;
  if (const auto error = co_await connect(sim, begun, deadline)) co_return std::unexpected(*error);
  if (how == How::not_sent) co_return fail(ErrorKind::not_sent, "connection reset while connecting", sim.name);
  if (how == How::cut_before) co_return cut();

  const std::uint64_t life = sim.life;
  if (const auto written = write_down(sim, request); !written)
    co_return fail(ErrorKind::not_sent, written.error().message, written.error().where);
  const ModelAnswer acted = run_model_action(world_.fleet(), sim, request.action, request.inputs, request.fence);
  const Millis late = fault != nullptr && how == How::late ? fault->by : Millis(0);
  const Mono ready = now() + draw(sim.call_rng, acted.takes) + late;
  if (how == How::no_answer || ready > deadline) {
    co_await timers_.sleep_until(deadline);
    world_.advance_to(now());
    co_return Reply{.ended = Ended::timed_out};
  }
  co_await timers_.sleep_until(ready);
  world_.advance_to(now());
  if (how == How::cut_after || sim.life != life) co_return cut();
  std::string out = frame(request.token, acted.body);
  if (how == How::half_answer) out.resize(out.size() / 2);
  co_return Reply{.ended = Ended::exited, .exit_status = 0, .out = std::move(out)};
}

void ModelTransport::forget(const HostName&) {}

}  // namespace unjam::actions::sim
