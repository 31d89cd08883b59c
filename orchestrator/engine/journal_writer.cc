#include "orchestrator/engine/journal_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace unjam::engine {

namespace asio = boost::asio;

namespace {

class InlineWriter : public JournalWriter {
 public:
  explicit InlineWriter(state::Store& store) : store_(store) {}

  asio::awaitable<Appended> append(state::AppendRequest request) override {
    co_return store_.append(request.run, request.expected, request.now, std::move(request.events), request.claims);
  }

 private:
  state::Store& store_;
};

class GroupWriter : public JournalWriter {
 public:
  explicit GroupWriter(state::Store& store) : store_(store), thread_([this] { write_until_closed(); }) {}

  ~GroupWriter() override {
    {
      const std::lock_guard hold(mutex_);
      closed_ = true;
    }
    news_.notify_one();
    thread_.join();
  }
  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  asio::awaitable<Appended> append(state::AppendRequest request) override {
    auto executor = co_await asio::this_coro::executor;
    auto begin = [this, &request, &executor](auto handler) {
      auto done = [handler = std::move(handler), work = asio::make_work_guard(executor)](Appended answer) mutable {
        const auto home = work.get_executor();
        asio::post(home, [handler = std::move(handler), work = std::move(work), answer = std::move(answer)]() mutable {
          std::move(handler)(std::move(answer));
        });
      };
      queue({.request = std::move(request), .done = std::move(done)});
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Appended)>(std::move(begin),
                                                                                           asio::use_awaitable);
  }

 private:
  struct Waiting {
    state::AppendRequest request;
    std::move_only_function<void(Appended)> done;  // called once, on the writer's thread or in append()
  };

  void queue(Waiting waiting) {
    std::unique_lock hold(mutex_);
    if (waiting_.size() >= kMaxQueuedAppends) {
      hold.unlock();
      waiting.done(fail(ErrorKind::exhausted,
                        fmt::format("{} appends wait for the disk already: nothing was written", kMaxQueuedAppends)));
      return;
    }
    waiting_.push_back(std::move(waiting));
    hold.unlock();
    news_.notify_one();
  }

  // The next group; empty when the writer is closed and everything is written.
  std::vector<Waiting> next_group() {
    std::unique_lock hold(mutex_);
    news_.wait(hold, [this] { return closed_ || !waiting_.empty(); });
    const auto count = std::min(waiting_.size(), kMaxGroupedAppends);
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<Waiting> group(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    return group;
  }

  void write_until_closed() {
    for (auto group = next_group(); !group.empty(); group = next_group()) {
      std::vector<state::AppendRequest> requests;
      requests.reserve(group.size());
      for (Waiting& one : group) requests.push_back(std::move(one.request));
      std::vector<Appended> answers = store_.append_many(std::move(requests));
      for (std::size_t i = 0; i < group.size(); ++i) group[i].done(std::move(answers[i]));
    }
  }

  state::Store& store_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<Waiting> waiting_;
  bool closed_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<JournalWriter> make_group_writer(state::Store& store) {
  return std::make_unique<GroupWriter>(store);
}

std::unique_ptr<JournalWriter> make_inline_writer(state::Store& store) {
  return std::make_unique<InlineWriter>(store);
}

}  // namespace unjam::engine
