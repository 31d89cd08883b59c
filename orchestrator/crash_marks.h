// Who drives a run leaves a mark beside the journal and takes it away when it ends in order. A mark that is found tells
// of a process that died, or of a driver that failed, while it drove that run.
//
// A run that brings down three of them in a row without getting any further is in quarantine: nobody drives it until a
// person has removed its mark. Losing marks does no harm but that it is tried once more.
#pragma once

#include <cstdint>
#include <string>

#include "state/run.h"

namespace unjam::service {

inline constexpr int kMostCrashes = 3;

class CrashMarks {
 public:
  explicit CrashMarks(const std::string& state_dir) : folder_(state_dir + "/driving") {}

  // Of processes that died one after the other while they drove the run, the later ones before they had journalled
  // anything but readings. Asked before the run is taken up once more.
  int crashes(const state::Run& run) const;
  std::string file(const RunId& run) const { return folder_ + "/" + run.text; }

  // Before it is driven, its taking up journalled; and when it is driven no more. `crashes` as they were before that. A
  // mark that cannot be written is no reason not to heal.
  void begin(const state::Run& run, int crashes) const;
  void end(const RunId& run) const;

 private:
  std::string folder_;
};

}  // namespace unjam::service
