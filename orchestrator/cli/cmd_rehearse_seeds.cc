// rehearse with seeds: many runs on a model of the user's hosts, each with other mishaps, judged by the hosts' own
// logs.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "orchestrator/cli/commands.h"
#include "orchestrator/cli/view_rehearsal.h"
#include "orchestrator/cli/views.h"
#include "orchestrator/rehearsal/rehearse.h"
#include "orchestrator/rehearsal/report.h"
#include "orchestrator/rehearsal/trace.h"
#include "orchestrator/supervisor.h"

namespace unjam::cli {
namespace {

constexpr int kInvariantBroken = 3;
constexpr std::uint64_t kMostSeeds = 100'000'000;

std::string quoted(const std::string& word) {
  const bool plain = word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/=:,-") ==
                     std::string::npos;
  return plain ? word : "'" + word + "'";
}

// What must be typed to see one seed again.
std::string again(const Options& options) {
  std::string out = "unjam rehearse " + quoted(options.subject) + " -i " + quoted(options.inventory);
  if (!options.policy.empty()) out += " --policy " + quoted(options.policy);
  for (const auto& pack : options.packs) out += " --packs " + quoted(pack);
  for (const auto& param : options.params) out += " -p " + quoted(param);
  if (options.faults) out += " --faults " + quoted(*options.faults);
  return out;
}

int play(const Context& context, const std::shared_ptr<const engine::Plan>& plan, rehearsal::Choice choice) {
  const auto& options = context.options;
  rehearsal::Setting setting;
  setting.start = rehearsal::first_open(*plan->policy, setting.start);
  rehearsal::Rehearser rehearser(plan, std::move(choice), setting);
  rehearsal::Report report(plan);
  const std::uint64_t seeds = options.seeds.value_or(1);
  const std::uint64_t first = options.seed.value_or(1);
  const std::uint64_t step = std::max<std::uint64_t>(seeds / 200, 1);
  for (std::uint64_t i = 0; i < seeds; ++i) {
    const auto evidence = rehearser.run(first + i);
    report.add(evidence, rehearsal::judge(evidence));
    if (options.trace) say(rehearsal::trace(evidence) + "\n");
    if (context.terminal && (i + 1) % step == 0)
      say("\r" + rehearsal_bar(i + 1, seeds, report.violated()) + (i + 1 == seeds ? "\r\x1b[K" : ""));
  }
  const int code = report.violated() == 0 ? kDone : kInvariantBroken;
  auto told = report.to_json();
  if (options.json) {
    told["exit_code"] = code;
    say(json::serialize(told) + "\n");
  } else {
    say(rehearsal_text(told, again(options), context.out));
  }
  return code;
}

}  // namespace

int rehearse_seeds(const Context& context) {
  const auto& options = context.options;
  if (options.seeds && (*options.seeds == 0 || *options.seeds > kMostSeeds))
    return refuse(context, Error{ErrorKind::invalid, fmt::format("--seeds must be 1 to {}", kMostSeeds)}, kBadInput);
  auto choice = rehearsal::chosen(options.faults.value_or("all"));
  if (!choice) return refuse(context, choice.error(), kBadInput);
  auto request = start_request(context);
  if (!request) return refuse(context, request.error(), kBadInput);
  auto texts = service::texts_of(*request, context.owner);
  if (!texts) return refuse(context, texts.error(), kBadInput);
  auto plan = service::plan_of(*texts);
  if (!plan) return refuse(context, service::refused_by(plan.error(), context.out.colour), code_of(plan.error().error));
  spdlog::set_level(spdlog::level::off);  // thousands of runs: what matters of them is in the report
  return play(context, *plan, std::move(*choice));
}

}  // namespace unjam::cli
