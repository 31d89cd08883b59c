// What `unjam run` shows while it runs. On a terminal: lines that stay, and below them a small table of hosts and steps
// that is drawn anew in place. Piped: the lines only. Pure: it is given events and gives text.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/cli/views.h"

namespace unjam::cli {

class LiveView {
 public:
  // `redraw`: the output is a terminal that understands cursor movement.
  LiveView(RunId run, Look look, bool redraw, bool verbose = false);

  // Text to write for this event. Events come in order, from the run's first on; one that does not fold is shown as a
  // line and otherwise left out. `past`: it is folded, and there is nothing to show.
  std::string add(const state::Event& event, bool past = false);

  // A line of our own among the run's, for example what a key has done.
  std::string note(Tone tone, const std::string& text);

  // Somebody typed a line: the terminal has echoed it below the table.
  void typed();

  // The terminal's size has changed.
  void resize(std::size_t width, std::size_t height);

  // Takes the table away; what remains are the lines.
  std::string finish();

  const state::Run& run() const { return run_; }

 private:
  std::string erase();
  std::string draw();
  std::vector<std::string> table() const;

  state::Run run_;
  Look look_;
  bool redraw_;
  bool verbose_;
  Timeline timeline_;
  std::size_t drawn_ = 0;  // lines of the table now on the terminal
};

}  // namespace unjam::cli
