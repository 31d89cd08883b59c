#include <fstream>

#include "actions/script_call.h"
#include "actions/sim/model_transport.h"
#include "tests/actions/sim_fixture.h"
#include "tests/support/sshd.h"

namespace unjam::actions::sim {
namespace {

WorldSpec with_transport_fault(TransportFault::How how, const std::string& action, Millis by = Millis(0)) {
  WorldSpec spec = world_with({fault(FaultKind::stale_tickets, {"tyohub1"})});
  spec.transport.push_back({.how = how, .action = action, .by = by});
  return spec;
}

TEST(ModelTransport, AnswersInTheFrameThatClassifyReads) {
  // given a contract, when the model's reply is classified, then it is a typed answer
  Rig rig(world_with({}));
  playbooks::ActionSpec spec;
  spec.name = "dc.health";
  spec.outputs = {{"serving", playbooks::types::boolean()}, {"stale", playbooks::types::boolean()}};
  const auto reply = rig.call("tyodc1", "dc.health");
  const Outcome outcome = classify(reply, "c0ffee", spec);
  ASSERT_EQ(outcome.kind, Outcome::Kind::answered) << outcome.reason;
  ASSERT_NE(outcome.answer.outputs.as_record(), nullptr);
  EXPECT_TRUE(*outcome.answer.outputs.as_record()->at("serving").as_bool());
  EXPECT_EQ(classify(reply, "another", spec).kind, Outcome::Kind::unknown);
}

TEST(ModelTransport, TakesAsLongAsARealCallWould) {
  Rig rig(world_with({}));
  const Mono before = rig.time().now().mono;
  rig.call("tyohub1", "probe.hub");
  const Millis took = rig.time().now().mono - before;
  EXPECT_GE(took, Millis(120));
  EXPECT_LE(took, Millis(1100));
}

TEST(ModelTransport, SaysNotSentOnlyWhenNothingReachedTheHost) {
  // given a host that does not answer, and one whose shutdown has begun
  Rig rig(world_with({fault(FaultKind::unreachable, {"osahub1"})}));
  const Mono before = rig.time().now().mono;
  const auto silent = rig.call("osahub1", "probe.hub");
  ASSERT_FALSE(silent.has_value());
  EXPECT_EQ(silent.error().kind, ErrorKind::not_sent);
  EXPECT_EQ(rig.time().now().mono - before, seconds(10));
  rig.outputs("tyohub1", "host.reboot", {}, rig.fence_for("tyohub1", "i-1"));
  rig.pass(seconds(3));
  const auto refused = rig.call("tyohub1", "probe.hub");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::not_sent);
  // a deadline that passes while connecting is not_sent too
  const auto hasty = rig.call("tyohub2", "mail.retry", rig.to("osaka"), {}, Millis(5));
  ASSERT_FALSE(hasty.has_value());
  EXPECT_EQ(hasty.error().kind, ErrorKind::not_sent);
  EXPECT_EQ(rig.log().count("tyohub2", "retried"), 0u);
}

TEST(ModelTransport, ReachesAHostAgainWhenItHasBooted) {
  Rig rig(world_with({}));
  const auto boot = rig.outputs("tyohub1", "host.boot").at("boot");
  rig.reboot("tyohub1");
  const json::object after = rig.outputs("tyohub1", "host.boot");
  EXPECT_NE(after.at("boot"), boot);
  EXPECT_EQ(after.at("permit").as_string(), "i-1");
  EXPECT_TRUE(rig.outputs("tyohub1", "probe.hub").at("serving").as_bool());
}

TEST(ModelTransport, NeedsServicesSomeTimeAfterTheBoot) {
  // given slow services, when the host answers again, then it is not ready at once
  WorldSpec spec = world_with({});
  spec.times.services = {minutes(5), minutes(5)};
  Rig rig(spec);
  rig.outputs("tyohub1", "host.reboot", {}, rig.fence_for("tyohub1", "i-1"));
  rig.pass(minutes(4));
  EXPECT_FALSE(rig.outputs("tyohub1", "probe.hub").at("ready").as_bool());
  rig.pass(minutes(5));
  EXPECT_TRUE(rig.outputs("tyohub1", "probe.hub").at("ready").as_bool());
}

TEST(ModelTransport, CutBeforeHasNoEffectAndCutAfterHasIt) {
  using How = TransportFault::How;
  for (const auto& [how, effects] : {std::pair(How::cut_before, 0u), std::pair(How::cut_after, 1u),
                                     std::pair(How::no_answer, 1u), std::pair(How::half_answer, 1u)}) {
    SCOPED_TRACE(static_cast<int>(how));
    Rig rig(with_transport_fault(how, "mail.retry"));
    const auto reply = rig.call("tyohub1", "mail.retry", rig.to("osaka"));
    ASSERT_TRUE(reply.has_value());
    EXPECT_TRUE(rig.body(reply).empty());
    EXPECT_EQ(reply->ended == Ended::timed_out, how == How::no_answer);
    EXPECT_EQ(rig.log().count("tyohub1", "retried"), effects);
    // and the next call goes well
    EXPECT_FALSE(rig.body(rig.call("tyohub1", "mail.retry", rig.to("osaka"))).empty());
  }
}

TEST(ModelTransport, ALateAnswerIsLostAtTheDeadline) {
  Rig rig(with_transport_fault(TransportFault::How::late, "mail.retry", minutes(5)));
  const Mono before = rig.time().now().mono;
  const auto reply = rig.call("tyohub1", "mail.retry", rig.to("osaka"), {}, minutes(1));
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->ended, Ended::timed_out);
  EXPECT_EQ(rig.time().now().mono - before, minutes(1));
}

