#include "orchestrator/control_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "orchestrator/control_client.h"
#include "state/memory_store.h"
#include "tests/orchestrator/cli_journal.h"
#include "tests/support/sshd.h"

namespace unjam::service {
namespace {

using testing::HasSubstr;
using testing_support::TempDir;

// Answers as it is told, and remembers who asked.
class FakeService final : public Service {
 public:
  std::expected<RunId, Rejected> start(const StartRequest& request) override {
    asked.push_back("start " + request.playbook + " by " + request.by.user);
    if (refuse) return std::unexpected(Rejected{*refuse});
    return RunId("r-1");
  }
  Result<void> resume(const RunId& run, const state::Person& by) override { return note("resume", run, by); }
  Result<void> rollback(const RunId& run, const state::Person& by) override { return note("rollback", run, by); }
  Result<void> confirm(const RunId& run, std::int64_t hosts, const state::Person& by) override {
    return note("confirm " + std::to_string(hosts), run, by);
  }
  Result<void> approve(const RunId& run, const state::Person& by) override { return note("approve", run, by); }
  Result<void> deny(const RunId& run, const state::Person& by) override { return note("deny", run, by); }
  Result<void> cancel(const RunId& run, const std::string& cause, const state::Person& by) override {
    return note(cause, run, by);
  }
  void watch(Watcher watcher) override { watchers.push_back(std::move(watcher)); }
  bool driving(const RunId&) const override { return drives; }

  Result<void> note(const std::string& what, const RunId& run, const state::Person& by) {
    asked.push_back(what + " " + run.text + " by uid " + std::to_string(by.uid) + " sudo " + by.sudo_user);
    if (refuse) return std::unexpected(*refuse);
    return {};
  }

  std::vector<std::string> asked;
  std::vector<Watcher> watchers;
  std::optional<Error> refuse;
  bool drives = true;
};

class FixedTokens final : public Tokens {
 public:
  std::string hex(std::size_t bytes) override { return std::string(bytes * 2, 'a'); }
};

class CountedTokens final : public Tokens {
 public:
  std::string hex(std::size_t bytes) override { return std::string(bytes * 2, 'a'); }
};

// The owner: its io_context runs while a caller, on another thread as in another process, waits for its answer.
class Owned {
 public:
  Owned() {
    auto writer = state::open_memory_store(journal, state::Access::write);
    EXPECT_TRUE(writer) << writer.error().text();
    if (writer) store = std::move(*writer);
    auto opened = ControlSocket::open(io, service, *store, dir.file(kSocketName));
    EXPECT_TRUE(opened) << opened.error().text();
    if (opened) socket = std::move(*opened);
  }

  template <typename Call>
  auto outside(Call call) {
    auto result = std::async(std::launch::async, std::move(call));
    while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds(5));
    }
    return result.get();
  }

  auto ask(const Request& request) {
    return outside([this, request] { return ask_owner(dir.path(), request); });
  }

  TempDir dir;
  boost::asio::io_context io;
  FakeService service;
  FixedTokens tokens;
  std::shared_ptr<state::MemoryJournal> journal = state::make_memory_journal(tokens);
  std::unique_ptr<state::Store> store;
  std::unique_ptr<ControlSocket> socket;
};

TEST(ControlSocket, TellsTheServiceWhoAsksByTheKernelsWord) {
  // given a caller, when it approves, then the service is told the uid of the process, and sudo_user as it was sent
  Owned owned;
  Request request{Op::approve, RunId("r-1")};
  request.sudo_user = "aiko";
  const auto done = owned.ask(request);
  ASSERT_TRUE(done) << done.error().error.text();
  ASSERT_EQ(owned.service.asked.size(), 1u);
  EXPECT_EQ(owned.service.asked[0], "approve r-1 by uid " + std::to_string(::getuid()) + " sudo aiko");
}

TEST(ControlSocket, RefusalsComeBackWithTheirKind) {
  // given a service that denies, when asked, then the caller sees a denial with its words
  Owned owned;
  owned.service.refuse = Error{ErrorKind::denied, "the requester's own approval does not count"};
  const auto done = owned.ask({Op::approve, RunId("r-1")});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().error.kind, ErrorKind::denied);
  EXPECT_THAT(done.error().error.message, HasSubstr("own approval"));
}

