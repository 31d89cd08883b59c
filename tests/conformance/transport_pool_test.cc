// What the libssh2 transport promises beyond a single call: sessions used again, replaced, dropped; agent, password.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include "tests/conformance/transport_harness.h"

namespace unjam::actions {
namespace {

using testing_support::output_of;
using testing_support::read_file;
using testing_support::write_file;

class PooledSsh : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    sshd_ = shared_sshd(why);
    ASSERT_NE(sshd_, nullptr) << why;
    proxy_ = std::make_unique<TcpProxy>(sshd_->port(), [](int) { return ProxyPlan{}; });
    connection_ = connection_to("ssh", *sshd_, proxy_->port());
  }
  Result<Reply> call(const Request& request, const std::string& host = "tyohub1") {
    return rig_.call(loopback_host(host), connection_, request);
  }

  Sshd* sshd_ = nullptr;
  TempDir dir_;
  std::unique_ptr<TcpProxy> proxy_;
  Rig rig_{"ssh"};
  Connection connection_;
};

TEST_F(PooledSsh, UsesASessionAgain) {
  // given a host, when it is called three times, then over one connection
  for (const char* word : {"one", "two", "three"}) EXPECT_EQ(answer_of(call(sh(answering(word)))), word);
  EXPECT_EQ(proxy_->connections(), 1);
  EXPECT_EQ(rig_.libssh2()->idle(), 1u);
}

TEST_F(PooledSsh, LeavesNothingToDoForTheIoContextWhileIdle) {
  EXPECT_EQ(answer_of(call(sh(answering("one")))), "one");
  rig_.io().restart();
  rig_.io().run();  // would hang if an idle session waited for anything
  EXPECT_EQ(answer_of(call(sh(answering("two")))), "two");
  EXPECT_EQ(proxy_->connections(), 1);
}

TEST_F(PooledSsh, NeverSharesASessionBetweenHosts) {
  EXPECT_EQ(answer_of(call(sh(answering("one")), "tyohub1")), "one");
  EXPECT_EQ(answer_of(call(sh(answering("two")), "tyohub2")), "two");
  EXPECT_EQ(proxy_->connections(), 2);
}

TEST_F(PooledSsh, DropsTheSessionsOfAHostThatIsForgotten) {
  EXPECT_EQ(answer_of(call(sh(answering("one")))), "one");
  rig_.transport().forget(HostName("tyohub1"));
  EXPECT_EQ(rig_.libssh2()->idle(), 0u);
  EXPECT_EQ(answer_of(call(sh(answering("two")))), "two");
  EXPECT_EQ(proxy_->connections(), 2);
}

TEST_F(PooledSsh, ReplacesASessionThatTheServerHasClosed) {
  // given an idle session whose connection was cut, when called, then a fresh one brings the answer
  EXPECT_EQ(answer_of(call(sh(answering("one")))), "one");
  proxy_->cut_all();
  EXPECT_EQ(answer_of(call(sh(answering("two")))), "two");
  EXPECT_EQ(proxy_->connections(), 2);
}

TEST_F(PooledSsh, ReplacesASessionWhoseHostWentAwaySilently) {
  // given an idle session whose host lost its power, when called, then a fresh one is tried while there is time
  EXPECT_EQ(answer_of(call(sh(answering("one")))), "one");
  proxy_->freeze();
  EXPECT_EQ(answer_of(call(sh(answering("two")))), "two");
  EXPECT_EQ(proxy_->connections(), 2);
}