TEST(ModelTransport, AHostThatGoesDownCutsTheCallUnderWay) {
  // given somebody else's reboot a moment from now, and a probe that takes a minute
  FaultSpec other = fault(FaultKind::reboot_by_other, {"tyohub1"});
  other.at = seconds(20);
  Rig rig(world_with({fault(FaultKind::stale_tickets, {"tyohub1"}), other}));
  const auto reply = rig.call("tyohub1", "mail.probe", rig.to("osaka"));
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->ended, Ended::cut);
}

// ---- what may become of a reboot

json::object boot_of(Rig& rig, const std::string& host) {
  return rig.outputs(host, "host.boot");
}

TEST(ModelTransport, AHubThatNeverReturnsStaysAway) {
  Rig rig(world_with({fault(FaultKind::no_return, {"tyohub1"})}));
  rig.reboot("tyohub1");
  rig.pass(hours(24));
  EXPECT_FALSE(rig.call("tyohub1", "host.boot").has_value());
  EXPECT_EQ(rig.log().count("tyohub1", "boot"), 1u);
}

TEST(ModelTransport, ARebootThatWasNoneShowsTheSameBootId) {
  Rig rig(world_with({fault(FaultKind::same_boot_id, {"tyohub1"}), fault(FaultKind::stale_tickets, {"tyohub1"})}));
  const auto before = boot_of(rig, "tyohub1").at("boot");
  rig.reboot("tyohub1");
  EXPECT_EQ(boot_of(rig, "tyohub1").at("boot"), before);
  EXPECT_GT(rig.stuck("tyohub1"), 0);  // and so the old tickets are still there
}

TEST(ModelTransport, AnotherHostKeyIsDenied) {
  Rig rig(world_with({fault(FaultKind::other_host_key, {"tyohub1"})}));
  EXPECT_TRUE(rig.call("tyohub1", "host.boot").has_value());
  rig.reboot("tyohub1");
  const auto reply = rig.call("tyohub1", "host.boot");
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::denied);
}

TEST(ModelTransport, AnotherMachineAtTheAddressIsNotTheHub) {
  Rig rig(world_with({fault(FaultKind::other_machine, {"tyohub1"})}));
  const json::object fence = rig.fence_for("tyohub1", "i-9");
  const auto before = boot_of(rig, "tyohub1").at("machine");
  rig.reboot("tyohub1");
  EXPECT_NE(boot_of(rig, "tyohub1").at("machine"), before);
  EXPECT_NE(rig.error("tyohub1", "host.reboot", {}, fence).find("fence: machine"), std::string::npos);
  EXPECT_NE(rig.error("tyohub1", "probe.hub").find("absent"), std::string::npos);
}

