// What the shims of Windows's commands ask the world: one JSON object in, one out.
//
//   { "host": H, "do": "see" }                      everything about H and what it can see of others
//   { .., "do": "clock", "by": SECONDS, "who": W }  its clock is moved
//   { .., "do": "retry", "site": S }                its queue to S is tried at once
//   { .., "do": "purge" }                           its tickets are gone
//   { .., "do": "drain" | "resume", "by": W }       takes no new mail, takes it again
//   { .., "do": "shutdown", "in": S, "by": W }      { "code": 0 | 1190 | 1115 }
//   { .., "do": "replicate", "source": H, "partition": P }     { "code": as Windows numbers them }
//   { .., "do": "redirect", "to": H }               its waiting mail moves to that hub
//   { .., "do": "track", "id": MESSAGE-ID }         { "state": absent | queued | delivered | withdrawn, "last": FAULT }
//   { .., "do": "note", "word": W, "detail": D }    a line in its own log
//   { .., "do": "put", "disk": {NAME: TEXT | null}, "memory": {..} }
//
// An error is { "error": TEXT }: a mistake of the shim, never something that a host would say.
#pragma once

#include <map>
#include <string>

#include "actions/sim/world.h"
#include "state/base/json.h"
#include "tests/lab/windows/world/host_book.h"

namespace unjam::lab {

class Answers {
 public:
  Answers(actions::sim::World& world, HostBook& book) : world_(world), book_(book) {}

  json::object answer(const json::object& request);

  // A message handed in at `hub`'s port 25 for `site`, under the id that it came with.
  void accept(actions::sim::SimHost& hub, const std::string& site, const std::string& message_id);

 private:
  std::string message_id(std::size_t number) const;  // of Fleet::messages
  json::array queue_of(const actions::sim::SimHost& host) const;
  json::object see(actions::sim::SimHost& host);
  json::object track(const std::string& id) const;
  json::object change(actions::sim::SimHost& host, const std::string& verb, const json::object& request);
  json::object shut_down(actions::sim::SimHost& host, const json::object& request);
  json::object replicate(actions::sim::SimHost& host, const json::object& request);
  json::object redirect(actions::sim::SimHost& host, const json::object& request);
  json::object put(actions::sim::SimHost& host, const json::object& request);

  actions::sim::World& world_;
  HostBook& book_;
  std::map<std::string, std::size_t> handed_in_;  // Message-ID -> Fleet::messages
  std::map<std::size_t, std::string> came_from_;  // of redirected ones: the hub that they were handed in at
};

}  // namespace unjam::lab
