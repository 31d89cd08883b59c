// What many rehearsals of one playbook have shown. Bounded: nothing in it grows with the number of seeds but a few
// words.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "orchestrator/rehearsal/checkers.h"
#include "state/base/json.h"

namespace unjam::rehearsal {

inline constexpr std::size_t kMostTold = 10;      // violations that are told with their story
inline constexpr std::size_t kMostReasons = 200;  // different ones that are counted

class Report {
 public:
  explicit Report(std::shared_ptr<const engine::Plan> plan) : plan_(std::move(plan)) {}

  void add(const Evidence& evidence, const Violations& violations);

  std::uint64_t seeds() const { return seeds_; }
  std::uint64_t violated() const { return violated_; }  // seeds in which an invariant broke

  // Shape (keys of the JSON object):
  //   playbook seeds violated outcomes{end: n} duration_s{typical, worst, worst_seed}
  //   lowest[{site, role, of, serving, seed}] refused[{why, seeds, seed}]
  //   violations[{checker, seeds, seed}] stories[{checker, seed, host, text, story[]}] mishaps[{mishap, seeds, seed}]
  json::object to_json() const;

 private:
  struct Lowest {
    std::int64_t of = 0;
    std::int64_t serving = 0;
    std::uint64_t seed = 0;
  };
  struct Counted {
    std::uint64_t seeds = 0;
    std::uint64_t first = 0;
  };
  struct Told {
    Violation violation;
    std::uint64_t seed = 0;
    std::vector<std::string> story;
  };

  void add_lowest(const Evidence& evidence);
  void add_refused(const Evidence& evidence);
  static void count(std::map<std::string, Counted>& in, const std::string& what, std::uint64_t seed);
  Millis typical() const;

  std::shared_ptr<const engine::Plan> plan_;
  std::uint64_t seeds_ = 0;
  std::uint64_t violated_ = 0;
  std::map<std::string, std::uint64_t> outcomes_;
  std::map<std::int64_t, std::uint64_t> lasted_;  // seeds by seconds, so that the typical one is known without a list
  Millis worst_{0};
  std::uint64_t worst_seed_ = 0;
  std::map<std::pair<std::string, std::string>, Lowest> lowest_;  // by site and role
  std::map<std::string, Counted> refused_;
  std::map<std::string, Counted> broken_;  // by checker
  std::map<std::string, Counted> met_;     // by mishap
  std::vector<Told> told_;
};

}  // namespace unjam::rehearsal
