// What every transport promises, this machine's included.
#include <fmt/format.h>

#include <string_view>

#include "tests/conformance/transport_harness.h"

namespace unjam::actions {
namespace {

class EveryTransport : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::string why;
    sshd_ = shared_sshd(why);
    ASSERT_NE(sshd_, nullptr) << why;
    connection_ = connection_to(GetParam(), *sshd_, sshd_->port());
  }
  Result<Reply> call(const Request& request) { return rig_.call(loopback_host(), connection_, request); }

  // A call that outlives its deadline.
  Result<Reply> call_too_long(const std::string& text) {
    Result<Reply> reply = fail(ErrorKind::not_sent, "not called");
    for (const Millis deadline : kShortDeadlines) {
      reply = call(sh(text + "exec sleep 200", deadline));
      if (reply && !reply->out.empty()) break;
    }
    return reply;
  }

  Sshd* sshd_ = nullptr;
  Rig rig_{GetParam()};
  Connection connection_;
};

TEST_P(EveryTransport, BringsTheFramedAnswerBack) {
  // given a script with text beyond ASCII, when it runs, then its answer comes back whole
  EXPECT_EQ(answer_of(call(sh(answering("東京 \"hub\"")))), "東京 \"hub\"");
}

TEST_P(EveryTransport, KeepsHeadAndTailOfALongOutput) {
  // given 5 MB on stdout, when it is read, then its first and last lines are there, the gap is marked
  const auto reply = call(sh("i=0; echo first; head -c 5000000 /dev/zero | tr '\\0' 'x'; echo; echo last"));
  ASSERT_TRUE(reply.has_value()) << spell(reply);
  EXPECT_EQ(reply->ended, Ended::exited) << spell(reply);
  EXPECT_TRUE(reply->truncated);
  EXPECT_TRUE(reply->out.starts_with("first\nxxx"));
  EXPECT_TRUE(reply->out.ends_with("xxx\nlast\n"));
  EXPECT_NE(reply->out.find(kGapMark), std::string::npos);
  EXPECT_EQ(reply->out.size(), kKeptHead + kKeptTail + std::string_view(kGapMark).size());
}

TEST_P(EveryTransport, AnswersAfterMoreOutputThanIsKept) {
  // given an answer behind 2 MB on each stream, when it is read, then the answer counts
  const std::string noise =
      "head -c 2000000 /dev/zero | tr '\\0' 'e' >&2; head -c 2000000 /dev/zero | tr '\\0' 'o'; echo\n";
  EXPECT_EQ(answer_of(call(sh(noise + answering("behind")))), "behind");
}

TEST_P(EveryTransport, DrainsStderrWhileStdoutIsSilent) {
  // given 5 MB on stderr, far beyond the window, when nobody reads stdout's nothing, then it does not hang
  const auto reply = call(sh("head -c 5000000 /dev/zero | tr '\\0' 'e' >&2\n" + answering("done")));
  EXPECT_EQ(answer_of(reply), "done");
  EXPECT_TRUE(reply.has_value() && reply->truncated);
}

TEST_P(EveryTransport, EndsAFloodOnBothStreams) {
  // given a script that writes for ever on both streams, when its limit is reached, then the call ends and is no
  // success
  const auto reply = call(sh("yes >&2 & yes; " + answering("never")));
  ASSERT_TRUE(reply.has_value()) << spell(reply);
  EXPECT_EQ(reply->ended, Ended::flooded) << spell(reply);
  EXPECT_LE(reply->out.size() + reply->err.size(), 2 * (kKeptHead + kKeptTail + 64));
  EXPECT_EQ(judged(reply).kind, Outcome::Kind::unknown);
}

TEST_P(EveryTransport, SendsALargeInputWhole) {
  // given a script of 300 KB, when it checks its own last word, then nothing was lost
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i) text += fmt::format(": line {}\nn={}\n", i, i);
  const std::string last = text.substr(text.rfind('=') + 1);
  const auto reply = call(sh(text + "printf 'n is %s\\n' \"$n\""));
  ASSERT_TRUE(reply.has_value()) << spell(reply);
  EXPECT_EQ(reply->out, "n is " + last) << spell(reply);
}

