// `unjam fmt`: white space and indentation of a YAML file, line by line. Nothing is read and written anew: comments,
// order, quotes and alignment inside of lines stay as the author wrote them.
//
// What it does: two blanks per level, lists indented below their key, one blank behind a dash, comments with the lines
// that they stand above, no blanks at the ends of lines, at most one empty line in a row, one end of line at the end.
// Texts below a `|` move as a whole.
#pragma once

#include <optional>
#include <string>

#include "playbooks/diagnostic.h"

namespace unjam::playbooks {

// The formatted text. Nothing, and errors in `out`, if the file cannot be read (UJ01xx), or if the result would not
// read as the file does or differ in more than white space: then nothing may be written. Formatting twice changes
// nothing more.
std::optional<std::string> format_yaml(const SourcePtr& source, Diagnostics& out);

}  // namespace unjam::playbooks
