#include "state/event.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cmath>
#include <type_traits>
#include <utility>

namespace unjam::state {
namespace {

namespace describe = boost::describe;
namespace mp11 = boost::mp11;

constexpr std::size_t kKinds = static_cast<std::size_t>(EventKind::run_ended) + 1;
static_assert(std::variant_size_v<EventBody> == kKinds, "EventBody and EventKind name the same events in one order");

constexpr std::size_t kMaxStoredDepth = 32;  // what parse_json reads
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

template <typename T>
using MembersOf = describe::describe_members<T, describe::mod_public>;

// Reading. `where` is the path of the field, for the error; every overload returns false after setting it.
struct Reader {
  std::string where;
  std::string problem;

  bool wrong(std::string what) {
    problem = std::move(what);
    return false;
  }

  bool read(const json::value& from, bool& to) {
    if (const bool* flag = from.if_bool()) return to = *flag, true;
    return wrong("is not true or false");
  }
  bool read(const json::value& from, std::int64_t& to) {
    if (const auto* number = from.if_int64()) return to = *number, true;
    return wrong("is not an integer");
  }
  bool read(const json::value& from, int& to) {
    const auto* number = from.if_int64();
    if (number == nullptr || !std::in_range<int>(*number)) return wrong("is not an integer of 32 bits");
    to = static_cast<int>(*number);
    return true;
  }
  bool read(const json::value& from, std::string& to) {
    const auto* text = from.if_string();
    if (text == nullptr) return wrong("is not a text");
    to.assign(text->data(), text->size());
    return true;
  }
  bool read(const json::value& from, json::object& to) {
    if (const auto* object = from.if_object()) return to = *object, true;
    return wrong("is not an object");
  }

  template <typename T>
  bool read(const json::value& from, std::optional<T>& to) {
    if (from.is_null()) return to.reset(), true;
    return read(from, to.emplace());
  }

  template <typename T>
  bool read(const json::value& from, std::vector<T>& to) {
    const auto* list = from.if_array();
    if (list == nullptr) return wrong("is not a list");
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::size_t mark = where.size();
      where += fmt::format("[{}]", i);
      if (!read((*list)[i], to.emplace_back())) return false;
      where.resize(mark);
    }
    return true;
  }

  template <typename T>
    requires std::is_enum_v<T>
  bool read(const json::value& from, T& to) {
    std::string word;
    if (!read(from, word)) return false;
    if (!describe::enum_from_string(word.c_str(), to)) return wrong(fmt::format("has no word '{}'", word));
    return true;
  }

  template <typename T>
    requires describe::has_describe_members<T>::value
  bool read(const json::value& from, T& to) {
    using Members = MembersOf<T>;
    const auto* object = from.if_object();
    if (object == nullptr) return wrong("is not an object");
    bool good = true;
    mp11::mp_for_each<Members>(
        [&](auto member) { good = good && read_member(*object, member.name, to.*member.pointer); });
    return good && only_known<Members>(*object);
  }

 private:
  template <typename T>
  bool read_member(const json::object& object, const char* name, T& to) {
    const std::size_t mark = where.size();
    where += fmt::format("{}{}", mark == 0 ? "" : ".", name);
    const json::value* found = object.if_contains(name);
    if (found == nullptr) return wrong("is missing");
    if (!read(*found, to)) return false;
    where.resize(mark);
    return true;
  }

  template <typename Members>
  bool only_known(const json::object& object) {
    if (object.size() == mp11::mp_size<Members>::value) return true;
    for (const auto& entry : object) {
      bool known = false;
      mp11::mp_for_each<Members>([&](auto member) { known = known || entry.key() == member.name; });
      if (known) continue;
      where += fmt::format("{}{}", where.empty() ? "" : ".", std::string_view(entry.key()));
      return wrong("is not a field of this version");
    }
    return true;
  }
};

template <std::size_t Index>
Result<EventBody> read_body(const json::value& value) {
  std::variant_alternative_t<Index, EventBody> body;
  Reader reader;
  if (reader.read(value, body)) return EventBody(std::move(body));
  const std::string_view kind = spell(static_cast<EventKind>(Index));
  const std::string field = reader.where.empty() ? "the body" : fmt::format("'{}'", reader.where);
  return fail(ErrorKind::corrupt, fmt::format("event {}: {} {}", kind, field, reader.problem));
}

using BodyReader = Result<EventBody> (*)(const json::value&);

template <std::size_t... Index>
constexpr std::array<BodyReader, sizeof...(Index)> body_readers(std::index_sequence<Index...>) {
  return {&read_body<Index>...};
}
constexpr auto kBodyReaders = body_readers(std::make_index_sequence<kKinds>());

// Bytes of the valid UTF-8 sequence that begins at `at`; 0 if there is none (RFC 3629: no overlong form, no surrogate).
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u; };
  const auto tail = [&](std::size_t from, std::size_t count) {
    for (std::size_t i = from; i < from + count; ++i)
      if ((byte(i) & 0xC0u) != 0x80u) return false;
    return true;
  };
  const unsigned first = byte(0);
  const unsigned second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1, 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
    return tail(1, 2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
    return tail(1, 3) ? 4 : 0;
  }
  return 0;
}

// Only texts can hold such bytes, and every byte of JSON's own grammar is ASCII: so the repair works on the whole text.
std::string valid_utf8(std::string text) {
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  auto at = static_cast<std::size_t>(std::ranges::find_if_not(text, ascii) - text.begin());  // mostly the end
  while (at < text.size()) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0) break;
    at += length;
  }
  if (at == text.size()) return text;
  std::string out = text.substr(0, at);
  while (at < text.size()) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0) {
      out += kReplacement;
      ++at;
    } else {
      out.append(text, at, length);
      at += length;
    }
  }
  return out;
}

