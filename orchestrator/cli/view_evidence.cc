#include <fmt/format.h>

#include <algorithm>

#include "orchestrator/cli/views.h"

namespace unjam::cli {
namespace {

constexpr std::size_t kMostLines = 60;   // of the report
constexpr std::size_t kMostWidth = 600;  // columns of one answer
constexpr std::size_t kMostListed = 14;  // items of a list that is spelt out: a whole answer to EHLO

// One answer of a fact, and the hosts that gave it.
struct Answer {
  std::string fact;
  std::string text;
  std::vector<std::string> hosts;
};

std::string text_of(const state::Reading& reading) {
  if (reading.value) return spell_fields(*reading.value, kMostWidth, kMostListed);
  return "unknown" + (reading.unknown.empty() ? std::string() : ": " + clip(one_line(reading.unknown), kMostWidth));
}

// The newest readings of the playbook's own facts, hosts that answered the same taken together.
std::vector<Answer> answers(const state::Run& run) {
  std::vector<Answer> out;
  for (const auto& [of, reading] : run.readings) {
    const auto& [fact, host] = of;
    if (fact.starts_with('@')) continue;  // the engine's
    auto text = text_of(reading);
    const auto same = std::ranges::find_if(out, [&](const Answer& a) { return a.fact == fact && a.text == text; });
    if (same != out.end()) {
      same->hosts.push_back(host);
    } else {
      out.push_back({fact, std::move(text), {host}});
    }
  }
  return out;
}

}  // namespace

std::string evidence_text(const state::Run& run) {
  const auto all = answers(run);
  if (all.empty()) return {};
  std::string out = "  evidence  what was read last of each fact:\n";
  std::string before;
  for (std::size_t i = 0; i < all.size() && i < kMostLines; ++i) {
    const auto& [fact, text, hosts] = all[i];
    out += fmt::format("    {:<9} {}: {}\n", fact == before ? "" : fact, fmt::join(hosts, ", "), text);
    before = fact;
  }
  if (all.size() > kMostLines)
    out += fmt::format("    and {} more: unjam log {} --all\n", all.size() - kMostLines, run.id.text);
  return out;
}

json::array evidence_json(const state::Run& run) {
  json::array out;
  for (const auto& [of, reading] : run.readings) {
    if (of.first.starts_with('@')) continue;
    json::object item{{"fact", of.first}, {"host", of.second}};
    if (reading.value) {
      item["value"] = *reading.value;
    } else {
      item["unknown"] = reading.unknown;
    }
    out.push_back(std::move(item));
  }
  return out;
}

}  // namespace unjam::cli
