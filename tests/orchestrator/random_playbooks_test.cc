// Playbooks drawn from seeds, well typed and proven by the checker, on a fleet with a fault: no evaluation of theirs
// ends in a type error, and whatever they do, the hosts' own logs show no floor broken, no debt forgotten, no reboot
// twice.
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "tests/orchestrator/model_run.h"
#include "tests/proof/random_playbook.h"

namespace unjam::engine {
namespace {

using actions::sim::LogEntry;
using state::End;

constexpr std::uint64_t kSeeds = 400;

constexpr const char* kPolicy = R"yaml(unjam: 1
policy: drawn
healthy: { hub: probe.hub.serving, dc: dc.health.serving }
floors: [ { role: hub, per: site, min: 1 } ]
approvals: { disruptive: { count: 0 } }
)yaml";

std::shared_ptr<const Plan> drawn(std::uint64_t seed) {
  auto texts = demo_texts(source_path("playbooks/catalog/rolling-reboot-hubs.yaml"), {});
  texts.playbooks.front() = {"drawn.yaml", test::random_playbook(seed)};
  texts.policy.text = kPolicy;
  playbooks::Diagnostics faults;
  std::optional<Error> error;
  return make_plan(texts, faults, error);  // null: the checker refuses it, as it does most
}

// Faults that are there from the start or come with a reboot: what a gate has seen is still so when its action strikes.
WorldSpec world_of(std::uint64_t seed) {
  constexpr FaultKind kKinds[] = {FaultKind::none,         FaultKind::stale_tickets, FaultKind::peer_down,
                                  FaultKind::service_dead, FaultKind::no_return,     FaultKind::slow_boot,
                                  FaultKind::same_boot_id, FaultKind::unreachable,   FaultKind::drain_by_other};
  constexpr const char* kHubs[] = {"tyohub1", "tyohub2", "osahub1", "osahub2"};
  Rng rng(seed);
  const auto kind = kKinds[rng.below(std::size(kKinds))];
  auto spec = kind == FaultKind::none ? WorldSpec{} : world_with(kind, {kHubs[rng.below(std::size(kHubs))]});
  spec.seed = seed;
  return spec;
}

bool by_an_intent(const LogEntry& entry) {
  return !entry.detail.ends_with("by=-") && entry.detail.find("somebody") == std::string::npos;
}

// The state of every hub as its own log tells it.
class HubsByTheirLogs {
 public:
  explicit HubsByTheirLogs(const actions::Inventory& inventory) {
    for (const auto& host : inventory.hosts)
      if (host.role == "hub") hubs_[host.name.text].site = host.site;
  }

  // What the entry broke, or empty.
  std::string see(const LogEntry& entry) {
    const auto found = hubs_.find(entry.host);
    if (found == hubs_.end()) return {};
    Hub& hub = found->second;
    const bool takes_out = (entry.word == "drained" || entry.word == "shutdown") && entry.at >= Mono{};
    std::string broken;
    if (takes_out && hub.serves() && by_an_intent(entry) && others_that_serve(entry.host) == 0)
      broken = fmt::format("{}: {} is taken out of service, and no other hub of {} serves", entry.line(), entry.host,
                           hub.site);
    if (entry.word == "drained") hub.drained = by_an_intent(entry) ? Drained::by_us : Drained::by_other;
    if (entry.word == "resumed") hub.drained = Drained::no;
    if (entry.word == "shutdown" || entry.word == "off") hub.up = false;
    if (entry.word == "services-up") hub.up = true;
    if (entry.word == "boot" && entry.at >= Mono{} && !entry.detail.ends_with("intent=-") &&
        !boots_.insert(entry.host + entry.detail.substr(entry.detail.find("intent="))).second)
      broken = fmt::format("{}: {} was rebooted twice for one intent", entry.line(), entry.host);
    return broken;
  }

  std::vector<std::string> left_drained() const {
    std::vector<std::string> out;
    for (const auto& [name, hub] : hubs_)
      if (hub.drained == Drained::by_us) out.push_back(name);
    return out;
  }

