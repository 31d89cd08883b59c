// The planted bugs: their names, as planted() is asked for them, and what each does wrong.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unjam {

struct Plant {
  std::string_view name;
  std::string_view what;
};
const std::vector<Plant>& plants();

// From now on this one is in force; empty: none. `name` outlives that.
void plant(std::string_view name);

}  // namespace unjam
