#include "state/journal_text.h"

#include <fmt/format.h>

#include <initializer_list>

#include "state/hash_chain.h"

namespace unjam::state {
namespace {

std::unexpected<Error> bad(std::size_t line, std::string message) {
  return fail(ErrorKind::corrupt, std::move(message), fmt::format("line {}", line));
}

Result<json::object> object_of(std::string_view line, std::initializer_list<const char*> keys) {
  auto value = parse_json(line);
  if (!value) return fail(ErrorKind::corrupt, value.error().message);
  auto* object = value->if_object();
  if (object == nullptr) return fail(ErrorKind::corrupt, "is not an object");
  for (const char* key : keys)
    if (!object->contains(key)) return fail(ErrorKind::corrupt, fmt::format("'{}' is missing", key));
  if (object->size() != keys.size()) return fail(ErrorKind::corrupt, "has keys that this version does not know");
  return std::move(*object);
}

Result<JournalText> read_head(std::string_view line) {
  const auto version = object_of(line, {"journal", "run", "store"});
  if (!version) return std::unexpected(version.error());
  const auto number = int_at(*version, "journal");
  const auto run = text_at(*version, "run");
  const auto store = text_at(*version, "store");
  if (!number) return std::unexpected(number.error());
  if (!run) return std::unexpected(run.error());
  if (!store) return std::unexpected(store.error());
  if (*number > kJournalTextVersion) {
    return fail(ErrorKind::corrupt, fmt::format("journal version {}, made by a newer Unjam; this one reads up to {}",
                                                *number, kJournalTextVersion));
  }
  if (*number < 1) return fail(ErrorKind::corrupt, fmt::format("journal version {}, which never was", *number));
  return JournalText{.store = StoreId(*store), .run = RunId(*run), .events = {}};
}

Result<Event> read_line(std::string_view line, std::int64_t expected, std::string& hash) {
  const auto object = object_of(line, {"body", "hash", "kind", "mono", "seq", "wall"});
  if (!object) return std::unexpected(object.error());
  const auto seq = int_at(*object, "seq");
  const auto wall = int_at(*object, "wall");
  const auto mono = int_at(*object, "mono");
  const auto name = text_at(*object, "kind");
  const auto told = text_at(*object, "hash");
  for (const auto* number : {&seq, &wall, &mono})
    if (!*number) return std::unexpected(number->error());
  if (!name) return std::unexpected(name.error());
  if (!told) return std::unexpected(told.error());
  if (*seq != expected) return fail(ErrorKind::corrupt, fmt::format("event {} where {} should be", *seq, expected));
  const auto kind = kind_named(*name);
  if (!kind) return fail(ErrorKind::corrupt, fmt::format("event of unknown kind '{}'", *name));
  auto body = decode(*kind, canonical(object->at("body")));
  if (!body) return std::unexpected(std::move(body.error()));
  Event event{.seq = *seq, .wall = {Millis(*wall)}, .mono = {Millis(*mono)}, .body = std::move(*body)};
  // Writing it again proves spelling and chain at once.
  if (journal_line(event, hash) != line) return fail(ErrorKind::corrupt, "is not what was written: its hash differs");
  return event;
}

}  // namespace

std::string journal_head(const StoreId& store, const RunId& run) {
  return canonical(json::object{{"journal", kJournalTextVersion}, {"run", run.text}, {"store", store.text}});
}

std::string journal_line(const Event& event, std::string& hash) {
  const std::string body = encode(event.body);
  const EventKind kind = kind_of(event.body);
  hash = chain_link(hash, event.seq, kind, {event.mono, event.wall}, body);
  return fmt::format(R"({{"body":{},"hash":"{}","kind":"{}","mono":{},"seq":{},"wall":{}}})", body, hash, spell(kind),
                     event.mono.since_start.count(), event.seq, event.wall.since_epoch.count());
}

std::string export_journal(const JournalText& journal) {
  std::string out = journal_head(journal.store, journal.run) + "\n";
  std::string hash = chain_start(journal.store, journal.run);
  for (const Event& event : journal.events) out += journal_line(event, hash) + "\n";
  return out;
}

Result<JournalText> import_journal(std::string_view text) {
  if (text.size() > kMaxJournalTextBytes) {
    return fail(ErrorKind::exhausted,
                fmt::format("a journal of {} bytes: at most {} are read", text.size(), kMaxJournalTextBytes));
  }
  JournalText journal;
  std::string hash;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return bad(number, "is cut off");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (number == 1) {
      auto head = read_head(line);
      if (!head) return bad(number, std::move(head.error().message));
      journal = std::move(*head);
      hash = chain_start(journal.store, journal.run);
      continue;
    }
    auto event = read_line(line, std::ssize(journal.events) + 1, hash);
    if (!event) return bad(number, std::move(event.error().message));
    journal.events.push_back(std::move(*event));
  }
  if (number == 0) return bad(1, "is missing");
  return journal;
}

}  // namespace unjam::state
