// What looks: guards, expect, until, snapshots, and the readings they need.
#include <fmt/format.h>

#include "orchestrator/engine/walker.h"
#include "state/base/plants.h"

namespace unjam::engine {

namespace {

std::string reason_of(const playbooks::Evaluated& value) {
  return value ? std::string{} : value.error().reason;
}

// true, false or unknown, as the journal spells it.
std::string verdict_of(const playbooks::Evaluated& value) {
  if (!value || value->as_bool() == nullptr) return "unknown";
  return *value->as_bool() ? "true" : "false";
}

}  // namespace

bool Walker::read(const RunScope& view, const std::vector<Demand>& demands) {
  for (const auto& demand : demands) read_one(view, demand);
  return !demands.empty();
}

bool Walker::under_way(const Read& read) const {
  return around_.under_way != nullptr && around_.under_way->contains(read.key());
}

void Walker::read_one(const RunScope& view, const Demand& demand) {
  Read read{demand.fact, "", demand.host, demand.action, {}, demand.limit};
  if (under_way(read)) {
    out_.push_back(std::move(read));
    return;
  }
  const auto* host = plan_.inventory->find(HostName{demand.host});
  if (demand.action == nullptr || host == nullptr || plan_.packs->provider(*host, demand.action->name) == nullptr) {
    read.failed = fmt::format("no pack of {} offers {}", demand.host,
                              demand.action == nullptr ? demand.fact.substr(1) : demand.action->name);
  } else if (demand.with != nullptr) {
    // `with` of a fact may use the host it is asked of, whoever is in hand.
    Place place = view.place();
    place.host = demand.host;
    place.path = place.frame->prefix + "@";  // only root steps are visible to facts
    const RunScope at_host(plan_, run_, now_, place);
    auto inputs = inputs_of(*demand.with, at_host, plan_);
    if (inputs) {
      read.inputs = std::move(*inputs);
    } else {
      read.failed = inputs.error().reason;
    }
  }
  out_.push_back(std::move(read));
}

void Walker::visit_guard(const Node& node, const std::string& path, const Where& where) {
  const auto view = scope(where, path);
  if (read(view, view.missing(node.expr->uses))) return;
  const auto value = playbooks::evaluate(*node.expr->tree, view);
  const auto verdict = verdict_of(value);
  if (verdict == "true") return end_step(path, Outcome::ok);
  if (verdict == "false") return end_step(path, Outcome::skipped);
  escalate(path, fmt::format("`{}` cannot be decided: {}", node.expr->text.text, reason_of(value)), true,
           Outcome::unknown);
}

void Walker::visit_expect(const Node& node, const std::string& path, const Where& where) {
  const auto* started = step(path);
  if (started == nullptr) return record(state::StepStarted{path});
  if (planted("verify-skipped")) return end_step(path, Outcome::ok);
  const Millis hold = planted("hold-not-waited") ? Millis{0} : patience(node.hold, where.frame->fields());
  const Mono limit = started->started + patience(node.limit, where.frame->fields());

  if (started->held_since && started->last_look && *started->last_look - *started->held_since >= hold)
    return end_step(path, Outcome::ok);
  if (started->looks > 0 && now_.mono >= limit) return end_look(node, path, *started);
  Mono not_before{Millis{-1}};
  if (started->last_look) {
    Millis interval = poll();
    if (started->held_since) interval = std::min(interval, hold - (*started->last_look - *started->held_since));
    const Mono due = std::min(*started->last_look + interval, limit);
    if (now_.mono < due) return sleep(due);
    not_before = *started->last_look;
  }
  const auto view = scope(where, path, not_before);
  if (read(view, view.missing(node.expr->uses))) {
    if (now_.mono < limit) sleep(limit);
    return;
  }
  const auto value = playbooks::evaluate(*node.expr->tree, view);
  record(state::Looked{path, verdict_of(value), reason_of(value)});
}

void Walker::end_look(const Node& node, const std::string& path, const state::StepRecord& looked) {
  const bool is_look = node.kind == Node::Kind::look;
  if (is_look && looked.last_verdict == "unknown")
    return escalate(path, fmt::format("`{}` cannot be decided: {}", node.expr->text.text, looked.last_reason), true,
                    Outcome::unknown);
  const bool held = looked.held_since.has_value();  // but not for as long as it must
  const std::string why = looked.last_verdict == "unknown" ? looked.last_reason
                                                           : fmt::format("`{}` did not hold{}", node.expr->text.text,
                                                                         held ? " for long enough" : "");
  end_step(path, Outcome::no, "limit", why);
}

void Walker::snapshot_one(const Node& node, const std::string& path, const RunScope& view, const std::string& host) {
  Read read{"", path, host, node.action, {}, patience(node.limit, view.place().frame->fields())};
  if (under_way(read)) {
    out_.push_back(std::move(read));
    return;
  }
  const auto* known = plan_.inventory->find(HostName{host});
  if (known == nullptr || plan_.packs->provider(*known, node.action->name) == nullptr) {
    read.failed = fmt::format("no pack of {} offers {}", host, node.action->name);
  } else {
    auto inputs = inputs_of(node.with, view, plan_);
    if (inputs) {
      read.inputs = std::move(*inputs);
    } else {
      read.failed = inputs.error().reason;
    }
  }
  out_.push_back(std::move(read));
}

void Walker::visit_snapshot(const Node& node, const std::string& path, const Where& where) {
  const auto* started = step(path);
  if (started == nullptr) return record(state::StepStarted{path});
  const auto view = scope(where, path);
  std::vector<std::string> hosts;
  if (!node.expr) {
    hosts.push_back(*where.host);
  } else if (started->hosts) {
    hosts = *started->hosts;
  } else {
    if (read(view, view.missing(node.expr->uses))) return;
    const auto set = playbooks::evaluate(*node.expr->tree, view);
    if (!set) return escalate(path, fmt::format("hosts: {}", set.error().reason), true, Outcome::unknown);
    for (const auto& host : *set->as_set()) hosts.push_back(host.as_host()->name);
    return record(state::HostsChosen{path, hosts});
  }
  playbooks::ExprUses uses;
  for (const auto& argument : node.with)
    if (argument.expr)
      uses.facts.insert(uses.facts.end(), argument.expr->uses.facts.begin(), argument.expr->uses.facts.end());
  if (read(view, view.missing(uses))) return;
  bool waiting = false;
  for (const auto& host : hosts) {
    if (started->snapshots.contains(host)) continue;
    Where at = where;
    at.host = host;
    snapshot_one(node, path, scope(at, path), host);
    waiting = true;
  }
  if (!waiting) end_step(path, hosts.empty() ? Outcome::skipped : Outcome::ok);
}

}  // namespace unjam::engine
