// What a model's hosts were told, so that they are still what they have become when the process that held them is gone:
// a world made anew from the same spec and the same begin lives through it again. Real hosts need no such thing.
//
// A file of one JSON object a line: first { "model": 1, "start": WALL_MS, "world": DIGEST }, then one per call that
// reached a host, written before the host acts: { "at": MONO_MS, "host", "action", "inputs", "fence" }. Not synced: it
// outlives the process, not a power cut, after which a model is begun anew.
#pragma once

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "state/base/json.h"
#include "state/base/result.h"
#include "state/base/time.h"

namespace unjam::actions::sim {

struct DiaryCall {
  Mono at;
  std::string host;
  std::string action;
  json::object inputs;
  json::object fence;
};

inline constexpr std::size_t kMaxDiaryBytes = 256u << 20;  // of a file that is read again

class Diary {
 public:
  // Begins `file`; its folder is made, with mode 0700. ErrorKind::io.
  static Result<std::unique_ptr<Diary>> begin(const std::string& file, Wall start, const std::string& world);
  // Reads `file` and goes on in it; a last line that was not written to its end is left out. ErrorKind::not_found:
  // there is none; corrupt; conflict: it is of another world.
  static Result<std::unique_ptr<Diary>> reopen(const std::string& file, const std::string& world);

  Result<void> add(const DiaryCall& call);  // ErrorKind::io: it is not written down, so it must not happen

  Wall start() const { return start_; }
  // What was lived before reopen().
  const std::vector<DiaryCall>& past() const { return past_; }

 private:
  Result<void> open(const std::string& file);

  std::string file_;
  Wall start_;
  std::vector<DiaryCall> past_;
  std::ofstream out_;
};

}  // namespace unjam::actions::sim
