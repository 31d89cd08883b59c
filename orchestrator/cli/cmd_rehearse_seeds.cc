// rehearse with seeds: many runs on a model of the user's hosts, each with other mishaps, judged by the hosts' own
// logs.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "orchestrator/cli/commands.h"
#include "orchestrator/cli/reading.h"
#include "orchestrator/cli/view_rehearsal.h"
#include "orchestrator/cli/views.h"
#include "orchestrator/rehearsal/recorded.h"
#include "orchestrator/rehearsal/rehearse.h"
#include "orchestrator/rehearsal/report.h"
#include "orchestrator/rehearsal/trace.h"
#include "orchestrator/supervisor.h"
#include "playbooks/yaml.h"

namespace unjam::cli {
namespace {

constexpr int kInvariantBroken = 3;
constexpr std::uint64_t kMostSeeds = 100'000'000;

struct Subject {
  std::shared_ptr<const engine::Plan> plan;
  rehearsal::Choice choice;
  rehearsal::Setting setting;
  std::optional<RunReading> recorded;
};

std::string quoted(const std::string& word) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/=:,-";
  return word.find_first_not_of(kPlain) == std::string::npos ? word : "'" + word + "'";
}

// What must be typed to see one seed again.
std::string again(const Options& options) {
  std::string out = "unjam rehearse";
  if (!options.subject.empty()) out += " " + quoted(options.subject);
  if (!options.inventory.empty()) out += " -i " + quoted(options.inventory);
  if (!options.policy.empty()) out += " --policy " + quoted(options.policy);
  for (const auto& pack : options.packs) out += " --packs " + quoted(pack);
  for (const auto& param : options.params) out += " -p " + quoted(param);
  if (options.faults) out += " --faults " + quoted(*options.faults);
  if (!options.from_run.empty()) out += " --from-run " + quoted(options.from_run);
  if (!options.times.empty()) out += " --times " + quoted(options.times);
  return out;
}

// How long the hosts take, by the user's file. Nothing: it is set.
std::optional<service::Rejected> take_times(const std::string& file, Subject& subject) {
  const auto source = playbooks::read_source(file);
  if (!source) return service::Rejected{source.error(), {}};
  playbooks::Diagnostics faults;
  if (rehearsal::take_times(*source, *subject.plan, subject.choice, faults)) return std::nullopt;
  return service::Rejected{Error{ErrorKind::invalid, "not a file of times", file}, faults};
}

// How far the model is off, with the recorded times and without any mishap.
json::array deviations(const Subject& subject) {
  json::array out;
  rehearsal::Scenario scenario;
  scenario.incident = subject.choice.world->name;
  scenario.world = *subject.choice.world;
  const auto evidence = rehearsal::rehearse(subject.plan, scenario, subject.setting);
  for (const auto& one : rehearsal::compare(*subject.plan, subject.recorded->events, evidence))
    out.push_back(json::object{{"what", one.what},
                               {"recorded_ms", one.recorded.count()},
                               {"modelled_ms", one.modelled.count()},
                               {"recorded_count", one.recorded_count},
                               {"modelled_count", one.modelled_count}});
  return out;
}

int play(const Context& context, Subject subject) {
  const auto& options = context.options;
  rehearsal::Rehearser rehearser(subject.plan, subject.choice, subject.setting);
  rehearsal::Report report(subject.plan);
  const std::uint64_t seeds = options.seeds.value_or(1);
  const std::uint64_t first = options.seed.value_or(1);
  const std::uint64_t step = std::max<std::uint64_t>(seeds / 200, 1);
  for (std::uint64_t i = 0; i < seeds; ++i) {
    const auto evidence = rehearser.run(first + i);
    report.add(evidence, rehearsal::judge(evidence));
    if (options.trace) say(rehearsal::trace(evidence) + "\n");
    if (context.terminal && !options.json && (i + 1) % step == 0)
      say("\r" + rehearsal_bar(i + 1, seeds, report.violated()) + (i + 1 == seeds ? "\r\x1b[K" : ""));
  }
  const int code = report.violated() == 0 ? kDone : kInvariantBroken;
  auto told = report.to_json();
  if (subject.recorded) told["model"] = deviations(subject);
  if (options.json) {
    told["exit_code"] = code;
    say(json::serialize(told) + "\n");
  } else {
    say(rehearsal_text(told, again(options), context.out));
  }
  return code;
}

// The texts of the command line, or those that the recorded run is pinned to.
std::expected<engine::PlanTexts, service::Rejected> texts_for(const Context& context, const Subject& subject) {
  if (subject.recorded && context.options.subject.empty()) {
    const auto& created = subject.recorded->run.created;
    return engine::PlanTexts{created.playbooks, created.inventory, created.policy, created.packs, {}, {},
                             created.params};
  }
  auto request = start_request(context);
  if (!request) return std::unexpected(service::Rejected{request.error(), {}});
  auto texts = service::texts_of(*request, context.owner);
  if (!texts) return std::unexpected(service::Rejected{texts.error(), {}});
  return *texts;
}

}  // namespace

int rehearse_seeds(const Context& context) {
  const auto& options = context.options;
  if (options.seeds && (*options.seeds == 0 || *options.seeds > kMostSeeds))
    return refuse(context, Error{ErrorKind::invalid, fmt::format("--seeds must be 1 to {}", kMostSeeds)}, kBadInput);
  Subject subject;
  auto choice = rehearsal::chosen(options.faults.value_or("all"));
  if (!choice) return refuse(context, choice.error(), kBadInput);
  subject.choice = std::move(*choice);
  if (!options.from_run.empty()) {
    auto recorded = read_run(context.state_dir, options.from_run);
    if (!recorded) return refuse(context, recorded.error(), kBadInput);
    subject.recorded = std::move(*recorded);
  }
  const auto texts = texts_for(context, subject);
  if (!texts)
    return refuse(context, service::refused_by(texts.error(), context.out.colour), code_of(texts.error().error));
  auto plan = service::plan_of(*texts);
  if (!plan) return refuse(context, service::refused_by(plan.error(), context.out.colour), code_of(plan.error().error));
  subject.plan = std::move(*plan);
  subject.setting.start = rehearsal::first_open(*subject.plan->policy, subject.setting.start);
  if (subject.recorded) {
    subject.choice.world = rehearsal::world_of_run(*subject.plan, subject.recorded->run, subject.recorded->events);
    subject.choice.world->name = "as in run " + subject.recorded->run.id.text;
  }
  if (!options.times.empty()) {
    if (const auto rejected = take_times(options.times, subject))
      return refuse(context, service::refused_by(*rejected, context.out.colour), kBadInput);
  }
  spdlog::set_level(spdlog::level::off);  // thousands of runs: what matters of them is in the report
  return play(context, std::move(subject));
}

}  // namespace unjam::cli
