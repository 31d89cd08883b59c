// What both SSH transports promise about hosts that die, lie or never answer.
#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <atomic>
#include <boost/asio.hpp>
#include <thread>

#include "tests/conformance/transport_harness.h"

namespace unjam::actions {
namespace {

using testing_support::output_of;
using testing_support::read_file;
using testing_support::write_file;

class EverySshTransport : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::string why;
    sshd_ = shared_sshd(why);
    ASSERT_NE(sshd_, nullptr) << why;
    connection_ = connection_to(GetParam(), *sshd_, sshd_->port());
  }
  Result<Reply> call(const Request& request) { return rig_.call(loopback_host(), connection_, request); }

  // The rest of the test goes through a proxy.
  TcpProxy& through_proxy(std::function<ProxyPlan(int)> plan) {
    proxy_ = std::make_unique<TcpProxy>(sshd_->port(), std::move(plan));
    connection_.port = proxy_->port();
    connection_.known_hosts = sshd_->known_hosts({proxy_->port()});
    return *proxy_;
  }

  // A file that a script touches on the "host" when it runs: the proof that it did.
  std::string trace(std::size_t i) const { return traces_.file(fmt::format("ran-{}", i)); }
  std::string tracing(std::size_t i) const { return fmt::format("echo > '{}'\n{}", trace(i), answering("ran")); }

  // A known_hosts file of its own with this text.
  std::string known(const std::string& text) {
    write_file(traces_.file("known_hosts"), text);
    return traces_.file("known_hosts");
  }

  Sshd* sshd_ = nullptr;
  TempDir traces_;
  std::unique_ptr<TcpProxy> proxy_;
  Rig rig_{GetParam()};
  Connection connection_;
};

std::string other_key(const TempDir& dir) {
  const std::string path = dir.file("other");
  if (!testing_support::exists(path)) {
    output_of({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "other", "-f", path});
  }
  const std::string line = read_file(path + ".pub");
  return line.substr(0, line.rfind(' '));
}

std::string fingerprint_of(const std::string& public_key_file) {
  const std::string line = output_of({"/usr/bin/ssh-keygen", "-l", "-f", public_key_file});
  const std::size_t at = line.find("SHA256:");
  return line.substr(at, line.find(' ', at) - at);
}

