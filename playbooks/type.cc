#include "playbooks/type.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace unjam::playbooks {
namespace {

using Kind = Type::Kind;

TypePtr plain(Kind kind) {
  auto type = std::make_shared<Type>();
  type->kind = kind;
  return type;
}

bool same_ptr(const TypePtr& a, const TypePtr& b) {
  if (!a || !b) return !a && !b;
  return same(*a, *b);
}

std::string spell_ptr(const TypePtr& type) {
  return type ? spell(*type) : std::string("?");
}

std::string spell_record(const Type& type) {
  if (!type.name.empty()) return type.name;
  std::string out = "{";
  for (const auto& [name, field] : type.fields)
    out += fmt::format("{} {}: {}", out.size() > 1 ? "," : "", name, spell_ptr(field));
  return out + " }";
}

}  // namespace

const TypePtr* Type::field(std::string_view field_name) const {
  const auto found = std::ranges::find(fields, field_name, &std::pair<std::string, TypePtr>::first);
  return found == fields.end() ? nullptr : &found->second;
}

namespace types {

TypePtr boolean() {
  return plain(Kind::boolean);
}
TypePtr integer() {
  return plain(Kind::integer);
}
TypePtr real() {
  return plain(Kind::real);
}
TypePtr text() {
  return plain(Kind::text);
}
TypePtr duration() {
  return plain(Kind::duration);
}
TypePtr timestamp() {
  return plain(Kind::timestamp);
}
TypePtr null() {
  return plain(Kind::null);
}
TypePtr dyn() {
  return plain(Kind::dyn);
}
TypePtr secret() {
  return plain(Kind::secret);
}

TypePtr site(std::vector<std::string> sites) {
  auto type = std::make_shared<Type>();
  type->kind = Kind::site;
  type->words = std::move(sites);
  return type;
}

TypePtr enumeration(std::string name, std::vector<std::string> words) {
  auto type = std::make_shared<Type>();
  type->kind = Kind::enumeration;
  type->name = std::move(name);
  type->words = std::move(words);
  return type;
}

TypePtr host(Within within) {
  auto type = std::make_shared<Type>();
  type->kind = Kind::host;
  type->within = std::move(within);
  return type;
}

TypePtr set_of(TypePtr element, Within within) {
  auto type = std::make_shared<Type>();
  type->kind = Kind::set;
  type->element = std::move(element);
  type->within = std::move(within);
  return type;
}

TypePtr list_of(TypePtr element) {
  auto type = std::make_shared<Type>();
  type->kind = Kind::list;
  type->element = std::move(element);
  return type;
}

TypePtr map_of(TypePtr key, TypePtr value) {
  auto type = std::make_shared<Type>();
  type->kind = Kind::map;
  type->key = std::move(key);
  type->element = std::move(value);
  return type;
}

TypePtr record(std::string name, std::vector<std::pair<std::string, TypePtr>> fields) {
  auto type = std::make_shared<Type>();
  type->kind = Kind::record;
  type->name = std::move(name);
  type->fields = std::move(fields);
  return type;
}

}  // namespace types

std::string spell(const Type& type) {
  switch (type.kind) {
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::real:
      return "double";
    case Kind::text:
      return "text";
    case Kind::duration:
      return "duration";
    case Kind::timestamp:
      return "timestamp";
    case Kind::null:
      return "null";
    case Kind::dyn:
      return "dyn";
    case Kind::site:
      return "site";
    case Kind::host:
      return "host";
    case Kind::secret:
      return "secret";
    case Kind::enumeration:
      return type.name.empty() ? fmt::format("enum {}", fmt::join(type.words, "|")) : type.name;
    case Kind::set:
      return fmt::format("set<{}>", spell_ptr(type.element));
    case Kind::list:
      return fmt::format("list<{}>", spell_ptr(type.element));
    case Kind::map:
      return fmt::format("map<{}, {}>", spell_ptr(type.key), spell_ptr(type.element));
    case Kind::record:
      return spell_record(type);
  }
  return "?";
}

bool same(const Type& a, const Type& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Kind::enumeration:
      return a.name == b.name && (a.words == b.words || (!a.name.empty() && (a.words.empty() || b.words.empty())));
    case Kind::set:
    case Kind::list:
      return same_ptr(a.element, b.element);
    case Kind::map:
      return same_ptr(a.key, b.key) && same_ptr(a.element, b.element);
    case Kind::record:
      return a.name == b.name && std::ranges::equal(a.fields, b.fields, [](const auto& x, const auto& y) {
               return x.first == y.first && same_ptr(x.second, y.second);
             });
    default:
      return true;
  }
}

}  // namespace unjam::playbooks
