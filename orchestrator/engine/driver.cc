#include "orchestrator/engine/driver.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>

#include "orchestrator/engine/arrival.h"
#include "orchestrator/engine/policy_bounds.h"
#include "state/base/digest.h"
#include "state/base/plants.h"

namespace unjam::engine {

namespace asio = boost::asio;
using state::EffectPhase;

namespace {

constexpr Millis kLookLimit{60'000};

std::string text_at_or_empty(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string{};
}

std::string reason_of(const actions::Outcome& outcome) {
  return outcome.kind == actions::Outcome::Kind::refused ? outcome.refusal.text : outcome.reason;
}

// Built outside of the coroutine: GCC 12 rejects initializer lists of JSON inside.
json::object look_inputs(const std::string& intent) {
  return {{"intent", intent}};
}

// Built outside of the coroutine, for the same reason.
std::vector<state::EventBody> alone(state::EventBody event) {
  std::vector<state::EventBody> events;
  events.push_back(std::move(event));
  return events;
}

// What the first answer to an effect means. A reboot that was accepted is not done: proof is a new boot token.
state::EventBody first_answer(const state::Intent& intent, const actions::Outcome& outcome) {
  using Kind = actions::Outcome::Kind;
  const auto& id = intent.intent;
  switch (outcome.kind) {
    case Kind::answered: {
      auto outputs = playbooks::to_json(outcome.answer.outputs);
      auto fields = outputs.is_object() ? outputs.as_object() : json::object{};
      if (intent.action == kRebootAction && !planted("accepted-is-rebooted"))
        return state::EffectAccepted{id, std::move(fields)};
      return state::EffectEnded{id, EffectPhase::ok, std::move(fields), outcome.answer.before, outcome.answer.after,
                                ""};
    }
    case Kind::refused: {
      const bool untouched = outcome.refusal.kind == actions::Refusal::Kind::refused ||
                             outcome.refusal.kind == actions::Refusal::Kind::absent;
      return state::EffectEnded{
          id, untouched ? EffectPhase::not_sent : EffectPhase::failed, {}, {}, {}, outcome.refusal.text};
    }
    case Kind::not_sent:
      return state::EffectEnded{id, EffectPhase::not_sent, {}, {}, {}, outcome.reason};
    case Kind::unknown:
      break;
  }
  auto phase = EffectPhase::unknown;
  if (planted("unknown-is-ok")) phase = EffectPhase::ok;
  if (planted("unknown-is-not-sent")) phase = EffectPhase::not_sent;
  return state::EffectEnded{id, phase, {}, {}, {}, outcome.reason};
}

}  // namespace

Driver::Driver(asio::io_context& io, std::shared_ptr<const Plan> plan, state::Run run, JournalWriter& journal,
               Tokens& tokens, World world, Watcher watcher)
    : io_(io),
      plan_(std::move(plan)),
      run_(std::move(run)),
      journal_(journal),
      tokens_(tokens),
      world_(world),
      caller_(*plan_, tokens, std::move(world)),
      watcher_(std::move(watcher)),
      news_(io, *world_.timers) {
  around_.under_way = &in_flight_;
}

Result<void> Driver::post(state::EventBody event) {
  journal_.flush();  // what was decided before it comes before it
  take_in();
  if (auto fit = fits(run_, event); !fit) return fit;
  Appended answer;
  journal_.append({run_.id, run_.seq, time(), alone(std::move(event))},
                  [&answer](Appended written) { answer = std::move(written); });
  journal_.flush();
  const auto written = fold_and_tell(answer);
  if (!written) broken_ = written.error();
  news_.tell();
  return written;
}

void Driver::interrupt() {
  interrupted_ = true;
  news_.tell();
}

asio::awaitable<Result<void>> Driver::drive() {
  auto result = co_await drive_on();
  news_.no_alarm();
  co_return result;
}

asio::awaitable<Result<void>> Driver::drive_on() {
  while (!interrupted_) {
    while (planted("sends-after-failed-write") && broken_ && !in_flight_.empty()) co_await news_.wait(std::nullopt);
    if (broken_) co_return std::unexpected(*broken_);
    const auto arrived = co_await journal_inbox();
    if (!arrived) co_return std::unexpected(arrived.error());
    if (run_.phase == state::Phase::ended) break;
    std::optional<Mono> until;
    const auto now = time();
    if (const auto seen = look_around(now); !seen) co_return std::unexpected(seen.error());
    const auto journalled = co_await perform(decide(*plan_, run_, around_, now, &waymarks_), now, until);
    if (!journalled) co_return std::unexpected(journalled.error());
    if (*journalled || !inbox_.empty()) continue;
    co_await news_.wait(until);
  }
  // Calls that are still under way refer to this object; their own deadlines end them.
  while (!in_flight_.empty() && !interrupted_) co_await news_.wait(std::nullopt);
  co_return Result<void>{};
}

Now Driver::time() const {
  auto now = world_.clock->now();
  if (planted("durations-by-wall-clock")) now.mono = {now.wall - run_.created_at};
  return now;
}

asio::awaitable<Result<void>> Driver::append(std::vector<state::EventBody> events, Now now, state::Claims claims) {
  state::AppendRequest request{run_.id, run_.seq, now, std::move(events), std::move(claims)};
  auto begin = [this, &request](auto handler) {
    journal_.append(std::move(request), [this, handler = std::move(handler)](Appended answer) mutable {
      written_ = std::move(answer);
      asio::post(io_, std::move(handler));  // in a turn of its own: it is not the writer's business
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(begin), asio::use_awaitable);
  take_in();
  // What somebody said meanwhile could not be written: nothing more is sent, this least of all.
  if (taken_in_ && broken_ && !planted("sends-after-failed-write")) co_return std::unexpected(*broken_);
  co_return taken_in_;
}

// By the coroutine that appended, or by a post() that comes before it goes on.
void Driver::take_in() {
  if (!written_) return;
  const auto written = std::exchange(written_, std::nullopt);
  taken_in_ = fold_and_tell(*written);
}

Result<void> Driver::fold_and_tell(const Appended& written) {
  if (!written) return std::unexpected(written.error());
  for (const auto& event : *written) {
    if (auto folded = state::apply(run_, event); !folded) return std::unexpected(folded.error());
    log_event(event);
    if (watcher_) watcher_(run_.id, event);
  }
  return {};
}

// Readings fit beside each other and are written as one; every other event is judged on the run as the one before it
// left it: two answers to one effect may have arrived together, and only the first of them fits.
asio::awaitable<Result<bool>> Driver::journal_inbox() {
  bool journalled = false;
  while (!inbox_.empty()) {
    std::vector<state::EventBody> batch;
    while (!inbox_.empty()) {
      const bool reading = std::holds_alternative<state::ReadingTaken>(inbox_.front());
      if (!reading && !batch.empty()) break;
      auto event = std::move(inbox_.front());
      inbox_.pop_front();
      if (const auto fit = fits(run_, event); !fit) {
        spdlog::warn("run={} not journalled: {}", run_.id.text, fit.error().message);
        continue;
      }
      batch.push_back(std::move(event));
      if (!reading) break;
    }
    if (batch.empty()) continue;
    journalled = true;
    if (auto done = co_await append(std::move(batch), time()); !done) co_return std::unexpected(done.error());
  }
  co_return journalled;
}

// What runs hold, read again only when it may have changed, or when the clock went back: effects that were too old then
// may matter now. A store that cannot tell is not an empty one.
Result<void> Driver::look_around(const Now& now) {
  journal_.flush_holdings();
  around_.kill_switch = kill_switch();
  const auto version = store().holdings_version();
  if (version && version == around_version_ && now.wall >= around_at_) return {};
  auto slots = store().slots();
  if (!slots) return std::unexpected(slots.error());
  auto locks = store().locks();
  if (!locks) return std::unexpected(locks.error());
  auto effects = store().effects(now.wall + -effect_history(*plan_->policy));
  if (!effects) return std::unexpected(effects.error());
  around_.slots = std::move(*slots);
  around_.locks = std::move(*locks);
  around_.effects = std::move(*effects);
  around_version_ = version;
  around_at_ = now.wall;
  return {};
}

bool Driver::kill_switch() const {
  if (plan_->policy->kill_switch.empty()) return false;
  if (world_.switch_thrown) return world_.switch_thrown(plan_->policy->kill_switch);
  std::error_code error;  // a switch that cannot be looked at counts as thrown: unknown opens nothing
  return std::filesystem::exists(plan_->policy->kill_switch, error) || error;
}

asio::awaitable<Result<bool>> Driver::perform(std::vector<Command> commands, Now now, std::optional<Mono>& until) {
  for (auto& command : commands) {
    if (auto* record = std::get_if<Record>(&command)) co_return co_await perform_record(std::move(*record), now);
  }
  for (auto& command : commands) {
    if (auto* read = std::get_if<Read>(&command)) perform_read(std::move(*read));
    if (auto* observe = std::get_if<Observe>(&command)) perform_observe(*observe);
    if (auto* sleep = std::get_if<Sleep>(&command)) until = until ? std::min(*until, sleep->until) : sleep->until;
    if (auto* send = std::get_if<Send>(&command)) {
      if (auto sent = co_await perform_send(std::move(*send), now); !sent) co_return std::unexpected(sent.error());
      co_return true;  // the run has changed: what was decided beside it is decided anew
    }
  }
  co_return false;
}

asio::awaitable<Result<bool>> Driver::perform_record(Record record, Now now) {
  auto done = co_await append(std::move(record.events), now, std::move(record.claims));
  if (done) co_return true;
  // A claim that another run took first: nothing was written, and the next look at the surroundings will show it.
  if (done.error().kind == ErrorKind::conflict) co_return true;
  co_return std::unexpected(done.error());
}

void Driver::perform_read(Read read) {
  const auto key = read.key();
  if (in_flight_.size() >= kMaxInFlight || !in_flight_.insert(key).second) return;
  asio::co_spawn(
      io_,
      [this, key, read = std::move(read)]() mutable -> asio::awaitable<void> {
        co_await this->read(std::move(read));
        in_flight_.erase(key);
        news_.tell();
      },
      asio::detached);
}

asio::awaitable<void> Driver::read(Read read) {
  const auto effects = run_.effects;
  const auto started = time().mono;
  std::optional<json::object> value;
  std::string unknown = read.failed;
  if (unknown.empty()) {
    auto outcome = co_await caller_.call(read.host, *read.action, std::move(read.inputs), json::object(), read.limit);
    if (outcome.kind == actions::Outcome::Kind::answered) {
      auto outputs = playbooks::to_json(outcome.answer.outputs);
      value = outputs.is_object() ? std::move(outputs.as_object()) : json::object{};
    } else {
      unknown = reason_of(outcome);
    }
  }
  if (!read.snapshot.empty()) {
    inbox_.emplace_back(
        state::SnapshotTaken{read.snapshot, read.host, read.action->name, std::move(value), std::move(unknown)});
  } else {
    inbox_.emplace_back(state::ReadingTaken{read.fact, read.host, effects, started.since_start.count(),
                                            std::move(value), std::move(unknown)});
  }
}

asio::awaitable<Result<void>> Driver::perform_send(Send send, Now now) {
  if (!send.settling) {
    if (const auto blocked = obstacle(*plan_, run_, kill_switch(), send.action->effect, now.wall))
      co_return co_await append(alone(state::StopBegun{blocked->cause, send.intent.path, blocked->text}), now);
  }
  send.intent.intent = tokens_.hex(8);
  if (!send.intent.fence.empty()) {
    send.intent.fence["store"] = store().id().text;
    send.intent.fence["epoch"] = std::to_string(store().epoch());
    send.intent.fence["intent"] = send.intent.intent;
  }
  if (const auto wrong = against_policy(*plan_, run_, send))
    co_return co_await append(alone(state::StopBegun{wrong->cause, send.intent.path, wrong->text}), now);
  std::vector<state::EventBody> events;
  if (!send.gate.reasons.empty()) events.emplace_back(send.gate);
  events.emplace_back(send.intent);
  if (planted("claims-not-taken")) send.claims = {};
  const auto decided_at = run_.seq;
  auto written = co_await append(std::move(events), now, std::move(send.claims));
  if (!written && written.error().kind == ErrorKind::conflict) {
    // Another run was faster, or a limit was reached meanwhile: the gate is shut after all, if it is still asked.
    if (run_.seq != decided_at) co_return Result<void>{};
    send.gate.path = send.intent.path;
    send.gate.host = send.intent.host;
    send.gate.open = false;
    send.gate.reasons.push_back({"claim", false, written.error().message});
    co_return co_await append(alone(std::move(send.gate)), now);
  }
  if (!written && !planted("sends-after-failed-write")) co_return written;
  if (!written) broken_ = written.error();
  // The disk was slow, somebody cancelled, the process stood still: what was decided then need not be right now.
  const Millis waited = time().mono - now.mono;
  if (auto why = too_late(send, waited); !why.empty()) {
    inbox_.emplace_back(state::EffectEnded{send.intent.intent, EffectPhase::not_sent, {}, {}, {}, std::move(why)});
    co_return Result<void>{};
  }
  send.intent.limit_ms -= waited.count();
  begin_act(std::move(send.intent), send.action);
  co_return Result<void>{};
}

// Why what stands in the journal is not sent after all, or empty.
std::string Driver::too_late(const Send& send, Millis waited) const {
  if (waited.count() >= send.intent.limit_ms)
    return fmt::format("its time was over {} s after it was decided, before it was sent", waited.count() / 1000);
  if (send.settling) return {};
  const auto blocked = obstacle(*plan_, run_, kill_switch(), send.action->effect, time().wall);
  return blocked ? blocked->text : std::string{};
}

void Driver::begin_act(state::Intent intent, const playbooks::ActionSpec* action) {
  const auto key = "act " + intent.intent;
  in_flight_.insert(key);
  asio::co_spawn(
      io_,
      [this, key, intent = std::move(intent), action]() mutable -> asio::awaitable<void> {
        co_await act(std::move(intent), action);
        in_flight_.erase(key);
        news_.tell();
      },
      asio::detached);
}

asio::awaitable<void> Driver::act(state::Intent intent, const playbooks::ActionSpec* action) {
  const auto outcome =
      co_await caller_.call(intent.host, *action, intent.inputs, intent.fence, Millis{intent.limit_ms});
  inbox_.push_back(first_answer(intent, outcome));
  if (intent.action == kRebootAction) {
    const auto* host = plan_->inventory->find(HostName{intent.host});
    world_.transport(plan_->inventory->connection_of(*host).transport).forget(host->name);
  }
}

void Driver::perform_observe(const Observe& observe) {
  const auto found = run_.effects_by_intent.find(observe.intent);
  const auto key = "look " + observe.intent;
  if (found == run_.effects_by_intent.end() || !in_flight_.insert(key).second) return;
  asio::co_spawn(
      io_,
      [this, key, intent = found->second.intent]() mutable -> asio::awaitable<void> {
        co_await look(std::move(intent));
        in_flight_.erase(key);
        news_.tell();
      },
      asio::detached);
}

asio::awaitable<void> Driver::look(state::Intent intent) {
  Observation seen;
  const auto* action = plan_->packs->find(kLookAction);
  if (action == nullptr) {
    seen.unreached = fmt::format("no pack offers {}", kLookAction);
  } else {
    const auto outcome =
        co_await caller_.call(intent.host, *action, look_inputs(intent.intent), json::object(), kLookLimit);
    if (outcome.kind == actions::Outcome::Kind::answered) {
      const auto outputs = playbooks::to_json(outcome.answer.outputs).as_object();
      seen.reached = true;
      seen.machine = text_at_or_empty(outputs, "machine");
      seen.boot = text_at_or_empty(outputs, "boot");
      seen.permit = text_at_or_empty(outputs, "permit");
      seen.state = text_at_or_empty(outputs, "state");
      if (const auto kept = base64_decode(text_at_or_empty(outputs, "answer")); kept && !kept->empty())
        if (const auto parsed = parse_json(*kept); parsed && parsed->is_object()) seen.answer = parsed->as_object();
    } else {
      seen.unreached = reason_of(outcome);
    }
  }
  auto conclusion = conclude(run_.effects_by_intent.at(intent.intent), seen);
  inbox_.emplace_back(std::move(conclusion.observed));
  if (conclusion.ended) inbox_.emplace_back(std::move(*conclusion.ended));
}

void Driver::log_event(const state::Event& event) const {
  const auto kind = state::kind_of(event.body);
  const bool detail = kind == state::EventKind::reading_taken || kind == state::EventKind::looked;
  const auto level = detail ? spdlog::level::debug : spdlog::level::info;
  if (spdlog::should_log(level)) spdlog::log(level, "{}", log_line(run_, event));
}

}  // namespace unjam::engine
