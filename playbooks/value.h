// Values of the language. Cheap to copy (aggregates are shared and immutable), totally ordered within a kind.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "playbooks/type.h"
#include "state/base/json.h"
#include "state/base/result.h"

namespace unjam::playbooks {

class Value;

using Duration = std::chrono::nanoseconds;  // CEL's range in cel-go: +-2^63 ns; overflow is an evaluation error

struct Timestamp {  // 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

struct HostRef {  // a host of the inventory, by name; its attributes are asked of the Scope
  std::string name;
  friend auto operator<=>(const HostRef&, const HostRef&) = default;
};

struct EnumValue {
  std::string word;
  int rank = 0;  // place in the enumeration's order
  friend bool operator==(const EnumValue& a, const EnumValue& b) { return a.word == b.word; }
};

struct SecretRef {  // where a secret is kept, never the secret: prints as ***
  std::string reference;
};

using List = std::vector<Value>;
using Set = std::vector<Value>;  // no duplicates; insertion order is kept and is the inventory's for hosts
using Fields = std::map<std::string, Value, std::less<>>;

class Value {
 public:
  struct SetBox {
    std::shared_ptr<const Set> items;
  };
  struct RecordBox {
    std::shared_ptr<const Fields> fields;
  };
  using MapEntries = std::vector<std::pair<Value, Value>>;
  using Data = std::variant<std::monostate, bool, std::int64_t, double, std::shared_ptr<const std::string>, Duration,
                            Timestamp, HostRef, EnumValue, SecretRef, std::shared_ptr<const List>, SetBox,
                            std::shared_ptr<const MapEntries>, RecordBox>;

  Value() = default;  // null
  static Value boolean(bool b);
  static Value integer(std::int64_t n);
  static Value real(double d);
  static Value text(std::string s);
  static Value duration(Duration d);
  static Value timestamp(Timestamp t);
  static Value host(std::string name);
  static Value enumeration(std::string word, int rank);
  static Value secret(std::string reference);
  static Value list(List items);
  static Value set(Set items);  // removes duplicates, keeps the first
  static Value map(MapEntries entries);
  static Value record(Fields fields);

  const Data& data() const { return data_; }

  // Null if the value is of another kind.
  const bool* as_bool() const;
  const std::int64_t* as_int() const;
  const double* as_double() const;
  const std::string* as_text() const;  // text, and the word of an enumeration
  const Duration* as_duration() const;
  const Timestamp* as_timestamp() const;
  const HostRef* as_host() const;
  const List* as_list() const;
  const Set* as_set() const;
  const MapEntries* as_map() const;
  const Fields* as_record() const;

 private:
  explicit Value(Data d) : data_(std::move(d)) {}
  Data data_;
};

// CEL equality: int and double compare by number; different kinds are unequal; NaN is unequal to itself.
bool equal(const Value& a, const Value& b);

// JSON of a value for people, journals and `unjam eval`: hosts by name, durations as "90s", timestamps RFC 3339,
// secrets "***".
json::value to_json(const Value& value);

// A JSON value read as `type` (a host's answer, a stored event, --var). Strict: a missing or extra field of a record, a
// word that the enumeration does not have, a number of the wrong kind is ErrorKind::invalid and names the path. Only a
// whole number is also read where a double is wanted, if it is one exactly: some JSON writers drop the point.
// Durations: "90s", "1h30m", "-2.5s".
Result<Value> from_json(const json::value& value, const Type& type);

// The value as a person reads it in prose: durations 2m 30s, hosts and texts bare, sets and lists joined by ", ".
std::string spell(const Value& value);

// 30s, 5m, 4h, 1d (D of the grammar) and CEL's duration strings ("1h30m", "-2.5s", "100ms"); ErrorKind::invalid.
Result<Duration> parse_duration(std::string_view text);

// CEL's string() of a duration: seconds, up to nine decimals, "s".
std::string duration_text(Duration d);

// RFC 3339, with `Z` or an offset; ErrorKind::invalid, also outside of Timestamp's range.
Result<Timestamp> parse_timestamp(std::string_view text);
std::string timestamp_text(const Timestamp& t);
inline constexpr std::int64_t kMinTimestamp = -62'135'596'800;  // 0001-01-01T00:00:00Z, in seconds
inline constexpr std::int64_t kMaxTimestamp = 253'402'300'799;  // 9999-12-31T23:59:59Z

// A decimal number, nan or infinity in CEL's spelling; what is too small for a double is 0, what is too large
// ErrorKind::invalid.
Result<double> parse_double(std::string_view text);

// Shortest spelling that reads back as the same double: 1.5, 1, 1e+100, NaN, -Infinity.
std::string double_text(double d);

// JSON as `unjam eval` prints it: as to_json, but a double always has a point or an exponent, so that it stays one.
std::string json_text(const Value& value);

}  // namespace unjam::playbooks