std::string unreadable(const json::value& value, std::size_t depth);

// Why a value could not be read back, or empty.
std::string unreadable(const json::object& object, std::size_t depth) {
  if (depth > kMaxStoredDepth) return fmt::format("is nested deeper than {} levels", kMaxStoredDepth);
  for (const auto& entry : object)
    if (std::string why = unreadable(entry.value(), depth + 1); !why.empty()) return why;
  return {};
}

std::string unreadable(const json::value& value, std::size_t depth) {
  if (const auto* object = value.if_object()) return unreadable(*object, depth);
  if (depth > kMaxStoredDepth) return fmt::format("is nested deeper than {} levels", kMaxStoredDepth);
  if (const double* number = value.if_double(); number != nullptr && !std::isfinite(*number)) {
    return "holds a number that JSON does not have";
  }
  if (value.is_uint64()) return "holds a number above 64 bits with sign";
  if (const auto* list = value.if_array()) {
    for (const auto& item : *list)
      if (std::string why = unreadable(item, depth + 1); !why.empty()) return why;
  }
  return {};
}

// Indices of the members of T in the order of their names, which is the order of keys in what is hashed.
template <typename T>
constexpr auto by_name() {
  constexpr std::size_t count = mp11::mp_size<MembersOf<T>>::value;
  std::array<std::string_view, count> names;
  mp11::mp_for_each<mp11::mp_iota_c<count>>(
      [&](auto at) { names[at] = mp11::mp_at_c<MembersOf<T>, decltype(at)::value>::name; });
  std::array<std::size_t, count> order{};
  for (std::size_t i = 0; i < count; ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) { return names[i]; });
  return order;
}

// Writing, the mirror of Reader: canonical() of the body, without making a JSON value of it first.
struct Writer {
  std::string out;
  std::string problem;  // of the first value that could not be read back

  void write(bool flag, std::size_t) { out += flag ? "true" : "false"; }
  void write(std::int64_t number, std::size_t) { append_canonical(number, out); }
  void write(int number, std::size_t) { append_canonical(std::int64_t{number}, out); }
  void write(const std::string& text, std::size_t) { append_canonical(std::string_view(text), out); }
  void write(const json::object& object, std::size_t depth) {
    if (problem.empty()) problem = unreadable(object, depth);
    append_canonical(object, out);
  }

  template <typename T>
  void write(const std::optional<T>& value, std::size_t depth) {
    if (value) return write(*value, depth);
    out += "null";
  }

  template <typename T>
  void write(const std::vector<T>& list, std::size_t depth) {
    char before = '[';
    for (const T& item : list) {
      out += std::exchange(before, ',');
      write(item, depth + 1);
    }
    out += list.empty() ? "[]" : "]";
  }

  template <typename T>
    requires std::is_enum_v<T>
  void write(T word, std::size_t) {
    append_canonical(std::string_view(describe::enum_to_string(word, "")), out);
  }

  template <typename T>
    requires describe::has_describe_members<T>::value
  void write(const T& body, std::size_t depth) {
    constexpr auto order = by_name<T>();
    char before = '{';
    mp11::mp_for_each<mp11::mp_iota_c<order.size()>>([&](auto place) {
      using Member = mp11::mp_at_c<MembersOf<T>, by_name<T>()[decltype(place)::value]>;
      out += std::exchange(before, ',');
      append_canonical(std::string_view(Member::name), out);
      out += ':';
      write(body.*Member::pointer, depth + 1);
    });
    out += '}';
  }
};

Writer written(const EventBody& body) {
  Writer writer;
  std::visit([&](const auto& event) { writer.write(event, 1); }, body);
  writer.out = valid_utf8(std::move(writer.out));
  return writer;
}

}  // namespace

EventKind kind_of(const EventBody& body) {
  return static_cast<EventKind>(body.index());
}

std::optional<EventKind> kind_named(std::string_view name) {
  EventKind kind{};
  if (!describe::enum_from_string(std::string(name).c_str(), kind)) return std::nullopt;
  return kind;
}

std::optional<std::int64_t> format_of(std::string_view text) {
  const auto value = parse_json(text);
  const auto* object = value ? value->if_object() : nullptr;
  if (object == nullptr) return std::nullopt;
  const auto format = int_at(*object, "format");
  return format ? std::optional(*format) : std::nullopt;
}

std::string encode(const EventBody& body) {
  return written(body).out;
}

Result<std::string> encode_checked(const EventBody& body) {
  auto [text, problem] = written(body);
  if (!problem.empty()) return fail(ErrorKind::invalid, fmt::format("event {} {}", spell(kind_of(body)), problem));
  if (text.size() > kMaxEventBytes) {
    return fail(ErrorKind::exhausted, fmt::format("event {} has {} bytes: at most {} are stored", spell(kind_of(body)),
                                                  text.size(), kMaxEventBytes));
  }
  return std::move(text);
}

Result<EventBody> decode(EventKind kind, std::string_view text) {
  const auto index = static_cast<std::size_t>(kind);
  if (index >= kKinds) return fail(ErrorKind::corrupt, fmt::format("event of unknown kind {}", index));
  const auto value = parse_json(text);
  if (!value) {
    return fail(ErrorKind::corrupt, fmt::format("event {}: {}", spell(kind), value.error().message));
  }
  return kBodyReaders[index](*value);
}

}  // namespace unjam::state
