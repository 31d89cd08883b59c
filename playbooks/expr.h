// Expressions: CEL's grammar and semantics (cel-spec langdef) on a documented subset, plus `and or not`, `sure`,
// `known` and duration literals. Parsing, typing and evaluation are separate, pure, bounded and never throw.
//
// Unknown is CEL's error: `false and unknown` is false, `true or unknown` true; exists/all absorb likewise; all else
// passes it on. Only sure(b) and known(e) turn it into a value.
//
// The subset of CEL:
//   ? :   ||  &&  == != < <= > >= in   + -   * / %   unary ! -   x.f  x[i]  f(x)  x.f(y)  ( )  [a, b]  {k: v}
//   true false null, int (decimal, 0x), double, texts: '..' "..", tripled, raw r'..', all escapes; // comments
//   macros   all exists exists_one filter map (with two and three arguments) has
//   size()   of texts (code points), lists, maps, sets; as function and as member
//   text     contains startsWith endsWith matches (RE2); `+`
//   convert  int() double() string() bool() duration() timestamp(), by CEL's rules
//   time     getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds
//            getMilliseconds, with an optional zone ("UTC", "+09:00", "Asia/Tokyo"); of durations the last four
//
// Left out: uint, bytes, messages, type(), a leading dot, and dyn(), which only `unjam eval` has.
//
// Added: `and or` for && ||; `not`, which binds below comparison (`not h in skewed`, `not x == y`); literals 30s 5m
// 4h 1d; sure(b); known(e); abs() of int, double, duration; sets, which keep their order: + in size first()
// without(x) (x: an element or a set) and the macros (filter gives a set, map a list); facts asked of a host: queue(h).
//
// Operators are strict about types: no int with double, no text with a site; literals adapt to their place.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "playbooks/diagnostic.h"
#include "playbooks/source.h"
#include "playbooks/type.h"
#include "playbooks/value.h"

namespace unjam::playbooks {

inline constexpr std::size_t kMaxExprBytes = 16u << 10;
inline constexpr std::size_t kMaxExprDepth = 64;
inline constexpr std::size_t kMaxExprNodes = 4'000;
inline constexpr std::size_t kMaxEvalSteps = 1'000'000;  // over one evaluation, lets included
inline constexpr std::size_t kMaxEvalDepth = 500;        // levels of recursion, lets included

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

// One node of the syntax tree. Operators are calls: `a + b` is call "+" of two arguments, `a and b` and `a && b` both
// call "&&", `a or b` "||", `not a` and `!a` "!" of one, `-a` "-" of one, `a ? b : c` "?:" of three, `a in b` "in".
// sure, known and has are macros without receiver or variable; map with three arguments has args { filter, transform }.
struct Expr {
  enum class Kind { literal, name, field, index, call, member_call, macro, list, map };

