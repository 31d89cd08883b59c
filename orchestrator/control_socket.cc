#include "orchestrator/control_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <filesystem>
#include <set>

#include "orchestrator/compose.h"

namespace unjam::service {

namespace asio = boost::asio;
using asio::local::stream_protocol;

namespace {

constexpr auto kResult = asio::as_tuple(asio::use_awaitable);

// One connection. Shared by its coroutines and its timer; all on the io thread.
struct Session {
  explicit Session(stream_protocol::socket peer)
      : socket(std::move(peer)), timer(socket.get_executor()), news(socket.get_executor()) {
    news.expires_at(asio::steady_timer::time_point::max());
  }

  void close() {
    closed = true;
    boost::system::error_code ignored;
    socket.close(ignored);
    timer.cancel();
    news.cancel();
  }

  void push(std::string line) {
    if (closed) return;
    queued += line.size();
    queue.push_back(std::move(line));
    if (queued > kMaxQueuedBytes) return close();
    news.cancel();
  }

  stream_protocol::socket socket;
  asio::steady_timer timer;  // of the read or write under way
  asio::steady_timer news;   // never expires: cancelled when there is something to write
  std::deque<std::string> queue;
  std::size_t queued = 0;
  std::uint32_t uid = 0;
  RunId watched{};
  std::int64_t next = 1;  // seq that the watcher is to be given next
  bool watching = false;
  bool over = false;  // nothing more will come
  bool closed = false;
};
using SessionPtr = std::shared_ptr<Session>;

void arm(const SessionPtr& session) {
  session->timer.expires_after(kPeerPatience);
  session->timer.async_wait([weak = std::weak_ptr(session)](boost::system::error_code error) {
    if (const auto late = weak.lock(); late && !error) late->close();
  });
}

asio::awaitable<bool> write_line(SessionPtr session, std::string line) {
  arm(session);
  const auto [error, n] = co_await asio::async_write(session->socket, asio::buffer(line), kResult);
  session->timer.cancel();
  co_return !error;
}

// A peer that goes away ends its session, also while there is nothing to write.
asio::awaitable<void> notice_leaving(SessionPtr session) {
  std::array<char, 64> ignored{};
  co_await session->socket.async_read_some(asio::buffer(ignored), kResult);
  session->close();
}

std::string reply_of(const Result<void>& done, const RunId& run) {
  return done ? encode_ok({{"run", run.text}}) : encode_refused({done.error()});
}

class Listener final : public ControlSocket {
 public:
  struct Shared {  // outlives the listener as long as a session or the service's watcher holds it
    Service* service = nullptr;
    const state::Store* store = nullptr;
    std::set<SessionPtr> sessions;
  };

  Listener(asio::io_context& io, Service& service, const state::Store& store, std::string path)
      : acceptor_(io), path_(std::move(path)), shared_(std::make_shared<Shared>()) {
    shared_->service = &service;
    shared_->store = &store;
    service.watch([weak = std::weak_ptr(shared_)](const RunId& run, const state::Event& event) {
      if (const auto shared = weak.lock()) tell(*shared, run, event);
    });
  }

  ~Listener() override {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    ::unlink(path_.c_str());
    for (const auto& session : std::exchange(shared_->sessions, {})) session->close();
    shared_->service = nullptr;
  }

  Result<void> listen() {
    const auto failed = [&](const std::string& what, const boost::system::error_code& error) {
      return fail(ErrorKind::io, fmt::format("cannot {} the control socket: {}", what, error.message()), path_);
    };
    if (path_.size() >= sizeof(sockaddr_un::sun_path))
      return fail(ErrorKind::invalid,
                  fmt::format("the path of the state directory is too long for a socket ({} bytes)", path_.size()),
                  path_);
    ::unlink(path_.c_str());
    boost::system::error_code error;
    acceptor_.open(stream_protocol(), error);
    if (error) return failed("make", error);
    const auto before = ::umask(0177);  // never open to others, not even for a moment
    acceptor_.bind(stream_protocol::endpoint(path_), error);
    ::umask(before);
    if (error) return failed("bind", error);
    if (auto opened = open_to_group(); !opened) return opened;
    acceptor_.listen(static_cast<int>(kMaxSessions), error);
    if (error) return failed("listen on", error);
    asio::co_spawn(acceptor_.get_executor(), accept(this, shared_), asio::detached);
    return {};
  }

 private:
  Result<void> open_to_group() {
    struct stat dir{};
    const auto parent = std::filesystem::path(path_).parent_path().string();
    if (::stat(parent.empty() ? "." : parent.c_str(), &dir) != 0 || (dir.st_mode & S_IXGRP) == 0) return {};
    if (::chown(path_.c_str(), static_cast<uid_t>(-1), dir.st_gid) != 0 || ::chmod(path_.c_str(), 0660) != 0)
      return fail(ErrorKind::denied, "cannot give the control socket to the group of the state directory", path_);
    return {};
  }

