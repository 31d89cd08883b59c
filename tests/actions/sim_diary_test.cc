// A model that is taken up by another process is the one that it was.
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/actions/sim_fixture.h"
#include "tests/state/temp_dir.h"

namespace unjam::actions::sim {
namespace {

constexpr const char* kWorld = "digest of the world file";

WorldSpec stale() {
  return world_with({fault(FaultKind::stale_tickets, {"tyohub1"})});
}

// Drains and reboots a hub, and looks until it is back.
void live(Rig& rig) {
  rig.outputs("tyohub1", "hub.drain", {}, rig.fence_for("tyohub1", "i-1"));
  rig.call("tyohub1", "host.reboot", {}, rig.fence_for("tyohub1", "i-2"));
  rig.pass(minutes(5));
  rig.outputs("tyohub1", "probe.hub");
}

std::string machine_of(Rig& rig) {
  const SimHost& hub = *rig.world().fleet().find("tyohub1");
  return hub.machine + " " + hub.boot + " " + std::to_string(hub.life);
}

// Given a fleet on which something was done, when a world is made anew with its diary, then machines, boots and the
// hosts' logs are what they were, and a late copy of the reboot's intent reboots nothing, as before.
TEST(Diary, LivesTheSamePastAgain) {
  const TempDir dir;
  const auto file = dir.file("models/r-1");
  Rig first(stale(), six_hosts(), *Diary::begin(file, kStart, kWorld));
  const auto fence = first.fence_for("tyohub1", "i-2");
  live(first);
  ASSERT_EQ(first.world().log().count("tyohub1", "shutdown"), 1u);

  auto diary = Diary::reopen(file, kWorld);
  ASSERT_TRUE(diary) << diary.error().text();
  EXPECT_EQ((*diary)->start(), kStart);
  ASSERT_FALSE((*diary)->past().empty());
  const Mono until = (*diary)->past().back().at;
  Rig second(stale(), six_hosts(), *std::move(diary));
  second.time().advance_to(until);
  second.transport().relive();
  EXPECT_EQ(machine_of(second), machine_of(first));
  EXPECT_EQ(second.world().log().count("tyohub1", "boot"), first.world().log().count("tyohub1", "boot"));
  EXPECT_EQ(second.world().log().count("tyohub1", "drained"), 1u);
  second.call("tyohub1", "host.reboot", {}, fence);
  second.pass(minutes(5));
  EXPECT_EQ(second.world().log().count("tyohub1", "shutdown"), 1u);
}

// Given a diary whose last line was not written to its end, then that line alone is forgotten, and it can be gone on
// in.
TEST(Diary, ALineThatWasCutOffIsLeftOut) {
  const TempDir dir;
  const auto file = dir.file("models/r-1");
  {
    Rig rig(stale(), six_hosts(), *Diary::begin(file, kStart, kWorld));
    live(rig);
  }
  const auto whole = (*Diary::reopen(file, kWorld))->past().size();
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 5);
  auto cut = Diary::reopen(file, kWorld);
  ASSERT_TRUE(cut) << cut.error().text();
  EXPECT_EQ((*cut)->past().size(), whole - 1);
  EXPECT_TRUE((*cut)->add({Mono{minutes(9)}, "tyohub1", "host.boot", {}, {}}));
  EXPECT_EQ((*Diary::reopen(file, kWorld))->past().size(), whole);
}

// Given a disk on which nothing more fits, when a host is called, then the call was not sent and the host has done
// nothing: what is not written down would be forgotten by who takes the model up.
TEST(Diary, WhatCannotBeWrittenDownDoesNotHappen) {
  const TempDir dir;
  const auto file = dir.file("models/r-1");
  Rig rig(stale(), six_hosts(), *Diary::begin(file, kStart, kWorld));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit full{std::filesystem::file_size(file), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  const auto reply = rig.call("tyohub1", "host.reboot", {}, rig.fence_for("tyohub1", "i-2"));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  rig.pass(minutes(5));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::not_sent);
  EXPECT_EQ(rig.world().log().count("tyohub1", "shutdown"), 0u);
}

// Given a diary of another world, a damaged one, or none, then each is told apart.
TEST(Diary, IsRefusedWhereItCannotBeTrusted) {
  const TempDir dir;
  const auto file = dir.file("models/r-1");
  EXPECT_EQ(Diary::reopen(file, kWorld).error().kind, ErrorKind::not_found);
  ASSERT_TRUE(Diary::begin(file, kStart, kWorld));
  EXPECT_EQ(Diary::reopen(file, "another").error().kind, ErrorKind::conflict);
  std::ofstream(file, std::ios::app) << "{ \"at\": \"noon\" }\n";
  EXPECT_EQ(Diary::reopen(file, kWorld).error().kind, ErrorKind::corrupt);
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace unjam::actions::sim
