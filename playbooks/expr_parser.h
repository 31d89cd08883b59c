// The syntax tree of an expression. Part of the expression front end: only expr_*.cc include it.
#pragma once

#include <cstddef>

#include "playbooks/expr_lexer.h"

namespace unjam::playbooks {

// Longest path in a tree. Chains of operators are nested in the tree without being nested in the text; walkers of trees
// may recurse this deep.
inline constexpr int kMaxExprHeight = 256;

// Parses from byte `begin`. `embedded`: the expression ends before a `}` of its own level, whose place is put into
// `end`. Null and one error (UJ0308) in `out` if it is none.
ExprPtr parse_range(const ExprText& text, const Places& places, std::size_t begin, bool embedded, std::size_t& end,
                    Diagnostics& out);

}  // namespace unjam::playbooks
