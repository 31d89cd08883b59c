// The committed schemas are what the loaders' tables give. UNJAM_UPDATE_GOLDEN=1 writes them anew.
// That schema and loader agree is tested with the real binary: tests/playbooks/schema_agrees.py.
#include "playbooks/schema.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "state/base/json.h"
#include "tests/playbooks/document.h"
#include "tests/source_tree.h"

namespace unjam::playbooks {
namespace {

TEST(Schema, CommittedCopiesAreThoseOfTheTables) {
  for (const FileKind& kind : file_kinds()) {
    const std::string path =
        testing_support::source_dir() + "/playbooks/schema/" + std::string(kind.name) + ".schema.json";
    if (std::getenv("UNJAM_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << json_schema(kind);
    EXPECT_EQ(read_text_file(path), json_schema(kind)) << path;
    EXPECT_TRUE(parse_json(json_schema(kind)));
  }
}

// given every shape of every kind of file, when looked at, then names and keys are unique and each key says what it is
TEST(Schema, TablesAreWhole) {
  for (const FileKind& kind : file_kinds()) {
    std::vector<const Shape*> shapes{kind.head};
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      EXPECT_TRUE(names.insert(shapes[i]->name).second || i > 0) << shapes[i]->name;
      std::set<std::string_view> keys;
      for (const KeySpec& row : shapes[i]->keys) {
        EXPECT_TRUE(keys.insert(row.key).second) << row.key;
        EXPECT_FALSE(row.meaning.empty()) << row.key;
        EXPECT_FALSE(form_words(row.form).empty()) << row.key;
        if (row.shape != nullptr) shapes.push_back(row.shape);
      }
    }
  }
}

// given the playbook's tables, when its words are counted, then there are the 41 keys of the language
TEST(Schema, PlaybooksHaveTheKeysOfTheLanguage) {
  std::set<std::string_view> keys;
  const auto add = [&keys](const Shape& shape) {
    for (const KeySpec& row : shape.keys) keys.insert(row.key);
  };
  for (const Shape* shape : {&kPlaybookShape, &kParamShape, &kFactShape, &kGateShape, &kArmShape}) add(*shape);
  for (const Shape* verb : verb_shapes()) add(*verb);
  EXPECT_EQ(keys.size(), 41U);
}

}  // namespace
}  // namespace unjam::playbooks