TEST(ControlSocket, IsClosedToOthersUnlessTheDirectoryLetsItsGroupIn) {
  // given a private directory, then the socket is 0600; given one that its group may enter, then 0660
  Owned owned;
  struct stat info{};
  ASSERT_EQ(::stat(owned.dir.file(kSocketName).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  TempDir shared;
  ASSERT_EQ(::chmod(shared.path().c_str(), 0710), 0);
  auto opened = ControlSocket::open(owned.io, owned.service, *owned.store, shared.file(kSocketName));
  ASSERT_TRUE(opened) << opened.error().text();
  ASSERT_EQ(::stat(shared.file(kSocketName).c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0660u);
}

TEST(ControlSocket, GoesAwayWithItsOwner) {
  // given a socket, when its owner ends, then the file is gone and a caller is told that nobody owns the directory
  Owned owned;
  owned.socket.reset();
  EXPECT_FALSE(testing_support::exists(owned.dir.file(kSocketName)));
  const auto client = ControlClient::connect(owned.dir.path());
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().kind, ErrorKind::not_found);
}

TEST(ControlSocket, WatchersGetThePastAndThenWhatComes) {
  // given a run with a past, when it is watched, then all of it comes, then each new event once, then the end
  Owned owned;
  cli::Journal journal;
  journal.created().add(Millis{1}, state::StepStarted{"roll"});
  std::vector<state::EventBody> bodies;
  for (const auto& event : journal.events()) bodies.push_back(event.body);
  ASSERT_TRUE(owned.store->append(RunId("r-1"), 0, {}, bodies));
  auto client = ControlClient::connect(owned.dir.path());
  ASSERT_TRUE(client);
  const auto begun = owned.outside([&] { return client->ask({Op::watch, RunId("r-1")}); });
  ASSERT_TRUE(begun) << begun.error().error.text();
  const state::Event last{3, {}, {}, state::RunEnded{state::End::done, false, "", "well"}};
  owned.service.watchers.at(0)(RunId("r-2"), last);
  owned.service.watchers.at(0)(RunId("r-1"), last);
  std::vector<std::int64_t> seen;
  for (;;) {
    const auto next = owned.outside([&] { return client->next(Millis{5'000}); });
    ASSERT_TRUE(next && *next) << (next ? "nothing came" : next.error().text());
    if ((*next)->kind == Answer::Kind::over) break;
    ASSERT_EQ((*next)->kind, Answer::Kind::event);
    seen.push_back((*next)->event.seq);
  }
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 2, 3}));
}

TEST(ControlSocket, ARequestWithoutEndIsCutOff) {
  // given a peer that sends more than a request may have, then it gets an error and the owner goes on serving
  Owned owned;
  const auto answer = owned.outside([&]() -> std::string {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    owned.dir.file(kSocketName).copy(address.sun_path, sizeof(address.sun_path) - 1);
    const int peer = ::socket(AF_UNIX, SOCK_STREAM, 0);
    if (::connect(peer, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return "no connection";
    const std::string flood(kMaxRequestBytes, 'x');
    (void)!::send(peer, flood.data(), flood.size(), MSG_NOSIGNAL);
    std::string got(4096, '\0');
    const auto n = ::recv(peer, got.data(), got.size(), 0);
    ::close(peer);
    return n > 0 ? got.substr(0, static_cast<std::size_t>(n)) : "closed";
  });
  EXPECT_THAT(answer, HasSubstr("exhausted"));
  EXPECT_TRUE(owned.ask({Op::list}));
}

TEST(ControlSocket, ManySilentPeersDoNotLockOutTheOwner) {
  // given as many silent connections as there are places, when one leaves, then the next caller is served
  Owned owned;
  std::vector<ControlClient> silent;
  for (std::size_t i = 0; i < kMaxSessions; ++i) {
    auto client = ControlClient::connect(owned.dir.path());
    ASSERT_TRUE(client);
    silent.push_back(std::move(*client));
  }
  owned.outside([] { return 0; });
  silent.clear();
  EXPECT_TRUE(owned.ask({Op::list}));
}

TEST(ControlSocket, AStartIsMadeInTheNameOfTheCaller) {
  // given a start that the service takes, then the run's id comes back
  Owned owned;
  Request request{Op::start};
  request.start.playbook = "/p.yaml";
  request.start.inventory = "/i.yaml";
  const auto done = owned.ask(request);
  ASSERT_TRUE(done) << done.error().error.text();
  EXPECT_EQ(done->at("run").as_string(), "r-1");
}

}  // namespace
}  // namespace unjam::service
