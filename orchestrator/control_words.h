// The words of DIR/control.sock: one JSON object a line, one request a connection. Pure: texts in, values out.
//
//   request   {"op": "approve", "run": "r-...", ...}          at most kMaxRequestBytes
//   reply     {"ok": {...}}  or  {"error": {"kind", "message", "where"}, "diagnostics": [...], "rendered": "..."}
//   watch     after its reply, {"event": {...}} for every event from "from" on, then {"over": true}
//
// The caller is the peer of the socket (SO_PEERCRED); no word of a request says who asks, but `sudo_user`, which is
// recorded and not trusted.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/service.h"
#include "state/store.h"

namespace unjam::service {

inline constexpr std::size_t kMaxRequestBytes = 64u << 10;
inline constexpr std::size_t kMaxReplyBytes = 32u << 20;  // of one line; an event has at most 4 MiB
inline constexpr const char* kSocketName = "control.sock";

enum class Op { start, resume, rollback, confirm, approve, deny, cancel, watch, list, driving };
BOOST_DESCRIBE_ENUM(Op, start, resume, rollback, confirm, approve, deny, cancel, watch, list, driving)

struct Request {
  Op op = Op::list;
  RunId run{};             // all but start and list
  StartRequest start{};    // start; `by` is left empty
  std::int64_t hosts = 0;  // confirm
  std::string cause{};     // cancel
  std::int64_t from = 1;   // watch: the first event wanted
  bool follow = true;      // watch: go on with what is still to come
  std::string sudo_user{};
};

// A refusal as it reaches a person, in process or over the socket.
struct Refused {
  Error error;
  json::array diagnostics{};
  std::string rendered{};  // the diagnostics with source lines and carets
};
Refused refused_by(const Rejected& rejected, bool colour = false);

// What `list` answers.
struct Listing {
  std::vector<state::RunRow> runs;
  std::vector<state::SlotRow> slots;
  std::vector<state::LockRow> locks;
};

std::string encode_request(const Request& request);
// ErrorKind::invalid names what is wrong; nothing that a peer sends is trusted.
Result<Request> decode_request(std::string_view line);

std::string encode_ok(json::object ok);
std::string encode_refused(const Refused& refused);
std::string encode_event(const state::Event& event);
std::string encode_over();
json::object encode_listing(const Listing& listing);
Result<Listing> decode_listing(const json::object& object);

// One line from the owner: a reply, an event, or the end of the stream.
struct Answer {
  enum class Kind { ok, refused, event, over } kind = Kind::over;
  json::object ok{};
  Refused refused{};
  state::Event event{};
};
Result<Answer> decode_answer(std::string_view line);

}  // namespace unjam::service
