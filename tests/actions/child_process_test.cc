#include "actions/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>

#include "tests/support/sshd.h"

namespace unjam::actions {
namespace {

using testing_support::TempDir;

ChildEnd run(const std::string& script, std::string input = "", Millis limit = Millis(60'000)) {
  boost::asio::io_context io;
  std::optional<ChildEnd> end;
  boost::asio::co_spawn(
      io,
      [&]() -> boost::asio::awaitable<void> {
        Deadline deadline(io.get_executor(), limit);
        auto child = ChildProcess::start(io.get_executor(), {"/bin/sh", "-c", script}, plain_environment());
        EXPECT_TRUE(child.has_value());
        end = co_await child->finish(input, deadline);
      },
      boost::asio::detached);
  while (!end && io.run_one() > 0) {}
  return std::move(*end);
}

// Whether a process that need not be a child of ours is gone, or goes within a minute: it dies a moment after its
// signal.
bool ends_soon(pid_t pid) {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (handle < 0) return errno == ESRCH;
  pollfd ended{.fd = handle, .events = POLLIN, .revents = 0};
  const bool gone = ::poll(&ended, 1, 60'000) == 1;
  ::close(handle);
  return gone;
}

TEST(ChildProcess, GivesOutputAndStatusApart) {
  const ChildEnd end = run("cat; echo oops >&2; exit 5", "hello");
  EXPECT_EQ(end.ended, Ended::exited);
  EXPECT_EQ(end.exit_status, 5);
  EXPECT_EQ(end.output.out.text(), "hello");
  EXPECT_EQ(end.output.err.text(), "oops\n");
}

TEST(ChildProcess, GivesTheChildNoDescriptorAndNoVariableOfOurs) {
  ::setenv("UNJAM_TEST_SECRET", "hunter2", 1);
  const ChildEnd end = run("ls /proc/self/fd | wc -l; env");
  EXPECT_TRUE(end.output.out.text().starts_with("4\n")) << end.output.out.text();  // 0 1 2 and ls's own
  EXPECT_THAT(end.output.out.text(), testing::Not(testing::HasSubstr("hunter2")));
  ::unsetenv("UNJAM_TEST_SECRET");
}

TEST(ChildProcess, DoesNotWaitForADaemonThatHoldsItsStreams) {
  // given a child that leaves a process behind which keeps stdout open, when it ends, then so does the wait
  const ChildEnd end = run("setsid sleep 30 & echo started");
  EXPECT_EQ(end.ended, Ended::exited);
  EXPECT_EQ(end.exit_status, 0);
  EXPECT_EQ(end.output.out.text(), "started\n");
}

TEST(ChildProcess, KillsTheWholeGroupAtTheDeadline) {
  // given a child with a child of its own, when the deadline passes, then neither lives
  const TempDir dir;
  std::string grandchild;
  // Again with more time if the deadline came before the child had got so far.
  for (Millis limit(1'500); grandchild.empty() && limit < Millis(120'000); limit = limit * 2) {
    const ChildEnd end = run("sleep 1000 & echo $! > '" + dir.file("pid") + "'; wait", "", limit);
    EXPECT_EQ(end.ended, Ended::timed_out);
    EXPECT_FALSE(end.exit_status.has_value());
    grandchild = testing_support::read_file(dir.file("pid"));
  }
  ASSERT_FALSE(grandchild.empty());
  EXPECT_TRUE(ends_soon(std::stoi(grandchild)));
}

TEST(ChildProcess, TellsASignalFromAStatus) {
  const ChildEnd end = run("kill -TERM $$");
  EXPECT_EQ(end.ended, Ended::signalled);
  EXPECT_FALSE(end.exit_status.has_value());
}

TEST(ChildProcess, SaysThatAProgramCannotBeStarted) {
  boost::asio::io_context io;
  const auto child = ChildProcess::start(io.get_executor(), {"/nonexistent/ssh"}, {});
  ASSERT_FALSE(child.has_value());
  EXPECT_EQ(child.error().kind, ErrorKind::not_sent);
  EXPECT_THAT(child.error().message, testing::HasSubstr("/nonexistent/ssh"));
}

}  // namespace
}  // namespace unjam::actions
