#include <gtest/gtest.h>

#include "actions/openssh_transport.h"

namespace unjam::actions {
namespace {

Host host() {
  Host host;
  host.name = HostName("tyohub1");
  host.address = "10.77.1.21";
  return host;
}

Result<Reply> judge(const std::string& log, Ended ended, std::optional<int> status, const std::string& err = "") {
  Reply reply;
  reply.ended = ended;
  reply.exit_status = status;
  reply.err = err;
  return judge_openssh(log, reply, host(), {});
}

const std::string kReached = "debug1: x\r\nAuthenticated to 10.77.1.21 ([10.77.1.21]:22) using \"publickey\".\r\n";

TEST(OpenSshJudge, SaysNotSentOnlyIfNoSessionWasAuthenticated) {
  const auto refused = judge("ssh: connect to host 10.77.1.21 port 22: Connection refused\r\n", Ended::exited, 255);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::not_sent);
  EXPECT_EQ(refused.error().where, "tyohub1");
  // The same words behind an authenticated session, or from the host itself, prove nothing.
  const std::string words = "ssh: connect to host elsewhere port 22: Connection refused\r\n";
  EXPECT_TRUE(judge(kReached + words, Ended::exited, 255).has_value());
  EXPECT_TRUE(judge(kReached, Ended::exited, 255, words).has_value());
}

TEST(OpenSshJudge, TakesAStatusOf255ForACut) {
  const auto cut = judge(kReached, Ended::exited, 255);
  ASSERT_TRUE(cut.has_value());
  EXPECT_EQ(cut->ended, Ended::cut);
  EXPECT_FALSE(cut->exit_status.has_value());
  const auto seven = judge(kReached, Ended::exited, 7);
  EXPECT_EQ(seven->ended, Ended::exited);
  EXPECT_EQ(seven->exit_status, 7);
  EXPECT_EQ(judge(kReached, Ended::timed_out, std::nullopt)->ended, Ended::timed_out);
}

TEST(OpenSshJudge, IsNotDeceivedByTheMiddleOfALine) {
  // given a server's farewell with ssh's own words in it, when judged, then they count for nothing
  const auto judged = judge("Received disconnect from 10.0.0.1: Authenticated to you\r\n", Ended::exited, 255);
  ASSERT_FALSE(judged.has_value());
  EXPECT_EQ(judged.error().kind, ErrorKind::not_sent);
}

TEST(OpenSshJudge, TellsDeniedFromNotSent) {
  EXPECT_EQ(judge("u@h: Permission denied (publickey).\r\n", Ended::exited, 255).error().kind, ErrorKind::denied);
  EXPECT_EQ(
      judge("debug1: Server host key: ssh-ed25519 SHA256:abc\r\nHost key verification failed.\r\n", Ended::exited, 255)
          .error()
          .kind,
      ErrorKind::denied);
  EXPECT_EQ(judge("", Ended::timed_out, std::nullopt).error().kind, ErrorKind::not_sent);
}

}  // namespace
}  // namespace unjam::actions
