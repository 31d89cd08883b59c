#include "tests/lab/windows/world/machines.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "actions/sim/clocks.h"
#include "actions/sim/power.h"

namespace unjam::lab {

using namespace actions::sim;

Machines::~Machines() {
  while (!running_.empty()) stop(running_.begin()->first);
}

void Machines::follow() {
  for (const SimHost& host : world_.fleet().hosts) {
    set_clock(host);
    const Reach reached = reach(host);
    const bool wanted = reached == Reach::open || reached == Reach::other_key;
    if (wanted && !running_.contains(host.name)) start(host.name);
    if (!wanted && running_.contains(host.name)) stop(host.name);
  }
  // A daemon that ended by itself is started again, as a service manager would.
  for (auto one = running_.begin(); one != running_.end();) {
    one = ::waitpid(one->second, nullptr, WNOHANG) == one->second ? running_.erase(one) : std::next(one);
  }
}

void Machines::start(const std::string& host) {
  const std::string program = folder_ + "/" + host + "/start";
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    ::execl(program.c_str(), program.c_str(), nullptr);
    ::_exit(127);
  }
  if (child > 0) running_[host] = child;
}

// The program is the first process of a process namespace (or its keeper): with it everything ends.
void Machines::stop(const std::string& host) {
  const pid_t child = running_[host];
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  running_.erase(host);
}

void Machines::set_clock(const SimHost& host) {
  const std::int64_t nanoseconds = offset_of(host, world_.fleet().now).count() * 1'000'000;
  const auto known = clocks_.find(host.name);
  if (known != clocks_.end() && known->second == nanoseconds) return;
  const std::string path = folder_ + "/" + host.name + "/clock/clock";
  // In place: every process of the host has it mapped.
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return;
  if (::pwrite(file, &nanoseconds, sizeof nanoseconds, 0) == sizeof nanoseconds) clocks_[host.name] = nanoseconds;
  ::close(file);
}

}  // namespace unjam::lab
