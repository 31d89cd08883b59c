#include "playbooks/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace unjam::playbooks {
namespace {

constexpr std::size_t kMaxQuotedColumns = 160;  // of a source line; a longer one is cut around the caret
constexpr std::size_t kMaxNearestBytes = 64;    // longer words have no nearest one

bool is_hostile(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) return true;
  if (c >= 0x200B && c <= 0x200F) return true;  // zero width, left-to-right and right-to-left marks
  if (c >= 0x2028 && c <= 0x202E) return true;  // line and paragraph separators, bidi embeddings
  if (c >= 0x2060 && c <= 0x2069) return true;  // word joiner, bidi isolates
  return c == 0x061C || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE007F);
}

// Cells that a terminal gives to a character, so that the caret stands below it.
std::size_t cells(char32_t c) {
  if (c >= 0x0300 && c <= 0x036F) return 0;
  const bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
                    (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                    (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
  return wide ? 2 : 1;
}

std::vector<char32_t> printable_points(std::string_view text) {
  std::vector<char32_t> points;
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint point = decode_utf8(text, i);
    i += point.bytes;
    const char32_t shown = !point.valid || is_hostile(point.value) ? 0xFFFD : point.value;
    points.push_back(point.valid && point.value == U'\t' ? U' ' : shown);
  }
  return points;
}

struct Paint {
  bool colour;
  std::string operator()(std::string_view code, std::string text) const {
    return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::move(text);
  }
};

// The line and the caret line below it, both cut to the same columns.
std::string quote(const Diagnostic& d, const Paint& paint) {
  const std::vector<char32_t> points = printable_points(d.source->line(d.span.line));
  const std::size_t caret = d.span.column > 0 ? std::min<std::size_t>(d.span.column - 1, points.size()) : 0;
  std::size_t begin = 0;
  if (points.size() > kMaxQuotedColumns && caret > kMaxQuotedColumns / 2) begin = caret - kMaxQuotedColumns / 2;
  const std::size_t end = std::min(points.size(), begin + kMaxQuotedColumns);

  const std::string_view left = begin > 0 ? "... " : "";
  std::string line = fmt::format("    {}", left);
  std::string pad(line.size(), ' ');
  for (std::size_t i = begin; i < end; ++i) {
    append_utf8(line, points[i]);
    if (i < caret) pad.append(cells(points[i]), ' ');
  }
  if (end < points.size()) line += " ...";

  std::size_t width = 0;
  const std::size_t stop = std::min<std::size_t>(end, caret + std::max<std::uint32_t>(d.span.length, 1));
  for (std::size_t i = caret; i < stop; ++i) width += cells(points[i]);
  const std::string mark = "^" + std::string(width > 1 ? width - 1 : 0, '~');
  return line + "\n" + pad + paint("1;32", mark) + "\n";
}

std::size_t distance(std::string_view a, std::string_view b) {
  // Three rows of the Damerau-Levenshtein table (neighbours may be swapped once).
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + cost});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

auto place(const Diagnostic& d) {
  return std::make_tuple(d.source ? std::string_view(d.source->name()) : std::string_view(), d.span.line,
                         d.span.column);
}

}  // namespace

void Diagnostics::add(Diagnostic d) {
  if (d.severity == Severity::error) ++errors_;
  if (dropped_ == 0 && all_.size() < kMaxDiagnostics) {
    all_.push_back(std::move(d));
    return;
  }
  if (dropped_ == 0) {
    // The last one makes room for the line that tells how many are missing.
    Diagnostic last = std::exchange(all_.back(), {d.code, Severity::error, d.source, {}, {}, {}, {}});
    displace(std::move(last));
  }
  displace(std::move(d));
  all_.back().message = fmt::format("and {} more, not shown: correct those above first", dropped_);
}

