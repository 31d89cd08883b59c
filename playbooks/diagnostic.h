// A located fault of a file. The loader and the checker collect all of them; nothing stops at the first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "playbooks/source.h"
#include "state/base/json.h"

namespace unjam::playbooks {

enum class Severity { error, warning };

// One stop on the way to a fault: where, and what is so there. Of the fault's own file.
struct Note {
  Span span;
  std::string text;
};

struct Diagnostic {
  std::string code;  // UJnnnn, language.md 4
  Severity severity = Severity::error;
  SourcePtr source;
  Span span;
  std::string message;        // what is wrong, with the offending value
  std::string help;           // what to write instead; the nearest right word; may be empty
  std::vector<Note> notes{};  // the way that leads to the fault, step by step; at most kMaxNotes
};

class Diagnostics {
 public:
  // At most kMaxDiagnostics are kept; the last says how many more there were.
  void add(Diagnostic d);
  void error(std::string code, const SourcePtr& source, Span span, std::string message, std::string help = {});
  // What was added last gets this way; of a long one the beginning and the end.
  void explain(std::vector<Note> way);

  bool failed() const { return errors_ > 0; }
  const std::vector<Diagnostic>& all() const { return all_; }
  void sort();  // by file, line, column; equal ones once

 private:
  void displace(Diagnostic d);  // when full: an error takes the place of a warning, else it is only counted

  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
  std::size_t dropped_ = 0;  // above 0: the last of all_ is the line that tells so
};

inline constexpr std::size_t kMaxDiagnostics = 100;
inline constexpr std::size_t kMaxNotes = 12;  // of one diagnostic

// `text` with each control, bidi or invalid character replaced by U+FFFD and tabs by a blank: safe to print.
std::string printable(std::string_view text);

// FILE:LINE:COLUMN: error UJnnnn: message, the source line, a caret under the span, the way there (`line N: ...`), and
// the help. `colour` adds ANSI
// colours. Control and bidi characters of the quoted line are shown as U+FFFD: a hostile file cannot drive the
// terminal.
std::string render(const Diagnostic& d, bool colour = false);
json::object to_json(const Diagnostic& d);

// The word of `known` nearest to `word` (Damerau-Levenshtein distance at most 2 and below half of its length); empty if
// none.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace unjam::playbooks
