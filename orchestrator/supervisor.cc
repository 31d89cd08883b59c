#include "orchestrator/supervisor.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <filesystem>

#include "playbooks/yaml.h"
#include "state/rollback.h"

namespace unjam::service {

namespace fs = std::filesystem;

namespace {

std::unexpected<Rejected> reject(Error error, playbooks::Diagnostics diagnostics = {}) {
  return std::unexpected(Rejected{std::move(error), std::move(diagnostics)});
}

Result<std::string> find_playbook(const std::string& playbook, const std::vector<std::string>& catalogs) {
  std::error_code ignored;
  if (fs::is_regular_file(playbook, ignored)) return fs::absolute(playbook).string();
  if (playbook.find('/') == std::string::npos) {
    for (const auto& catalog : catalogs) {
      const auto path = fs::path(catalog) / (playbook.ends_with(".yaml") ? playbook : playbook + ".yaml");
      if (fs::is_regular_file(path, ignored)) return path.string();
    }
  }
  return fail(ErrorKind::not_found,
              fmt::format("no playbook {}: neither a file nor a name in the catalogue", playbook));
}

Result<state::Document> read_document(const std::string& path) {
  auto source = playbooks::read_source(path);
  if (!source) return std::unexpected(source.error());
  return state::Document{fs::absolute(path).string(), (*source)->text()};
}

// Nothing more is begun in a run that stops, so nobody is asked for anything.
Result<void> still_going(const state::Run& run) {
  if (run.phase == state::Phase::running && !run.cancelled) return {};
  const bool over = run.phase == state::Phase::ended;
  return fail(ErrorKind::conflict, fmt::format("run {} {}", run.id.text, over ? "has ended" : "is being stopped"));
}

}  // namespace

Result<engine::PlanTexts> texts_of(const StartRequest& request, const OwnerOptions& options) {
  engine::PlanTexts texts;
  auto path = find_playbook(request.playbook, options.catalogs);
  if (!path) return std::unexpected(path.error());
  auto playbook = read_document(*path);
  if (!playbook) return std::unexpected(playbook.error());
  texts.playbooks.push_back(std::move(*playbook));
  auto inventory = read_document(request.inventory);
  if (!inventory) return std::unexpected(inventory.error());
  texts.inventory = std::move(*inventory);
  if (!request.policy.empty()) {
    auto policy = read_document(request.policy);
    if (!policy) return std::unexpected(policy.error());
    texts.policy = std::move(*policy);
  }
  texts.pack_roots = options.pack_roots;
  for (const auto& packs : request.packs) texts.pack_roots.push_back(fs::absolute(packs).string());
  texts.catalogs = options.catalogs;
  texts.params = request.params;
  return texts;
}

std::expected<std::shared_ptr<const engine::Plan>, Rejected> plan_of(const engine::PlanTexts& texts) {
  playbooks::Diagnostics diagnostics;
  std::optional<Error> error;
  auto plan = engine::make_plan(texts, diagnostics, error);
  if (plan) return plan;
  if (error) return reject(std::move(*error), std::move(diagnostics));
  return reject({ErrorKind::invalid, "the playbook, its inventory, its policy or a pack has faults",
                 texts.playbooks.front().name},
                std::move(diagnostics));
}

Supervisor::Supervisor(boost::asio::io_context& io, state::Store& store, Tokens& tokens, Worlds& worlds,
                       OwnerOptions options)
    : io_(io),
      store_(store),
      journal_(io, store),
      tokens_(tokens),
      worlds_(worlds),
      options_(std::move(options)),
      marks_(options_.state_dir) {}

Supervisor::~Supervisor() {
  for (const auto& [id, driven] : runs_)
    if (!driven.finished) marks_.end(id);
}

std::expected<RunId, Rejected> Supervisor::start(const StartRequest& request) {
  if (at_work() >= kMaxRuns)
    return reject(
        {ErrorKind::exhausted, fmt::format("{} runs are under way, which is the most one owner drives", kMaxRuns)});
  auto texts = texts_of(request, options_);
  if (!texts) return reject(texts.error());
  auto plan = plan_of(*texts);
  if (!plan) return std::unexpected(std::move(plan.error()));
  if (request.confirm && *request.confirm != (*plan)->created.changes_at_most)
    return reject(
        {ErrorKind::denied, fmt::format("--confirm {} is not the number of hosts that may be changed, which is {}",
                                        *request.confirm, (*plan)->created.changes_at_most)});
  const RunId id{"r-" + tokens_.hex(8)};
  auto world = options_.rehearsal ? worlds_.rehearsal_of(*(*plan)->inventory, *options_.rehearsal)
                                  : worlds_.of(*(*plan)->inventory, {.diary = diary_file(id)});
  if (!world) return reject(world.error());

  auto created = (*plan)->created;
  created.requester = request.by;
  created.trigger = request.trigger;
  created.interactive = request.may_ask;
  std::vector<state::EventBody> events{std::move(created)};
  if (request.confirm) events.emplace_back(state::RunConfirmed{*request.confirm, request.by});
  auto written = store_.append(id, 0, world->clock->now(), std::move(events));
  if (!written) return reject(written.error());
  auto run = state::fold(id, *written);
  if (!run) return reject(run.error());
  for (const auto& event : *written)
    for (const auto& watcher : watchers_) watcher(id, event);
  drive(id, *plan, std::move(*run), std::move(*world), 0);
  return id;
}

std::string Supervisor::diary_file(const RunId& run) const {
  return options_.state_dir + "/models/" + run.text;
}

void Supervisor::drive(const RunId& id, std::shared_ptr<const engine::Plan> plan, state::Run run, engine::World world,
                       int crashes) {
  marks_.begin(run, crashes);
  auto tell = [this](const RunId& of, const state::Event& event) {
    for (const auto& watcher : watchers_) watcher(of, event);
  };
  auto& driven = runs_[id];
  driven.finished = false;
  driven.driver =
      std::make_unique<engine::Driver>(io_, std::move(plan), std::move(run), journal_, tokens_, std::move(world), tell);
  boost::asio::co_spawn(io_, driven.driver->drive(), [this, id](std::exception_ptr crashed, Result<void> result) {
    runs_[id].finished = true;
    if (crashed) {
      spdlog::critical("run={} the driver failed; the run can be resumed", id.text);
      return;
    }
    marks_.end(id);
    if (!result) {
      spdlog::critical("run={} {}; the run can be resumed", id.text, result.error().text());
    }
  });
}

Result<void> Supervisor::take_up(const RunId& id, const state::Person& by, bool ended) {
  if (driving(id)) return fail(ErrorKind::conflict, fmt::format("run {} is under way here", id.text));
  auto events = store_.load(id);
  if (!events) return std::unexpected(events.error());
  auto run = state::fold(id, *events);
  if (!run) return std::unexpected(run.error());
  if (!ended && run->phase == state::Phase::ended)
    return fail(ErrorKind::conflict, fmt::format("run {} has ended: {}", id.text, state::spell(run->ended->end)));
  if (ended && run->phase != state::Phase::ended)
    return fail(ErrorKind::conflict, fmt::format("run {} has not ended: resume or cancel it", id.text));
  if (ended && state::owed(*run).empty() && run->slots.empty())
    return fail(ErrorKind::conflict, fmt::format("run {} owes nothing", id.text));

  const int crashes = marks_.crashes(*run);
  if (crashes >= kMostCrashes)
    return fail(
        ErrorKind::conflict,
        fmt::format("run {} is in quarantine: {} processes died one after the other while they drove it, and it "
                    "got no further; read {}/unjam.log and look at its hosts, then remove {} and resume it",
                    id.text, crashes, options_.state_dir, marks_.file(id)));

  const auto& created = run->created;
  engine::PlanTexts texts{created.playbooks, created.inventory, created.policy, created.packs, {}, {}, created.params};
  auto plan = plan_of(texts);
  if (!plan) return std::unexpected(plan.error().error);
  if ((*plan)->digest != created.digest)
    return fail(
        ErrorKind::conflict,
        fmt::format("run {} was planned with other packs, host keys or engine: its digest is {}, now it would be {}",
                    id.text, created.digest.substr(0, 12), (*plan)->digest.substr(0, 12)));
  auto world = worlds_.of(*(*plan)->inventory, {.diary = diary_file(id), .resumed_at = run->mono});
  if (!world) return std::unexpected(world.error());
  auto written = store_.append(id, run->seq, world->clock->now(), {state::RunResumed{store_.epoch(), by}});
  if (!written) return std::unexpected(written.error());
  for (const auto& event : *written) {
    if (auto folded = state::apply(*run, event); !folded) return folded;
    for (const auto& watcher : watchers_) watcher(id, event);
  }
  drive(id, *plan, std::move(*run), std::move(*world), crashes);
  return {};
}

Result<void> Supervisor::resume(const RunId& run, const state::Person& by) {
  return take_up(run, by, false);
}

Result<void> Supervisor::rollback(const RunId& run, const state::Person& by) {
  return take_up(run, by, true);
}

Result<engine::Driver*> Supervisor::driver_of(const RunId& run) {
  const auto found = runs_.find(run);
  if (found == runs_.end() || found->second.finished)
    return fail(ErrorKind::not_found,
                fmt::format("run {} is not under way here; `unjam resume {}` takes it up", run.text, run.text));
  return found->second.driver.get();
}

Result<void> Supervisor::confirm(const RunId& id, std::int64_t hosts, const state::Person& by) {
  auto driver = driver_of(id);
  if (!driver) return std::unexpected(driver.error());
  const auto& run = (*driver)->run();
  if (auto going = still_going(run); !going) return going;
  if (run.confirmed) return fail(ErrorKind::conflict, fmt::format("run {} is confirmed already", id.text));
  if (by.uid != run.created.requester.uid)
    return fail(ErrorKind::denied, fmt::format("only {} can confirm run {}", run.created.requester.user, id.text));
  if (hosts != run.created.changes_at_most)
    return fail(ErrorKind::denied, fmt::format("{} is not the number of hosts that may be changed, which is {}", hosts,
                                               run.created.changes_at_most));
  return (*driver)->post(state::RunConfirmed{hosts, by});
}

Result<std::string> Supervisor::open_approval(const state::Run& run) const {
  if (const auto going = still_going(run); !going) return std::unexpected(going.error());
  for (const auto& [path, approval] : run.approvals) {
    const auto* step = run.steps.contains(path) ? &run.steps.at(path) : nullptr;
    const bool open = !approval.denied && (step == nullptr || !step->ended);
    if (open && static_cast<std::int64_t>(approval.given.size()) < approval.asked.count) return path;
  }
  return fail(ErrorKind::conflict, fmt::format("run {} asks for no approval at the moment", run.id.text));
}

Result<std::string> Supervisor::deniable(const state::Run& run) const {
  auto open = open_approval(run);
  if (open || !still_going(run)) return open;
  const state::ApprovalRecord* last = nullptr;
  for (const auto& [path, approval] : run.approvals)
    if (!approval.denied && !approval.given.empty() && (last == nullptr || last->at < approval.at)) last = &approval;
  if (last != nullptr) return last->asked.path;
  return open;
}

Result<void> Supervisor::approve(const RunId& id, const state::Person& by) {
  auto driver = driver_of(id);
  if (!driver) return std::unexpected(driver.error());
  const auto& run = (*driver)->run();
  auto path = open_approval(run);
  if (!path) return std::unexpected(path.error());
  if (by.user == run.created.requester.user)
    return fail(ErrorKind::denied,
                fmt::format("{} asked for run {}; the requester's own approval does not count", by.user, id.text));
  const auto& asked = run.approvals.at(*path).asked;
  if (!(*driver)->plan().policy->in_group(by.user, asked.group))
    return fail(ErrorKind::denied, fmt::format("{} is not in {}, whom policy asks", by.user, asked.group));
  for (const auto& given : run.approvals.at(*path).given)
    if (given.by.user == by.user)
      return fail(ErrorKind::conflict, fmt::format("{} has approved run {} already", by.user, id.text));
  return (*driver)->post(state::ApprovalGiven{*path, asked.digest, by});
}

Result<void> Supervisor::deny(const RunId& id, const state::Person& by) {
  auto driver = driver_of(id);
  if (!driver) return std::unexpected(driver.error());
  auto path = deniable((*driver)->run());
  if (!path) return std::unexpected(path.error());
  const auto& asked = (*driver)->run().approvals.at(*path).asked;
  if (!(*driver)->plan().policy->in_group(by.user, asked.group) && by.user != (*driver)->run().created.requester.user)
    return fail(ErrorKind::denied, fmt::format("{} is not in {}, whom policy asks", by.user, asked.group));
  return (*driver)->post(state::ApprovalDenied{*path, "denied by " + by.user, by});
}

Result<void> Supervisor::cancel(const RunId& id, const std::string& cause, const state::Person& by) {
  auto driver = driver_of(id);
  if (!driver) return std::unexpected(driver.error());
  if ((*driver)->run().phase == state::Phase::ended)
    return fail(ErrorKind::conflict, fmt::format("run {} has ended", id.text));
  return (*driver)->post(state::CancelRequested{cause, by});
}

void Supervisor::watch(Watcher watcher) {
  watchers_.push_back(std::move(watcher));
}

bool Supervisor::driving(const RunId& run) const {
  const auto found = runs_.find(run);
  return found != runs_.end() && !found->second.finished;
}

void Supervisor::interrupt() {
  for (auto& [id, driven] : runs_)
    if (!driven.finished) driven.driver->interrupt();
}

std::size_t Supervisor::at_work() const {
  return static_cast<std::size_t>(
      std::count_if(runs_.begin(), runs_.end(), [](const auto& entry) { return !entry.second.finished; }));
}

}  // namespace unjam::service