TEST(ModelTransport, ABootLoopShowsTwoBootsForOneIntent) {
  FaultSpec loop = fault(FaultKind::reboots_again, {"tyohub1"});
  loop.time = minutes(2);
  Rig rig(world_with({loop}));
  rig.reboot("tyohub1");
  rig.pass(minutes(8));
  EXPECT_EQ(rig.log().count("tyohub1", "boot"), 3u);
  EXPECT_EQ(rig.log().of("tyohub1", "shutdown").back().detail, "by=nobody");
}

TEST(ModelTransport, ASlowBootAndDeadServicesAreWhatTheySay) {
  FaultSpec slow = fault(FaultKind::slow_boot, {"tyohub1"});
  slow.time = minutes(30);
  Rig rig(world_with({slow, fault(FaultKind::service_dead, {"tyohub2"})}));
  rig.reboot("tyohub1");
  EXPECT_FALSE(rig.call("tyohub1", "host.boot").has_value());
  rig.reboot("tyohub2");
  rig.pass(hours(1));
  EXPECT_TRUE(rig.call("tyohub1", "host.boot").has_value());
  EXPECT_FALSE(rig.outputs("tyohub2", "probe.hub").at("ready").as_bool());
}

TEST(ModelTransport, SomebodyElsesWorkIsSeenAsRecovering) {
  FaultSpec drain = fault(FaultKind::drain_by_other, {"tyohub2"});
  Rig rig(world_with({drain, fault(FaultKind::update_pending, {"tyohub1"})}));
  const json::object probe = rig.outputs("tyohub2", "probe.hub");
  EXPECT_TRUE(probe.at("recovering").as_bool());
  EXPECT_FALSE(probe.at("serving").as_bool());
  EXPECT_TRUE(rig.outputs("tyohub1", "probe.hub").at("reboot_pending").as_bool());
  EXPECT_NE(rig.error("tyohub2", "hub.drain", {}, rig.fence_for("tyohub2", "i-1")).find("refused"), std::string::npos);
  rig.reboot("tyohub1");
  EXPECT_FALSE(rig.outputs("tyohub1", "probe.hub").at("reboot_pending").as_bool());
}

// ---- the hosts' own logs

TEST(EffectLog, WritesOneFilePerHostThatTellsWhatItDid) {
  // given a folder, when a hub is drained and rebooted, then its own file says so, line by line, flushed
  const testing_support::TempDir scratch;
  const std::string folder = scratch.file("logs");
  WorldSpec spec = world_with({});
  spec.logs = folder;
  Rig rig(spec);
  rig.outputs("tyohub1", "hub.drain", {}, rig.fence_for("tyohub1", "i-1"));
  rig.outputs("tyohub1", "host.reboot", {}, rig.fence_for("tyohub1", "i-2"));
  rig.pass(minutes(6));
  std::ifstream file(folder + "/tyohub1.log");
  std::string all((std::istreambuf_iterator<char>(file)), {});
  const auto drained = all.find(" drained by=i-1\n");
  const auto shutdown = all.find(" shutdown by=i-2\n");
  const auto boot = all.find("intent=i-2\n", shutdown);
  EXPECT_NE(boot, std::string::npos) << all;
  EXPECT_LT(drained, shutdown);
  std::string kept;
  for (const LogEntry& entry : rig.log().of("tyohub1")) kept += entry.line() + "\n";
  EXPECT_EQ(all, kept);
  EXPECT_TRUE(std::ifstream(folder + "/osadc2.log").good());
}

TEST(EffectLog, AWorldWithoutItsFolderIsAnError) {
  WorldSpec spec = world_with({});
  spec.logs = "/proc/none/logs";
  const auto world = World::create(spec, six_hosts(), kStart);
  ASSERT_FALSE(world.has_value());
  EXPECT_EQ(world.error().kind, ErrorKind::io);
}

TEST(World, RefusesAFaultOnAHostThatIsNotThere) {
  const auto world = World::create(world_with({fault(FaultKind::hub_clock, {"nohub"})}), six_hosts(), kStart);
  ASSERT_FALSE(world.has_value());
  EXPECT_EQ(world.error().kind, ErrorKind::invalid);
  EXPECT_NE(world.error().message.find("nohub"), std::string::npos);
}

}  // namespace
}  // namespace unjam::actions::sim
