// Whole heals of the flagship: the real engine on the model fleet in virtual time, the journal in memory. A heal is a
// new world that is lived through until it is jammed, a run from its first event to its end, and the check that it
// healed. The plan is made once, as in a rehearsal of many seeds.
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "actions/sim/model_transport.h"
#include "actions/sim/virtual_time.h"
#include "actions/sim/world.h"
#include "orchestrator/engine/driver.h"
#include "state/memory_store.h"
#include "tests/bench/parts.h"
#include "tests/bench/timing.h"
#include "tests/source_tree.h"
#include "tests/state/journal_script.h"
#include "tests/support/sshd.h"

namespace unjam::bench {
namespace {

namespace asio = boost::asio;
using actions::sim::FaultKind;
using actions::sim::WorldSpec;

constexpr Wall kStart{Millis(1'795'464'000'000)};  // 2026-11-23T20:00:00Z
constexpr Millis kLongestRun{48LL * 3'600'000};

engine::PlanTexts flagship() {
  const std::string root = testing_support::source_dir();
  const auto document = [&](const std::string& file) {
    return state::Document{root + "/" + file, testing_support::read_file(root + "/" + file)};
  };
  engine::PlanTexts texts;
  texts.playbooks.push_back(document("playbooks/catalog/heal-intersite-queue.yaml"));
  texts.inventory = document("examples/demo/inventory.yaml");
  texts.policy = document("examples/demo/policy.yaml");
  texts.pack_roots = {root + "/actions/packs"};
  texts.catalogs = {root + "/playbooks/catalog"};
  texts.params = {{"from", "tokyo"}, {"to", "osaka"}};
  return texts;
}

WorldSpec world_with(FaultKind kind, std::vector<std::string> hosts, std::uint64_t seed) {
  actions::sim::FaultSpec fault;
  fault.kind = kind;
  fault.hosts = std::move(hosts);
  fault.offset = std::chrono::minutes(10);
  WorldSpec spec;
  spec.name = "bench";
  spec.seed = seed;
  spec.faults = {fault};
  return spec;
}

// One run to its end. Empty, or why it is no heal.
std::string heal(const std::shared_ptr<const engine::Plan>& plan, WorldSpec spec) {
  asio::io_context io(1);
  actions::sim::VirtualTime time(io, kStart);
  auto world = actions::sim::World::create(std::move(spec), plan->inventory->hosts, kStart);
  if (!world) return world.error().text();
  actions::sim::ModelTransport transport(**world, time, time);
  state::CountingTokens tokens;
  auto store = state::open_memory_store(state::make_memory_journal(tokens), state::Access::write);
  if (!store) return store.error().text();
  const RunId id("r-bench");
  std::vector<state::EventBody> first{plan->created};
  first.emplace_back(state::RunConfirmed{plan->created.changes_at_most, {}});
  const auto written = (*store)->append(id, 0, time.now(), std::move(first));
  if (!written) return written.error().text();
  auto run = state::fold(id, *written);
  if (!run) return run.error().text();
  engine::JournalWriter journal(io, **store);
  engine::Driver driver(
      io, plan, std::move(*run), journal, tokens,
      engine::World{&time, &time, [&](actions::TransportKind) -> actions::Transport& { return transport; }},
      [](const RunId&, const state::Event&) {});
  std::optional<Result<void>> done;
  asio::co_spawn(io, driver.drive(), [&](std::exception_ptr, Result<void> result) { done = std::move(result); });
  while (!done && time.now().mono.since_start < kLongestRun) {
    io.poll();
    if (done || !time.next()) break;
    time.advance_to(*time.next());
  }
  if (!done) return "the run did not end";
  if (!*done) return done->error().text();
  const auto& ended = driver.run().ended;
  return ended && ended->end == state::End::done ? "" : "it did not heal: " + (ended ? ended->text : std::string());
}

std::size_t peak_kib() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<std::size_t>(used.ru_maxrss);
}

}  // namespace

void bench_heals(const Surroundings&, Table& table) {
  spdlog::set_level(spdlog::level::off);
  playbooks::Diagnostics faults;
  std::optional<Error> error;
  const std::shared_ptr<const engine::Plan> plan = engine::make_plan(flagship(), faults, error);
  if (!plan) return table.cannot("whole heals", error ? error->text() : playbooks::render(faults.all().at(0)));
  const auto add = [&](const std::string& what, FaultKind kind, const std::vector<std::string>& hosts) {
    std::uint64_t seed = 0;
    const Timed timed = time_inside(what, [&](benchmark::State& state) {
      for (auto _ : state) {
        const std::string why = heal(plan, world_with(kind, hosts, ++seed));
        if (!why.empty()) state.SkipWithError(why.c_str());
      }
    });
    if (!timed.error.empty()) return table.cannot(what, timed.error);
    table.add(at_least_rate(what, 1 / timed.cpu, 200));
  };
  add("heals: a hub's clock (retry heals)", FaultKind::hub_clock, {"tyohub1"});
  add("heals: stale tickets (two reboots)", FaultKind::stale_tickets, {"tyohub1", "tyohub2"});
  add("heals: a controller's clock (whole ladder)", FaultKind::dc_clock, {"tyodc1"});
  table.add({.what = "memory at its peak in all of them", .measured = fmt::format("{} MiB", peak_kib() / 1024)});
}

}  // namespace unjam::bench
