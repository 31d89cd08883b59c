// The processes of each host: an sshd in namespaces of its own, which is there while the model says that the host is
// up, and gone with all that it started when it goes down. And the host's clock, for the preloaded clock shim.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "actions/sim/world.h"

namespace unjam::lab {

class Machines {
 public:
  // `folder` has one folder for each host, made by the lab's script: `start` (a program, run in the foreground) and
  // `clock/clock` (eight bytes).
  Machines(actions::sim::World& world, std::string folder) : world_(world), folder_(std::move(folder)) {}
  ~Machines();
  Machines(const Machines&) = delete;
  Machines& operator=(const Machines&) = delete;

  void follow();

 private:
  void start(const std::string& host);
  void stop(const std::string& host);
  void set_clock(const actions::sim::SimHost& host);

  actions::sim::World& world_;
  std::string folder_;
  std::map<std::string, pid_t> running_;
  std::map<std::string, std::int64_t> clocks_;
};

}  // namespace unjam::lab
