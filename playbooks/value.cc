#include "playbooks/value.h"

#include <algorithm>
#include <set>
#include <utility>

namespace unjam::playbooks {
namespace {

template <typename T>
const T* pointed(const Value::Data& data) {
  const auto* held = std::get_if<std::shared_ptr<const T>>(&data);
  return held ? held->get() : nullptr;
}

bool all_hosts(const Set& items) {
  return std::ranges::all_of(items, [](const Value& item) { return item.as_host() != nullptr; });
}

// Sets of hosts can be as large as the estate; all others are short.
Set without_duplicates(Set items) {
  Set kept;
  kept.reserve(items.size());
  if (all_hosts(items)) {
    std::set<std::string_view> seen;
    for (const Value& item : items) {
      if (seen.insert(item.as_host()->name).second) kept.push_back(item);
    }
    return kept;
  }
  for (Value& item : items) {
    const bool twin = std::ranges::any_of(kept, [&item](const Value& other) { return equal(item, other); });
    if (!twin) kept.push_back(std::move(item));
  }
  return kept;
}

// As CEL's published cases have it: the int is compared as the nearest double.
bool equal_numbers(std::int64_t n, double d) {
  return static_cast<double>(n) == d;
}

bool equal_lists(const std::vector<Value>& a, const std::vector<Value>& b) {
  return std::ranges::equal(a, b, [](const Value& x, const Value& y) { return equal(x, y); });
}

bool equal_sets(const Set& a, const Set& b) {
  if (a.size() != b.size()) return false;
  return std::ranges::all_of(
      a, [&b](const Value& x) { return std::ranges::any_of(b, [&x](const Value& y) { return equal(x, y); }); });
}

bool equal_maps(const Value::MapEntries& a, const Value::MapEntries& b) {
  if (a.size() != b.size()) return false;
  return std::ranges::all_of(a, [&b](const auto& entry) {
    return std::ranges::any_of(b, [&entry](const auto& other) {
      return equal(entry.first, other.first) && equal(entry.second, other.second);
    });
  });
}

bool equal_records(const Fields& a, const Fields& b) {
  return std::ranges::equal(
      a, b, [](const auto& x, const auto& y) { return x.first == y.first && equal(x.second, y.second); });
}

}  // namespace

Value Value::boolean(bool b) {
  return Value(Data(b));
}
Value Value::integer(std::int64_t n) {
  return Value(Data(n));
}
Value Value::real(double d) {
  return Value(Data(d));
}
Value Value::text(std::string s) {
  return Value(Data(std::make_shared<const std::string>(std::move(s))));
}
Value Value::duration(Duration d) {
  return Value(Data(d));
}
Value Value::timestamp(Timestamp t) {
  return Value(Data(t));
}
Value Value::host(std::string name) {
  return Value(Data(HostRef{std::move(name)}));
}
Value Value::enumeration(std::string word, int rank) {
  return Value(Data(EnumValue{std::move(word), rank}));
}
Value Value::secret(std::string reference) {
  return Value(Data(SecretRef{std::move(reference)}));
}
Value Value::list(List items) {
  return Value(Data(std::make_shared<const List>(std::move(items))));
}

Value Value::set(Set items) {
  return Value(Data(SetBox{std::make_shared<const Set>(without_duplicates(std::move(items)))}));
}

Value Value::map(MapEntries entries) {
  return Value(Data(std::make_shared<const MapEntries>(std::move(entries))));
}

Value Value::record(Fields fields) {
  return Value(Data(RecordBox{std::make_shared<const Fields>(std::move(fields))}));
}

const bool* Value::as_bool() const {
  return std::get_if<bool>(&data_);
}
const std::int64_t* Value::as_int() const {
  return std::get_if<std::int64_t>(&data_);
}
const double* Value::as_double() const {
  return std::get_if<double>(&data_);
}
const Duration* Value::as_duration() const {
  return std::get_if<Duration>(&data_);
}
const Timestamp* Value::as_timestamp() const {
  return std::get_if<Timestamp>(&data_);
}
const HostRef* Value::as_host() const {
  return std::get_if<HostRef>(&data_);
}
const List* Value::as_list() const {
  return pointed<List>(data_);
}
const Value::MapEntries* Value::as_map() const {
  return pointed<MapEntries>(data_);
}

const std::string* Value::as_text() const {
  if (const auto* word = std::get_if<EnumValue>(&data_)) return &word->word;
  return pointed<std::string>(data_);
}

const Set* Value::as_set() const {
  const auto* box = std::get_if<SetBox>(&data_);
  return box ? box->items.get() : nullptr;
}

const Fields* Value::as_record() const {
  const auto* box = std::get_if<RecordBox>(&data_);
  return box ? box->fields.get() : nullptr;
}

bool equal(const Value& a, const Value& b) {
  if (const auto* n = a.as_int()) {
    if (const auto* m = b.as_int()) return *n == *m;
    return b.as_double() != nullptr && equal_numbers(*n, *b.as_double());
  }
  if (const auto* d = a.as_double()) {
    if (const auto* e = b.as_double()) return *d == *e;
    return b.as_int() != nullptr && equal_numbers(*b.as_int(), *d);
  }
  if (const auto* s = a.as_text()) return b.as_text() != nullptr && *s == *b.as_text();
  if (a.data().index() != b.data().index()) return false;
  if (std::holds_alternative<std::monostate>(a.data())) return true;
  if (const auto* t = a.as_bool()) return *t == *b.as_bool();
  if (const auto* t = a.as_duration()) return *t == *b.as_duration();
  if (const auto* t = a.as_timestamp()) return *t == *b.as_timestamp();
  if (const auto* t = a.as_host()) return *t == *b.as_host();
  if (const auto* t = a.as_list()) return equal_lists(*t, *b.as_list());
  if (const auto* t = a.as_set()) return equal_sets(*t, *b.as_set());
  if (const auto* t = a.as_map()) return equal_maps(*t, *b.as_map());
  if (const auto* t = a.as_record()) return equal_records(*t, *b.as_record());
  return false;  // a secret equals nothing: comparing would tell what it is
}

}  // namespace unjam::playbooks
