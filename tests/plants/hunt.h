// One bounded search for whatever bug is in force: rehearsals from seeds in every field, and between them every single
// crash point of a roll, of the same roll cancelled half way, and named scenarios that seeds seldom draw. The hosts'
// own logs and the journal are the judges.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "orchestrator/rehearsal/checkers.h"
#include "tests/plants/fields.h"

namespace unjam::rehearsal {

struct Found {
  std::string checker;
  std::string where;  // field and seed, or field and the mishaps
  std::string text;
};

struct Hunted {
  std::optional<Found> found;
  std::int64_t rehearsals = 0;
};

// A scenario written down, and whether the run must come to the same end as without its mishaps.
struct Trial {
  std::string name;
  const Field* field = nullptr;
  Scenario scenario;
  bool heals = false;
  bool power = false;  // on SQLite, and what was not synced is lost whenever the engine dies
};

// To be made while no bug is in force: they are placed by how a sound run goes.
std::vector<Trial> trials(const std::vector<Field>& fields);

// Until something is found, or `seeds` of each field and all trials have been played.
Hunted hunt(const std::vector<Field>& fields, const std::vector<Trial>& trials, std::uint64_t seeds);

}  // namespace unjam::rehearsal
