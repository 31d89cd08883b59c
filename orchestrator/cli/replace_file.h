// A file gets new content whole, or keeps what it has.
#pragma once

#include <string>
#include <string_view>

#include "state/base/result.h"

namespace unjam::cli {

// Writes beside the file, syncs, takes over its mode and owner as far as the process may, and renames. A symbolic link
// stays one: the file that it names is replaced. Nothing is left behind on an error.
Result<void> replace_file(const std::string& path, std::string_view text);

}  // namespace unjam::cli
