#include <array>
#include <string_view>
#include <utility>

#include "orchestrator/cli/commands.h"
#include "orchestrator/cli/views.h"

namespace unjam::cli {

int perform(const Context& context) {
  static constexpr std::array<std::pair<std::string_view, int (*)(const Context&)>, 22> kCommands = {{
      {"check", check},
      {"graph", graph},
      {"eval", eval},
      {"explain", explain},
      {"schema", schema},
      {"fmt", format_files},
      {"packs", packs},
      {"inventory", inventory},
      {"plan", plan},
      {"run", run},
      {"rehearse", rehearse},
      {"act", act},
      {"resume", resume},
      {"rollback", rollback},
      {"approve", approve},
      {"deny", deny},
      {"cancel", cancel},
      {"status", status},
      {"log", log},
      {"why", why},
      {"audit verify", audit_verify},
      {"audit export", audit_export},
  }};
  for (const auto& [name, command] : kCommands)
    if (name == context.options.command) return command(context);
  return kBadInput;
}

}  // namespace unjam::cli
