// LANGUAGE.md as tests read it: its marked examples and its generated tables.
#pragma once

#include <string>
#include <vector>

namespace unjam::playbooks {

struct Example {
  std::string mark;  // of the comment before the block: accepted, refused: UJ0505, policy; `cel` blocks have none
  std::string text;
  std::size_t line = 0;
};

std::string read_text_file(const std::string& path);

// Every fenced block of `language` ("yaml", "cel"), in order. A yaml block without a mark fails the test.
std::vector<Example> examples_of(const std::string& document, const std::string& language);

// Between `<!-- name: begin -->` and `<!-- name: end -->`, or nothing and a failure.
std::string section_of(const std::string& document, const std::string& name);
// The document with that section replaced.
std::string with_section(const std::string& document, const std::string& name, const std::string& text);

}  // namespace unjam::playbooks
