// Runs that bring down what drives them, again and again, are driven no more.
#include "orchestrator/crash_marks.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/state/temp_dir.h"

namespace unjam::service {
namespace {

class Marks : public testing::Test {
 protected:
  // A process takes the run up, and dies after it has journalled so many events that are no readings.
  void die(int events) {
    const int before = marks_.crashes(run_);
    run_.acted = ++run_.seq;  // run_resumed
    marks_.begin(run_, before);
    for (int i = 0; i < events; ++i) run_.acted = ++run_.seq;
  }

  TempDir dir_;
  CrashMarks marks_{dir_.path()};
  state::Run run_{.id = RunId("r-1")};
};

TEST_F(Marks, CountProcessesThatGotNoFurther) {
  EXPECT_EQ(marks_.crashes(run_), 0);
  die(0);
  EXPECT_EQ(marks_.crashes(run_), 1);
  die(0);
  die(0);
  EXPECT_EQ(marks_.crashes(run_), 3);
}

// A run that is killed while it gets on is killed by somebody else.
TEST_F(Marks, BeginAnewWhenTheRunGotFurther) {
  die(0);
  die(0);
  die(2);
  EXPECT_EQ(marks_.crashes(run_), 1);
}

TEST_F(Marks, AreGoneAfterAnEndInOrder) {
  die(0);
  die(0);
  die(0);
  marks_.end(run_.id);
  EXPECT_EQ(marks_.crashes(run_), 0);
}

TEST_F(Marks, ThatNobodyWroteAreNone) {
  std::filesystem::create_directories(dir_.path() + "/driving");
  for (const auto* text : {"", "x", "7", "-5 0", "999999999999 0"}) {
    std::ofstream(marks_.file(run_.id), std::ios::trunc) << text;
    EXPECT_LE(marks_.crashes(run_), 1) << text;
  }
}

}  // namespace
}  // namespace unjam::service
