#include "orchestrator/crash_marks.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace unjam::service {

namespace fs = std::filesystem;

namespace {

struct Mark {
  int crashes = 0;         // before the process that wrote it
  std::int64_t acted = 0;  // Run::acted when it began
};

}  // namespace

int CrashMarks::crashes(const state::Run& run) const {
  Mark mark;
  std::ifstream in(file(run.id));
  if (!in) return 0;
  if (!(in >> mark.crashes >> mark.acted) || mark.acted != run.acted) return 1;
  return std::clamp(mark.crashes, 0, kMostCrashes) + 1;
}

void CrashMarks::begin(const state::Run& run, int crashes) const {
  std::error_code ignored;
  fs::create_directories(folder_, ignored);
  const auto whole = file(run.id);
  std::ofstream(whole + ".new", std::ios::trunc) << crashes << ' ' << run.acted << '\n';
  fs::rename(whole + ".new", whole, ignored);  // never half a mark: the process may die right here
}

void CrashMarks::end(const RunId& run) const {
  std::error_code ignored;
  fs::remove(file(run), ignored);
}

}  // namespace unjam::service