void Diagnostics::displace(Diagnostic d) {
  ++dropped_;
  if (d.severity != Severity::error) return;
  for (std::size_t i = all_.size() - 1; i-- > 0;) {
    if (all_[i].severity != Severity::warning) continue;
    all_[i] = std::move(d);
    return;
  }
}

void Diagnostics::error(std::string code, const SourcePtr& source, Span span, std::string message, std::string help) {
  add({std::move(code), Severity::error, source, span, std::move(message), std::move(help)});
}

void Diagnostics::explain(std::vector<Note> way) {
  if (all_.empty() || dropped_ > 0) return;
  constexpr std::size_t kFirst = 4;
  if (way.size() > kMaxNotes) {
    const std::size_t left_out = way.size() - kMaxNotes + 1;
    const auto from = way.begin() + kFirst;
    const auto next = way.erase(from, from + static_cast<std::ptrdiff_t>(left_out));
    way.insert(next, {{}, fmt::format("... {} more ...", left_out)});
  }
  all_.back().notes = std::move(way);
}

void Diagnostics::sort() {
  const auto end = dropped_ == 0 ? all_.end() : all_.end() - 1;
  std::stable_sort(all_.begin(), end, [](const Diagnostic& a, const Diagnostic& b) { return place(a) < place(b); });
  const auto twin = [](const Diagnostic& a, const Diagnostic& b) {
    return place(a) == place(b) && a.code == b.code && a.message == b.message;
  };
  all_.erase(std::unique(all_.begin(), end, twin), end);
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char32_t point : printable_points(text)) append_utf8(out, point);
  return out;
}

std::string render(const Diagnostic& d, bool colour) {
  const Paint paint{colour};
  std::string place_text = d.source ? printable(d.source->name()) : std::string("-");
  if (d.span.line > 0) place_text += fmt::format(":{}:{}", d.span.line, d.span.column);
  const bool is_error = d.severity == Severity::error;
  std::string kind = is_error ? "error" : "warning";
  if (!d.code.empty()) kind += " " + d.code;
  std::string out = fmt::format("{}: {}: {}\n", paint("1", std::move(place_text)),
                                paint(is_error ? "1;31" : "1;33", std::move(kind)), printable(d.message));
  if (d.source && d.span.line > 0 && d.span.line <= d.source->lines()) out += quote(d, paint);
  for (std::size_t i = 0; i < d.notes.size(); ++i) {
    const Note& note = d.notes[i];
    const std::string line = note.span.line > 0 ? fmt::format("line {}: ", note.span.line) : std::string();
    const std::string head = i == 0 ? paint("1;36", "way:") : std::string("    ");
    out += fmt::format("    {}  {}{}\n", head, line, printable(note.text));
  }
  if (!d.help.empty()) out += fmt::format("    {} {}\n", paint("1;36", "help:"), printable(d.help));
  return out;
}

json::object to_json(const Diagnostic& d) {
  json::object out;
  out["code"] = d.code;
  out["severity"] = d.severity == Severity::error ? "error" : "warning";
  out["file"] = d.source ? printable(d.source->name()) : std::string();
  out["line"] = d.span.line;
  out["column"] = d.span.column;
  out["length"] = d.span.length;
  out["message"] = printable(d.message);
  out["help"] = printable(d.help);
  if (!d.notes.empty()) {
    json::array notes;
    for (const Note& note : d.notes)
      notes.push_back({{"line", note.span.line}, {"column", note.span.column}, {"text", printable(note.text)}});
    out["notes"] = std::move(notes);
  }
  return out;
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  if (word.size() > kMaxNearestBytes) return {};
  std::string best;
  std::size_t least = 3;
  for (const std::string& candidate : known) {
    const std::size_t gap =
        candidate.size() > word.size() ? candidate.size() - word.size() : word.size() - candidate.size();
    if (gap >= least || candidate == word) continue;
    const std::size_t steps = distance(word, candidate);
    if (steps < least && steps * 2 < word.size()) {
      least = steps;
      best = candidate;
    }
  }
  return best;
}

}  // namespace unjam::playbooks
