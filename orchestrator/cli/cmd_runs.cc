// plan and run.
#include "orchestrator/cli/commands.h"
#include "orchestrator/cli/drive.h"
#include "orchestrator/cli/view_plan.h"
#include "orchestrator/cli/views.h"

namespace unjam::cli {

int plan(const Context& context) {
  const auto request = start_request(context);
  if (!request) return refuse(context, request.error(), kBadInput);
  const auto planned = service::plan(context.owner, *request);
  if (!planned)
    return refuse(context, service::refused_by(planned.error(), context.out.colour), code_of(planned.error().error));
  if (context.options.json)
    print_json(planned->report);
  else
    say(plan_text(planned->report, context.out));
  return kDone;
}

int run(const Context& context) {
  auto request = start_request(context);
  if (!request) return refuse(context, request.error(), kBadInput);
  Wanted wanted;
  wanted.start = std::move(*request);
  return drive(context, wanted);
}

}  // namespace unjam::cli
