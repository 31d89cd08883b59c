// How published conformance cases are asked: as `unjam eval` does.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "playbooks/expr_eval_tool.h"

namespace unjam::playbooks {

inline constexpr const char* kError = "error";

struct Case {
  const char* name;
  const char* expr;
  const char* json;  // kError: the evaluation or the check fails
};

// The JSON of the answer, or kError for one located error.
inline std::string answer(const std::string& expr, const std::vector<EvalVariable>& variables = {}) {
  Diagnostics out;
  const std::optional<EvalAnswer> found = eval_text(expr, variables, out);
  if (found) return found->json;
  return out.failed() && out.all().size() == 1 && out.all()[0].span.line > 0 ? kError : "no located error";
}

template <std::size_t N>
void expect_published(const Case (&cases)[N]) {
  for (const Case& c : cases) EXPECT_EQ(answer(c.expr), c.json) << c.name << ": " << c.expr;
}

}  // namespace unjam::playbooks
