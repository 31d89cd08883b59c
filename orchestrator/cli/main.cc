#include <csignal>

#include "orchestrator/cli/commands.h"

int main(int argc, char** argv) {
  // A reader that goes away (`unjam log last | head`) must not end a run in the middle.
  std::signal(SIGPIPE, SIG_IGN);
  auto parsed = unjam::cli::parse_arguments(argc, argv);
  unjam::cli::say(parsed.out);
  unjam::cli::complain(parsed.err);
  if (parsed.exit) return *parsed.exit;
  return unjam::cli::perform(unjam::cli::make_context(std::move(parsed.options)));
}
