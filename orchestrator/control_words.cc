#include "orchestrator/control_words.h"

#include <fmt/format.h>

#include <array>
#include <boost/describe/enum_from_string.hpp>
#include <limits>

namespace unjam::service {
namespace {

constexpr std::array<std::pair<ErrorKind, std::string_view>, 10> kKinds = {{
    {ErrorKind::invalid, "invalid"},
    {ErrorKind::not_found, "not_found"},
    {ErrorKind::conflict, "conflict"},
    {ErrorKind::denied, "denied"},
    {ErrorKind::not_sent, "not_sent"},
    {ErrorKind::outcome_unknown, "outcome_unknown"},
    {ErrorKind::remote_failed, "remote_failed"},
    {ErrorKind::exhausted, "exhausted"},
    {ErrorKind::corrupt, "corrupt"},
    {ErrorKind::io, "io"},
}};

std::string_view name_of(ErrorKind kind) {
  for (const auto& [value, name] : kKinds)
    if (value == kind) return name;
  return "io";
}

ErrorKind kind_of_name(std::string_view name) {
  for (const auto& [value, word] : kKinds)
    if (word == name) return value;
  return ErrorKind::io;
}

std::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorKind::invalid, fmt::format("not a request of this program: {}", what));
}

std::string text_or(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string().c_str(), value->get_string().size())
                                                : std::string();
}

std::int64_t int_or(const json::object& object, std::string_view key, std::int64_t otherwise) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : otherwise;
}

bool bool_or(const json::object& object, std::string_view key, bool otherwise) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_bool() ? value->get_bool() : otherwise;
}

Result<json::object> object_of(std::string_view line) {
  auto value = parse_json(line);
  if (!value) return std::unexpected(value.error());
  if (!value->is_object()) return malformed("no JSON object");
  return std::move(value->as_object());
}

template <typename Enum>
Enum enum_or(const json::object& object, std::string_view key, Enum otherwise) {
  Enum value = otherwise;
  boost::describe::enum_from_string(text_or(object, key).c_str(), value);
  return value;
}

json::object encode_start(const StartRequest& start) {
  json::array packs(start.packs.begin(), start.packs.end());
  json::object params;
  for (const auto& [name, value] : start.params) params[name] = value;
  json::object out{{"playbook", start.playbook}, {"inventory", start.inventory}, {"policy", start.policy},
                   {"packs", std::move(packs)},  {"params", std::move(params)},  {"may_ask", start.may_ask},
                   {"trigger", start.trigger}};
  if (start.confirm) out["confirm"] = *start.confirm;
  return out;
}

Result<StartRequest> decode_start(const json::object& object) {
  StartRequest out;
  out.playbook = text_or(object, "playbook");
  out.inventory = text_or(object, "inventory");
  out.policy = text_or(object, "policy");
  out.trigger = text_or(object, "trigger");
  out.may_ask = bool_or(object, "may_ask", false);
  if (out.playbook.empty() || out.inventory.empty()) return malformed("start without a playbook or an inventory");
  if (object.contains("confirm")) out.confirm = int_or(object, "confirm", -1);
  if (const auto* packs = object.if_contains("packs"); packs != nullptr && packs->is_array())
    for (const auto& item : packs->get_array())
      if (item.is_string()) out.packs.emplace_back(item.get_string().c_str());
  if (const auto* params = object.if_contains("params"); params != nullptr && params->is_object()) {
    for (const auto& param : params->get_object()) {
      if (!param.value().is_string()) return malformed("a parameter that is no text");
      out.params[std::string(param.key())] = param.value().get_string().c_str();
    }
  }
  return out;
}

}  // namespace

Refused refused_by(const Rejected& rejected, bool colour) {
  Refused out{rejected.error};
  for (const auto& diagnostic : rejected.diagnostics.all()) {
    out.diagnostics.push_back(playbooks::to_json(diagnostic));
    out.rendered += playbooks::render(diagnostic, colour);
    if (!out.rendered.ends_with('\n')) out.rendered += '\n';
  }
  return out;
}

std::string encode_request(const Request& request) {
  json::object out{{"op", boost::describe::enum_to_string(request.op, "")}, {"sudo_user", request.sudo_user}};
  if (!request.run.empty()) out["run"] = request.run.text;
  if (request.op == Op::start) out["start"] = encode_start(request.start);
  if (request.op == Op::confirm) out["hosts"] = request.hosts;
  if (request.op == Op::cancel) out["cause"] = request.cause;
  if (request.op == Op::watch) {
    out["from"] = request.from;
    out["follow"] = request.follow;
  }
  return json::serialize(out) + "\n";
}

Result<Request> decode_request(std::string_view line) {
  auto object = object_of(line);
  if (!object) return std::unexpected(object.error());
  Request out;
  const auto op = text_or(*object, "op");
  if (!boost::describe::enum_from_string(op.c_str(), out.op)) return malformed("the operation '" + op + "'");
  out.run = RunId(text_or(*object, "run"));
  out.sudo_user = playbooks::printable(text_or(*object, "sudo_user").substr(0, 64));
  const bool needs_run = out.op != Op::start && out.op != Op::list;
  if (needs_run && out.run.empty()) return malformed(op + " without a run");
  if (out.op == Op::start) {
    const auto* start = object->if_contains("start");
    if (start == nullptr || !start->is_object()) return malformed("start without its request");
    auto decoded = decode_start(start->get_object());
    if (!decoded) return std::unexpected(decoded.error());
    out.start = std::move(*decoded);
  }
  out.hosts = int_or(*object, "hosts", 0);
  out.cause = text_or(*object, "cause");
  out.from = std::max<std::int64_t>(1, int_or(*object, "from", 1));
  out.follow = bool_or(*object, "follow", true);
  return out;
}

