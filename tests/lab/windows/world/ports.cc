#include "tests/lab/windows/world/ports.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "actions/sim/mail.h"

namespace unjam::lab {

using namespace actions::sim;

namespace {

constexpr std::uint16_t kSmtp = 25;
constexpr std::array<std::uint16_t, 3> kOfController{88, 389, 464};  // Kerberos, LDAP, passwords

// A socket belongs to the network namespace in which it was made, for as long as it lives.
int socket_in(const std::string& space) {
  const int home = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  const int away = ::open(("/run/netns/" + space).c_str(), O_RDONLY | O_CLOEXEC);
  int made = -1;
  if (home >= 0 && away >= 0 && ::setns(away, CLONE_NEWNET) == 0) {
    made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (::setns(home, CLONE_NEWNET) != 0) std::terminate();  // everything after it would be somewhere else
  }
  if (home >= 0) ::close(home);
  if (away >= 0) ::close(away);
  return made;
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// `probe-SITE@..`: the lab's mailboxes.
std::string site_of_recipient(const std::string& line) {
  const std::size_t at = line.find("probe-");
  const std::size_t end = line.find('@', at == std::string::npos ? 0 : at);
  if (at == std::string::npos || end == std::string::npos) return {};
  return line.substr(at + 6, end - at - 6);
}

}  // namespace

Ports::~Ports() {
  for (const auto& [where, socket] : listeners_) ::close(socket);
  for (const auto& [socket, session] : sessions_) ::close(socket);
}

void Ports::follow() {
  for (const SimHost& host : world_.fleet().hosts) {
    const auto& memory = book_.of(host.name).memory;
    const auto transport = memory.find("service MSExchangeTransport");
    const bool stopped = host.is_hub && transport != memory.end() && transport->second == "Stopped";
    const bool serves = host.power == Power::up && host.services && !stopped;
    if (host.is_hub) follow(host, kSmtp, serves);
    for (const std::uint16_t port : kOfController)
      if (host.is_dc) follow(host, port, serves);
  }
  for (auto one = sessions_.begin(); one != sessions_.end();) {
    if (one->second.closing) ::close(one->first);
    one = one->second.closing ? sessions_.erase(one) : std::next(one);
  }
}

void Ports::follow(const SimHost& host, std::uint16_t port, bool serves) {
  const auto open = listeners_.find({host.name, port});
  if (serves && open == listeners_.end()) listen(host, port);
  if (serves || open == listeners_.end()) return;
  ::close(open->second);
  listeners_.erase(open);
  for (auto& [socket, session] : sessions_) session.closing = session.closing || session.host == host.name;
}

void Ports::listen(const SimHost& host, std::uint16_t port) {
  const int made = socket_in(host.name);
  if (made < 0) return;
  const int yes = 1;
  ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, host.address.c_str(), &address.sin_addr);
  if (::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(made, 64) != 0) {
    ::close(made);
    return;
  }
  listeners_[{host.name, port}] = made;
}

void Ports::add_to(std::vector<pollfd>& all) const {
  for (const auto& [where, socket] : listeners_) all.push_back({socket, POLLIN, 0});
  for (const auto& [socket, session] : sessions_) all.push_back({socket, POLLIN, 0});
}

void Ports::happened(const pollfd& one) {
  if (const auto session = sessions_.find(one.fd); session != sessions_.end()) return read(one.fd, session->second);
  for (const auto& [where, socket] : listeners_) {
    if (socket == one.fd) return take(socket, where);
  }
}

void Ports::take(int listener, const Where& where) {
  const int made = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (made < 0) return;
  if (where.second != kSmtp || sessions_.size() >= kMostSessions) {
    ::close(made);
    return;
  }
  sessions_[made].host = where.first;
  const std::string hello = greeting(where.first);
  (void)!::write(made, hello.data(), hello.size());  // a fresh socket's buffer holds a line
}

void Ports::read(int socket, Session& session) {
  char part[4096];
  const ssize_t got = ::read(socket, part, sizeof part);
  if (got <= 0) session.closing = true;
  if (got <= 0) return;
  session.input.append(part, static_cast<std::size_t>(got));
  if (session.input.size() > kMostSmtpBytes) session.closing = true;
  for (std::size_t end = session.input.find('\n'); end != std::string::npos; end = session.input.find('\n')) {
    std::string line = session.input.substr(0, end);
    session.input.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    const std::string said = reply(session, line);
    if (!said.empty()) (void)!::write(socket, said.data(), said.size());
  }
}

std::string Ports::greeting(const std::string& host) {
  // A firewall's inspection overwrites the banner and strips the verbs that it does not know.
  if (book_.of(host).fact("smtp") == "inspected") return "220 ****************************\r\n";
  return fmt::format("220 {}.lab.example Microsoft ESMTP MAIL Service ready at Thu, 5 Jan 2017 12:05:59 +0900\r\n",
                     upper(host));
}

std::string Ports::ehlo(const std::string& host) {
  const std::string hello = fmt::format("250-{}.lab.example Hello\r\n250-SIZE 37748736\r\n", upper(host));
  const std::string kind = book_.of(host).fact("smtp");
  if (kind == "inspected") return hello + "250-XXXXXXXXXXXXXX\r\n250 8BITMIME\r\n";
  // A receive connector without ExchangeServer among its AuthMechanisms.
  if (kind == "no-exchange-auth") return hello + "250-X-ANONYMOUSTLS\r\n250-AUTH NTLM\r\n250 8BITMIME\r\n";
  return hello +
         "250-PIPELINING\r\n250-DSN\r\n250-X-ANONYMOUSTLS\r\n250-AUTH NTLM\r\n250-X-EXPS EXCHANGEAUTH GSSAPI NTLM\r\n"
         "250-X-EXCHANGEAUTH SHA256\r\n250-8BITMIME\r\n250-BINARYMIME\r\n250-CHUNKING\r\n250 XRDST\r\n";
}

std::string Ports::reply(Session& session, const std::string& line) {
  SimHost* host = world_.fleet().find(session.host);
  if (host == nullptr) return {};
  if (session.in_data) {
    if (upper(line).starts_with("MESSAGE-ID:")) session.id = line.substr(line.find('<') & 0xffff);
    if (line != ".") return {};
    session.in_data = false;
    answers_.accept(*host, session.to, session.id);
    return "250 2.6.0 Queued mail for delivery\r\n";
  }
  const std::string verb = upper(line.substr(0, 4));
  if (verb == "QUIT") {
    return "221 2.0.0 Service closing transmission channel\r\n";
  }
  if (verb == "EHLO") return ehlo(session.host);
  if (verb == "HELO") return "250 Hello\r\n";
  if (verb == "RSET" || verb == "NOOP") return "250 2.0.0 OK\r\n";
  if (verb == "MAIL") return host->hub.drained ? "421 4.3.2 Service not active\r\n" : "250 2.1.0 Sender OK\r\n";
  if (verb == "RCPT") {
    session.to = site_of_recipient(line);
    if (session.to.empty()) return "550 5.1.1 User unknown\r\n";
    if (!host->hub.inside_ok) return "451 4.4.0 Temporary server error\r\n";
    return "250 2.1.5 Recipient OK\r\n";
  }
  if (verb == "DATA") {
    session.in_data = true;
    return "354 Start mail input; end with <CRLF>.<CRLF>\r\n";
  }
  return "500 5.3.3 Unrecognized command\r\n";
}

}  // namespace unjam::lab
