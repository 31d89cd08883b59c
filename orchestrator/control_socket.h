// DIR/control.sock of the owner process: how other processes and other people reach its Service.
//
// Mode 0600; if the state directory lets its group in (mode 0710 or 0750), 0660 with that group. Who asks is the peer's
// uid as the kernel tells it. Everybody who can connect may look, approve, deny and cancel (the Service judges who
// counts); what makes this process read files or act as its user - start, resume, rollback - only that user and root.
//
// One request a connection; sizes, sessions, queues and waiting are bounded. Runs on the owner's io thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "orchestrator/control_words.h"

namespace unjam::service {

inline constexpr std::size_t kMaxSessions = 64;
inline constexpr std::size_t kMaxQueuedBytes = 48u << 20;  // for one watcher; one that is slower is cut off
inline constexpr Millis kPeerPatience{10'000};             // for a whole request, and for each write

class ControlSocket {
 public:
  // Listens at `path`. A socket file left there by a dead owner is replaced: the caller holds DIR/lock. All references
  // outlive it. ErrorKind::io, denied.
  static Result<std::unique_ptr<ControlSocket>> open(boost::asio::io_context& io, Service& service,
                                                     const state::Store& store, const std::string& path);
  virtual ~ControlSocket() = default;  // stops listening, removes the file, ends every session
};

}  // namespace unjam::service
