#include "actions/sim/diary.h"

#include <fmt/format.h>

#include <filesystem>
#include <sstream>

namespace unjam::actions::sim {
namespace {

namespace fs = std::filesystem;

json::object spell(const DiaryCall& call) {
  return {{"at", call.at.since_start.count()},
          {"host", call.host},
          {"action", call.action},
          {"inputs", call.inputs},
          {"fence", call.fence}};
}

Result<json::object> object_of(std::string_view line) {
  auto value = parse_json(line);
  if (!value) return std::unexpected(value.error());
  if (!value->is_object()) return fail(ErrorKind::corrupt, "a line that is no object");
  return value->as_object();
}

json::object object_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->as_object() : json::object{};
}

Result<DiaryCall> call_of(const json::object& line) {
  const auto at = int_at(line, "at");
  if (!at) return std::unexpected(at.error());
  auto host = text_at(line, "host");
  if (!host) return std::unexpected(host.error());
  auto action = text_at(line, "action");
  if (!action) return std::unexpected(action.error());
  return DiaryCall{Mono{Millis(*at)}, std::move(*host), std::move(*action), object_at(line, "inputs"),
                   object_at(line, "fence")};
}

Result<std::string> read_bounded(const std::string& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  if (error) return fail(ErrorKind::not_found, "this model has no diary", file);
  if (size > kMaxDiaryBytes)
    return fail(ErrorKind::exhausted, fmt::format("a model's diary is at most {} bytes long", kMaxDiaryBytes), file);
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return fail(ErrorKind::io, "the diary of a model cannot be read", file);
  return std::move(text).str();
}

}  // namespace

Result<void> Diary::open(const std::string& file) {
  file_ = file;
  out_.open(file, std::ios::binary | std::ios::app);
  std::error_code ignored;
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write, ignored);
  if (!out_) return fail(ErrorKind::io, "the diary of a model cannot be written", file);
  return {};
}

Result<std::unique_ptr<Diary>> Diary::begin(const std::string& file, Wall start, const std::string& world) {
  std::error_code ignored;
  const auto folder = fs::path(file).parent_path();
  if (fs::create_directories(folder, ignored)) fs::permissions(folder, fs::perms::owner_all, ignored);
  fs::remove(file, ignored);
  auto diary = std::make_unique<Diary>();
  if (auto opened = diary->open(file); !opened) return std::unexpected(opened.error());
  diary->start_ = start;
  diary->out_ << json::serialize(json::object{{"model", 1}, {"start", start.since_epoch.count()}, {"world", world}})
              << std::endl;
  return diary;
}

Result<std::unique_ptr<Diary>> Diary::reopen(const std::string& file, const std::string& world) {
  const auto text = read_bounded(file);
  if (!text) return std::unexpected(text.error());
  auto diary = std::make_unique<Diary>();
  bool first = true;
  std::size_t from = 0;
  for (auto to = text->find('\n'); to != std::string::npos; from = to + 1, to = text->find('\n', from)) {
    const auto line = object_of(std::string_view(*text).substr(from, to - from));
    if (!line) return fail(ErrorKind::corrupt, "a line of a model's diary: " + line.error().message, file);
    if (first) {
      const auto start = int_at(*line, "start");
      if (!start) return std::unexpected(start.error());
      if (text_at(*line, "world").value_or("") != world)
        return fail(ErrorKind::conflict, "the model's world file is not the one that this run began in", file);
      diary->start_ = Wall{Millis(*start)};
      first = false;
      continue;
    }
    auto call = call_of(*line);
    if (!call) return std::unexpected(call.error());
    diary->past_.push_back(std::move(*call));
  }
  if (first) return fail(ErrorKind::not_found, "this model has no diary", file);
  std::error_code ignored;
  fs::resize_file(file, from, ignored);  // a line that was not written to its end
  if (auto opened = diary->open(file); !opened) return std::unexpected(opened.error());
  return diary;
}

Result<void> Diary::add(const DiaryCall& call) {
  out_ << json::serialize(spell(call)) << std::endl;
  if (!out_) return fail(ErrorKind::io, "the diary of a model cannot be written", file_);
  return {};
}

}  // namespace unjam::actions::sim
