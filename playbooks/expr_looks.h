// What an expression must have looked at before it can come out true: on every way, not only on some. A floor counts
// only hosts that were looked at, a clock is taken only from a host that the gate proved, a verification cannot be
// satisfied by another host. Form only, as all proofs: what the field says is the author's business.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "playbooks/expr.h"

namespace unjam::playbooks {

class Looks {
 public:
  struct Question {
    // Whether this fact, or this field of it (empty: the fact as such), is what is looked for.
    std::function<bool(std::string_view fact, std::string_view field)> wanted;
    bool any_field = false;  // the fact itself is enough
    // The tree of a let; null for every other name.
    std::function<const Expr*(std::string_view name)> let;
  };

  explicit Looks(Question question) : question_(std::move(question)) {}

  // Every way for `e` to come out true asks it of `variable` (a host in hand or of a macro; empty: of any host).
  bool needed(const Expr& e, const std::string& variable) { return ways(e, variable).if_true; }
  // Every element of the set was asked.
  bool of_elements(const Expr& set);
  // It is asked somewhere, other than by `known` and `has`, which do not mind what the answer is.
  bool anywhere(const Expr& e, const std::string& variable);

 private:
  // Whether it is asked on every way for an expression to come out true, and to come out false. Of what is no truth
  // value: both, for whatever comes out.
  struct Asked {
    bool if_true = false;
    bool if_false = false;
  };

  Asked ways(const Expr& e, const std::string& variable);
  Asked of_parts(const Expr& e, const std::string& variable);
  Asked ways_of_call(const Expr& e, const std::string& variable);
  Asked ways_of_macro(const Expr& e, const std::string& variable);
  bool always(const Expr& e, const std::string& variable) {
    const Asked found = ways(e, variable);
    return found.if_true && found.if_false;
  }
  bool passed_by(const Expr& chosen, const Expr& from);
  bool is_asked(const Expr& e, const std::string& variable) const;

  Question question_;
  // Lets that were looked into: each once, whatever they are made of.
  std::map<std::string, Asked> ways_;
  std::map<std::string, bool> elements_;
  std::map<std::string, bool> anywhere_;
};

}  // namespace unjam::playbooks
