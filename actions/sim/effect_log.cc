#include "actions/sim/effect_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace unjam::actions::sim {

std::string spell_seconds(Millis d) {
  const auto all = d.count();
  return fmt::format("{}{}.{:03}", all < 0 ? "-" : "", std::abs(all) / 1000, std::abs(all) % 1000);
}

std::string LogEntry::line() const {
  std::string text = spell_seconds(at.since_start) + " " + word;
  if (!detail.empty()) text += " " + detail;
  return text;
}

Result<void> EffectLog::open(const std::string& folder, const std::vector<std::string>& hosts) {
  std::error_code ec;
  std::filesystem::create_directories(folder, ec);
  if (ec) return fail(ErrorKind::io, "the folder of the model hosts' logs cannot be made: " + ec.message(), folder);
  for (const std::string& host : hosts) {
    const std::string path = folder + "/" + host + ".log";
    std::ofstream file(path, std::ios::trunc);
    if (!file) return fail(ErrorKind::io, "the log of a model host cannot be written", path);
    files_.insert_or_assign(host, std::move(file));
  }
  return {};
}

void EffectLog::add(Mono at, const std::string& host, std::string word, std::string detail) {
  LogEntry entry{at, host, std::move(word), std::move(detail)};
  if (const auto file = files_.find(host); file != files_.end()) file->second << entry.line() << std::endl;
  if (entries_.size() < kMaxLogEntries) {
    entries_.push_back(std::move(entry));
  } else {
    ++dropped_;
  }
}

std::vector<LogEntry> EffectLog::of(const std::string& host, const std::string& word) const {
  std::vector<LogEntry> found;
  std::ranges::copy_if(entries_, std::back_inserter(found), [&](const LogEntry& entry) {
    return entry.host == host && (word.empty() || entry.word == word);
  });
  return found;
}

std::size_t EffectLog::count(const std::string& host, const std::string& word) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(entries_, [&](const LogEntry& e) { return e.host == host && e.word == word; }));
}

std::string EffectLog::text() const {
  std::string text;
  for (const LogEntry& entry : entries_) text += entry.host + " " + entry.line() + "\n";
  return text;
}

}  // namespace unjam::actions::sim
