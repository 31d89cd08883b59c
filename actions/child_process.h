// A child process in its own process group, fed and drained under Asio, bounded like a remote call: for the OpenSSH
// client and for this machine.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/deadline.h"
#include "actions/output_buffer.h"
#include "state/base/result.h"

namespace unjam::actions {

inline constexpr Millis kPipeGrace{1'000};     // after the child's end, for streams that its own children hold open
inline constexpr Millis kKillPatience{5'000};  // after SIGKILL, for the end; then it is left to be reaped later

struct ChildEnd {
  Ended ended = Ended::exited;  // exited, signalled, timed_out, flooded
  std::optional<int> exit_status{};
  Output output{};
};

class ChildProcess {
 public:
  // `argv[0]` is a path; `environment` is all that the child gets ("NAME=value"). It inherits no descriptor.
  // ErrorKind::not_sent if it cannot be started.
  static Result<ChildProcess> start(boost::asio::any_io_executor executor, const std::vector<std::string>& argv,
                                    const std::vector<std::string>& environment);
  ~ChildProcess();  // kills the whole group if it still runs
  ChildProcess(ChildProcess&&) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  // Feeds `input`, then end of file, and drains both streams, until the child has ended. At the deadline, or when it
  // floods, its process group is killed.
  boost::asio::awaitable<ChildEnd> finish(std::string input, Deadline& deadline);

 private:
  struct State;
  explicit ChildProcess(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// PATH, HOME, USER, LOGNAME, SHELL, LC_ALL=C of this process's user; nothing of our own environment, which may hold
// secrets.
std::vector<std::string> plain_environment();

}  // namespace unjam::actions
