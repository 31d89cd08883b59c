// How long something takes: a program from outside, a function from inside (Google Benchmark).
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <string>
#include <vector>

namespace unjam::bench {

// Wall seconds of one call.
double seconds_of(const std::function<void()>& work);

// One program, run to its end with nothing on its stdin and all that it says in `log` (overwritten).
struct Ran {
  double seconds = 0;
  int code = -1;  // 128 + N if a signal ended it
};
Ran run_program(const std::vector<std::string>& argv, const std::string& log);

// A program of that name in PATH, or empty.
std::string program_named(const std::string& name);

// Seconds of one iteration, the median of several repetitions. Errors of the state end up in `error`.
struct Timed {
  double cpu = 0;
  double wall = 0;
  std::string error{};
};
Timed time_inside(const std::string& name, const std::function<void(benchmark::State&)>& body);

}  // namespace unjam::bench
