// What each script does on a model host, and what it answers: one small function per action, with the same checks in
// the same order as the real scripts, and the same words.
#pragma once

#include <string>
#include <string_view>

#include "actions/sim/fence.h"
#include "actions/sim/fleet.h"
#include "state/base/json.h"

namespace unjam::actions::sim {

struct ModelCall {
  Fleet& fleet;
  SimHost& host;
  const json::object& inputs;  // in the wire's JSON form (script_call.h)
  const json::object& fence;
  bool recording = false;  // the fence let it through: the answer goes into the record
};

struct ModelAnswer {
  json::object body;  // { outputs, before, after } or { error }
  Range takes;        // how long the script runs; drawn by the caller
};

using ModelAction = ModelAnswer (*)(ModelCall&);

// Null: no script of that name.
ModelAction find_model_action(std::string_view name);

// Runs it: what it changes, it changes now; the answer is recorded if it was fenced.
ModelAnswer run_model_action(Fleet& fleet, SimHost& host, std::string_view action, const json::object& inputs,
                             const json::object& fence);

// ---- for the two files that hold the actions

ModelAction find_model_read(std::string_view name);
ModelAction find_model_change(std::string_view name);

// kind: unreadable, failed, refused, absent.
ModelAnswer cannot(std::string_view kind, const std::string& text);
ModelAnswer answer(Range takes, json::object outputs, json::object before = {}, json::object after = {});
// -600.25s
std::string wire_duration(Millis d);

// Inputs; absent or of another form: empty.
std::string input_text(const json::object& inputs, std::string_view name);  // also the name of a host or a site
Millis input_duration(const json::object& inputs, std::string_view name);

}  // namespace unjam::actions::sim