TEST_P(EverySshTransport, TellsThatTheConnectionWasCutByTheServer) {
  // given a script that kills its own sshd session, when judged, then it is unknown
  const auto reply = call(sh("echo begun; kill -9 $PPID; sleep 60", Millis(30'000)));
  ASSERT_TRUE(reply.has_value()) << spell(reply);
  EXPECT_TRUE(reply->ended == Ended::cut || reply->ended == Ended::signalled) << spell(reply);
  EXPECT_EQ(judged(reply).kind, Outcome::Kind::unknown);
}

// Runs one call for each plan, many at once, and checks each against the trace that it left.
// Not sent: surely no trace. Answered: surely a trace. Anything else must be a Reply, that is, unknown.
void check_cuts(Rig& rig, const Connection& connection, const std::vector<Request>& requests,
                const std::function<bool(std::size_t)>& ran) {
  std::vector<Host> hosts;
  for (std::size_t i = 0; i < requests.size(); ++i) hosts.push_back(loopback_host(fmt::format("hub{}", i)));
  const auto replies = rig.call_all(hosts, connection, requests, 8);
  std::array<int, 3> seen{};
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const Outcome outcome = judged(replies[i]);
    if (outcome.kind == Outcome::Kind::not_sent) {
      ++seen[0];
      EXPECT_EQ(replies[i].error().kind, ErrorKind::not_sent) << spell(replies[i]);
      EXPECT_FALSE(ran(i)) << i << ": " << spell(replies[i]);
    } else if (outcome.kind == Outcome::Kind::answered) {
      ++seen[1];
      EXPECT_TRUE(ran(i)) << i << ": " << spell(replies[i]);
    } else {
      ++seen[2];
      EXPECT_EQ(outcome.kind, Outcome::Kind::unknown);
      EXPECT_NE(replies[i]->ended, Ended::exited) << i << ": " << spell(replies[i]);
    }
  }
  // The points were well chosen only if each outcome is among them.
  EXPECT_GT(seen[0], 0);
  EXPECT_GT(seen[2], 0);
}

TEST_P(EverySshTransport, NeverTakesACutForSuccessWhereverTheServersBytesEnd) {
  // given the length of a whole call, when calls are cut at bytes from the banner to the last, then each outcome is
  // true
  through_proxy([](int) { return ProxyPlan{}; });
  ASSERT_EQ(answer_of(call(sh(tracing(0)))), "ran");
  rig_.transport().forget(HostName("tyohub1"));
  const std::uint64_t whole = proxy_->to_client();

  std::vector<std::uint64_t> points{0, 1, 20, 41};
  for (std::uint64_t at = 100; at < whole; at += whole / 14) points.push_back(at);
  for (std::uint64_t back = 1; back < 700; back += back < 40 ? 8 : 30) points.push_back(whole - back);
  std::vector<Request> requests;
  for (std::size_t i = 0; i < points.size(); ++i) requests.push_back(sh(tracing(i + 1)));
  // The proxy outlives this body: what it calls owns what it reads.
  through_proxy([points, reset = 0](int number) mutable {
    ProxyPlan plan;
    plan.cut_to_client = points[static_cast<std::size_t>(number) % points.size()];
    plan.reset = reset++ % 3 == 0;
    return plan;
  });
  check_cuts(rig_, connection_, requests, [&](std::size_t i) { return testing_support::exists(trace(i + 1)); });
}

TEST_P(EverySshTransport, NeverTakesACutForSuccessWhereverOurBytesEnd) {
  // given the same from our side: the host hears only a part, when judged, then each outcome is true
  through_proxy([](int) { return ProxyPlan{}; });
  ASSERT_EQ(answer_of(call(sh(tracing(0)))), "ran");
  rig_.transport().forget(HostName("tyohub1"));
  const std::uint64_t whole = proxy_->to_server();

  std::vector<std::uint64_t> points{0, 5, 30};
  for (std::uint64_t at = 100; at < whole; at += whole / 24) points.push_back(at);
  std::vector<Request> requests;
  for (std::size_t i = 0; i < points.size(); ++i) requests.push_back(sh(tracing(i + 1)));
  through_proxy([points](int number) {
    ProxyPlan plan;
    plan.cut_to_server = points[static_cast<std::size_t>(number) % points.size()];
    return plan;
  });
  check_cuts(rig_, connection_, requests, [&](std::size_t i) { return testing_support::exists(trace(i + 1)); });
}

TEST_P(EverySshTransport, ReadsAnAnswerThatComesByteByByte) {
  // given a network that brings a few bytes at a time, when called, then nothing is lost
  through_proxy([](int) {
    ProxyPlan plan;
    plan.piece = 3;
    return plan;
  });
  EXPECT_EQ(answer_of(call(sh(answering("dribble")))), "dribble");
}

// Accepts one connection after the other and writes to each for ever, or never.
class OddServer {
 public:
  explicit OddServer(std::string line)
      : line_(std::move(line)), acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}) {
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~OddServer() {
    io_.stop();
    thread_.join();
  }
  OddServer(const OddServer&) = delete;
  OddServer& operator=(const OddServer&) = delete;
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  using Socket = std::shared_ptr<boost::asio::ip::tcp::socket>;
  void accept() {
    const auto socket = std::make_shared<boost::asio::ip::tcp::socket>(io_);
    acceptor_.async_accept(*socket, [this, socket](const boost::system::error_code& ec) {
      if (ec) return;
      held_.push_back(socket);
      if (!line_.empty()) write(socket);
      accept();
    });
  }
  void write(const Socket& socket) {
    boost::asio::async_write(*socket, boost::asio::buffer(line_),
                             [this, socket](const boost::system::error_code& ec, std::size_t) {
                               if (!ec) write(socket);
                             });
  }

  std::string line_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::vector<Socket> held_;
  std::thread thread_;
};

TEST_P(EverySshTransport, EndsABannerThatNeverEnds) {
  // given a server that sends lines before its banner for ever, fast and in one, when called, then surely not sent
  for (const std::string& line : {std::string("welcome\r\n"), std::string(4096, 'x')}) {
    OddServer server(line);
    connection_.port = server.port();
    const auto reply = call(sh(answering("never"), Millis(5'000)));
    ASSERT_FALSE(reply.has_value());
    EXPECT_EQ(reply.error().kind, ErrorKind::not_sent) << spell(reply);
  }
}

TEST_P(EverySshTransport, EndsWithAServerThatSaysNothing) {
  OddServer server("");
  connection_.port = server.port();
  const auto reply = call(sh(answering("never"), Millis(1'500)));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::not_sent) << spell(reply);
  EXPECT_NE(reply.error().message.find("deadline"), std::string::npos) << spell(reply);
}

TEST_P(EverySshTransport, SaysNotSentWhenNobodyListens) {
  connection_.port = testing_support::free_port();
  const auto reply = call(sh(answering("never")));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::not_sent);
  EXPECT_NE(reply.error().message.find("onnection refused"), std::string::npos) << spell(reply);
  EXPECT_EQ(reply.error().where, "tyohub1");
}

TEST_P(EverySshTransport, SaysNotSentForANameThatDoesNotExist) {
  Host host = loopback_host();
  host.address = "no-such-host.invalid";
  const auto reply = rig_.call(host, connection_, sh(answering("never"), Millis(20'000)));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::not_sent) << spell(reply);
}

TEST_P(EverySshTransport, EndsAtItsDeadlineWhenThePowerGoesDuringTheCall) {
  // given a host that vanishes without a word while its script runs, when the deadline passes, then unknown
  Result<Reply> reply = fail(ErrorKind::not_sent, "not called");
  for (const Millis deadline : kShortDeadlines) {
    TcpProxy& proxy = through_proxy([](int) { return ProxyPlan{}; });
    std::atomic<bool> over{false};
    std::thread power([&] {
      while (!over && !testing_support::exists(trace(1))) ::poll(nullptr, 0, 5);
      proxy.freeze();
    });
    reply = call(sh(fmt::format("echo > '{}'; exec sleep 200", trace(1)), deadline));
    over = true;
    power.join();
    if (reply) break;
  }
  ASSERT_TRUE(reply.has_value()) << spell(reply);
  EXPECT_EQ(reply->ended, Ended::timed_out);
  EXPECT_EQ(judged(reply).kind, Outcome::Kind::unknown);
}

TEST_P(EverySshTransport, SaysNotSentWhenThePowerGoesDuringTheHandshake) {
  through_proxy([](int) {
    ProxyPlan plan;
    plan.freeze_to_client = 300;
    return plan;
  });
  const auto reply = call(sh(tracing(1), Millis(3'000)));
  ASSERT_FALSE(reply.has_value()) << spell(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::not_sent);
  EXPECT_FALSE(testing_support::exists(trace(1)));
}

TEST_P(EverySshTransport, RefusesAnUnknownHost) {
  connection_.known_hosts = known("");
  const auto reply = call(sh(tracing(1)));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::denied) << spell(reply);
  EXPECT_NE(reply.error().message.find(fingerprint_of(sshd_->host_key())), std::string::npos) << spell(reply);
  EXPECT_NE(reply.error().message.find(connection_.known_hosts), std::string::npos) << spell(reply);
  EXPECT_TRUE(judged(reply).denied);
  EXPECT_FALSE(testing_support::exists(trace(1)));
}

TEST_P(EverySshTransport, RefusesAChangedHostKeyAndShowsBoth) {
  connection_.known_hosts = known(fmt::format("[127.0.0.1]:{} {}\n", sshd_->port(), other_key(traces_)));
  const auto reply = call(sh(tracing(1)));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::denied) << spell(reply);
  for (const std::string& part :
       {fingerprint_of(sshd_->host_key()), fingerprint_of(traces_.file("other.pub")), connection_.known_hosts}) {
    EXPECT_NE(reply.error().message.find(part), std::string::npos) << part << " in " << spell(reply);
  }
  EXPECT_FALSE(testing_support::exists(trace(1)));
}

TEST_P(EverySshTransport, RefusesARevokedHostKeyThatIsPinnedToo) {
  const std::string key = sshd_->host_key_text();
  connection_.known_hosts = known(fmt::format("[127.0.0.1]:{} {}\n@revoked * {}\n", sshd_->port(), key, key));
  const auto reply = call(sh(tracing(1)));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::denied) << spell(reply);
  EXPECT_FALSE(testing_support::exists(trace(1)));
}

TEST_P(EverySshTransport, AcceptsAHashedName) {
  const std::string path = known(fmt::format("[127.0.0.1]:{} {}\n", sshd_->port(), sshd_->host_key_text()));
  output_of({"/usr/bin/ssh-keygen", "-q", "-H", "-f", path});
  ASSERT_NE(read_file(path).find("|1|"), std::string::npos);
  connection_.known_hosts = path;
  EXPECT_EQ(answer_of(call(sh(answering("hashed")))), "hashed");
}

TEST_P(EverySshTransport, IsDeniedWithAKeyThatIsNotAuthorized) {
  other_key(traces_);
  connection_.key = SecretFile{traces_.file("other")};
  const auto reply = call(sh(tracing(1)));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::denied) << spell(reply);
  EXPECT_FALSE(testing_support::exists(trace(1)));
}

TEST_P(EverySshTransport, RefusesAKeyThatOthersCanRead) {
  other_key(traces_);
  write_file(traces_.file("open"), read_file(sshd_->key()), 0644);
  connection_.key = SecretFile{traces_.file("open")};
  const auto reply = call(sh(tracing(1)));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::denied);
  EXPECT_NE(reply.error().text().find("0644"), std::string::npos) << spell(reply);
}

TEST_P(EverySshTransport, CallsManyHostsAtOnceOnOneThread) {
  // given 100 hosts, when 32 are called at once, then each gives its own answer
  std::vector<Host> hosts;
  std::vector<Request> requests;
  for (std::size_t i = 0; i < 100; ++i) {
    hosts.push_back(loopback_host(fmt::format("hub{}", i)));
    requests.push_back(sh(answering(fmt::format("answer {}", i)), Millis(120'000)));
  }
  const auto replies = rig_.call_all(hosts, connection_, requests, 32);
  for (std::size_t i = 0; i < replies.size(); ++i) EXPECT_EQ(answer_of(replies[i]), fmt::format("answer {}", i));
}

INSTANTIATE_TEST_SUITE_P(Transports, EverySshTransport, testing::Values("ssh", "openssh"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace unjam::actions
