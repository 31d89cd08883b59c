// JSON Schema (draft 7) of Unjam's files, from the loaders' own tables (keys.h): completion, hover and red lines in
// every editor with a YAML language server. It knows the structure; what names mean only `unjam check` can tell.
#pragma once

#include <string>

#include "playbooks/keys.h"

namespace unjam::playbooks {

// Pretty printed, the same text every time.
std::string json_schema(const FileKind& kind);

// The rows of the key table of LANGUAGE.md: one of each key and the maps that have it.
std::string keys_as_markdown();

// How a form is called in the reference and in hovers: "E, an expression".
std::string_view form_words(Form form);

}  // namespace unjam::playbooks
