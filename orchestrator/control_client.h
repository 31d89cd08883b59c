// The other end of DIR/control.sock. Blocking, every wait bounded; for command lines, not for the engine.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "orchestrator/control_words.h"

namespace unjam::service {

inline constexpr Millis kOwnerPatience{30'000};  // for a reply

class ControlClient {
 public:
  // Connects to DIR/control.sock. ErrorKind::not_found: no owner is live; denied: no permission.
  static Result<ControlClient> connect(const std::string& state_dir);

  ~ControlClient();
  ControlClient(ControlClient&& other) noexcept;
  ControlClient& operator=(ControlClient&&) = delete;

  // Sends the request and waits for its reply. A refusal comes back as it was made there.
  std::expected<json::object, Refused> ask(const Request& request);

  // After a watch: the next line if there is a whole one, waiting at most `patience`. Nothing: none came.
  Result<std::optional<Answer>> next(Millis patience);

  // To be polled together with other descriptors.
  int descriptor() const { return socket_; }

 private:
  explicit ControlClient(int socket) : socket_(socket) {}

  int socket_ = -1;
  std::string buffer_;
};

// Connect, ask, close.
std::expected<json::object, Refused> ask_owner(const std::string& state_dir, const Request& request);

}  // namespace unjam::service
