// The parts of the benchmark; each measures its figures and adds its rows.
#pragma once

#include <string>

#include "tests/bench/table.h"

namespace unjam::bench {

struct Surroundings {
  std::string unjam;    // the release binary
  std::string scratch;  // a folder that goes away
};

void bench_ssh(const Surroundings& here, Table& table);      // one and ten commands on 100 hosts
void bench_start(const Surroundings& here, Table& table);    // unjam --version, unjam check
void bench_eval(const Surroundings& here, Table& table);     // expressions of gates
void bench_journal(const Surroundings& here, Table& table);  // durable events, recovery
void bench_heals(const Surroundings& here, Table& table);    // whole heals on the memory store

}  // namespace unjam::bench
