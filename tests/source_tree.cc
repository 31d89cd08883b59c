#include "tests/source_tree.h"

namespace unjam::testing_support {

std::string source_dir() {
  return UNJAM_SOURCE_DIR;
}

}  // namespace unjam::testing_support
