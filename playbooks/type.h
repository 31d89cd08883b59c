// Types of the language (language.md 2). Immutable, shared, compared by structure.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace unjam::playbooks {

struct Type;
using TypePtr = std::shared_ptr<const Type>;

// Which targets a set of hosts, or a host, surely lies in: a union of target atoms. The checker decides inclusion by it
// (UJ0305, UJ0404, UJ0506). An atom is the name of a target; atoms that no target is defined from stand for themselves.
using Within = std::vector<std::string>;  // sorted, unique; empty: the bare inventory

struct Type {
  enum class Kind {
    boolean,
    integer,
    real,
    text,
    duration,
    timestamp,
    null,
    dyn,  // dyn: only in `unjam eval`
    site,
    enumeration,
    host,
    set,
    list,
    map,
    record,
    secret
  };

  Kind kind = Kind::null;
  std::string name{};                // of a record or a named enumeration (`role`)
  std::vector<std::string> words{};  // of an enumeration, in their order; empty: any word (check without inventory)
  TypePtr key{};                     // of a map
  TypePtr element{};                 // of a set, list, map (value)
  std::vector<std::pair<std::string, TypePtr>> fields{};  // of a record
  Within within{};                                        // of a host or a set of hosts

  const TypePtr* field(std::string_view field_name) const;  // null if there is none
};

namespace types {
TypePtr boolean();
TypePtr integer();
TypePtr real();
TypePtr text();
TypePtr duration();
TypePtr timestamp();
TypePtr null();
TypePtr dyn();
TypePtr secret();
TypePtr site(std::vector<std::string> sites = {});
TypePtr enumeration(std::string name, std::vector<std::string> words);
TypePtr host(Within within = {});
TypePtr set_of(TypePtr element, Within within = {});
TypePtr list_of(TypePtr element);
TypePtr map_of(TypePtr key, TypePtr value);
TypePtr record(std::string name, std::vector<std::pair<std::string, TypePtr>> fields);
}  // namespace types

// As a person writes it: set<host>, list<text>, map<host, duration>, enum none|auth|tls, link.
std::string spell(const Type& type);

// The same type, `within` and the words of unenumerated site/role left aside.
bool same(const Type& a, const Type& b);

}  // namespace unjam::playbooks
