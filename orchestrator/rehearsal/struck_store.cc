#include "orchestrator/rehearsal/struck_store.h"

#include <algorithm>

namespace unjam::rehearsal {

namespace {

bool begins_effect(const std::vector<state::EventBody>& events) {
  return std::ranges::any_of(events, [](const state::EventBody& body) {
    const auto* intent = std::get_if<state::Intent>(&body);
    return intent != nullptr && intent->undoes.empty();
  });
}

bool has_intent(const std::vector<state::Event>& events) {
  return std::ranges::any_of(
      events, [](const state::Event& event) { return std::holds_alternative<state::Intent>(event.body); });
}

}  // namespace

Result<std::vector<state::Event>> StruckStore::append(const RunId& run, std::int64_t expected, Now now,
                                                      std::vector<state::EventBody> events,
                                                      const state::Claims& claims) {
  if (around_.blows->struck != nullptr) return fail(ErrorKind::io, "the process is dead");
  if (poisoned_) return fail(ErrorKind::io, "an earlier write has failed");
  if (around_.full() && begins_effect(events))
    return fail(ErrorKind::exhausted, "too little space on disk for a new effect");
  if (around_.blows->reach(Point::before_write) != nullptr) return fail(ErrorKind::io, "the process is dead");
  const auto* failing = around_.blows->write();
  if (failing != nullptr) {
    poisoned_ = true;
    down_for_ = failing->by;
    if (failing->kind == MishapKind::io_error) return fail(ErrorKind::io, "the write failed");
  }
  auto written = inner_->append(run, expected, now, std::move(events), claims);
  if (!written) return written;
  for (const auto& event : *written) around_.written({around_.true_time(), process_, event});
  if (failing != nullptr) return fail(ErrorKind::io, "the write failed");
  if (around_.blows->reach(Point::after_write) != nullptr) return fail(ErrorKind::io, "the process is dead");
  if (has_intent(*written)) pause = around_.blows->intent();
  return written;
}

std::vector<Result<std::vector<state::Event>>> StruckStore::append_many(std::vector<state::AppendRequest> requests) {
  std::vector<Result<std::vector<state::Event>>> answers;
  for (auto& one : requests)
    answers.push_back(append(one.run, one.expected, one.now, std::move(one.events), one.claims));
  return answers;
}

}  // namespace unjam::rehearsal
