#include "orchestrator/cli/screen.h"

#include <fmt/format.h>

#include <charconv>

namespace unjam::cli {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

}  // namespace

Screen::Screen(const Context& context, RunId run, Hands hands, bool quiet)
    : context_(context),
      view_(std::move(run), context.out, context.terminal && !context.options.json, context.options.verbose),
      quiet_(quiet),
      hands_(std::move(hands)) {}

void Screen::write(const std::string& text) const {
  if (!context_.options.json && !quiet_) say(text);
}

void Screen::add(const state::Event& event) {
  const bool past = event.seq < quiet_before_;
  const auto text = view_.add(event, past);
  if (!past) write(text);
  const auto* started = std::get_if<state::StepStarted>(&event.body);
  if (started == nullptr || started->path != kConfirmPath || !context_.asks || past) return;
  asked_ = true;
  const auto hosts = view_.run().created.changes_at_most;
  note(Tone::warn, fmt::format("From here on it may change up to {}. Type {} and Enter to go on; Ctrl-C stops it.",
                               counted(static_cast<std::size_t>(hosts), "host"), hosts));
}

void Screen::typed(const std::string& line) {
  view_.typed();
  if (!asking()) return;
  const auto given = number(line);
  if (!given)
    return note(Tone::warn, fmt::format("Type {} and Enter, or Ctrl-C.", view_.run().created.changes_at_most));
  if (const auto done = hands_.confirm(*given); !done) note(Tone::bad, done.error().text());
}

bool Screen::asking() const {
  return asked_ && !view_.run().confirmed && view_.run().phase == state::Phase::running;
}

bool Screen::interrupted() {
  if (++interrupts_ > 1) return true;
  if (const auto done = hands_.cancel(); !done) {
    note(Tone::bad, done.error().text());
  } else {
    note(Tone::warn, "Stopping: no new change is begun, what is owed is settled. Ctrl-C again leaves at once.");
  }
  return false;
}

void Screen::note(Tone tone, const std::string& text) {
  write(view_.note(tone, text));
}

void Screen::resize() {
  const auto now = make_context(context_.options).out;
  view_.resize(now.width, now.height);
}

int Screen::finish() {
  write(view_.finish());
  if (context_.options.json) {
    auto report = status_json(view_.run(), {});
    report["exit_code"] = exit_code(view_.run());
    print_json(report);
  } else {
    say("\n" + end_report(view_.run(), context_.out, context_.kept));
  }
  return exit_code(view_.run());
}

}  // namespace unjam::cli
