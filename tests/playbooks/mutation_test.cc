// Mutation audit (language.md 4): every single key and list item of a shipped playbook deleted in turn. Whatever is
// left is either refused with a located fault, or harmless; and nothing ever crashes.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "playbooks/yaml.h"
#include "tests/playbooks/load_support.h"

namespace unjam::playbooks {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// A tree as YAML again, all in flow style with quotes: what its author meant is kept, its layout is not.
void write(const YamlNode& node, std::string& out, const YamlNode* without) {
  if (node.kind == YamlNode::Kind::scalar) {
    out += '\'';
    for (const char c : node.text) out += c == '\'' ? std::string("''") : std::string(1, c == '\n' ? ' ' : c);
    out += '\'';
    return;
  }
  const bool map = node.kind == YamlNode::Kind::map;
  out += map ? "{" : "[";
  for (const auto& item : node.items) {
    if (&item == without) continue;
    write(item, out, without);
    out += ",\n ";
  }
  for (const auto& [key, value] : node.entries) {
    if (&value == without) continue;
    out += "'" + key.text + "': ";
    write(value, out, without);
    out += ",\n ";
  }
  out += map ? "}" : "]";
}

struct Part {
  const YamlNode* node;
  std::string path;
};

void collect(const YamlNode& node, const std::string& path, std::vector<Part>& out) {
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    // A list item is named after its only key, if it is a step.
    const auto& item = node.items[i];
    const bool step = item.kind == YamlNode::Kind::map && item.entries.size() == 1;
    const std::string name = step ? item.entries[0].first.text : std::to_string(i);
    const std::string inner = path + "/" + name;
    out.push_back({&item, inner});
    collect(step ? item.entries[0].second : item, inner, out);
  }
  for (const auto& [key, value] : node.entries) {
    const std::string inner = path + (path.empty() ? "" : ".") + key.text;
    out.push_back({&value, inner});
    collect(value, inner, out);
  }
}

std::set<std::string> survivors(const std::filesystem::path& path, std::size_t& all) {
  Diagnostics faults;
  const std::string name = path.stem().string();
  const auto source = read_source(path.string());
  const auto root = parse_yaml(*source, faults);
  std::vector<Part> parts;
  collect(*root, "", parts);
  all = parts.size();
  std::set<std::string> out;
  std::string whole;
  write(*root, whole, nullptr);
  EXPECT_TRUE(load_text(name, whole).program) << load_text(name, whole).told();
  for (const Part& part : parts) {
    std::string text;
    write(*root, text, part.node);
    const auto loaded = load_text(name, text);
    EXPECT_EQ(loaded.program == nullptr, loaded.faults.failed()) << part.path;
    if (loaded.program) out.insert(part.path);
  }
  return out;
}

// The paths of a list: each has its reason behind it.
std::set<std::string> listed(const std::string& name) {
  std::istringstream text(read(golden_folder() / "mutation" / (name + ".txt")));
  std::set<std::string> out;
  for (std::string line; std::getline(text, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t reason = line.find(" # ");
    EXPECT_TRUE(reason != std::string::npos && reason + 3 < line.size()) << name << ": no reason: " << line;
    line.resize(std::min(reason, line.size()));
    while (!line.empty() && line.back() == ' ') line.pop_back();
    EXPECT_TRUE(out.insert(line).second) << name << ": twice: " << line;
  }
  return out;
}

class Mutation : public testing::TestWithParam<std::filesystem::path> {};

// given a shipped playbook with one key or item less, when checked, then only those of tests/golden/mutation/NAME.txt
// are still accepted: each was read, and has its reason there
TEST_P(Mutation, LeavesOnlyTheHarmless) {
  std::size_t all = 0;
  const auto left = survivors(GetParam(), all);
  const std::string name = GetParam().stem().string();
  const auto list = listed(name);
  for (const auto& path : left) EXPECT_TRUE(list.contains(path)) << name << ": accepted and not listed: " << path;
  for (const auto& path : list) EXPECT_TRUE(left.contains(path)) << name << ": listed and refused: " << path;
  EXPECT_LT(left.size() * 2, all) << name;
}

std::string stem_of(const testing::TestParamInfo<std::filesystem::path>& info) {
  std::string out = info.param.stem().string();
  std::ranges::replace(out, '-', '_');
  return out;
}

INSTANTIATE_TEST_SUITE_P(Shipped, Mutation, testing::ValuesIn(shipped_playbooks()), stem_of);

// given the flagship with random bytes changed, when checked, then it ends, and a refusal is explained
TEST(MutatedBytes, NeverCrash) {
  const std::string good = read(catalog_folder() / "heal-intersite-queue.yaml");
  const std::string alphabet = "{}[]():,-.?&*!|>'\"%@` \n#abhost0159<=+$";
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    std::string text = good;
    for (int i = 0; i < 1 + round % 5; ++i) text[random() % text.size()] = alphabet[random() % alphabet.size()];
    const auto loaded = load_text("mutated", text);
    EXPECT_EQ(loaded.program == nullptr, loaded.faults.failed());
  }
}

}  // namespace
}  // namespace unjam::playbooks
