// rehearse: the same engine on a model of the user's own hosts, without faults, in virtual time. It touches no host.
// Its journal lives in a folder of its own that goes away with it, unless --state names one.
#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <cstdlib>
#include <filesystem>

#include "orchestrator/cli/commands.h"
#include "orchestrator/cli/screen.h"
#include "orchestrator/cli/sources.h"

namespace unjam::cli {
namespace {

namespace fs = std::filesystem;

class TemporaryDir {
 public:
  TemporaryDir() {
    std::error_code ignored;
    auto name = (fs::temp_directory_path(ignored) / "unjam-rehearsal-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~TemporaryDir() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryDir(const TemporaryDir&) = delete;
  TemporaryDir& operator=(const TemporaryDir&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Says yes wherever a person would be asked, as one whom policy allows: what is rehearsed is the playbook, not the
// people.
class StandIns {
 public:
  StandIns(service::Owner& owner, std::shared_ptr<const playbooks::Policy> policy)
      : owner_(owner), policy_(std::move(policy)) {}

  void answer(const RunId& run, const state::Run& now, const state::Event& event) {
    if (const auto* started = std::get_if<state::StepStarted>(&event.body);
        started != nullptr && started->path == kConfirmPath) {
      boost::asio::post(owner_.io(), [this, run, hosts = now.created.changes_at_most, by = now.created.requester] {
        (void)owner_.service().confirm(run, hosts, by);
      });
    }
    const auto* asked = std::get_if<state::ApprovalAsked>(&event.body);
    if (asked == nullptr || !policy_) return;
    const auto group = policy_->groups.find(asked->group);
    if (group == policy_->groups.end()) return;
    for (const auto& user : group->second)
      boost::asio::post(owner_.io(),
                        [this, run, user] { (void)owner_.service().approve(run, {-1, user, "rehearsal"}); });
  }

 private:
  service::Owner& owner_;
  std::shared_ptr<const playbooks::Policy> policy_;
};

int rehearse_in(const Context& context, const service::StartRequest& request) {
  auto owner = service::Owner::open(context.owner);
  if (!owner) return refuse(context, owner.error(), kBadInput);
  StandIns people(**owner, load_sources(context, false).policy);
  std::unique_ptr<Screen> screen;
  (*owner)->service().watch([&](const RunId& run, const state::Event& event) {
    if (!screen) screen = std::make_unique<Screen>(context, run, Hands{});
    screen->add(event);
    people.answer(run, screen->run(), event);
  });
  const auto run = (*owner)->service().start(request);
  if (!run) return refuse(context, service::refused_by(run.error(), context.out.colour), code_of(run.error().error));
  (*owner)->run_until([&] { return !(*owner)->service().driving(*run); });
  return screen->finish();
}

}  // namespace

int rehearse(const Context& given) {
  const auto& typed = given.options;
  if (typed.from_run.empty() && (typed.subject.empty() || typed.inventory.empty()))
    return refuse(given, Error{ErrorKind::invalid, "PLAYBOOK and --inventory are required, or --from-run"}, kBadInput);
  const bool of_seeds = typed.seeds || typed.seed || typed.faults || typed.trace;
  if (of_seeds || !typed.from_run.empty() || !typed.times.empty()) return rehearse_seeds(given);
  const TemporaryDir folder;
  if (folder.path().empty())
    return refuse(given, Error{ErrorKind::io, "no temporary folder for the rehearsal's journal"}, kBadInput);
  auto context = given;
  context.asks = false;
  context.terminal = false;  // virtual time is over before a table could be read
  context.kept = !typed.state.empty();
  if (!context.kept) context.state_dir = context.owner.state_dir = folder.path() + "/state";
  context.owner.rehearsal = 1;
  auto request = start_request(context);
  if (!request) return refuse(context, request.error(), kBadInput);
  request->may_ask = true;
  if (!context.options.json) say("Rehearsal on a model of these hosts, without faults; no host is touched.\n\n");
  return rehearse_in(context, *request);
}

}  // namespace unjam::cli
