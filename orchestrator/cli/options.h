// What was typed, after parsing. One struct for all commands; each reads what concerns it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace unjam::cli {

struct Options {
  std::string command;
  std::string subject;  // playbook, run, expression, action, inventory: the first argument
  std::string inventory;
  std::string policy;
  std::string state;                // --state; empty: the default
  std::vector<std::string> packs;   // --packs, may be repeated
  std::vector<std::string> params;  // --param k=v
  std::vector<std::string> vars;    // eval --var name=JSON
  std::vector<std::string> files;   // fmt
  std::vector<std::string> with;    // act --with k=v
  std::string on;                   // act --on EXPR
  std::string limit;                // act --limit
  std::string format = "mermaid";   // graph
  std::optional<std::int64_t> confirm;
  std::optional<std::int64_t> speed;
  std::optional<std::uint64_t> seed;   // rehearse: the first, or the only one
  std::optional<std::uint64_t> seeds;  // rehearse: how many
  std::optional<std::string> faults;   // rehearse --faults LIST
  std::string heads;                   // audit verify --heads FILE
  std::string to;                      // audit export --to FOLDER
  std::string from_run;                // rehearse --from-run RUN
  std::string times;                   // rehearse --times FILE
  bool trace = false;                  // rehearse: every event of every seed
  bool json = false;
  bool sarif = false;    // check
  bool check = false;    // fmt: only tell
  bool all = false;      // log
  bool log = false;      // rollback
  bool verbose = false;  // run, resume: details as well
};

// What to do after parsing: the options, or an exit code because everything has been said (help, version, usage).
struct Parsed {
  std::optional<int> exit;
  Options options;
  std::string out;  // to stdout
  std::string err;  // to stderr
};
Parsed parse_arguments(int argc, const char* const* argv);

}  // namespace unjam::cli
