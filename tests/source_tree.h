// Where the repository is, for tests that read files of it. Known to one source file only, so that what one clone has
// compiled serves every other by the compiler cache.
#pragma once

#include <string>

namespace unjam::testing_support {

std::string source_dir();  // absolute, without a slash at its end

}  // namespace unjam::testing_support
