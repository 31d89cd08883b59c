#include "playbooks/action_spec.h"

#include <algorithm>

namespace unjam::playbooks {

std::string_view spell(Effect e) {
  switch (e) {
    case Effect::read:
      return "read";
    case Effect::nudge:
      return "nudge";
    case Effect::reversible:
      return "reversible";
    case Effect::disruptive:
      return "disruptive";
    case Effect::destructive:
      return "destructive";
  }
  return "?";
}

std::string_view spell(Retry r) {
  switch (r) {
    case Retry::pure:
      return "pure";
    case Retry::idempotent:
      return "idempotent";
    case Retry::fenced:
      return "fenced";
    case Retry::once:
      return "once";
  }
  return "?";
}

const TypePtr* ActionSpec::input(std::string_view input_name) const {
  const auto found = std::ranges::find(inputs, input_name, &std::pair<std::string, TypePtr>::first);
  return found == inputs.end() ? nullptr : &found->second;
}

TypePtr ActionSpec::answer() const {
  return types::record(name, outputs);
}

}  // namespace unjam::playbooks
