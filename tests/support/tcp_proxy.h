// A TCP proxy between a client under test and a real server, which cuts, freezes and counts. Runs on its own thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace unjam::testing_support {

// What happens to one connection. Bytes are counted per connection and direction.
struct ProxyPlan {
  static constexpr std::uint64_t kNever = UINT64_MAX;
  std::uint64_t cut_to_client = kNever;     // close both sides after so many bytes from the server
  std::uint64_t cut_to_server = kNever;     // ... from the client
  std::uint64_t freeze_to_client = kNever;  // forward nothing any more in either direction, keep both sides open
  bool reset = false;                       // cut by RST, not FIN
  std::size_t piece = 16384;                // forwarded at once
};

class TcpProxy {
 public:
  // `plan` is asked for each connection, with its number from 0, on the proxy's thread.
  TcpProxy(std::uint16_t upstream, std::function<ProxyPlan(int)> plan);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  std::uint16_t port() const;
  int connections() const;          // accepted so far
  std::uint64_t to_client() const;  // bytes, all connections together
  std::uint64_t to_server() const;
  void freeze();   // as a power failure: nothing is forwarded, nothing closed, from now on
  void cut_all();  // closes every connection

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace unjam::testing_support
