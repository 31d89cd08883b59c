// approve, deny, cancel, resume, rollback: what people do to a run that is there already.
#include <fmt/format.h>

#include "orchestrator/cli/commands.h"
#include "orchestrator/cli/drive.h"
#include "orchestrator/cli/reading.h"
#include "orchestrator/control_client.h"

namespace unjam::cli {
namespace {

using service::Op;

int code_for(const Error& error) {
  return error.kind == ErrorKind::denied ? kRefused : code_of(error);
}

// Asks the process that drives the run. Nothing: nobody drives it.
std::optional<int> ask(const Context& context, Op op, const RunId& run, const char* done) {
  service::Request request{op, run};
  request.cause = "cancel";
  request.sudo_user = service::this_person().sudo_user;
  const auto answer = service::ask_owner(context.state_dir, request);
  if (!answer) {
    const auto& error = answer.error().error;
    if (error.kind == ErrorKind::not_found) return std::nullopt;
    return refuse(context, answer.error(), code_for(error));
  }
  if (context.options.json)
    print_json(json::object{{"run", run.text}, {"done", done}});
  else
    say(fmt::format("{} {}\n", run.text, done));
  return kDone;
}

Result<RunId> named(const Context& context) {
  const auto listing = read_listing(context.state_dir);
  if (!listing) return std::unexpected(listing.error());
  return find_run(*listing, context.options.subject);
}

int answer_approval(const Context& context, Op op, const char* done) {
  const auto run = named(context);
  if (!run) return refuse(context, run.error(), kBadInput);
  if (const auto code = ask(context, op, *run, done)) return *code;
  return refuse(context,
                Error{ErrorKind::not_found,
                      fmt::format("nobody drives {0} at the moment, so it asks nobody; `unjam resume {0}` takes it up",
                                  run->text)},
                kBadInput);
}

int take_up(const Context& context, Op op) {
  const auto run = named(context);
  if (!run) return refuse(context, run.error(), kBadInput);
  Wanted wanted;
  wanted.take_up = op;
  wanted.run = *run;
  return drive(context, wanted);
}

}  // namespace

int approve(const Context& context) {
  return answer_approval(context, Op::approve, "approved");
}

int deny(const Context& context) {
  return answer_approval(context, Op::deny, "denied");
}

int cancel(const Context& context) {
  const auto read = read_run(context.state_dir, context.options.subject);
  if (!read) return refuse(context, read.error(), kBadInput);
  if (read->run.ended)
    return refuse(
        context,
        Error{ErrorKind::conflict, fmt::format("{} has ended already: {}", read->run.id.text, state_of(read->run))},
        kBadInput);
  if (const auto code =
          ask(context, Op::cancel, read->run.id, "is being cancelled: what it owes is settled (unjam status)"))
    return *code;
  // Nobody drives it: to cancel it is to take it up, begin nothing, and settle what it owes.
  return take_up(context, Op::cancel);
}

int resume(const Context& context) {
  return take_up(context, Op::resume);
}

int rollback(const Context& context) {
  if (!context.options.log) return take_up(context, Op::rollback);
  const auto read = read_run(context.state_dir, context.options.subject);
  if (!read) return refuse(context, read.error(), kBadInput);
  if (context.options.json)
    print_json(rollback_json(read->run));
  else
    say(rollback_text(read->run, context.out));
  return kDone;
}

}  // namespace unjam::cli
