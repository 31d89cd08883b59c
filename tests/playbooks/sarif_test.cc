#include "playbooks/sarif.h"

#include <gtest/gtest.h>

#include "tests/playbooks/load_support.h"

namespace unjam::playbooks {
namespace {

TEST(Sarif, TellsRulePlaceAndText) {
  const auto loaded = load_text("a b.yaml", "unjam: 1\nplaybook: x\nsummary: z\nsteps:\n  - out: { escalate: no }\n");
  const json::object log = sarif(loaded.faults.all(), "1.2");
  EXPECT_EQ(log.at("version"), "2.1.0");
  const auto& run = log.at("runs").at(0).as_object();
  EXPECT_EQ(run.at("tool").at("driver").at("name"), "unjam");
  EXPECT_EQ(run.at("tool").at("driver").at("rules").at(0).at("id"), "UJ0103");
  const auto& result = run.at("results").at(0).as_object();
  EXPECT_EQ(result.at("ruleId"), "UJ0103");
  EXPECT_EQ(result.at("level"), "error");
  const auto& place = result.at("locations").at(0).at("physicalLocation").as_object();
  EXPECT_EQ(place.at("artifactLocation").at("uri"), "a%20b.yaml");
  EXPECT_EQ(place.at("region").at("startLine"), 5);
  EXPECT_EQ(place.at("region").at("startColumn"), 22);
}

// given a fault that a way leads to, then the way is a flow of located stops, in order
TEST(Sarif, TellsTheWayToAFault) {
  const auto loaded = load_file(golden_folder() / "bad" / "0602_owed.yaml");
  ASSERT_EQ(loaded.faults.all().size(), 1U);
  const auto& notes = loaded.faults.all().front().notes;
  ASSERT_GT(notes.size(), 2U);
  const json::object log = sarif(loaded.faults.all(), "1.2");
  const auto& flow = log.at("runs").at(0).at("results").at(0).at("codeFlows").at(0).at("threadFlows").at(0);
  const auto& stops = flow.at("locations").as_array();
  ASSERT_EQ(stops.size(), notes.size());
  for (std::size_t i = 0; i < notes.size(); ++i) {
    const auto& location = stops[i].at("location");
    EXPECT_EQ(std::string(location.at("message").at("text").as_string()), notes[i].text);
    EXPECT_EQ(location.at("physicalLocation").at("region").at("startLine").to_number<std::uint32_t>(),
              notes[i].span.line);
  }
}

TEST(Sarif, OfNothingHasNoResults) {
  const json::object log = sarif({}, "1.2");
  EXPECT_TRUE(log.at("runs").at(0).at("results").as_array().empty());
}

}  // namespace
}  // namespace unjam::playbooks
