#include "tests/bench/timing.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <sstream>

#include "tests/bench/table.h"

namespace unjam::bench {
namespace {

constexpr int kRepetitions = 5;
constexpr double kLeastSeconds = 0.2;  // of each repetition

// Keeps the results instead of printing them.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) error_ = run.error_message;
      if (run.error_occurred || run.run_type != Run::RT_Iteration || run.iterations == 0) continue;
      cpu_.push_back(run.cpu_accumulated_time / static_cast<double>(run.iterations));
      wall_.push_back(run.real_accumulated_time / static_cast<double>(run.iterations));
    }
  }
  Timed result() const { return {median(cpu_), median(wall_), error_}; }

 private:
  std::vector<double> cpu_;
  std::vector<double> wall_;
  std::string error_;
};

}  // namespace

double seconds_of(const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

Ran run_program(const std::vector<std::string>& argv, const std::string& log) {
  std::vector<char*> raw;
  raw.reserve(argv.size() + 1);
  for (const std::string& arg : argv) raw.push_back(const_cast<char*>(arg.c_str()));
  raw.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  Ran ran;
  ran.seconds = seconds_of([&] {
    pid_t pid = -1;
    int status = 0;
    if (::posix_spawnp(&pid, raw[0], &files, nullptr, raw.data(), environ) != 0) return;
    if (::waitpid(pid, &status, 0) != pid) return;
    ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  });
  posix_spawn_file_actions_destroy(&files);
  return ran;
}

std::string program_named(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string file = folder + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return "";
}

Timed time_inside(const std::string& name, const std::function<void(benchmark::State&)>& body) {
  benchmark::ClearRegisteredBenchmarks();
  benchmark::RegisterBenchmark(name.c_str(), body)->MinTime(kLeastSeconds)->Repetitions(kRepetitions);
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector);
  return collector.result();
}

}  // namespace unjam::bench