TEST_F(PooledSsh, NeverRepeatsWhatMayHaveBeenSent) {
  // given a script that counts its runs and kills its session, when called over a pooled session, then it ran once
  const std::string counter = dir_.file("runs");
  EXPECT_EQ(answer_of(call(sh(answering("warm")))), "warm");
  const auto reply = call(sh(fmt::format("echo run >> '{}'; kill -9 $PPID; sleep 60", counter), Millis(30'000)));
  ASSERT_TRUE(reply.has_value()) << spell(reply);
  EXPECT_EQ(judged(reply).kind, Outcome::Kind::unknown);
  EXPECT_EQ(read_file(counter), "run\n");
  EXPECT_EQ(proxy_->connections(), 1);
}

TEST_F(PooledSsh, ClosesTheLongestUnusedOverItsLimit) {
  SshTransport transport(rig_.clock(), {.max_idle = 2});
  for (int i = 0; i < 4; ++i) {
    bool done = false;
    boost::asio::co_spawn(
        rig_.io(),
        [&]() -> boost::asio::awaitable<void> {
          const auto reply =
              co_await transport.call(loopback_host(fmt::format("hub{}", i)), connection_, sh(answering("x")));
          EXPECT_EQ(answer_of(reply), "x");
          done = true;
        },
        boost::asio::detached);
    rig_.io().restart();
    while (!done) rig_.io().run_one();
    EXPECT_LE(transport.idle(), 2u);
  }
}

TEST_F(PooledSsh, ClosesWhatWasIdleForTooLong) {
  EXPECT_EQ(answer_of(call(sh(answering("one")))), "one");
  rig_.clock().current.mono = rig_.clock().current.mono + Millis(10 * 60 * 1000);
  EXPECT_EQ(answer_of(call(sh(answering("two")))), "two");
  EXPECT_EQ(proxy_->connections(), 2);
}

TEST_F(PooledSsh, LimitsTheCallsToOneHost) {
  // given 20 calls to one host at once, when made, then never more connections than its limit, and all are answered
  const std::vector<Host> hosts(20, loopback_host());
  const std::vector<Request> requests(20, sh(answering("x")));
  for (const auto& reply : rig_.call_all(hosts, connection_, requests, 20)) EXPECT_EQ(answer_of(reply), "x");
  EXPECT_LE(proxy_->connections(), 8);
}

TEST_F(PooledSsh, SaysWhatToDoForAHostThatIsKnownByAnAuthorityOnly) {
  write_file(dir_.file("known"), fmt::format("@cert-authority * {}\n", sshd_->host_key_text()));
  connection_.known_hosts = dir_.file("known");
  const auto reply = call(sh(answering("never")));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::denied);
  EXPECT_NE(reply.error().message.find("transport: openssh"), std::string::npos) << spell(reply);
}

TEST_F(PooledSsh, NamesTheLineOfKnownHostsThatCannotBeRead) {
  write_file(dir_.file("known"),
             fmt::format("# mine\n[127.0.0.1]:{} {}\noops\n", proxy_->port(), sshd_->host_key_text()));
  connection_.known_hosts = dir_.file("known");
  const auto reply = call(sh(answering("never")));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().where, dir_.file("known") + ":3") << spell(reply);
}

TEST_F(PooledSsh, SaysThatRsaAndEncryptedKeysCannotBeUsed) {
  output_of({"/usr/bin/ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", dir_.file("rsa")});
  output_of({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "sesame", "-f", dir_.file("locked")});
  connection_.key = SecretFile{dir_.file("rsa")};
  EXPECT_NE(spell(call(sh(answering("never")))).find("ssh-rsa"), std::string::npos);
  connection_.key = SecretFile{dir_.file("locked")};
  EXPECT_NE(spell(call(sh(answering("never")))).find("passphrase"), std::string::npos);
}

TEST_F(PooledSsh, AuthenticatesWithAnEcdsaKey) {
  output_of({"/usr/bin/ssh-keygen", "-q", "-t", "ecdsa", "-b", "384", "-N", "", "-f", dir_.file("ecdsa")});
  std::string why;
  const auto sshd = Sshd::start(why);
  ASSERT_NE(sshd, nullptr) << why;
  write_file(sshd->folder() + "/authorized_keys", read_file(dir_.file("ecdsa.pub")));
  Connection connection = connection_to("ssh", *sshd, sshd->port());
  connection.key = SecretFile{dir_.file("ecdsa")};
  EXPECT_EQ(answer_of(rig_.call(loopback_host(), connection, sh(answering("ecdsa")))), "ecdsa");
}

// A real ssh-agent with one key, ended with the test.
class Agent {
 public:
  explicit Agent(const std::string& socket, const std::string& key) : socket_(socket) {
    const std::string said = output_of({"/usr/bin/ssh-agent", "-s", "-a", socket});
    const std::size_t at = said.find("SSH_AGENT_PID=");
    if (at != std::string::npos) pid_ = std::stoi(said.substr(at + 14));
    added_ = output_of({"/usr/bin/env", "SSH_AUTH_SOCK=" + socket, "/usr/bin/ssh-add", "-q", key});
  }
  ~Agent() {
    if (pid_ > 0) ::kill(pid_, SIGTERM);
  }
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  bool ready() const { return pid_ > 0 && added_.empty(); }

 private:
  std::string socket_;
  std::string added_;
  int pid_ = -1;
};

Result<Reply> call_with(Rig& rig, SshTransport& transport, const Connection& connection, const Request& request) {
  Result<Reply> found = fail(ErrorKind::io, "never called");
  bool done = false;
  boost::asio::co_spawn(
      rig.io(),
      [&]() -> boost::asio::awaitable<void> {
        found = co_await transport.call(loopback_host(), connection, request);
        done = true;
      },
      boost::asio::detached);
  rig.io().restart();
  while (!done) rig.io().run_one();
  return found;
}

TEST_F(PooledSsh, AuthenticatesWithAnAgent) {
  // given a key that only the agent has, when called, then the agent's signature lets us in
  const std::string key = dir_.file("moved");
  write_file(key, read_file(sshd_->key()));
  const Agent agent(dir_.file("agent"), key);
  ASSERT_TRUE(agent.ready());
  ::unlink(key.c_str());
  connection_.key.reset();
  connection_.agent = true;
  SshTransport transport(rig_.clock(), {.agent_socket = dir_.file("agent")});
  EXPECT_EQ(answer_of(call_with(rig_, transport, connection_, sh(answering("signed")))), "signed");
}

TEST_F(PooledSsh, SaysThatNoAgentAnswers) {
  connection_.key.reset();
  connection_.agent = true;
  SshTransport transport(rig_.clock(), {.agent_socket = dir_.file("nobody")});
  const auto reply = call_with(rig_, transport, connection_, sh(answering("never")));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().kind, ErrorKind::denied);
  EXPECT_NE(reply.error().message.find("agent"), std::string::npos) << spell(reply);
}

}  // namespace
}  // namespace unjam::actions
