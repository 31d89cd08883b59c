// What `unjam plan` prints, from the report's JSON (orchestrator/plan_report.h).
#include "orchestrator/cli/view_plan.h"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "orchestrator/cli/views.h"

namespace unjam::cli {
namespace {

constexpr std::size_t kPath = 38;

const json::value* at(const json::object& object, std::string_view key) {
  return object.if_contains(key);
}

std::string text(const json::object& object, std::string_view key) {
  const auto* value = at(object, key);
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) return one_line(std::string_view(value->get_string().data(), value->get_string().size()));
  return one_line(json::serialize(*value));
}

std::string joined(const json::value* list) {
  if (list == nullptr) return {};
  if (!list->is_array()) return list->is_string() ? one_line(list->get_string().c_str()) : json::serialize(*list);
  std::string out;
  for (const auto& item : list->get_array())
    out +=
        (out.empty() ? "" : ", ") + (item.is_string() ? std::string(item.get_string().c_str()) : json::serialize(item));
  return out.empty() ? "none" : one_line(out);
}

std::string patience(const json::object& step) {
  const auto* limit = at(step, "limit_s");
  return limit != nullptr && limit->is_int64() && limit->get_int64() > 0
             ? brief(std::chrono::seconds(limit->get_int64()))
             : "";
}

std::string condition(const json::object& entry) {
  if (const auto* unknown = at(entry, "unknown"))
    return "unknown: " + one_line(unknown->is_string() ? unknown->get_string().c_str() : "");
  const auto* value = at(entry, "value");
  return value == nullptr ? "?" : json::serialize(*value);
}

std::string gate_text(const std::string& host, const json::object& gate, const Look& look) {
  std::string out = "      gate " + pad(host, 12) + "  ";
  std::string parts;
  if (at(gate, "floor") != nullptr)
    parts =
        fmt::format("floor: {} up, at least {} must remain without it", joined(at(gate, "floor")), text(gate, "min"));
  if (const auto* require = at(gate, "require"); require != nullptr && require->is_object()) {
    for (const auto& entry : require->get_object()) {
      if (!entry.value().is_object()) continue;
      parts += (parts.empty() ? "" : "; ") + std::string(entry.key()) + ": " + condition(entry.value().get_object());
    }
  }
  return clip(out + parts, look.width) + "\n";
}

std::string step_text(const json::object& step, const Look& look) {
  std::string what = text(step, "kind");
  if (const auto action = text(step, "action"); !action.empty())
    what += " " + action + " (" + text(step, "effect") + ")";
  const auto undo = text(step, "undo");
  if (undo == "none")
    what += ", cannot be undone";
  else if (!undo.empty())
    what += ", undone by " + undo;
  if (const auto limit = patience(step); !limit.empty()) what += ", at most " + limit;
  if (at(step, "hosts") != nullptr) what += ": " + joined(at(step, "hosts"));
  if (const auto order = text(step, "order"); !order.empty()) what += ", by " + order;
  auto out = clip("  " + pad(text(step, "path"), kPath) + "  " + what, look.width) + "\n";
  if (const auto* gates = at(step, "gates"); gates != nullptr && gates->is_object())
    for (const auto& gate : gates->get_object())
      if (gate.value().is_object()) out += gate_text(std::string(gate.key()), gate.value().get_object(), look);
  return out;
}

std::string people(const json::object& report) {
  const auto* approvals = at(report, "approvals");
  if (approvals == nullptr || !approvals->is_array()) return "policy names nobody who may approve: it will be refused";
  std::string out;
  for (const auto& asked : approvals->get_array()) {
    if (!asked.is_object()) continue;
    if (!out.empty()) out += " and ";
    out += text(asked.get_object(), "count") + " of " + text(asked.get_object(), "by");
  }
  if (!out.empty()) return out + ", not the requester";
  return at(report, "approval") != nullptr ? "not needed, by policy" : "not needed";
}

std::string facts_text(const json::object& report, const Look& look) {
  const auto* facts = at(report, "facts");
  if (facts == nullptr || !facts->is_array() || facts->get_array().empty()) return {};
  std::string out = paint(look, Tone::strong, "\nLooked at now\n");
  for (const auto& item : facts->get_array()) {
    if (!item.is_object()) continue;
    const auto& fact = item.get_object();
    const auto* value = at(fact, "value");
    const bool known = value != nullptr && value->is_object();
    const auto line = "  " + pad(text(fact, "fact") + "(" + text(fact, "host") + ")", 26) + "  " +
                      (known ? spell_fields(value->get_object(), 0) : "unknown: " + text(fact, "unknown"));
    out += paint(look, known ? Tone::plain : Tone::warn, clip(line, look.width)) + "\n";
  }
  return out;
}

// The steps of the report, those of one root step together, in the order in which root steps come first.
std::vector<const json::object*> grouped(const json::array& steps) {
  std::vector<std::string> roots;
  std::map<std::string, std::vector<const json::object*>> groups;
  for (const auto& step : steps) {
    if (!step.is_object()) continue;
    const auto path = text(step.get_object(), "path");
    const auto root = path.substr(0, path.find('/'));
    if (!groups.contains(root)) roots.push_back(root);
    groups[root].push_back(&step.get_object());
  }
  std::vector<const json::object*> out;
  for (const auto& root : roots) out.insert(out.end(), groups[root].begin(), groups[root].end());
  return out;
}

}  // namespace

