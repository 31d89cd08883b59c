// status, log, why: folds of the journal.
#include "orchestrator/cli/commands.h"
#include "orchestrator/cli/reading.h"

namespace unjam::cli {
namespace {

int list_runs(const Context& context) {
  const auto listing = read_listing(context.state_dir);
  if (!listing && listing.error().kind != ErrorKind::not_found) return refuse(context, listing.error(), kBadInput);
  const std::vector<state::RunRow> none;
  const auto& rows = listing ? listing->runs : none;
  if (context.options.json)
    print_json(runs_json(rows));
  else
    say(runs_text(rows, wall_now(), context.out));
  return kDone;
}

}  // namespace

int status(const Context& context) {
  if (context.options.subject.empty()) return list_runs(context);
  const auto read = read_run(context.state_dir, context.options.subject);
  if (!read) return refuse(context, read.error(), kBadInput);
  const auto waiting = waits(read->run, read->others, wall_now());
  if (context.options.json)
    print_json(status_json(read->run, waiting));
  else
    say(status_text(read->run, waiting, context.out));
  return kDone;
}

int log(const Context& context) {
  const auto read = read_run(context.state_dir, context.options.subject);
  if (!read) return refuse(context, read.error(), kBadInput);
  if (context.options.json)
    print_json(timeline_json(read->events));
  else
    say(timeline_text(read->events, context.options.all, context.out));
  return kDone;
}

int why(const Context& context) {
  const auto read = read_run(context.state_dir, context.options.subject);
  if (!read) return refuse(context, read.error(), kBadInput);
  const auto waiting = waits(read->run, read->others, wall_now());
  if (context.options.json)
    print_json(why_json(read->run, waiting));
  else
    say(why_text(read->run, waiting, context.out));
  return kDone;
}

}  // namespace unjam::cli