TEST_P(EveryTransport, RunsNothingOfACutInput) {
  // given the same script without its closing brace, when it arrives, then the shell runs none of it
  Request request = sh(answering("half"));
  const std::string whole = request.input();
  request.input = [cut = whole.substr(0, whole.find("}\nunjam_main <"))] { return cut; };
  EXPECT_EQ(judged(call(request)).kind, Outcome::Kind::unknown);
}

TEST_P(EveryTransport, LeavesInputThatNobodyReads) {
  // given a command that ends at once, when it is fed 300 KB, then its answer still counts
  Request request = sh("");
  const std::string script = answering("early");
  request.input = [&] {
    return "{ " + script.substr(0, script.size() - 1) + "; exit 0; }\n" + std::string(300'000, '#');
  };
  EXPECT_EQ(answer_of(call(request)), "early");
}

TEST_P(EveryTransport, TakesNoExitStatusForSuccess) {
  // given scripts that end with and without a fault but say nothing, when judged, then both are unknown
  for (const char* text : {"exit 0", "exit 7", "true"}) {
    const auto reply = call(sh(text));
    ASSERT_TRUE(reply.has_value()) << spell(reply);
    EXPECT_EQ(reply->ended, Ended::exited) << text << ": " << spell(reply);
    EXPECT_EQ(judged(reply).kind, Outcome::Kind::unknown);
    if (std::string_view(text) == "exit 7") {
      EXPECT_EQ(reply->exit_status, 7);
    }
  }
}

TEST_P(EveryTransport, TellsThatTheShellWasKilled) {
  // given a shell that kills itself, when judged, then it is unknown, never status 0
  const auto reply = call(sh("kill -9 $$"));
  ASSERT_TRUE(reply.has_value()) << spell(reply);
  EXPECT_TRUE(reply->ended == Ended::signalled || reply->ended == Ended::cut) << spell(reply);
  EXPECT_FALSE(reply->exit_status.has_value());
  EXPECT_EQ(judged(reply).kind, Outcome::Kind::unknown);
}

TEST_P(EveryTransport, EndsAtItsDeadlineWithWhatWasWritten) {
  // given a script that hangs after its first line, when the deadline passes, then the line is there, the outcome
  // unknown
  const auto reply = call_too_long("echo begun; ");
  ASSERT_TRUE(reply.has_value()) << spell(reply);
  EXPECT_EQ(reply->ended, Ended::timed_out);
  EXPECT_EQ(reply->out, "begun\n");
  EXPECT_EQ(judged(reply).kind, Outcome::Kind::unknown);
}

TEST_P(EveryTransport, CanBeDroppedWithCallsInFlight) {
  // given calls at work and, over ssh, some that wait for their turn, when the owner goes away, then nothing breaks
  const TempDir dir;
  const std::string trace = dir.file("begun");
  const std::vector<Request> requests(12, sh("echo > '" + trace + "'; exec sleep 5"));
  rig_.begin_and_drop(connection_, requests, [&] { return testing_support::exists(trace); });
}

TEST_P(EveryTransport, CountsAnAnswerBeforeAHang) {
  // given a script that answers and then hangs, when the deadline passes, then the answer counts: it is all there
  EXPECT_EQ(answer_of(call_too_long(answering("first"))), "first");
}

TEST_P(EveryTransport, KeepsScriptAndInputsOutOfEveryCommandLine) {
  // given a script with a word that nothing else has, when it lists all processes, then no command line has the word
  const auto reply =
      call(sh("w=sesame-9f31; for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline 2>/dev/null; echo; done"));
  ASSERT_TRUE(reply.has_value()) << spell(reply);
  EXPECT_NE(reply->out.find("/bin/sh -s"), std::string::npos);
  EXPECT_EQ(reply->out.find("sesame-9f31"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Transports, EveryTransport, testing::Values("ssh", "openssh", "local"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace unjam::actions
