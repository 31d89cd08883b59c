// What `unjam plan` shows: hosts, order, gates with their present values, worst-case time, what can and cannot be
// undone, digest. Changes nothing: it reads every fact once and evaluates.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "orchestrator/engine/caller.h"
#include "orchestrator/engine/plan.h"

namespace unjam::service {

// Shape (keys of the JSON object):
//   playbook summary digest confirm changeable[] locks[] strongest approval{by,count}
//   approvals[{for, by, count}] (every question; no such key: policy names nobody who may)
//   targets{name: [hosts]}   facts[{fact, host, value | unknown}]
//   steps[{path, kind, action, effect, undo, hosts[], limit, gate{floor, min, require{name: {value, holds}}, limit},
//   once, no_provider[]}] worst_case{total, steps{name: duration}}
boost::asio::awaitable<json::object> report_plan(const engine::Plan& plan, engine::World world, Tokens& tokens);

}  // namespace unjam::service
