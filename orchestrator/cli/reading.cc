#include "orchestrator/cli/reading.h"

#include <fmt/format.h>

#include "orchestrator/control_client.h"
#include "orchestrator/crash_marks.h"
#include "orchestrator/worlds.h"
#include "state/sqlite_store.h"

namespace unjam::cli {
namespace {

constexpr Millis kNextLine{30'000};

bool closed_to_us(const Error& error) {
  return error.kind == ErrorKind::denied;
}

Result<service::Listing> ask_listing(const std::string& state_dir) {
  const auto answer = service::ask_owner(state_dir, {service::Op::list});
  if (!answer) return std::unexpected(answer.error().error);
  return service::decode_listing(*answer);
}

Result<std::vector<state::Event>> ask_events(const std::string& state_dir, const RunId& run) {
  auto client = service::ControlClient::connect(state_dir);
  if (!client) return std::unexpected(client.error());
  service::Request request{service::Op::watch, run};
  request.follow = false;
  if (const auto begun = client->ask(request); !begun) return std::unexpected(begun.error().error);
  std::vector<state::Event> events;
  for (;;) {
    auto answer = client->next(kNextLine);
    if (!answer) return std::unexpected(answer.error());
    if (!*answer) return fail(ErrorKind::exhausted, "the owner process has stopped in the middle of its answer");
    if ((*answer)->kind != service::Answer::Kind::event) return events;
    events.push_back(std::move((*answer)->event));
  }
}

Result<service::Listing> listing_of(const state::Store& store) {
  auto runs = store.runs();
  auto slots = store.slots();
  auto locks = store.locks();
  if (!runs) return std::unexpected(runs.error());
  if (!slots) return std::unexpected(slots.error());
  if (!locks) return std::unexpected(locks.error());
  return service::Listing{std::move(*runs), std::move(*slots), std::move(*locks)};
}

}  // namespace

Result<std::unique_ptr<state::Store>> open_to_read(const std::string& state_dir) {
  service::RandomTokens tokens;
  return state::open_sqlite_store(state_dir, state::Access::read, tokens);
}

Wall wall_now() {
  return service::RealClock().now().wall;
}

Result<service::Listing> read_listing(const std::string& state_dir) {
  const auto store = open_to_read(state_dir);
  if (store) return listing_of(**store);
  if (!closed_to_us(store.error())) return std::unexpected(store.error());
  auto asked = ask_listing(state_dir);
  return asked ? std::move(asked) : std::unexpected(store.error());
}

Result<RunId> find_run(const service::Listing& listing, const std::string& name) {
  if (name == "last") {
    if (listing.runs.empty()) return fail(ErrorKind::not_found, "there are no runs yet");
    return listing.runs.front().id;
  }
  std::vector<RunId> found;
  for (const auto& row : listing.runs) {
    if (row.id.text == name) return row.id;
    if (row.id.text.starts_with(name) || row.id.text.starts_with("r-" + name)) found.push_back(row.id);
  }
  if (found.size() == 1) return found.front();
  if (found.empty())
    return fail(ErrorKind::not_found, fmt::format("no run {}: `unjam status` lists them", one_line(name)));
  return fail(ErrorKind::invalid,
              fmt::format("{} runs begin with {}: give more of the id", found.size(), one_line(name)));
}

std::optional<bool> driven(const std::string& state_dir, const RunId& run) {
  const auto answer = service::ask_owner(state_dir, {service::Op::driving, run});
  if (answer) {
    const auto* driving = answer->if_contains("driving");
    return driving != nullptr && driving->is_bool() && driving->get_bool();
  }
  if (answer.error().error.kind == ErrorKind::not_found) return false;
  return std::nullopt;
}

Result<RunReading> read_run(const std::string& state_dir, const std::string& name) {
  auto listing = read_listing(state_dir);
  if (!listing) return std::unexpected(listing.error());
  const auto id = find_run(*listing, name);
  if (!id) return std::unexpected(id.error());
  RunReading out;
  if (const auto store = open_to_read(state_dir); store) {
    auto events = (*store)->load(*id);
    if (!events) return std::unexpected(events.error());
    out.events = std::move(*events);
  } else {
    auto events = ask_events(state_dir, *id);
    if (!events) return std::unexpected(events.error());
    out.events = std::move(*events);
  }
  auto run = state::fold(*id, out.events);
  if (!run) return std::unexpected(run.error());
  out.run = std::move(*run);
  out.others = {std::move(listing->slots), std::move(listing->locks), {}};
  if (!out.run.ended) out.others.driven = driven(state_dir, *id);
  const service::CrashMarks marks(state_dir);
  if (marks.crashes(out.run) >= service::kMostCrashes) out.others.quarantine = marks.file(*id);
  return out;
}

}  // namespace unjam::cli
