// One command on an open session: stdin out, both streams in, always drained, until the channel is closed.
#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "actions/output_buffer.h"
#include "actions/ssh_session_impl.h"

namespace unjam::actions {
namespace {

namespace asio = boost::asio;
using Impl = SshSession::Impl;

constexpr std::size_t kPiece = 64u << 10;

// The transfer of one call. libssh2 must be given the same call again after EAGAIN if a packet of it is half sent, and
// nothing else before that; if it only waits for the server, the other directions have their turn.
class Transfer {
 public:
  Transfer(Impl& impl, LIBSSH2_CHANNEL* channel, std::string_view input)
      : impl_(impl), channel_(channel), input_(input), piece_(kPiece) {}

  Output& output() { return output_; }

  // Returns when the server has closed its side (true), or the transfer cannot go on.
  asio::awaitable<bool> pump() {
    while (!impl_.closed() && !broken_ && !output_.flooded()) {
      bool moved = false;
      for (const Step step : {&Transfer::read_out, &Transfer::read_err, &Transfer::write}) {
        if (half_sent_ != nullptr && half_sent_ != step) continue;
        moved = (this->*step)() || moved;
        if (broken_ || half_sent_ != nullptr) break;
      }
      if (libssh2_channel_eof(channel_) == 1) co_return true;
      if (!moved || impl_.wire->turn == 0) co_await impl_.wait();
    }
    co_return false;
  }

 private:
  using Step = bool (Transfer::*)();

  bool read_out() { return read(0, output_.out, &Transfer::read_out); }
  bool read_err() { return read(SSH_EXTENDED_DATA_STDERR, output_.err, &Transfer::read_err); }

  bool read(int stream, OutputBuffer& buffer, Step self) {
    const ssize_t got = libssh2_channel_read_ex(channel_, stream, piece_.data(), piece_.size());
    if (got > 0) buffer.add({piece_.data(), static_cast<std::size_t>(got)});
    return took(got, self);
  }

  bool write() {
    if (eof_sent_) return false;
    if (libssh2_channel_eof(channel_) == 1) return false;
    ssize_t rc = 0;
    if (sent_ < input_.size()) {
      rc = libssh2_channel_write_ex(channel_, 0, input_.data() + sent_, input_.size() - sent_);
      if (rc > 0) sent_ += static_cast<std::size_t>(rc);
    } else {
      rc = libssh2_channel_send_eof(channel_);
      eof_sent_ = rc == 0;
    }
    // A command may end, or close its stdin, before it has read all of it; what it wrote is still to be read.
    if (rc == LIBSSH2_ERROR_CHANNEL_CLOSED || rc == LIBSSH2_ERROR_CHANNEL_EOF_SENT) {
      eof_sent_ = true;
      rc = 0;
    }
    return took(rc, &Transfer::write);
  }

  // Notes what a call came to; true if it moved something.
  bool took(ssize_t rc, Step self) {
    half_sent_ = nullptr;
    if (rc == LIBSSH2_ERROR_EAGAIN) {
      if ((libssh2_session_block_directions(impl_.session) & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0) half_sent_ = self;
      return false;
    }
    broken_ = rc < 0;
    return rc > 0;
  }

  Impl& impl_;
  LIBSSH2_CHANNEL* channel_;
  std::string_view input_;
  std::vector<char> piece_;
  Output output_;
  Step half_sent_ = nullptr;
  std::size_t sent_ = 0;
  bool eof_sent_ = false;
  bool broken_ = false;
};

// A signal's name is not read: libssh2 1.10 may not have filled it. Its presence is enough.
bool killed_by_signal(Impl& impl, LIBSSH2_CHANNEL* channel) {
  char* name = nullptr;
  std::size_t length = 0;
  libssh2_channel_get_exit_signal(channel, &name, &length, nullptr, nullptr, nullptr, nullptr);
  if (name == nullptr) return false;
  libssh2_free(impl.session, name);
  return true;
}

Ended why_ended(const Impl& impl, const Output& output, const Deadline& deadline) {
  if (deadline.passed()) return Ended::timed_out;
  if (output.flooded() || impl.wire->over_limit) return Ended::flooded;
  return Ended::cut;
}

asio::awaitable<LIBSSH2_CHANNEL*> open_channel(Impl& impl, Millis patience) {
  Deadline limit(impl.waiter->socket.get_executor(), patience);
  const Deadline::Guard guard(limit, [&impl] { impl.close(); });
  LIBSSH2_CHANNEL* channel = nullptr;
  co_await impl.drive([&] {
    channel = libssh2_channel_open_session(impl.session);
    return channel != nullptr ? 0 : libssh2_session_last_errno(impl.session);
  });
  co_return channel;
}

}  // namespace

asio::awaitable<Result<Reply>> SshSession::run(const Request& request, Millis open_patience, Deadline& deadline) {
  Impl& impl = *impl_;
  impl.clean = false;
  impl.wire->limit = kMaxCallBytes;
  const Deadline::Guard guard(deadline, [&impl] { impl.close(); });

  LIBSSH2_CHANNEL* channel = co_await open_channel(impl, open_patience);
  if (channel == nullptr) {
    const std::string why = deadline.passed() ? "the deadline passed" : impl.last_error();
    co_return fail(ErrorKind::not_sent, "the command was not sent, no channel was opened: " + why);
  }
  int rc = co_await impl.drive([&] {
    return libssh2_channel_process_startup(channel, "exec", 4, request.command.data(),
                                           static_cast<unsigned>(request.command.size()));
  });
  if (rc == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED && !impl.closed()) {
    impl.close();
    co_return fail(ErrorKind::not_sent, "the host refuses to run commands for this user");
  }
  const std::string input = request.input();
  Transfer transfer(impl, channel, input);
  bool ended = false;
  if (rc == 0) ended = co_await transfer.pump();
  if (ended) ended = co_await impl.drive([&] { return libssh2_channel_wait_closed(channel); }) == 0;
  if (!ended) {
    const Ended why = why_ended(impl, transfer.output(), deadline);
    impl.close();
    co_return transfer.output().reply(why);
  }
  Reply reply = transfer.output().reply(killed_by_signal(impl, channel) ? Ended::signalled : Ended::exited);
  const int status = libssh2_channel_get_exit_status(channel);
  if (status != 0 && reply.ended == Ended::exited) reply.exit_status = status;
  rc = co_await impl.drive([&] { return libssh2_channel_free(channel); });
  impl.clean = rc == 0 && !impl.closed();
  boost::system::error_code ignored;
  impl.waiter->socket.cancel(ignored);  // nothing of an idle session keeps the io_context at work
  co_return reply;
}

}  // namespace unjam::actions
