// Bugs that are planted on purpose, one at a time, to see that the rehearsals find them (script/plants, tests/plants).
// Without UNJAM_PLANTS, as in every build that is meant to run, planted() is a constant and what it guards is not
// compiled; with it only the program in tests/plants links, since nothing else says which bug is wanted.
#pragma once

#include <string_view>

namespace unjam {

#ifdef UNJAM_PLANTS
bool planted(std::string_view bug);
#else
constexpr bool planted(std::string_view) {
  return false;
}
#endif

}  // namespace unjam
