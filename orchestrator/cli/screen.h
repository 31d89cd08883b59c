// A run that is being followed, on the screen: the live view, what a person types, what ends it. The same whether the
// run is driven in this process or in another one.
#pragma once

#include <functional>
#include <string>

#include "orchestrator/cli/context.h"
#include "orchestrator/cli/live_view.h"

namespace unjam::cli {

// What a person at the terminal can do to the run.
struct Hands {
  std::function<Result<void>(std::int64_t hosts)> confirm;
  std::function<Result<void>()> cancel;
};

class Screen {
 public:
  // `quiet`: nothing is shown; the caller reports.
  Screen(const Context& context, RunId run, Hands hands, bool quiet = false);

  // An event of the run. Those before `quiet_before` are folded and not shown: they are of the past.
  void add(const state::Event& event);
  void quiet_before(std::int64_t seq) { quiet_before_ = seq; }

  // A line typed at the terminal.
  void typed(const std::string& line);

  // Ctrl-C. True: leave at once.
  bool interrupted();

  void note(Tone tone, const std::string& text);
  void resize();

  bool ended() const { return view_.run().ended.has_value(); }
  // Whether a number is waited for from the terminal.
  bool asking() const;
  const state::Run& run() const { return view_.run(); }

  // Takes the table away and says how the run ended; the exit code.
  int finish();

 private:
  void write(const std::string& text) const;

  const Context& context_;
  LiveView view_;
  bool quiet_;
  Hands hands_;
  std::int64_t quiet_before_ = 0;
  bool asked_ = false;  // for the number
  int interrupts_ = 0;
};

}  // namespace unjam::cli