std::string plan_text(const json::object& report, const Look& look) {
  auto out = paint(look, Tone::strong, text(report, "playbook")) + ": " + text(report, "summary") + "\n";
  out += "  digest      " + text(report, "digest") + "\n";
  out += "  may change  " + joined(at(report, "changeable")) + "\n";
  out += "  confirm     --confirm " + text(report, "confirm") + "\n";
  out += "  approval    " + people(report) + "\n";
  out += "  strongest   " + text(report, "strongest") + "\n";
  if (const auto* locks = at(report, "locks"); locks != nullptr && locks->is_array() && !locks->get_array().empty())
    out += "  locks       " + joined(locks) + "\n";
  if (const auto* held = at(report, "held"); held != nullptr && held->is_array())
    for (const auto& item : held->get_array())
      if (item.is_object()) {
        const auto& entry = item.get_object();
        const auto what = text(entry, "lock").empty() ? "the slot of " + text(entry, "host") : text(entry, "lock");
        out += paint(look, Tone::warn, "  held now    " + what + " by " + text(entry, "run")) + "\n";
      }
  if (const auto* worst = at(report, "worst_case"); worst != nullptr && worst->is_object())
    out += "  worst case  " + text(worst->get_object(), "total") + "\n";
  if (const auto* missing = at(report, "no_provider");
      missing != nullptr && missing->is_array() && !missing->get_array().empty())
    out += paint(look, Tone::warn, "  no provider " + joined(missing) + ": a step that comes to it escalates") + "\n";
  if (const auto* targets = at(report, "targets"); targets != nullptr && targets->is_object()) {
    out += paint(look, Tone::strong, "\nTargets\n");
    for (const auto& target : targets->get_object())
      out += clip("  " + pad(std::string(target.key()), 12) + "  " + joined(&target.value()), look.width) + "\n";
  }
  out += facts_text(report, look);
  if (const auto* steps = at(report, "steps"); steps != nullptr && steps->is_array()) {
    out += paint(look, Tone::strong, "\nSteps, in order\n");
    for (const auto* step : grouped(steps->get_array())) out += step_text(*step, look);
  }
  if (const auto* worst = at(report, "worst_case"); worst != nullptr && worst->is_object()) {
    if (const auto* steps = at(worst->get_object(), "steps"); steps != nullptr && steps->is_object()) {
      out += paint(look, Tone::strong, "\nWorst case, per step\n");
      for (const auto& step : steps->get_object())
        if (step.value().is_string() && step.value().get_string() != "0s")
          out +=
              "  " + pad(std::string(step.key()), kPath) + "  " + std::string(step.value().get_string().c_str()) + "\n";
    }
  }
  return out;
}

}  // namespace unjam::cli
