// The ports of the hosts that scripts and the orchestrator look at: SMTP of the hubs, 88, 389 and 464 of the
// controllers. They are real sockets in the hosts' own network namespaces, open while the service behind them runs.
#pragma once

#include <poll.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/lab/windows/world/answers.h"
#include "tests/lab/windows/world/host_book.h"

namespace unjam::lab {

inline constexpr std::size_t kMostSessions = 200;         // at once, of all hubs; later ones are closed
inline constexpr std::size_t kMostSmtpBytes = 64 * 1024;  // of one session's unread input

class Ports {
 public:
  Ports(actions::sim::World& world, HostBook& book, Answers& answers) : world_(world), book_(book), answers_(answers) {}
  ~Ports();
  Ports(const Ports&) = delete;
  Ports& operator=(const Ports&) = delete;

  void follow();  // opens and closes listeners
  void add_to(std::vector<pollfd>& all) const;
  void happened(const pollfd& one);

 private:
  struct Session {
    std::string host;
    std::string input;
    std::string to;  // site of the recipient
    std::string id;  // Message-ID of the message under way
    bool in_data = false;
    bool closing = false;
  };
  using Where = std::pair<std::string, std::uint16_t>;  // host and port

  void follow(const actions::sim::SimHost& host, std::uint16_t port, bool serves);
  void listen(const actions::sim::SimHost& host, std::uint16_t port);
  void take(int listener, const Where& where);
  void read(int socket, Session& session);
  std::string reply(Session& session, const std::string& line);
  std::string greeting(const std::string& host);
  std::string ehlo(const std::string& host);

  actions::sim::World& world_;
  HostBook& book_;
  Answers& answers_;
  std::map<Where, int> listeners_;   // their sockets
  std::map<int, Session> sessions_;  // by socket
};

}  // namespace unjam::lab
