// A compiled machine as a person reads it: rows from top to bottom, each with its ways out at its side. Part of the
// drawing: only graph*.cc include it.
//
// What is the same everywhere is said once, in the legend, and not drawn at each row: that what does not end ok stops.
// Looks of a ladder take what they do first into their row; guards that are asked again after an approval are one row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "playbooks/program.h"

namespace unjam::playbooks {

enum class Tone { plain, looks, nudges, owes, disrupts, people, good, bad };

struct Exit {  // to the side
  std::string label;
  std::string text;
  Tone tone = Tone::plain;
};

struct Box;

struct Row {
  enum class Form { step, question, gate, end };

  std::string id;
  Form form = Form::step;
  Tone tone = Tone::plain;
  std::string title;
  std::vector<std::string> lines{};
  std::optional<std::string> down{};  // label of the way to the next row; none: there is no such way
  std::vector<Exit> exits{};
  std::string settles{};    // id of the row whose debt it ends
  std::vector<Box> inside;  // a rollout's turn, a played playbook: one box or none
};

struct Box {
  std::string title;
  std::vector<std::string> lines{};
  std::vector<Row> rows{};
};

Box rows_of(const Program& program);

// What the picture leaves out because it is the same everywhere.
std::vector<std::string> legend();

}  // namespace unjam::playbooks
