// The fence of the model hosts: at most one effect per intent, whatever is sent again.
#include "actions/sim/fence.h"
#include "tests/actions/sim_fixture.h"

namespace unjam::actions::sim {
namespace {

TEST(SimFence, LetsAnIntentThroughOnce) {
  // given a reboot that was sent, when it is sent again before and after the boot, then there is one boot
  Rig rig(world_with({}));
  const json::object fence = rig.fence_for("tyohub1", "i-1");
  rig.outputs("tyohub1", "host.reboot", {}, fence);
  EXPECT_NE(rig.error("tyohub1", "host.reboot", {}, fence).find("refused: a shutdown is already scheduled"),
            std::string::npos);
  rig.pass(minutes(6));
  EXPECT_NE(rig.error("tyohub1", "host.reboot", {}, fence).find("refused: fence: boot"), std::string::npos);
  json::object now = rig.fence_for("tyohub1", "i-1");
  EXPECT_NE(rig.error("tyohub1", "host.reboot", {}, now).find("refused: fence: intent"), std::string::npos);
  rig.pass(minutes(6));
  EXPECT_EQ(rig.log().count("tyohub1", "boot"), 2u);  // that of the world's begin, and this one
  EXPECT_EQ(rig.log().count("tyohub1", "shutdown"), 1u);
}

struct Wrong {
  const char* key;
  json::value value;
  const char* word;
};

TEST(SimFence, RefusesByTheWordOfTheProtocolAndChangesNothing) {
  // given a permit of an earlier change
  for (const Wrong& wrong : {Wrong{"machine", "m-other", "machine"}, Wrong{"boot", "b-other", "boot"},
                             Wrong{"store", "store-2", "store"}, Wrong{"epoch", 4, "epoch"}}) {
    SCOPED_TRACE(wrong.key);
    Rig rig(world_with({}));
    rig.outputs("tyohub1", "hub.drain", {}, rig.fence_for("tyohub1", "i-1", 5));
    // when a reboot comes with one thing wrong
    json::object fence = rig.fence_for("tyohub1", "i-2", 5);
    fence[wrong.key] = wrong.value;
    EXPECT_NE(rig.error("tyohub1", "host.reboot", {}, fence).find(std::string("refused: fence: ") + wrong.word),
              std::string::npos);
    // then nothing has happened, and the host says what it refused
    rig.pass(minutes(6));
    EXPECT_EQ(rig.log().count("tyohub1", "shutdown"), 0u);
    ASSERT_EQ(rig.log().count("tyohub1", "refused"), 1u);
    EXPECT_EQ(rig.log().of("tyohub1", "refused").front().detail, wrong.word);
    EXPECT_EQ(rig.outputs("tyohub1", "host.boot").at("permit").as_string(), "i-1");
  }
}

TEST(SimFence, RefusesAChangeThatBringsNoFence) {
  Rig rig(world_with({}));
  EXPECT_NE(rig.error("tyohub1", "host.reboot").find("fence: none or malformed"), std::string::npos);
  json::object fence = rig.fence_for("tyohub1", "i 1");
  EXPECT_NE(rig.error("tyohub1", "time.sync", {}, fence).find("fence: none or malformed"), std::string::npos);
  EXPECT_EQ(rig.log().count("tyohub1", "permit"), 0u);
}

TEST(SimFence, LetsAnIdempotentChangeThroughAgain) {
  // given a drain, when it is sent again, also after a reboot, then it answers and nothing more has happened
  Rig rig(world_with({}));
  const json::object fence = rig.fence_for("tyohub1", "i-1");
  rig.outputs("tyohub1", "hub.drain", {}, fence);
  rig.outputs("tyohub1", "hub.drain", {}, fence);
  EXPECT_EQ(rig.log().count("tyohub1", "drained"), 1u);
  json::object elsewhere = fence;
  elsewhere["store"] = "store-2";
  EXPECT_NE(rig.error("tyohub1", "hub.drain", {}, elsewhere).find("fence: store"), std::string::npos);
}

TEST(SimFence, RemembersWhatCameOfAnIntentWhoseAnswerWasLost) {
  // given a time sync whose answer is cut
  WorldSpec spec = world_with({fault(FaultKind::hub_clock, {"tyohub1"})});
  spec.transport.push_back({.how = TransportFault::How::cut_after, .action = "time.sync"});
  Rig rig(spec);
  json::object inputs{{"from", rig.wire_host("osadc2")}, {"max_step", 7'200'000}};
  EXPECT_EQ(rig.call("tyohub1", "time.sync", inputs, rig.fence_for("tyohub1", "i-1"))->ended, Ended::cut);
  // when looked at, then it is finished, and the answer is the one that was lost
  const json::object look = rig.outputs("tyohub1", "intent.look", {{"intent", "i-1"}});
  EXPECT_EQ(look.at("state").as_string(), "finished");
  const auto answer = parse_json(base64_decode(std::string(look.at("answer").as_string())).value());
  ASSERT_TRUE(answer.has_value());
  EXPECT_NEAR(std::stod(std::string(answer->at("outputs").at("moved").as_string())), -600, 0.5);
  EXPECT_EQ(rig.log().count("tyohub1", "clock"), 2u);  // the fault, and this
}

TEST(SimFence, MakesAnIntentVoidThatWasLookedForBeforeItCame) {
  // given an engine that has concluded from a look that its intent never began
  Rig rig(world_with({}));
  EXPECT_EQ(rig.outputs("tyohub1", "intent.look", {{"intent", "i-1"}}).at("state").as_string(), "absent");
  // when a late copy of it arrives, then it is refused, and a look still says absent
  const json::object fence = rig.fence_for("tyohub1", "i-1");
  EXPECT_NE(rig.error("tyohub1", "host.reboot", {}, fence).find("fence: intent"), std::string::npos);
  EXPECT_EQ(rig.outputs("tyohub1", "intent.look", {{"intent", "i-1"}}).at("state").as_string(), "absent");
  rig.pass(minutes(6));
  EXPECT_EQ(rig.log().count("tyohub1", "shutdown"), 0u);
}

TEST(SimFence, RefusesACopyOfAnIdempotentChangeThatIsVoidOrOver) {
  // given a resume that a look has made void (rehearsal of rolling-reboot-hubs, seed 175: the zombie's copy came after)
  Rig rig(world_with({}));
  rig.outputs("tyohub1", "hub.drain", {}, rig.fence_for("tyohub1", "i-1"));
  rig.outputs("tyohub1", "intent.look", {{"intent", "i-2"}});
  EXPECT_NE(rig.error("tyohub1", "hub.resume", {}, rig.fence_for("tyohub1", "i-2")).find("fence: intent"),
            std::string::npos);
  // and given a drain after which another change was let through, then neither acts when its copy comes late
  rig.outputs("tyohub1", "hub.resume", {}, rig.fence_for("tyohub1", "i-3"));
  EXPECT_NE(rig.error("tyohub1", "hub.drain", {}, rig.fence_for("tyohub1", "i-1")).find("fence: intent"),
            std::string::npos);
  EXPECT_EQ(rig.log().count("tyohub1", "drained"), 1u);
  EXPECT_EQ(rig.log().count("tyohub1", "resumed"), 1u);
}

TEST(SimFence, KeepsItsRecordsAcrossAReboot) {
  Rig rig(world_with({}));
  rig.outputs("tyohub1", "hub.drain", {}, rig.fence_for("tyohub1", "i-drain"));
  rig.outputs("tyohub1", "host.reboot", {}, rig.fence_for("tyohub1", "i-reboot"));
  rig.pass(minutes(6));
  const json::object look = rig.outputs("tyohub1", "intent.look", {{"intent", "i-drain"}});
  EXPECT_EQ(look.at("state").as_string(), "finished");
  EXPECT_EQ(look.at("permit").as_string(), "i-reboot");
  const json::object probe = rig.outputs("tyohub1", "probe.hub");
  EXPECT_TRUE(probe.at("ready").as_bool());
  EXPECT_FALSE(probe.at("serving").as_bool());  // still drained
  EXPECT_FALSE(probe.at("recovering").as_bool());
}

TEST(SimFence, ForgetsTheOldestIntentsOnly) {
  Rig rig(world_with({}));
  SimHost& host = *rig.fleet().find("tyohub1");
  for (std::size_t i = 0; i <= kMaxIntents; ++i) {
    const json::object fence = rig.fence_for("tyohub1", fmt::format("i-{}", i));
    EXPECT_FALSE(pass_fence(rig.fleet(), host, fence, FenceKind::first).has_value());
  }
  EXPECT_EQ(host.fence.intents.size(), kMaxIntents);
  EXPECT_FALSE(host.fence.intents.contains("i-0"));
  EXPECT_TRUE(host.fence.intents.contains("i-1"));
}

TEST(SimFence, ReadsAndNudgesNeedNone) {
  Rig rig(world_with({}));
  rig.outputs("tyohub1", "mail.retry", rig.to("osaka"));
  rig.outputs("tyohub1", "probe.hub");
  EXPECT_EQ(rig.log().count("tyohub1", "permit"), 0u);
}

}  // namespace
}  // namespace unjam::actions::sim
