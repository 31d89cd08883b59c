#include "orchestrator/rehearsal/process.h"

#include <boost/asio/co_spawn.hpp>

namespace unjam::rehearsal {

namespace asio = boost::asio;

bool StruckTransport::changes(const std::string& action) const {
  const auto* spec = packs_.find(action);
  return spec != nullptr && spec->effect > playbooks::Effect::read;
}

asio::awaitable<Result<actions::Reply>> StruckTransport::call(const actions::Host& host,
                                                              const actions::Connection& connection,
                                                              actions::Request request) {
  const bool change = changes(request.action);
  if (blows_.struck != nullptr) co_return fail(ErrorKind::not_sent, "the process is dead", host.name.text);
  if (change && blows_.reach(Point::before_send) != nullptr)
    co_return fail(ErrorKind::not_sent, "the process is dead", host.name.text);
  auto reply = co_await inner_.call(host, connection, std::move(request));
  if (change) blows_.reach(Point::after_answer);
  co_return reply;
}

Process::Process(const Place& place, const Start& start, std::unique_ptr<StruckStore> store)
    : time_(io_, start.start),
      own_(time_, start.ahead),
      place_(place),
      store_(std::move(store)),
      model_(*place.world, time_, time_),
      journal_(io_, *store_) {
  time_.advance_to(start.now);
  time_.step_wall(start.stepped);
}

Process::~Process() = default;

void Process::drive(std::shared_ptr<const engine::Plan> plan, state::Run run) {
  transport_ = std::make_unique<StruckTransport>(model_, *place_.blows, *plan->packs);
  engine::World world{&own_, &own_, [this](actions::TransportKind) -> actions::Transport& { return *transport_; },
                      [thrown = place_.switch_thrown](const std::string&) { return thrown(); }};
  driver_ = std::make_unique<engine::Driver>(io_, std::move(plan), std::move(run), journal_, *place_.tokens,
                                             std::move(world), [](const RunId&, const state::Event&) {});
  asio::co_spawn(io_, driver_->drive(), [this](std::exception_ptr crashed, Result<void> result) {
    crashed_ = crashed != nullptr;
    done_ = std::move(result);
  });
}

bool Process::run() {
  constexpr int kMostInOneInstant = 200'000;
  if (io_.stopped()) io_.restart();
  for (int pieces = 0; pieces < kMostInOneInstant; ++pieces) {
    if (place_.blows->struck != nullptr || frozen || store_->pause != nullptr || io_.poll_one() == 0) return true;
    place_.after_each();
  }
  return false;
}

}  // namespace unjam::rehearsal