std::string encode_ok(json::object ok) {
  return json::serialize(json::object{{"ok", std::move(ok)}}) + "\n";
}

std::string encode_refused(const Refused& refused) {
  return json::serialize(json::object{{"error", json::object{{"kind", name_of(refused.error.kind)},
                                                             {"message", refused.error.message},
                                                             {"where", refused.error.where}}},
                                      {"diagnostics", refused.diagnostics},
                                      {"rendered", refused.rendered}}) +
         "\n";
}

std::string encode_event(const state::Event& event) {
  auto body = parse_json(state::encode(event.body));
  return json::serialize(
             json::object{{"event", json::object{{"seq", event.seq},
                                                 {"wall", event.wall.since_epoch.count()},
                                                 {"mono", event.mono.since_start.count()},
                                                 {"kind", state::spell(state::kind_of(event.body))},
                                                 {"body", body ? std::move(*body) : json::value(json::object{})}}}}) +
         "\n";
}

std::string encode_over() {
  return "{\"over\":true}\n";
}

json::object encode_listing(const Listing& listing) {
  json::array runs;
  for (const auto& row : listing.runs)
    runs.push_back(json::object{{"id", row.id.text},
                                {"playbook", row.playbook},
                                {"summary", row.summary},
                                {"created", row.created.since_epoch.count()},
                                {"seq", row.seq},
                                {"phase", state::spell(row.phase)},
                                {"end", state::spell(row.end)}});
  json::array slots;
  for (const auto& row : listing.slots)
    slots.push_back(json::object{
        {"host", row.host}, {"run", row.holder.run.text}, {"since", row.holder.since.since_epoch.count()}});
  json::array locks;
  for (const auto& row : listing.locks)
    locks.push_back(json::object{
        {"lock", row.lock}, {"run", row.holder.run.text}, {"since", row.holder.since.since_epoch.count()}});
  return {{"runs", std::move(runs)}, {"slots", std::move(slots)}, {"locks", std::move(locks)}};
}

Result<Listing> decode_listing(const json::object& object) {
  Listing out;
  const auto each = [&](std::string_view key, auto use) -> Result<void> {
    const auto* list = object.if_contains(key);
    if (list == nullptr || !list->is_array()) return malformed("a listing without " + std::string(key));
    for (const auto& item : list->get_array())
      if (item.is_object()) use(item.get_object());
    return {};
  };
  const auto wall = [](const json::object& row, std::string_view key) { return Wall{Millis{int_or(row, key, 0)}}; };
  auto done = each("runs", [&](const json::object& row) {
    out.runs.push_back({RunId(text_or(row, "id")), text_or(row, "playbook"), text_or(row, "summary"),
                        wall(row, "created"), int_or(row, "seq", 0), enum_or(row, "phase", state::Phase::none),
                        enum_or(row, "end", state::End::none)});
  });
  if (done)
    done = each("slots", [&](const json::object& row) {
      out.slots.push_back({text_or(row, "host"), {RunId(text_or(row, "run")), wall(row, "since")}});
    });
  if (done)
    done = each("locks", [&](const json::object& row) {
      out.locks.push_back({text_or(row, "lock"), {RunId(text_or(row, "run")), wall(row, "since")}});
    });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<Answer> decode_answer(std::string_view line) {
  auto object = object_of(line);
  if (!object) return std::unexpected(object.error());
  Answer out;
  if (const auto* ok = object->if_contains("ok"); ok != nullptr && ok->is_object()) {
    out.kind = Answer::Kind::ok;
    out.ok = ok->get_object();
    return out;
  }
  if (const auto* error = object->if_contains("error"); error != nullptr && error->is_object()) {
    out.kind = Answer::Kind::refused;
    const auto& fields = error->get_object();
    out.refused.error = {kind_of_name(text_or(fields, "kind")), text_or(fields, "message"), text_or(fields, "where")};
    out.refused.rendered = text_or(*object, "rendered");
    if (const auto* list = object->if_contains("diagnostics"); list != nullptr && list->is_array())
      out.refused.diagnostics = list->get_array();
    return out;
  }
  if (const auto* event = object->if_contains("event"); event != nullptr && event->is_object()) {
    const auto& fields = event->get_object();
    const auto kind = state::kind_named(text_or(fields, "kind"));
    const auto* body = fields.if_contains("body");
    if (!kind || body == nullptr)
      return fail(ErrorKind::corrupt, "the owner sent an event that this program does not know");
    auto decoded = state::decode(*kind, json::serialize(*body));
    if (!decoded) return std::unexpected(decoded.error());
    out.kind = Answer::Kind::event;
    out.event = {int_or(fields, "seq", 0), Wall{Millis{int_or(fields, "wall", 0)}},
                 Mono{Millis{int_or(fields, "mono", 0)}}, std::move(*decoded)};
    return out;
  }
  if (object->contains("over")) return out;
  return fail(ErrorKind::corrupt, "the owner sent a line that this program does not know");
}

}  // namespace unjam::service
