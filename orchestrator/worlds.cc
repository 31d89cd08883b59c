#include "orchestrator/worlds.h"

#include <sys/random.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <ctime>

#include "actions/sim/world_file.h"
#include "playbooks/yaml.h"
#include "state/base/digest.h"

namespace unjam::service {

namespace asio = boost::asio;
using actions::TransportKind;

namespace {

Millis read_clock(clockid_t which) {
  timespec at{};
  ::clock_gettime(which, &at);
  return Millis{static_cast<std::int64_t>(at.tv_sec) * 1000 + at.tv_nsec / 1'000'000};
}

std::string agent_socket() {
  const char* socket = std::getenv("SSH_AUTH_SOCK");
  return socket == nullptr ? "" : socket;
}

actions::SshOptions ssh_options() {
  actions::SshOptions options;
  options.agent_socket = agent_socket();
  return options;
}

actions::OpenSshOptions openssh_options() {
  actions::OpenSshOptions options;
  options.agent_socket = agent_socket();
  return options;
}

// Null: nothing is remembered. A diary that is gone (a power cut, another machine) is begun anew.
Result<std::unique_ptr<actions::sim::Diary>> diary_of(const ModelLife& life, const std::string& world, Wall now) {
  using actions::sim::Diary;
  if (life.diary.empty()) return nullptr;
  if (life.resumed_at) {
    auto diary = Diary::reopen(life.diary, world);
    if (diary || diary.error().kind != ErrorKind::not_found) return diary;
  }
  return Diary::begin(life.diary, now, world);
}

}  // namespace

Now RealClock::now() const {
  return {{read_clock(CLOCK_BOOTTIME)}, {read_clock(CLOCK_REALTIME)}};
}

asio::awaitable<void> RealTimers::sleep_until(Mono when) {
  asio::steady_timer timer(io_);
  // Asked again after each wait: the OS timer does not count suspend, our clock does.
  while (clock_.now().mono < when) {
    timer.expires_after(when - clock_.now().mono);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

std::string RandomTokens::hex(std::size_t bytes) {
  static constexpr const char* kDigits = "0123456789abcdef";
  std::string out;
  while (out.size() < bytes * 2) {
    unsigned char byte = 0;
    if (::getrandom(&byte, 1, 0) != 1) continue;  // interrupted by a signal before it was ready
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

Worlds::Worlds(asio::io_context& io, double speed)
    : io_(io), speed_(speed), timers_(io, clock_), ssh_(clock_, ssh_options()), openssh_(openssh_options()) {}

Result<engine::World> Worlds::of(const actions::Inventory& inventory, const ModelLife& life) {
  std::string model;
  std::size_t modelled = 0;
  for (const auto& host : inventory.hosts) {
    const auto& connection = inventory.connection_of(host);
    if (connection.transport != TransportKind::model) continue;
    ++modelled;
    model = connection.model;
  }
  if (modelled == 0) {
    return engine::World{&clock_, &timers_, [this](TransportKind kind) -> actions::Transport& {
                           if (kind == TransportKind::openssh) return openssh_;
                           if (kind == TransportKind::local) return local_;
                           return ssh_;
                         }};
  }
  if (modelled != inventory.hosts.size())
    return fail(ErrorKind::invalid, "some hosts are in a model and others are real; a run has one world",
                inventory.name);
  auto source = playbooks::read_source(model);
  if (!source) return std::unexpected(source.error());
  playbooks::Diagnostics faults;
  auto spec = actions::sim::load_world(*source, inventory.hosts, faults);
  if (!spec)
    return fail(ErrorKind::invalid, faults.all().empty() ? "not a world file" : playbooks::render(faults.all().front()),
                model);
  const double speed = speed_ < 0 ? static_cast<double>(spec->speed) : speed_;
  auto diary = diary_of(life, sha256_hex((*source)->text()), clock_.now().wall);
  if (!diary) return std::unexpected(diary.error());
  return build(inventory, std::move(*spec), speed, std::move(*diary), life.resumed_at.value_or(Mono{}));
}

Result<engine::World> Worlds::rehearsal_of(const actions::Inventory& inventory, std::uint64_t seed) {
  actions::sim::WorldSpec spec;
  spec.seed = seed;
  return build(inventory, std::move(spec), 0, nullptr, Mono{});
}

Result<engine::World> Worlds::build(const actions::Inventory& inventory, actions::sim::WorldSpec spec, double speed,
                                    std::unique_ptr<actions::sim::Diary> diary, Mono begin) {
  auto model = std::make_unique<Model>();
  const bool lived = diary && !diary->past().empty();
  const Wall start = diary ? diary->start() : clock_.now().wall;
  auto world = actions::sim::World::create(std::move(spec), inventory.hosts, start);
  if (!world) return std::unexpected(world.error());
  model->world = std::move(*world);
  model->time = std::make_unique<actions::sim::VirtualTime>(io_, start);
  if (lived) model->time->advance_to(std::max(begin, diary->past().back().at));
  model->transport =
      std::make_unique<actions::sim::ModelTransport>(*model->world, *model->time, *model->time, std::move(diary));
  if (lived) model->transport->relive();
  model->paced = speed >= 1;
  if (model->paced)
    asio::co_spawn(io_, actions::sim::pace(*model->time, clock_, timers_, static_cast<std::int64_t>(speed)),
                   asio::detached);
  auto* raw = model.get();
  models_.push_back(std::move(model));
  return engine::World{raw->time.get(), raw->time.get(),
                       [raw](TransportKind) -> actions::Transport& { return *raw->transport; }};
}

bool Worlds::has_unpaced() const {
  for (const auto& model : models_)
    if (!model->paced) return true;
  return false;
}

bool Worlds::advance() {
  bool moved = false;
  for (const auto& model : models_) {
    if (model->paced) continue;
    const auto next = model->time->next();
    if (!next) continue;
    model->time->advance_to(*next);
    moved = true;
  }
  return moved;
}

}  // namespace unjam::service
