// Who and when: confirming, approving, windows, freezes, the kill switch. On the model fleet, judged by the hosts' own
// logs.
#include <gmock/gmock.h>

#include <fstream>

#include "orchestrator/engine/arrival.h"
#include "tests/orchestrator/model_run.h"
#include "tests/state/temp_dir.h"

namespace unjam::engine {
namespace {

using state::End;

// The demo's policy with one line for another.
PlanTexts rolling(const std::string& line = {}, const std::string& by = {}) {
  auto texts = demo_texts(source_path("playbooks/catalog/rolling-reboot-hubs.yaml"), {{"site", "tokyo"}});
  if (line.empty()) return texts;
  auto& text = texts.policy.text;
  const auto at = text.find("\n" + line);
  if (at == std::string::npos) throw std::runtime_error("the demo's policy has no line " + line);
  text.replace(at + 1, text.find('\n', at + 1) - at - 1, by);
  return texts;
}

PlanTexts asking_leads(const std::string& more = ", expires: 1h") {
  auto texts = rolling("  disruptive:", "  disruptive: { by: leads, count: 1" + more + " }");
  texts.policy.text += "groups:\n  leads: [ aiko, ken ]\n";
  return texts;
}

state::Person person(const std::string& user) {
  return {-1, user, ""};
}

void expect_untouched(const ModelRun& run) {
  for (const auto* word : {"permit", "boot", "drained"}) EXPECT_EQ(run.logged_everywhere(word), 0u) << word;
}

// Given a policy that names nobody who may approve, then the run is refused at once instead of waiting for an approval
// that cannot come.
TEST(Admission, IsRefusedAtOnceWhereNobodyMayApprove) {
  auto without = rolling();
  without.policy = {};
  for (const auto& texts : {rolling("  disruptive:", ""), without}) {
    ModelRun run(texts, WorldSpec{});
    const auto& ended = run.go();
    ASSERT_TRUE(ended.ended);
    EXPECT_EQ(ended.ended->end, End::refused) << run.story();
    EXPECT_EQ(ended.ended->cause, "approval");
    EXPECT_THAT(ended.ended->text, testing::HasSubstr("policy names nobody who may approve"));
    expect_untouched(run);
  }
}

// Given an approval that policy does not let expire, then silence ends it all the same.
TEST(Admission, SilenceEndsAnApprovalWithoutAnExpiryToo) {
  ModelRun run(asking_leads(""), WorldSpec{});
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, End::refused) << run.story();
  EXPECT_EQ(ended.ended->cause, "approval");
  expect_untouched(run);
}

// Given somebody of the group who approves, then it runs to its end.
TEST(Admission, GoesOnWhenOneOfTheGroupApproves) {
  ModelRun run(asking_leads(), WorldSpec{});
  run.on_event = [&](const state::Event& event) {
    if (const auto* asked = std::get_if<state::ApprovalAsked>(&event.body))
      run.say(state::ApprovalGiven{asked->path, asked->digest, person("aiko")});
  };
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, End::done) << run.story();
  EXPECT_EQ(run.logged_everywhere("boot"), 2u);
}

// Given a policy that wants an approval of a reversible effect, and a playbook that does nothing stronger, then nothing
// is changed without it.
TEST(Admission, MilderEffectsAreApprovedToo) {
  auto texts = rolling();
  texts.playbooks.front().text = R"yaml(unjam: 1
playbook: flag-hubs
summary: Flags the hubs of a site and takes the flags away again
params:
  site: { type: site }
targets:
  hubs: hosts.filter(h, h.role == "hub" and h.site == params.site)
facts:
  hub: { run: probe.hub, hosts: hubs }
steps:
  - flag:   { run: hub.flag, hosts: hubs, limit: 1m, undo: hub.unflag }
  - unflag: { settles: flag, limit: 5m }
  - well:   { expect: "hubs.all(h, hub(h).ready)", limit: 5m }
)yaml";
  auto& policy = texts.policy.text;
  policy.insert(policy.find('\n', policy.find("\napprovals:") + 1),
                "\n  reversible: { by: leads, count: 1, expires: 1h }");
  policy += "groups:\n  leads: [ aiko, ken ]\n";
  ModelRun run(std::move(texts), WorldSpec{});
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, End::refused) << run.story();
  EXPECT_EQ(ended.ended->cause, "approval");
  EXPECT_EQ(run.logged_everywhere("flagged"), 0u);
}

// Given an approval that arrives when the run has begun to stop, then it is left out, the run ends as it would have,
// and its journal can be read again.
TEST(Admission, AnApprovalAfterTheStopIsLeftOut) {
  ModelRun run(asking_leads(), WorldSpec{});
  run.on_event = [&](const state::Event& event) {
    if (std::holds_alternative<state::ApprovalAsked>(event.body))
      run.say(state::CancelRequested{"cancel", person("mei")});
    if (std::holds_alternative<state::StopBegun>(event.body)) {
      const auto& [path, approval] = *run.driver().run().approvals.begin();
      run.say(state::ApprovalGiven{path, approval.asked.digest, person("aiko")});
      run.say(state::RunConfirmed{2, person("mei")});
    }
  };
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, End::refused) << run.story();
  EXPECT_EQ(ended.ended->cause, "cancel");
  EXPECT_TRUE(state::fold(ended.id, run.journal()));
  expect_untouched(run);
}

