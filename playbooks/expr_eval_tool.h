// `unjam eval EXPR --var name=JSON`: an expression on its own, typed as CEL types dyn.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "playbooks/diagnostic.h"
#include "playbooks/type.h"
#include "playbooks/value.h"

namespace unjam::playbooks {

inline constexpr std::size_t kMaxEvalVariables = 1'000;

// A number without point or exponent is an int, else a double; objects are maps from text; lists and maps of mixed
// types hold dyn.
struct EvalVariable {
  std::string name;
  std::string json;
};

struct EvalAnswer {
  TypePtr type;      // of the value that came out: never dyn at the top
  std::string json;  // json_text of it
};

// Nothing and one or more located errors in `out`: of a variable (file "--var name"), of syntax and types (UJ03xx), or
// of the evaluation, at the innermost part that has no value (no code).
std::optional<EvalAnswer> eval_text(const std::string& expr, const std::vector<EvalVariable>& variables,
                                    Diagnostics& out);

// The type that a value shows. Lists and maps of mixed values hold dyn.
TypePtr type_of(const Value& value);

}  // namespace unjam::playbooks