 private:
  enum class Drained { no, by_us, by_other };
  struct Hub {
    std::string site;
    bool up = true;
    Drained drained = Drained::no;
    bool serves() const { return up && drained == Drained::no; }
  };

  std::size_t others_that_serve(const std::string& host) const {
    const auto& site = hubs_.at(host).site;
    return static_cast<std::size_t>(std::ranges::count_if(hubs_, [&](const auto& other) {
      return other.first != host && other.second.site == site && other.second.serves();
    }));
  }

  std::map<std::string, Hub> hubs_;
  std::set<std::string> boots_;
};

// Reasons that no well-typed expression can have for being unknown.
std::string type_error_in(const ModelRun& run) {
  for (const auto& event : run.journal()) {
    const auto text = state::encode(event.body);
    for (const auto* words :
         {"no such overload", "no such field", "not a set", "has no answer of type", "no attribute"})
      if (text.find(words) != std::string::npos) return text;
  }
  return {};
}

// Given playbooks from many seeds that the checker lets through, when each runs on a fleet with a fault, then it ends,
// never in a type error, and the hosts' logs show no broken rule.
TEST(RandomPlaybooks, KeepTheRulesOnTheModelFleet) {
  std::size_t ran = 0;
  std::size_t changed = 0;
  std::size_t rebooted = 0;
  std::size_t drained = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const auto plan = drawn(seed);
    if (!plan) continue;
    SCOPED_TRACE(fmt::format("seed {}\n{}", seed, test::random_playbook(seed)));
    ModelRun run(plan, world_of(seed));
    const auto& over = run.go();
    ASSERT_TRUE(over.ended) << run.story();
    EXPECT_EQ(type_error_in(run), "");
    HubsByTheirLogs hubs(*plan->inventory);
    for (const auto& entry : run.log().all()) EXPECT_EQ(hubs.see(entry), "") << run.story();
    if (over.ended->end != End::stuck) {
      EXPECT_THAT(hubs.left_drained(), testing::IsEmpty()) << run.story();
    }
    ++ran;
    changed += over.changed() ? 1 : 0;
    drained += run.logged_everywhere("drained") > 0 ? 1 : 0;
    rebooted += run.logged_everywhere("boot") > 0 ? 1 : 0;
  }
  // Not all of them are refused, and not all of them stop at their first step.
  EXPECT_GE(ran, 60u);
  EXPECT_GE(changed, 20u);
  EXPECT_GE(drained, 5u);
  EXPECT_GE(rebooted, 2u);
}

// Given a log in which both hubs of a site are taken out, or one is rebooted twice, then the judge says so: it can find
// what it looks for.
TEST(RandomPlaybooks, AreJudgedByAJudgeThatSees) {
  const auto plan = plan_of(demo_texts(source_path("playbooks/catalog/rolling-reboot-hubs.yaml"), {{"site", "tokyo"}}));
  HubsByTheirLogs hubs(*plan->inventory);
  const auto at = [](std::int64_t second, const char* host, const char* word, const char* detail) {
    return LogEntry{Mono{Millis{second * 1000}}, host, word, detail};
  };
  EXPECT_EQ(hubs.see(at(1, "tyohub1", "drained", "by=i-1")), "");
  EXPECT_EQ(hubs.see(at(2, "osahub1", "drained", "by=i-2")), "");
  EXPECT_NE(hubs.see(at(3, "tyohub2", "shutdown", "by=i-3")), "");
  EXPECT_EQ(hubs.see(at(4, "tyohub2", "boot", "id=a intent=i-3")), "");
  EXPECT_NE(hubs.see(at(5, "tyohub2", "boot", "id=b intent=i-3")), "");
  EXPECT_THAT(hubs.left_drained(), testing::ElementsAre("osahub1", "tyohub1"));
}

}  // namespace
}  // namespace unjam::engine
