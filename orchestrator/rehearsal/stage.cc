#include "orchestrator/rehearsal/stage.h"

#include <fmt/format.h>

#include <algorithm>

namespace unjam::rehearsal {

using K = MishapKind;

namespace {

constexpr Millis kOperator{120'000};   // until somebody starts a process again that ended by itself
constexpr Millis kTriedAgain{10'000};  // people who found nobody at home come again
constexpr Millis kNextPerson{30'000};  // between two people of a group who say yes
constexpr const char* kRequester = "requester";

// What no checker and no reader asks for: mail goes on all the time.
bool noise(const std::string& word) {
  return word == "accepted" || word == "delivered" || word == "tickets" || word == "withdrawn";
}

}  // namespace

std::string SeededTokens::hex(std::size_t bytes) {
  std::string out;
  while (out.size() < bytes * 2) out += fmt::format("{:016x}", rng_.next());
  out.resize(bytes * 2);
  return out;
}

Stage::Stage(std::shared_ptr<const engine::Plan> plan, const Scenario& scenario, const Setting& setting)
    : plan_(plan_of(std::move(plan), scenario, setting.start)),
      scenario_(scenario),
      setting_(setting),
      tokens_(scenario.seed + 1),
      chance_(scenario.seed + 2),
      blows_(scenario.mishaps) {
  evidence_.plan = plan_;
  evidence_.scenario = scenario;
}

const Mishap* Stage::mishap(K kind) const {
  const auto found = std::ranges::find(scenario_.mishaps, kind, &Mishap::kind);
  return found == scenario_.mishaps.end() ? nullptr : &*found;
}

bool Stage::under_way(K kind) const {
  return std::ranges::any_of(scenario_.mishaps, [&](const Mishap& one) {
    return one.kind == kind && now_ >= one.at && (one.lasts.count() == 0 || now_ < one.at + one.lasts);
  });
}

void Stage::give_up(std::string why) {
  if (evidence_.broken.empty()) evidence_.broken = std::move(why);
  over_ = true;
}

bool Stage::open() {
  auto world = actions::sim::World::create(world_of(scenario_), plan_->inventory->hosts, setting_.start);
  if (!world) return give_up(world.error().text()), false;
  world_ = std::move(*world);
  seen_ = world_->log().all().size();
  journal_ = state::make_memory_journal(tokens_);
  return true;
}

void Stage::set_agenda() {
  for (const auto& one : scenario_.mishaps) {
    switch (one.kind) {
      case K::clock_jump:
        due(one.at, [this, by = one.by] {
          note(fmt::format("the orchestrator's wall clock jumps by {} s", by.count() / 1000));
          stepped_ += by;
          for (auto& process : processes_) process->time().step_wall(by);
        });
        break;
      case K::cancelled:
        due(one.at, [this] { post(state::CancelRequested{"cancel", state::Person{1, "person", ""}}); });
        break;
      case K::lock_lost:
        due(one.at, [this] {
          if (lives()) take_over();
        });
        break;
      case K::window_closes:
      case K::kill_switch:
        due(one.at, [this, text = one.text()] { note(text); });
        break;
      case K::lock_held:
      case K::slot_held:
        hold_others(one);
        break;
      default:
        break;
    }
  }
}

// ---- time

Evidence Stage::play() {
  if (open()) {
    begin_run();
    set_agenda();
    while (step()) {}
  }
  evidence_.ended = now_;
  if (world_) {
    evidence_.until = now_ + setting_.watched;
    world_->advance_to(evidence_.until);
    for (const auto& entry : world_->log().all())
      if (!noise(entry.word)) evidence_.hosts.push_back(entry);
  }
  evidence_.writes = blows_.count(Point::before_write);
  evidence_.sends = blows_.count(Point::before_send);
  auto handle = open_store(state::Access::read);
  if (auto events = handle ? (*handle)->load(id_) : std::unexpected(handle.error())) {
    auto run = state::fold(id_, *events);
    if (run) {
      evidence_.replayed = std::move(*run);
    } else {
      evidence_.unreadable = run.error().text();
    }
    evidence_.kept = std::move(*events);
  } else {
    evidence_.unreadable = events.error().text();
  }
  if (!evidence_.finished() && evidence_.replayed) evidence_.run = *evidence_.replayed;
  return std::move(evidence_);
}

bool Stage::step() {
  work();
  if (over_) return false;
  std::optional<Mono> next;
  const auto sooner = [&](Mono at) { next = next ? std::min(*next, at) : at; };
  if (!agenda_.empty()) sooner(agenda_.begin()->first);
  for (const auto& process : processes_)
    if (const auto waits = process->time().next(); waits && !process->frozen) sooner(std::max(*waits, now_));
  if (!next) return give_up("the run neither ended nor waits for anything"), false;
  if (next->since_start > setting_.longest) return give_up("the run did not end"), false;
  now_ = *next;
  for (auto& process : processes_)
    if (!process->frozen) process->time().advance_to(now_);
  while (!agenda_.empty() && agenda_.begin()->first <= now_) {
    const auto deed = std::move(agenda_.begin()->second);
    agenda_.erase(agenda_.begin());
    deed();
  }
  return !over_;
}

void Stage::work() {
  // A process may end, die or be taken over by what it does: the list changes under the loop.
  for (std::size_t i = 0; i < processes_.size() && !over_;) {
    Process& process = *processes_[i];
    if (!process.run()) return give_up("the engine works without end in one instant");
    look_after(process);
    if (i < processes_.size() && processes_[i].get() == &process) ++i;
  }
}

void Stage::look_after(Process& process) {
  if (blows_.struck != nullptr) {
    const auto by = std::exchange(blows_.struck, nullptr);
    return dies(process, by->by, fmt::format("killed {}", kPointWords[static_cast<std::size_t>(by->point)]));
  }
  if (const auto* pause = std::exchange(process.store().pause, nullptr)) {
    note(fmt::format("process {} stands still for {} s", process.store().process(), pause->by.count() / 1000));
    process.frozen = true;
    due(now_ + pause->by, [this, which = process.store().process()] {
      for (auto& one : processes_) {
        if (one->store().process() != which) continue;
        note("the process that stood still goes on");
        one->frozen = false;
        one->time().advance_to(now_);
      }
    });
    if (&process == current()) take_over();
    return;
  }
  if (process.done()) end_process(process);
}

// ---- processes

Result<std::unique_ptr<state::Store>> Stage::open_store(state::Access access) {
  if (setting_.store) return setting_.store(access);
  if (!journal_) return fail(ErrorKind::not_found, "no run has begun");
  return state::open_memory_store(journal_, access);
}

std::unique_ptr<Process> Stage::spawn() {
  auto inner = open_store(state::Access::write);
  if (!inner) return give_up(inner.error().text()), nullptr;
  ++evidence_.processes;
  auto store = std::make_unique<StruckStore>(
      std::move(*inner), evidence_.processes,
      StruckStore::Surroundings{&blows_, [this] { return now_; }, [this](const Written& one) { written(one); },
                                [this] { return under_way(K::disk_full); }});
  Process::Place place{world_.get(), &blows_, &tokens_, [this] { return under_way(K::kill_switch); },
                       [this] {
                         const auto& log = world_->log().all();
                         for (; seen_ < log.size(); ++seen_)
                           if (log[seen_].word == "permit") blows_.reach(Point::on_host);
                       }};
  // A new process may run on a machine that has booted since: its monotonic clock begins anywhere, but never below 0.
  constexpr std::uint64_t kMostUptime = 7'200'000;
  const bool first = evidence_.processes == 1;
  const Millis uptime = first ? now_.since_start : Millis(static_cast<std::int64_t>(chance_.below(kMostUptime)));
  const Millis ahead = uptime - now_.since_start;
  return std::make_unique<Process>(place, Process::Start{setting_.start, now_, stepped_, ahead}, std::move(store));
}

void Stage::begin_run() {
  auto process = spawn();
  if (!process) return;
  auto created = plan_->created;
  created.requester = {1000, kRequester, ""};
  created.trigger = "person";
  std::vector<state::EventBody> first{created, state::RunConfirmed{created.changes_at_most, created.requester}};
  const auto events = process->store().append(id_, 0, process->now(), std::move(first), {});
  if (!events) return give_up(events.error().text());
  auto run = state::fold(id_, *events);
  if (!run) return give_up(run.error().text());
  process->drive(plan_, std::move(*run));
  processes_.push_back(std::move(process));
  driving_ = true;
}

void Stage::start_again() {
  if (evidence_.processes >= setting_.processes) return give_up("the engine had to be started too often");
  auto process = spawn();
  if (!process) return;
  note(fmt::format("process {} takes the run up", evidence_.processes));
  auto events = process->store().load(id_);
  if (!events) return give_up("the journal cannot be read: " + events.error().text());
  auto run = state::fold(id_, *events);
  if (!run) return give_up("the journal does not fold: " + run.error().text());
  if (run->phase == state::Phase::ended) {
    evidence_.run = std::move(*run);
    over_ = true;
    return;
  }
  const auto resumed = process->store().append(
      id_, run->seq, process->now(), {state::RunResumed{process->store().epoch(), {1000, kRequester, ""}}}, {});
  processes_.push_back(std::move(process));
  if (blows_.struck != nullptr) return look_after(*processes_.back());
  if (!resumed) return dies(*processes_.back(), kOperator, resumed.error().text());
  for (const auto& event : *resumed)
    if (auto folded = state::apply(*run, event); !folded)
      return give_up("resuming does not fold: " + folded.error().text());
  come_again(*run);
  processes_.back()->drive(plan_, std::move(*run));
  driving_ = true;
}

void Stage::dies(Process& process, Millis down_for, std::string how) {
  const bool was_current = &process == current();
  note(fmt::format("a process ends: {}", how));
  std::erase_if(processes_, [&](const auto& one) { return one.get() == &process; });
  if (!was_current) return;
  driving_ = false;
  due(now_ + down_for, [this] { start_again(); });
}

// Whoever starts it again has made room first.
void Stage::starts_with_room() {
  if (!under_way(K::disk_full)) return start_again();
  due(now_ + kOperator, [this] { starts_with_room(); });
}

void Stage::end_process(Process& process) {
  const bool was_current = &process == current();
  if (process.crashed()) return give_up("an exception came out of the engine");
  const auto result = *process.done();
  if (was_current && result) {
    evidence_.run = process.driver()->run();
    if (!evidence_.run.ended) return give_up("the driver ended, and the run did not");
    over_ = true;
    return;
  }
  if (!was_current && result) return give_up("a process that has lost the store brought the run to an end");
  const auto error = result.error();
  const bool expected = !was_current || error.kind == ErrorKind::io || error.kind == ErrorKind::exhausted;
  if (!expected) return give_up(error.text());
  if (was_current && error.kind == ErrorKind::exhausted) {
    note("a process ends: " + error.text());
    processes_.pop_back();
    driving_ = false;
    return starts_with_room();
  }
  dies(process, process.store().poisoned() ? process.store().down_for() : kOperator, error.text());
}

// Another process owns the store; the old one lives, and does not know it yet.
void Stage::take_over() {
  auto reading = open_store(state::Access::read);
  if (!reading) return give_up(reading.error().text());
  current()->store().lose(std::move(*reading));
  driving_ = false;
  start_again();
}

// ---- people and other runs

void Stage::post(state::EventBody event) {
  if (lives() && current()->driver() != nullptr) {
    note(fmt::format("a person: {}", state::spell(state::kind_of(event))));
    current()->driver()->post(std::move(event));
  } else {
    due(now_ + kTriedAgain, [this, event = std::move(event)]() mutable { post(std::move(event)); });
  }
}

// What a person said to a process that died before it wrote it down is said again to the next.
void Stage::come_again(const state::Run& run) {
  for (const auto& [path, approval] : run.approvals)
    if (!approval.denied && std::ssize(approval.given) < approval.asked.count) asked(approval.asked);
  const auto* cancelled = mishap(K::cancelled);
  if (cancelled != nullptr && cancelled->at <= now_ && !run.cancelled)
    due(now_ + kTriedAgain, [this] { post(state::CancelRequested{"cancel", state::Person{1, "person", ""}}); });
}

void Stage::written(const Written& one) {
  evidence_.journal.push_back(one);
  if (const auto* approval = std::get_if<state::ApprovalAsked>(&one.event.body)) asked(*approval);
}

void Stage::asked(const state::ApprovalAsked& approval) {
  constexpr std::uint64_t kMostPatience = 600'000;
  const auto* late = mishap(K::approval_late);
  Millis delay = late != nullptr ? late->by : Millis(static_cast<std::int64_t>(chance_.below(kMostPatience)));
  const auto group = plan_->policy->groups.find(approval.group);
  if (approval.count == 0 || group == plan_->policy->groups.end()) return;
  std::int64_t missing = approval.count;
  for (const auto& user : group->second) {
    const bool requester = user == kRequester;  // who says yes to what he wants; nobody may count that
    const state::Person person{requester ? 1000u : 2000u, user, ""};
    if (mishap(K::approval_denied) != nullptr)
      return due(now_ + delay,
                 [this, path = approval.path, person] { post(state::ApprovalDenied{path, "no", person}); });
    if (!requester && missing-- == 0) break;
    due(now_ + delay, [this, approval, person] { post(state::ApprovalGiven{approval.path, approval.digest, person}); });
    if (const auto* revoked = mishap(K::approval_revoked))
      due(std::max(revoked->at, now_ + delay + kTriedAgain),
          [this, path = approval.path, person] { post(state::ApprovalDenied{path, "taken back", person}); });
    if (!requester) delay = delay + kNextPerson;
  }
}

// Another run of the same owner, begun before this one.
void Stage::hold_others(const Mishap& mishap) {
  const bool locks = mishap.kind == K::lock_held;
  const RunId other{fmt::format("r-other-{}", ++others_)};
  state::RunCreated created;
  created.playbook = "another";
  state::Claims claims;
  std::vector<state::EventBody> events{created};
  std::vector<state::EventBody> ends;
  if (locks) {
    claims.locks = state::LockClaim{plan_->locks};
    if (plan_->locks.empty()) return;
    events.emplace_back(state::LocksTaken{plan_->locks});
  } else {
    claims.slot = state::SlotClaim{mishap.host, {}};
    state::Intent intent;
    intent.intent = "other-" + tokens_.hex(4);
    intent.host = mishap.host;
    intent.action = "hub.flag";
    intent.effect = "reversible";
    intent.retry = "idempotent";
    events.emplace_back(intent);
    ends.emplace_back(state::SlotsReleased{{mishap.host}, "the other run is done with it"});
  }
  ends.emplace_back(state::RunEnded{state::End::done, false, "", ""});
  const auto held = current()->store().of_others().append(other, 0, current()->now(), std::move(events), claims);
  if (!held) return;  // another mishap of the same kind holds it already
  for (const auto& event : *held) evidence_.others.push_back({other, event});
  note(mishap.text());
  if (mishap.lasts.count() > 0)
    due(now_ + mishap.lasts, [this, other = other.text, ends] { release_others(other, ends); });
}

void Stage::release_others(std::string run, std::vector<state::EventBody> events) {
  if (!lives()) {
    due(now_ + kTriedAgain, [this, run, events] { release_others(run, events); });
    return;
  }
  auto& store = current()->store().of_others();
  const auto before = store.load(RunId{run});
  if (!before) return give_up(before.error().text());
  const auto done = store.append(RunId{run}, std::ssize(*before), current()->now(), std::move(events), {});
  if (!done) return give_up(done.error().text());
  for (const auto& event : *done) evidence_.others.push_back({RunId{run}, event});
}

// ---- the way in

Evidence rehearse(const std::shared_ptr<const engine::Plan>& plan, const Scenario& scenario, const Setting& setting) {
  return Stage(plan, scenario, setting).play();
}

Scenario Rehearser::scenario(std::uint64_t seed) {
  return draw(*plan_, seed, choice_, [&](const Scenario& calm) {
    const auto known = calm_.find(calm.incident);
    if (known != calm_.end()) return known->second;
    auto one = calm;
    one.seed = 1;  // whichever seed asks first: the same seed must give the same scenario when it is played alone
    const auto evidence = rehearse(plan_, one, setting_);
    Nominal nominal;
    nominal.lasts = evidence.ended.since_start;
    nominal.writes = std::max<std::int64_t>(evidence.writes, 3);
    nominal.sends = std::max<std::int64_t>(evidence.sends, 1);
    calm_.emplace(calm.incident, nominal);
    return nominal;
  });
}

}  // namespace unjam::rehearsal