  Kind kind = Kind::literal;
  Span span;
  Value literal{};              // literal
  std::string name{};           // name, field, function, macro (all exists exists_one filter map has sure known)
  std::string variable{};       // of a macro over a set, list or map
  ExprPtr receiver{};           // field, index, member_call, macro over a range
  std::vector<ExprPtr> args{};  // call, member_call, macro body, list; map: key, value, key, value ...
  TypePtr type{};               // set by check_expr
};

// An expression as it stands in a file. `origin` tells where in the source its first character stands.
struct ExprText {
  std::string text;
  SourcePtr source;
  Span origin;
  std::uint32_t indent = 0;  // columns stripped from the lines after the first (block scalars)
};

// The tree, or null and an error (UJ0308) in `out`.
ExprPtr parse_expr(const ExprText& text, Diagnostics& out);

// What a name is, for the checker.
struct NameInfo {
  enum class Kind { value, fact, steps };  // fact and steps: functions of a host; `fact(h)`
  Kind kind = Kind::value;
  TypePtr type;              // the value, or the answer of the function
  Within domain{};           // fact, steps: the hosts it may be asked of
  bool conditional = false;  // output of a step with `when`: only inside sure(..) or known(..) (UJ0402)
  bool secret_flow = false;  // reserved for secrets in params
  // What the name itself stands for, so that uses reach through it (lets).
  std::shared_ptr<const struct ExprUses> uses{};
};

// The names an expression may use at its place. `why_not` explains a name that exists elsewhere (UJ0401, UJ0403);
// empty: plain UJ0302.
class Names {
 public:
  virtual ~Names() = default;
  virtual const NameInfo* find(std::string_view name) const = 0;
  virtual std::string why_not(std::string_view name, std::string& code) const = 0;
  virtual std::vector<std::string> all() const = 0;           // for the nearest word
  virtual TypePtr host_type(const Within& within) const = 0;  // record of a host's attributes: name site role address
  // Whether every host of `inner` surely lies in `outer` (inclusion of targets).
  virtual bool inside(const Within& inner, const Within& outer) const = 0;
};

// What an expression asks, lets included.
struct FactUse {
  std::string fact;
  std::vector<std::string> fields{};  // sorted, unique; empty: the whole answer
  bool host_only = false;             // only ever asked of `host`
};
struct ExprUses {
  std::vector<FactUse> facts{};
  std::vector<std::string>
      names{};        // every name used: params as "params.x", targets, lets, steps, "host", "hosts", "sites"
  bool host = false;  // uses the host in hand
};

struct CheckedExpr {
  ExprText text;
  ExprPtr tree;  // typed
  TypePtr type;  // never null
  ExprUses uses;
};
using CheckedExprPtr = std::shared_ptr<const CheckedExpr>;

// Types `text` against `want` (null: any). Null and errors in `out` (UJ03xx, UJ04xx) if it is not well typed.
// Literals take the type that their place wants: "auth" becomes a word of the enumeration, or UJ0304 with the nearest
// one.
CheckedExprPtr check_expr(const ExprText& text, const TypePtr& want, const Names& names, Diagnostics& out);

// Prose with ${expr}: constant pieces and checked expressions in turn. `$${` stands for a plain `${`.
struct CheckedText {
  struct Piece {
    std::string plain{};
    CheckedExprPtr expr{};  // null: plain
  };
  std::vector<Piece> pieces;
  ExprUses uses;
};
std::optional<CheckedText> check_text(const ExprText& text, const Names& names, Diagnostics& out);

// Why an evaluation gave no value.
struct Unknown {
  std::string
      reason;  // what could not be read, of which host, why; or the evaluation error (overflow, no such key, ...)
  bool unread = false;  // a fact that was never read, as against one whose reading failed
  Span where{};         // the innermost part that has no value, in the text that holds it; line 0: not known
};
using Evaluated = std::expected<Value, Unknown>;

// What names mean during one evaluation.
class Scope {
 public:
  virtual ~Scope() = default;
  virtual Evaluated name(std::string_view name) const = 0;  // values: params, targets, lets, steps, host
  virtual Evaluated of_host(std::string_view function,
                            const HostRef& host) const = 0;  // facts and steps that are functions of a host
  virtual Evaluated attribute(const HostRef& host, std::string_view field) const = 0;  // name site role address
};

// What one evaluation may still cost. A Scope that evaluates lets hands the budget on, so that they share one bound.
class EvalBudget {
 public:
  // False when it is used up: the evaluation is then unknown.
  bool spend(std::size_t steps = 1) {
    if (steps > left_) left_ = 0;
    left_ -= left_ == 0 ? 0 : steps;
    return left_ > 0;
  }
  bool enter() { return ++depth_ <= kMaxEvalDepth; }  // one level of recursion; leave() also after false
  void leave() { --depth_; }

 private:
  std::size_t left_ = kMaxEvalSteps;
  std::size_t depth_ = 0;
};

// Evaluates a checked tree (or, for `unjam eval`, an unchecked one). Bounded by kMaxEvalSteps.
Evaluated evaluate(const Expr& tree, const Scope& scope);
Evaluated evaluate(const Expr& tree, const Scope& scope, EvalBudget& budget);

// Whether `word` means something in every expression (keywords, reserved words, functions, macros, host hosts sites
// params), so that no target, fact, let or step may be called so.
bool reserved_name(std::string_view word);

// `${...}` filled in; what is unknown reads "(unknown: reason)".
std::string fill(const CheckedText& text, const Scope& scope);

}  // namespace unjam::playbooks
