#include "orchestrator/cli/live_view.h"

#include <fmt/format.h>

#include <algorithm>

namespace unjam::cli {
namespace {

using namespace state;  // NOLINT(google-build-using-namespace): a view of nearly all of it

constexpr std::size_t kMostHosts = 12;  // rows; the others are counted
constexpr std::size_t kMostWaits = 3;
constexpr std::size_t kHostWidth = 12;

struct Cell {
  std::string text;
  Tone tone;
};

struct Row {
  std::string host;
  Mono touched{};
  bool busy = false;
  std::vector<Cell> cells;
};

Cell cell_of(const std::string& name, const StepRecord& step) {
  if (!step.ended) return {name + " ...", Tone::strong};
  const auto text = name + " " + std::string(spell(step.outcome));
  if (step.outcome == StepOutcome::ok) return {text, Tone::good};
  if (step.outcome == StepOutcome::skipped) return {text, Tone::dim};
  return {text, step.outcome == StepOutcome::no ? Tone::warn : Tone::bad};
}

// The steps of one turn, in the order in which they began.
std::vector<Cell> cells_of(const Run& run, const std::string& turn) {
  std::vector<std::pair<Mono, Cell>> found;
  const auto prefix = turn + "/";
  for (auto it = run.steps.lower_bound(prefix); it != run.steps.end() && it->first.starts_with(prefix); ++it)
    found.emplace_back(it->second.started, cell_of(step_of(it->first), it->second));
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Cell> out;
  for (auto& [at, cell] : found) out.push_back(std::move(cell));
  return out;
}

// One row per host: of the rollout that touched it last.
std::vector<Row> rows_of(const Run& run) {
  std::map<std::string, Row> rows;
  for (const auto& [path, step] : run.steps) {
    if (!step.hosts || step.hosts->empty()) continue;
    for (const auto& host : *step.hosts) {
      Row row{host, step.started};
      const auto turn = run.turns.find({path, host});
      const auto intent = step.intents.find(host);
      if (turn != run.turns.end()) {
        row.busy = !turn->second.ended;
        row.cells = cells_of(run, path + "[" + host + "]");
        if (row.cells.empty()) row.cells.push_back({step_of(path) + (row.busy ? " begins" : " done"), Tone::plain});
      } else if (intent != step.intents.end() && run.effects_by_intent.contains(intent->second)) {
        const auto& effect = run.effects_by_intent.at(intent->second);
        row.busy = effect.phase == EffectPhase::intended || effect.phase == EffectPhase::accepted;
        row.cells.push_back({effect.intent.action + " " + std::string(row.busy ? "..." : spell(effect.phase)),
                             row.busy                          ? Tone::strong
                             : effect.phase == EffectPhase::ok ? Tone::good
                                                               : Tone::bad});
      } else if (!step.ended) {
        row.cells.push_back({step_of(path) + ": waits for its turn", Tone::dim});
      } else {
        continue;
      }
      // What is under way comes first, then what was begun last.
      const auto known = rows.find(host);
      const auto rank = [](const Row& r) { return std::pair(r.busy, r.touched); };
      if (known == rows.end() || rank(known->second) < rank(row)) rows[host] = std::move(row);
    }
  }
  std::vector<Row> out;
  for (auto& [host, row] : rows) out.push_back(std::move(row));
  std::stable_sort(out.begin(), out.end(), [](const Row& a, const Row& b) { return a.busy && !b.busy; });
  return out;
}

std::string row_text(const Row& row, const Look& look) {
  const auto width = std::max<std::size_t>(look.width, 20);
  std::string out =
      "  " + paint(look, row.busy ? Tone::strong : Tone::plain, pad(clip(row.host, kHostWidth), kHostWidth));
  std::size_t used = 2 + kHostWidth;
  // The newest cells matter most: from the right, as many as fit.
  std::size_t first = row.cells.size();
  std::size_t need = 0;
  while (first > 0) {
    const auto wide = columns(row.cells[first - 1].text) + 3;
    if (used + need + wide + 4 > width) break;
    need += wide;
    --first;
  }
  if (first > 0) out += "  ..";
  for (std::size_t i = first; i < row.cells.size(); ++i)
    out += "   " + paint(look, row.cells[i].tone, row.cells[i].text);
  return out;
}

}  // namespace

LiveView::LiveView(RunId run, Look look, bool redraw, bool verbose) : look_(look), redraw_(redraw), verbose_(verbose) {
  run_.id = std::move(run);
}

std::string LiveView::add(const Event& event, bool past) {
  const auto folded = apply(run_, event);
  const auto line = timeline_.add(event);
  if (past) return {};
  auto out = erase();
  if (verbose_ || !line.detail) out += line_text(line, look_);
  if (!folded)
    out += paint(look_, Tone::bad, "  (this event does not fit the journal: " + one_line(folded.error().text()) + ")") +
           "\n";
  return out + draw();
}

std::string LiveView::note(Tone tone, const std::string& text) {
  auto out = erase();
  out += paint(look_, tone, clip(one_line(text), look_.width)) + "\n";
  return out + draw();
}

void LiveView::resize(std::size_t width, std::size_t height) {
  look_.width = width;
  look_.height = height;
}

void LiveView::typed() {
  if (drawn_ > 0) ++drawn_;
}

std::string LiveView::finish() {
  return erase();
}

std::string LiveView::erase() {
  if (drawn_ == 0) return {};
  auto out = fmt::format("\r\x1b[{}A\x1b[J", drawn_);
  drawn_ = 0;
  return out;
}

std::string LiveView::draw() {
  if (!redraw_ || run_.phase == Phase::none || run_.ended) return {};
  auto lines = table();
  const std::size_t most = look_.height > 4 ? look_.height - 3 : 1;
  if (lines.size() > most) lines.resize(most);
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  drawn_ = lines.size();
  return out;
}

std::vector<std::string> LiveView::table() const {
  std::vector<std::string> out;
  const auto width = std::max<std::size_t>(look_.width, 20);
  const auto title = fmt::format("-- {}  {}  {}  {} ", run_.created.playbook, run_.id.text, state_of(run_),
                                 brief(run_.wall - run_.created_at));
  const auto shown = clip(title, width);
  out.push_back(paint(look_, Tone::dim, shown + std::string(width - std::min(width, columns(shown)), '-')));
  const auto rows = rows_of(run_);
  for (std::size_t i = 0; i < std::min(rows.size(), kMostHosts); ++i) out.push_back(row_text(rows[i], look_));
  if (rows.size() > kMostHosts)
    out.push_back(paint(look_, Tone::dim, "  and " + counted(rows.size() - kMostHosts, "more host")));
  std::size_t said = 0;
  for (const auto& wait : waits(run_, {}, run_.wall)) {
    if (wait.kind == "confirmation" && wait.path.empty()) continue;  // asked for when it is needed
    if (++said > kMostWaits) break;
    auto text = "  waits: " + (wait.path.empty() || wait.path.starts_with('@') ? wait.kind : wait.path);
    if (!wait.host.empty() && wait.path.find("[" + wait.host + "]") == std::string::npos) text += " on " + wait.host;
    if (!wait.name.empty()) text += ", " + wait.name;
    text += ": " + wait.text;
    if (wait.since.count() >= 1000) text += " (" + brief(wait.since) + ")";
    out.push_back(paint(look_, Tone::warn, clip(text, width)));
    if (!wait.advice.empty()) out.push_back(clip("  type:  " + wait.advice, width));
  }
  out.push_back(
      paint(look_, Tone::dim,
            clip("  Ctrl-C: stop safely, settle what is owed. Again: leave at once (unjam resume goes on).", width)));
  return out;
}

}  // namespace unjam::cli
