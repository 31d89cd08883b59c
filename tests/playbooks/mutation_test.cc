// Mutation audit (language.md 4): every single key and list item of a shipped playbook deleted in turn. Whatever is
// left is either refused with a located fault, or harmless; and nothing ever crashes.
#include <gtest/gtest.h>

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

std::set<std::string> survivors(const std::string& name, std::size_t& all) {
  Diagnostics faults;
  const auto source = read_source((catalog_folder() / (name + ".yaml")).string());
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

// The paths of a list with reasons: comments are for its readers.
std::set<std::string> listed(const std::string& name) {
  std::istringstream text(read(golden_folder() / "mutation" / (name + ".txt")));
  std::set<std::string> out;
  for (std::string line; std::getline(text, line);) {
    line.resize(std::min(line.find('#'), line.size()));
    while (!line.empty() && line.back() == ' ') line.pop_back();
    if (!line.empty()) out.insert(line);
  }
  return out;
}

// given rolling-reboot-hubs with one key or item less, when checked, then only these are still accepted: defaults,
// order, holds, and a condition that only adds to the floor
TEST(Mutation, OfTheRollingRebootLeavesOnlyTheHarmless) {
  std::size_t all = 0;
  const auto left = survivors("rolling-reboot-hubs", all);
  EXPECT_GE(all, 50u);
  EXPECT_EQ(left, listed("rolling-reboot-hubs"));
}

// given the flagship with one key or item less, when checked, then only these are still accepted: each was read, see
// tests/golden/mutation/heal-intersite-queue.txt
TEST(Mutation, OfTheFlagshipLeavesOnlyTheHarmless) {
  std::size_t all = 0;
  const auto left = survivors("heal-intersite-queue", all);
  EXPECT_GE(all, 240u);
  EXPECT_EQ(left, listed("heal-intersite-queue"));
}

// given the flagship with random bytes changed, when checked, then it ends, and a refusal is explained
TEST(Mutation, OfBytesNeverCrashes) {
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
