// The real engine on the model fleet: one playbook, one world, virtual time, a store in memory. Judged by the hosts'
// own logs.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "actions/sim/model_transport.h"
#include "actions/sim/virtual_time.h"
#include "actions/sim/world.h"
#include "orchestrator/engine/driver.h"
#include "state/memory_store.h"
#include "state/rollback.h"
#include "tests/source_tree.h"

namespace unjam::engine {

using actions::sim::FaultKind;
using actions::sim::FaultSpec;
using actions::sim::WorldSpec;

inline constexpr Wall kStart{Millis(1'795'464'000'000)};  // 2026-11-23T20:00:00Z
inline constexpr Millis kLongestRun{48LL * 3'600'000};

inline std::string source_path(const std::string& relative) {
  return testing_support::source_dir() + "/" + relative;
}

inline std::string read_text(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class SeededTokens final : public Tokens {
 public:
  std::string hex(std::size_t bytes) override {
    std::string out;
    while (out.size() < bytes * 2) out += fmt::format("{:016x}", rng_.next());
    out.resize(bytes * 2);
    return out;
  }

 private:
  Rng rng_{7};
};

inline PlanTexts demo_texts(const std::string& playbook_path, std::map<std::string, std::string> params) {
  PlanTexts texts;
  texts.playbooks.push_back({playbook_path, read_text(playbook_path)});
  texts.inventory = {source_path("examples/demo/inventory.yaml"),
                     read_text(source_path("examples/demo/inventory.yaml"))};
  texts.policy = {source_path("examples/demo/policy.yaml"), read_text(source_path("examples/demo/policy.yaml"))};
  texts.pack_roots = {source_path("actions/packs")};
  texts.catalogs = {source_path("playbooks/catalog")};
  texts.params = std::move(params);
  return texts;
}

inline WorldSpec world_with(FaultKind kind, std::vector<std::string> hosts = {},
                            std::optional<Millis> offset = std::nullopt) {
  FaultSpec fault;
  fault.kind = kind;
  fault.hosts = std::move(hosts);
  if (offset) fault.offset = *offset;
  WorldSpec spec;
  spec.name = "test";
  spec.faults = {fault};
  return spec;
}

inline std::shared_ptr<const Plan> plan_of(const PlanTexts& texts) {
  playbooks::Diagnostics faults;
  std::optional<Error> error;
  auto plan = make_plan(texts, faults, error);
  for (const auto& fault : faults.all()) ADD_FAILURE() << playbooks::render(fault);
  if (error) ADD_FAILURE() << error->text();
  return plan;
}

class ModelRun {
 public:
  ModelRun(const PlanTexts& texts, WorldSpec spec, bool confirmed = true)
      : ModelRun(plan_of(texts), std::move(spec), confirmed) {}

  ModelRun(std::shared_ptr<const Plan> plan, WorldSpec spec, bool confirmed = true) : plan_(std::move(plan)) {
    if (!plan_) return;
    auto world = actions::sim::World::create(std::move(spec), plan_->inventory->hosts, kStart);
    if (!world) throw std::runtime_error(world.error().text());
    world_ = std::move(*world);
    transport_ = std::make_unique<actions::sim::ModelTransport>(*world_, time_, time_);
    store_ = std::move(*state::open_memory_store(state::make_memory_journal(tokens_), state::Access::write));
    std::vector<state::EventBody> first{plan_->created};
    if (confirmed) first.emplace_back(state::RunConfirmed{plan_->created.changes_at_most, {}});
    const auto written = store_->append(id_, 0, time_.now(), std::move(first));
    if (!written) throw std::runtime_error(written.error().text());
    auto run = state::fold(id_, *written);
    journal_ = std::make_unique<JournalWriter>(io_, *store_);
    driver_ = std::make_unique<Driver>(
        io_, plan_, std::move(*run), *journal_, tokens_,
        World{&time_, &time_, [this](actions::TransportKind) -> actions::Transport& { return *transport_; }},
        [this](const RunId&, const state::Event& event) { seen(event); });
  }

  // Until the run has ended; the events that `stop_at` names interrupt it.
  const state::Run& go() {
    std::optional<Result<void>> done;
    boost::asio::co_spawn(io_, driver_->drive(), [&](std::exception_ptr crashed, Result<void> result) {
      if (crashed) std::rethrow_exception(crashed);
      done = std::move(result);
    });
    while (!done && time_.now().mono.since_start < kLongestRun) {
      io_.poll();
      if (done) break;
      if (!time_.next()) break;
      time_.advance_to(*time_.next());
    }
    EXPECT_TRUE(done) << "the run neither ended nor waits for anything\n" << story();
    if (done) {
      EXPECT_TRUE(*done) << done->error().text();
    }
    return driver_->run();
  }

  std::string story() const {
    std::string out;
    for (const auto& event : events_) {
      const auto kind = state::kind_of(event.body);
      if (kind == state::EventKind::reading_taken || kind == state::EventKind::run_created) continue;
      out += fmt::format("{:>9.3f} {} {}\n", static_cast<double>(event.mono.since_start.count()) / 1000,
                         state::spell(kind), state::encode(event.body).substr(0, 400));
    }
    return out;
  }

  // Since the run began: the world has lived before it.
  std::size_t logged(const std::string& host, const std::string& word) const {
    const auto entries = world_->log().of(host, word);
    return static_cast<std::size_t>(
        std::count_if(entries.begin(), entries.end(), [](const auto& entry) { return entry.at >= Mono{}; }));
  }
  std::size_t logged_everywhere(const std::string& word) const {
    std::size_t n = 0;
    for (const auto& host : plan_->inventory->hosts) n += logged(host.name.text, word);
    return n;
  }
  const actions::sim::EffectLog& log() const { return world_->log(); }
  // What the run's driver said since it began; `journal` has what was there before, too.
  const std::vector<state::Event>& events() const { return events_; }
  std::vector<state::Event> journal() const { return store_->load(id_).value_or(std::vector<state::Event>{}); }
  Driver& driver() { return *driver_; }
  // As if somebody said so right after the event that is being told.
  void say(state::EventBody said) {
    boost::asio::post(io_, [this, said = std::move(said)]() mutable { (void)driver_->post(std::move(said)); });
  }
  state::Store& store() { return *store_; }
  std::function<void(const state::Event&)> on_event{};

 private:
  void seen(const state::Event& event) {
    events_.push_back(event);
    if (on_event) on_event(event);
  }

  RunId id_{"r-test"};
  boost::asio::io_context io_{1};
  SeededTokens tokens_;
  actions::sim::VirtualTime time_{io_, kStart};
  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<actions::sim::World> world_;
  std::unique_ptr<actions::sim::ModelTransport> transport_;
  std::unique_ptr<state::Store> store_;
  std::unique_ptr<JournalWriter> journal_;
  std::unique_ptr<Driver> driver_;
  std::vector<state::Event> events_;
};

}  // namespace unjam::engine
