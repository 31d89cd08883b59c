// plan and run.
#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/cli/commands.h"
#include "orchestrator/cli/drive.h"
#include "orchestrator/cli/reading.h"
#include "orchestrator/cli/view_plan.h"
#include "orchestrator/cli/views.h"

namespace unjam::cli {

namespace {

// What other runs of that state directory hold and this plan would want: gates count it.
json::array held_by_others(const service::Listing& listing, const json::object& report) {
  const auto wanted = [&](std::string_view key, const std::string& word) {
    const auto* list = report.if_contains(key);
    if (list == nullptr || !list->is_array()) return false;
    return std::any_of(list->get_array().begin(), list->get_array().end(), [&](const json::value& item) {
      return item.is_string() && std::string_view(item.get_string().data(), item.get_string().size()) == word;
    });
  };
  json::array out;
  for (const auto& lock : listing.locks)
    if (wanted("locks", lock.lock)) out.push_back(json::object{{"lock", lock.lock}, {"run", lock.holder.run.text}});
  for (const auto& slot : listing.slots)
    out.push_back(json::object{{"host", slot.host}, {"run", slot.holder.run.text}});
  return out;
}

}  // namespace

int plan(const Context& context) {
  const auto request = start_request(context);
  if (!request) return refuse(context, request.error(), kBadInput);
  auto planned = service::plan(context.owner, *request);
  if (!planned)
    return refuse(context, service::refused_by(planned.error(), context.out.colour), code_of(planned.error().error));
  auto& report = planned->report;
  const auto listing = read_listing(context.state_dir);
  if (listing) {
    report["held"] = held_by_others(*listing, report);
  } else if (!context.options.state.empty() && listing.error().kind != ErrorKind::not_found) {
    return refuse(context, listing.error(), code_of(listing.error()));
  }
  if (context.options.json)
    print_json(report);
  else
    say(plan_text(report, context.out));
  const auto confirm = report.at("confirm").as_int64();
  if (context.options.confirm.value_or(confirm) == confirm) return kDone;
  complain(fmt::format("unjam: --confirm {} is not the number of hosts that may be changed, which is {}\n",
                       *context.options.confirm, confirm));
  return kRefused;
}

int run(const Context& context) {
  auto request = start_request(context);
  if (!request) return refuse(context, request.error(), kBadInput);
  Wanted wanted;
  wanted.start = std::move(*request);
  return drive(context, wanted);
}

}  // namespace unjam::cli
