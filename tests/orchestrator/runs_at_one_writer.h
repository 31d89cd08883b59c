// Several runs of one process: the real engine on the model fleet, one store, one writer, virtual time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/engine/journal_writer.h"
#include "tests/orchestrator/model_run.h"

namespace unjam::engine {

using state::AppendRequest;

// Notes how the requests came, and fails where it is told to.
class WatchedStore : public state::Store {
 public:
  explicit WatchedStore(state::Store& real) : real_(real) {}

  StoreId id() const override { return real_.id(); }
  std::int64_t epoch() const override { return real_.epoch(); }
  Appended append(const RunId& run, std::int64_t expected, Now now, std::vector<state::EventBody> events,
                  const state::Claims& claims) override {
    return real_.append(run, expected, now, std::move(events), claims);
  }
  std::vector<Appended> append_many(std::vector<AppendRequest> requests) override {
    groups.push_back(requests.size());
    const bool failing = std::ranges::any_of(requests, fails);
    for (const AppendRequest& request : requests) before(request);
    if (failing) return std::vector<Appended>(requests.size(), fail(ErrorKind::io, "the write failed"));
    return real_.append_many(std::move(requests));
  }
  Appended load(const RunId& run) const override { return real_.load(run); }
  Result<std::vector<state::RunRow>> runs() const override { return real_.runs(); }
  Result<std::vector<state::SlotRow>> slots() const override { return real_.slots(); }
  Result<std::vector<state::LockRow>> locks() const override { return real_.locks(); }
  std::optional<std::uint64_t> holdings_version() const override { return real_.holdings_version(); }
  Result<std::vector<state::EffectRow>> effects(Wall since) const override { return real_.effects(since); }

  std::vector<std::size_t> groups;
  std::function<bool(const AppendRequest&)> fails = [](const AppendRequest&) { return false; };
  std::function<void(const AppendRequest&)> before = [](const AppendRequest&) {};

 private:
  state::Store& real_;
};

// Notes which actions were sent to anybody.
class WatchedTransport : public actions::Transport {
 public:
  explicit WatchedTransport(actions::Transport& real) : real_(real) {}
  boost::asio::awaitable<Result<actions::Reply>> call(const actions::Host& host, const actions::Connection& connection,
                                                      actions::Request request) override {
    sent.push_back(request.action);
    return real_.call(host, connection, std::move(request));
  }
  void forget(const HostName& host) override { real_.forget(host); }

  std::vector<std::string> sent;

 private:
  actions::Transport& real_;
};

// Runs of one process, on the model fleet, at one writer.
class RunsAtOneWriter : public testing::Test {
 protected:
  void begin(const std::string& playbook, actions::sim::WorldSpec spec, std::map<std::string, std::string> params) {
    plan = plan_of(demo_texts(source_path("playbooks/catalog/" + playbook), std::move(params)));
    ASSERT_TRUE(plan);
    auto made = actions::sim::World::create(std::move(spec), plan->inventory->hosts, kStart);
    ASSERT_TRUE(made) << made.error().text();
    world = std::move(*made);
    model = std::make_unique<actions::sim::ModelTransport>(*world, time, time);
    transport = std::make_unique<WatchedTransport>(*model);
  }

  void drive(const std::string& name) {
    std::vector<state::EventBody> first{plan->created, state::RunConfirmed{plan->created.changes_at_most, {}}};
    auto run = state::fold(RunId(name), *memory->append(RunId(name), 0, time.now(), std::move(first)));
    ASSERT_TRUE(run);
    const World around{&time, &time, [this](actions::TransportKind) -> actions::Transport& { return *transport; }};
    drivers.push_back(std::make_unique<Driver>(io, plan, std::move(*run), writer, tokens, around,
                                               [](const RunId&, const state::Event&) {}));
    boost::asio::co_spawn(io, drivers.back()->drive(), [this](std::exception_ptr thrown, Result<void> result) {
      EXPECT_FALSE(thrown);
      ended.push_back(std::move(result));
    });
  }

  void live() {
    while (ended.size() < drivers.size()) {
      io.poll();
      if (ended.size() == drivers.size() || !time.next()) break;
      time.advance_to(*time.next());
    }
    ASSERT_EQ(ended.size(), drivers.size());
  }

  std::vector<state::Event> journal(const RunId& run) const {
    return memory->load(run).value_or(std::vector<state::Event>{});
  }

  boost::asio::io_context io{1};
  SeededTokens tokens;
  actions::sim::VirtualTime time{io, kStart};
  std::shared_ptr<const Plan> plan;
  std::unique_ptr<actions::sim::World> world;
  std::unique_ptr<actions::sim::ModelTransport> model;
  std::unique_ptr<WatchedTransport> transport;
  std::unique_ptr<state::Store> memory =
      *state::open_memory_store(state::make_memory_journal(tokens), state::Access::write);
  WatchedStore store{*memory};
  JournalWriter writer{io, store};
  std::vector<std::unique_ptr<Driver>> drivers;
  std::vector<Result<void>> ended;
};

}  // namespace unjam::engine
