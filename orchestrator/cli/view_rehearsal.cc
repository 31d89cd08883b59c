#include "orchestrator/cli/view_rehearsal.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace unjam::cli {
namespace {

constexpr std::size_t kMostLines = 12;  // of what was refused
constexpr std::size_t kBar = 24;

std::int64_t number(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return 0;
  return value->is_uint64()  ? static_cast<std::int64_t>(value->get_uint64())
         : value->is_int64() ? value->get_int64()
                             : 0;
}

std::string text(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? one_line(std::string_view(value->get_string())) : std::string();
}

std::vector<json::object> list(const json::object& object, std::string_view key) {
  std::vector<json::object> out;
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_array()) return out;
  for (const auto& item : value->get_array())
    if (item.is_object()) out.push_back(item.get_object());
  return out;
}

std::string head(const json::object& report, const Look& look) {
  const auto seeds = number(report, "seeds");
  const auto violated = number(report, "violated");
  std::string out =
      fmt::format("{} rehearsed {}: ", text(report, "playbook"), counted(static_cast<std::size_t>(seeds), "time"));
  out += violated == 0 ? paint(look, Tone::good, "no invariant broken")
                       : paint(look, Tone::bad, fmt::format("invariants broken in {} of {} seeds", violated, seeds));
  return out + "\n";
}

std::string outcomes(const json::object& report) {
  std::string out;
  if (const auto* ends = report.if_contains("outcomes"); ends != nullptr && ends->is_object())
    for (const auto& [end, seeds] : ends->get_object())
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", std::string_view(end), json::serialize(seeds));
  out = "  outcomes   " + out + "\n";
  if (const auto* time = report.if_contains("duration_s"); time != nullptr && time->is_object()) {
    const auto& object = time->get_object();
    out += fmt::format("  time       typical {}, worst {} (seed {})\n",
                       brief(std::chrono::seconds(number(object, "typical"))),
                       brief(std::chrono::seconds(number(object, "worst"))), number(object, "worst_seed"));
  }
  return out;
}

std::string lowest(const json::object& report) {
  std::string out;
  for (const auto& low : list(report, "lowest")) {
    out += fmt::format("  {} {}: {} of {} served at the lowest", pad(out.empty() ? "in service" : "", 10),
                       text(low, "site") + " " + text(low, "role"), number(low, "serving"), number(low, "of"));
    if (number(low, "seed") > 0) out += fmt::format(" (seed {})", number(low, "seed"));
    out += "\n";
  }
  return out;
}

std::string refused(const json::object& report) {
  auto reasons = list(report, "refused");
  std::ranges::stable_sort(reasons, std::ranges::greater{}, [](const auto& one) { return number(one, "seeds"); });
  std::string out;
  for (std::size_t i = 0; i < std::min(reasons.size(), kMostLines); ++i)
    out += fmt::format("  {} {} in {} seeds (seed {})\n", pad(i == 0 ? "refused" : "", 10), text(reasons[i], "why"),
                       number(reasons[i], "seeds"), number(reasons[i], "seed"));
  if (reasons.size() > kMostLines)
    out += fmt::format("  {} and {} other reasons\n", pad("", 10), reasons.size() - kMostLines);
  return out;
}

// With the times of a recorded run, and nothing going wrong.
std::string model(const json::object& report) {
  std::string out;
  for (const auto& one : list(report, "model"))
    out += fmt::format("  {} {} recorded {} ({} times), modelled {} ({} times)\n", pad(out.empty() ? "model" : "", 10),
                       pad(text(one, "what"), 22), brief(Millis{number(one, "recorded_ms")}, true),
                       number(one, "recorded_count"), brief(Millis{number(one, "modelled_ms")}, true),
                       number(one, "modelled_count"));
  return out;
}

std::string stories(const json::object& report, const std::string& again, const Look& look) {
  std::string out;
  for (const auto& told : list(report, "stories")) {
    const auto seed = number(told, "seed");
    out += "\n" + paint(look, Tone::bad, fmt::format("broken: {} in seed {}", text(told, "checker"), seed)) + "\n";
    if (const auto* lines = told.if_contains("story"); lines != nullptr && lines->is_array())
      for (const auto& line : lines->get_array())
        if (line.is_string()) out += "  " + clip(one_line(std::string_view(line.get_string())), look.width) + "\n";
    out += paint(look, Tone::dim, fmt::format("  every event: {} --seed {} --trace", again, seed)) + "\n";
  }
  return out;
}

}  // namespace

std::string rehearsal_text(const json::object& report, const std::string& again, const Look& look) {
  return head(report, look) + outcomes(report) + lowest(report) + refused(report) + model(report) +
         stories(report, again, look);
}

std::string rehearsal_bar(std::uint64_t done, std::uint64_t of, std::uint64_t violated) {
  const auto filled = of == 0 ? kBar : static_cast<std::size_t>(done * kBar / of);
  return fmt::format(
      "[{}{}]  {} of {} seeds, {}", std::string(filled, '#'), std::string(kBar - filled, '.'), done, of,
      violated == 0 ? std::string("no invariant broken") : fmt::format("{} with broken invariants", violated));
}

}  // namespace unjam::cli
