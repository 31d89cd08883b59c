#include "tests/playbooks/document.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace unjam::playbooks {
namespace {

struct Place {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Place place_of(const std::string& document, const std::string& name) {
  const std::string first = "<!-- " + name + ": begin -->\n";
  const std::size_t begin = document.find(first);
  const std::size_t end = document.find("<!-- " + name + ": end -->");
  if (begin == std::string::npos || end == std::string::npos) {
    ADD_FAILURE() << "no section " << name;
    return {};
  }
  return {begin + first.size(), end};
}

}  // namespace

std::string read_text_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<Example> examples_of(const std::string& document, const std::string& language) {
  std::vector<Example> out;
  std::istringstream lines(document);
  std::string line;
  std::string mark;
  bool inside = false;
  bool wanted = false;
  std::size_t number = 0;
  while (std::getline(lines, line)) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      wanted = inside && line == "```" + language;
      if (wanted) out.push_back({mark, {}, number});
      if (wanted && language == "yaml") {
        EXPECT_NE(mark, "") << "line " << number << ": an example without a mark";
      }
    } else if (inside) {
      if (wanted) out.back().text += line + "\n";
    }
    const bool comment = !inside && line.starts_with("<!-- ") && line.ends_with(" -->");
    mark = comment ? line.substr(5, line.size() - 9) : std::string();
  }
  EXPECT_FALSE(inside) << "a block that is never closed";
  return out;
}

std::string section_of(const std::string& document, const std::string& name) {
  const Place place = place_of(document, name);
  return document.substr(place.begin, place.end - place.begin);
}

std::string with_section(const std::string& document, const std::string& name, const std::string& text) {
  const Place place = place_of(document, name);
  return document.substr(0, place.begin) + text + document.substr(place.end);
}

}  // namespace unjam::playbooks