// Given a freeze, or a window that is shut, then the verdict names it and nothing is touched.
TEST(Admission, IsRefusedInAFreezeAndOutsideOfEveryWindow) {
  const struct {
    const char* key;
    const char* line;
    const char* cause;
    const char* text;
  } cases[] = {
      {"freezes:", "freezes: [ { name: audit, from: \"2026-11-20 00:00\", to: \"2026-12-01 00:00\", zone: UTC } ]",
       "freeze", "audit"},
      {"windows:", "windows: [ { name: night, from: \"22:00\", to: \"04:00\", zone: UTC } ]", "window", "night"}};
  for (const auto& of : cases) {
    ModelRun run(rolling(of.key, of.line), WorldSpec{});
    const auto& ended = run.go();
    ASSERT_TRUE(ended.ended) << of.cause;
    EXPECT_EQ(ended.ended->end, End::refused) << run.story();
    EXPECT_EQ(ended.ended->cause, of.cause);
    EXPECT_THAT(ended.ended->text, testing::HasSubstr(of.text));
    expect_untouched(run);
  }
}

// Given a window over midnight that is open, then it runs.
TEST(Admission, RunsInAWindowOverMidnight) {
  ModelRun run(rolling("windows:", "windows: [ { name: night, from: \"19:00\", to: \"04:00\", zone: UTC } ]"),
               WorldSpec{});
  const auto& ended = run.go();
  ASSERT_TRUE(ended.ended);
  EXPECT_EQ(ended.ended->end, End::done) << run.story();
}

// Given a kill switch that exists, or one that nobody can look at, then nothing begins.
TEST(Admission, AKillSwitchStopsItAlsoWhenItCannotBeLookedAt) {
  const TempDir dir;
  std::ofstream(dir.file("stop")) << "now";
  // A name that no file system takes: looking at it fails, and that is not "it does not exist".
  for (const auto& path : {dir.file("stop"), dir.file(std::string(300, 'x'))}) {
    ModelRun run(rolling("freezes:", "kill_switch: \"" + path + "\""), WorldSpec{});
    const auto& ended = run.go();
    ASSERT_TRUE(ended.ended);
    EXPECT_EQ(ended.ended->end, End::refused) << run.story();
    EXPECT_EQ(ended.ended->cause, "kill_switch");
    expect_untouched(run);
  }
}

// Given a policy file that is there and empty, then it is a fault and not "no policy".
TEST(Admission, AnEmptyPolicyFileIsAFault) {
  auto texts = rolling();
  texts.policy.text.clear();
  playbooks::Diagnostics faults;
  std::optional<Error> error;
  EXPECT_EQ(make_plan(texts, faults, error), nullptr);
  ASSERT_TRUE(faults.failed());
  EXPECT_THAT(playbooks::render(faults.all().front()), testing::HasSubstr("policy.yaml:1:1: error UJ0107"));
}

// Given a misspelt pack of a host, then it is a fault with its place and the nearest name.
TEST(Admission, APackThatIsNotThereIsAFault) {
  auto texts = rolling();
  const auto at = texts.inventory.text.find("postfix");
  texts.inventory.text.replace(at, 7, "postfiks");
  playbooks::Diagnostics faults;
  std::optional<Error> error;
  EXPECT_EQ(make_plan(texts, faults, error), nullptr);
  ASSERT_TRUE(faults.failed());
  const auto told = playbooks::render(faults.all().front());
  EXPECT_THAT(told, testing::HasSubstr("inventory.yaml:17:"));
  EXPECT_THAT(told, testing::HasSubstr("did you mean postfix?"));
}

// The operational log names run, step and host.
TEST(LogLine, NamesRunStepAndHost) {
  ModelRun run(rolling(), WorldSpec{});
  std::vector<std::string> lines;
  run.on_event = [&](const state::Event& event) { lines.push_back(log_line(run.driver().run(), event)); };
  run.go();
  EXPECT_THAT(lines, testing::Contains(testing::AllOf(testing::HasSubstr("run=r-test"), testing::HasSubstr(" intent "),
                                                      testing::HasSubstr("step=roll[tyohub1]/reboot"),
                                                      testing::HasSubstr("host=tyohub1"),
                                                      testing::HasSubstr("is=host.reboot"))));
  EXPECT_THAT(lines, testing::Contains(testing::AllOf(testing::HasSubstr(" effect_ended "),
                                                      testing::HasSubstr("step=roll[tyohub1]/reboot"),
                                                      testing::HasSubstr("is=ok"))));
}

}  // namespace
}  // namespace unjam::engine
