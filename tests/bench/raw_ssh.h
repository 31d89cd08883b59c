// The least that the work can cost with the same library: a bare loop over blocking libssh2, a thread for each session
// at work. It checks no host key, bounds nothing, keeps no record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace unjam::bench {

struct RawServer {
  std::uint16_t port = 0;  // of 127.0.0.1
  std::string user;
  std::string key;  // file
};

struct RawLoad {
  std::size_t hosts = 100;
  std::size_t at_once = 32;
  std::size_t commands = 1;  // one after the other on each session
  std::string command = "true";
  std::string input{};  // on the command's stdin
};

// How many of hosts * commands did not end with exit status 0.
std::size_t raw_loop(const RawServer& server, const RawLoad& load);

}  // namespace unjam::bench