  // Static, with what it needs: the coroutine may be resumed once more after the listener is gone.
  static asio::awaitable<void> accept(Listener* listener, std::shared_ptr<Shared> shared) {
    for (;;) {
      auto [error, socket] = co_await listener->acceptor_.async_accept(kResult);
      if (shared->service == nullptr || error == asio::error::operation_aborted || error == asio::error::bad_descriptor)
        co_return;
      if (error || shared->sessions.size() >= kMaxSessions) continue;  // one too many is closed at once
      auto session = std::make_shared<Session>(std::move(socket));
      ucred peer{};
      socklen_t size = sizeof(peer);
      if (::getsockopt(session->socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) continue;
      session->uid = peer.uid;
      shared->sessions.insert(session);
      asio::co_spawn(session->socket.get_executor(), serve(shared, session), asio::detached);
    }
  }

  static asio::awaitable<void> serve(std::shared_ptr<Shared> shared, SessionPtr session) {
    std::string line;
    arm(session);
    const auto [error, n] =
        co_await asio::async_read_until(session->socket, asio::dynamic_buffer(line, kMaxRequestBytes), '\n', kResult);
    session->timer.cancel();
    const bool flooded = error && line.size() >= kMaxRequestBytes;
    if (shared->service != nullptr && !session->closed && (!error || flooded)) {
      // Made before it is awaited: GCC 12 mishandles aggregates that live across a co_await.
      std::string reply = flooded ? refused_flood() : answer(*shared, *session, std::string_view(line).substr(0, n));
      const bool written = co_await write_line(session, std::move(reply));
      if (written && session->watching) co_await stream(session);
    }
    session->close();
    shared->sessions.erase(session);
  }

  static asio::awaitable<void> stream(SessionPtr session) {
    asio::co_spawn(session->socket.get_executor(), notice_leaving(session), asio::detached);
    while (!session->closed) {
      if (session->queue.empty()) {
        if (session->over) {
          std::string over = encode_over();
          co_await write_line(session, std::move(over));
          co_return;
        }
        co_await session->news.async_wait(kResult);
        continue;
      }
      auto line = std::move(session->queue.front());
      session->queue.pop_front();
      session->queued -= line.size();
      if (!co_await write_line(session, std::move(line))) co_return;
    }
  }

  static void tell(Shared& shared, const RunId& run, const state::Event& event) {
    for (const auto& session : shared.sessions) {
      if (!session->watching || session->over || session->watched != run || event.seq != session->next) continue;
      ++session->next;
      session->push(encode_event(event));
      if (std::holds_alternative<state::RunEnded>(event.body)) session->over = true;
    }
  }

  static std::string refused_flood() {
    return encode_refused({{ErrorKind::exhausted, "a request of more than 64 KiB"}});
  }

  static std::string answer(Shared& shared, Session& session, std::string_view line) {
    const auto request = decode_request(line);
    return request ? answer(shared, session, *request) : encode_refused({request.error()});
  }

  static std::string answer(Shared& shared, Session& session, const Request& request) {
    auto by = person_of(session.uid);
    by.sudo_user = request.sudo_user;
    auto& service = *shared.service;
    const bool acts = request.op == Op::start || request.op == Op::resume || request.op == Op::rollback;
    if (acts && session.uid != ::geteuid() && session.uid != 0)
      return encode_refused(
          {{ErrorKind::denied,
            fmt::format("{} may not start or take up runs here: only {} and root, as whom this process acts", by.user,
                        person_of(::geteuid()).user)}});
    switch (request.op) {
      case Op::start:
        return started(service, request.start, by);
      case Op::resume:
        return reply_of(service.resume(request.run, by), request.run);
      case Op::rollback:
        return reply_of(service.rollback(request.run, by), request.run);
      case Op::confirm:
        return reply_of(service.confirm(request.run, request.hosts, by), request.run);
      case Op::approve:
        return reply_of(service.approve(request.run, by), request.run);
      case Op::deny:
        return reply_of(service.deny(request.run, by), request.run);
      case Op::cancel:
        return reply_of(service.cancel(request.run, request.cause, by), request.run);
      case Op::driving:
        return encode_ok({{"driving", service.driving(request.run)}});
      case Op::watch:
        return watched(shared, session, request);
      case Op::list:
        break;
    }
    auto runs = shared.store->runs();
    auto slots = shared.store->slots();
    auto locks = shared.store->locks();
    if (!runs) return encode_refused({runs.error()});
    if (!slots) return encode_refused({slots.error()});
    if (!locks) return encode_refused({locks.error()});
    return encode_ok(encode_listing({std::move(*runs), std::move(*slots), std::move(*locks)}));
  }

  static std::string started(Service& service, StartRequest request, const state::Person& by) {
    request.by = by;
    const auto run = service.start(request);
    return run ? encode_ok({{"run", run->text}}) : encode_refused(refused_by(run.error()));
  }

  static std::string watched(Shared& shared, Session& session, const Request& request) {
    auto events = shared.store->load(request.run);
    if (!events) return encode_refused({events.error()});
    session.watching = true;
    session.watched = request.run;
    session.next = static_cast<std::int64_t>(events->size()) + 1;
    const bool driving = shared.service->driving(request.run);
    for (const auto& event : *events)
      if (event.seq >= request.from) session.push(encode_event(event));
    const bool ended = !events->empty() && std::holds_alternative<state::RunEnded>(events->back().body);
    session.over = !request.follow || !driving || ended;
    return encode_ok({{"run", request.run.text}, {"driving", driving}});
  }

  stream_protocol::acceptor acceptor_;
  std::string path_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace

Result<std::unique_ptr<ControlSocket>> ControlSocket::open(asio::io_context& io, Service& service,
                                                           const state::Store& store, const std::string& path) {
  auto listener = std::make_unique<Listener>(io, service, store, path);
  if (auto listening = listener->listen(); !listening) return std::unexpected(listening.error());
  return listener;
}

}  // namespace unjam::service
