// Names, fields, literals and the ends of the checker. Operators and calls have their own files.
#include "playbooks/expr_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "playbooks/expr_functions.h"
#include "playbooks/expr_parser.h"

namespace unjam::playbooks {
namespace {

using Kind = Type::Kind;

std::string lower(std::string_view word) {
  std::string out(word);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

TypePtr type_of_literal(const Value& value) {
  if (value.as_bool()) return types::boolean();
  if (value.as_int()) return types::integer();
  if (value.as_double()) return types::real();
  if (value.as_text()) return types::text();
  if (value.as_duration()) return types::duration();
  return types::null();
}

const std::vector<std::pair<std::string, TypePtr>>& host_attributes() {
  static const std::vector<std::pair<std::string, TypePtr>> kFields{{"name", types::text()},
                                                                    {"site", types::site()},
                                                                    {"role", types::enumeration("role", {})},
                                                                    {"address", types::text()}};
  return kFields;
}

std::vector<std::string> field_names(const std::vector<std::pair<std::string, TypePtr>>& fields) {
  std::vector<std::string> names;
  for (const auto& field : fields) names.push_back(field.first);
  return names;
}

}  // namespace

bool fits(const Type& got, const Type& want) {
  if (got.kind == Kind::dyn || want.kind == Kind::dyn) return true;
  if (got.kind != want.kind) return false;
  switch (got.kind) {
    case Kind::set:
    case Kind::list:
      return fits(*got.element, *want.element);
    case Kind::map:
      return fits(*got.key, *want.key) && fits(*got.element, *want.element);
    default:
      return same(got, want);
  }
}

Within join_within(const Within& a, const Within& b) {
  if (a.empty() || b.empty()) return {};  // one of them is only known to lie in the inventory
  Within out;
  std::ranges::set_union(a, b, std::back_inserter(out));
  return out;
}

TypePtr join_types(const TypePtr& a, const TypePtr& b) {
  if (a->kind == Kind::dyn) return b;
  if (b->kind == Kind::dyn) return a;
  switch (a->kind) {
    case Kind::host:
      return types::host(join_within(a->within, b->within));
    case Kind::set:
      return types::set_of(join_types(a->element, b->element), join_within(a->within, b->within));
    case Kind::list:
      return types::list_of(join_types(a->element, b->element));
    case Kind::map:
      return types::map_of(join_types(a->key, b->key), join_types(a->element, b->element));
    default:
      return a;
  }
}

bool is_kind(const ExprPtr& e, Kind kind) {
  return e->type->kind == kind;
}
bool is_dyn(const ExprPtr& e) {
  return e->type->kind == Kind::dyn;
}

bool is_flexible(const Expr& e) {
  if (e.kind == Expr::Kind::literal) return e.literal.as_text() != nullptr;
  const auto flexible = [](const ExprPtr& arg) { return is_flexible(*arg); };
  if (e.kind == Expr::Kind::list || e.kind == Expr::Kind::map) return std::ranges::all_of(e.args, flexible);
  return e.kind == Expr::Kind::call && e.name == "?:" && is_flexible(*e.args[1]) && is_flexible(*e.args[2]);
}

bool holds_secret(const Type& type) {
  if (type.kind == Kind::secret) return true;
  if (type.element && holds_secret(*type.element)) return true;
  return std::ranges::any_of(type.fields, [](const auto& field) { return holds_secret(*field.second); });
}

std::string suggest(std::string_view word, const std::vector<std::string>& words) {
  const std::string plain = lower(word);
  const auto same_letters = std::ranges::find_if(words, [&plain](const std::string& w) { return lower(w) == plain; });
  return same_letters != words.end() ? *same_letters : nearest(word, words);
}

std::nullptr_t Checker::error(std::string code, Span span, std::string message, std::string help) {
  out_.error(std::move(code), text_.source, span, std::move(message), std::move(help));
  return nullptr;
}

std::nullptr_t Checker::mismatch(const Expr& e, std::string message, std::string help) {
  return error("UJ0301", e.span, std::move(message), std::move(help));
}

bool Checker::no_secret(const ExprPtr& e) {
  if (!holds_secret(*e->type)) return true;
  error("UJ0307", e->span, "a secret may only be handed to a secret input",
        "nothing may be computed from it or print it");
  return false;
}

ExprPtr Checker::typed(Node node, TypePtr type) const {
  node->type = std::move(type);
  return node;
}

const Checker::Variable* Checker::variable(std::string_view name) const {
  const auto found = std::find_if(variables_.rbegin(), variables_.rend(),
                                  [name](const Variable& variable) { return variable.name == name; });
  return found == variables_.rend() ? nullptr : &*found;
}

void Checker::use_name(std::string name) {
  if (name == "host") host_ = true;
  used_.insert(std::move(name));
}

void Checker::use_fact(const std::string& fact, const std::string* field, bool host_only) {
  Asked& asked = facts_[fact];
  asked.host_only = asked.host_only && host_only;
  if (field != nullptr) {
    asked.fields.insert(*field);
  } else {
    asked.whole = true;
  }
}

void Checker::use_through(const ExprUses& inner) {
  for (const FactUse& use : inner.facts) {
    if (use.fields.empty()) use_fact(use.fact, nullptr, use.host_only);
    for (const std::string& field : use.fields) use_fact(use.fact, &field, use.host_only);
  }
  for (const std::string& name : inner.names) use_name(name);
  host_ = host_ || inner.host;
}

ExprUses Checker::uses() const {
  ExprUses out;
  for (const auto& [fact, asked] : facts_) {
    FactUse use{fact, {}, asked.host_only};
    if (!asked.whole) use.fields.assign(asked.fields.begin(), asked.fields.end());
    out.facts.push_back(std::move(use));
  }
  out.names.assign(used_.begin(), used_.end());
  out.host = host_;
  return out;
}

std::nullptr_t Checker::unknown_name(const Expr& e, bool function) {
  std::string code;
  if (std::string why = names_.why_not(e.name, code); !why.empty()) {
    return error(code.empty() ? "UJ0302" : code, e.span, std::move(why));
  }
  std::vector<std::string> known = names_.all();
  for (const Variable& v : variables_) known.push_back(v.name);
  if (function) {
    for (const std::string_view name : {"size", "int", "double", "string", "bool", "duration", "timestamp", "abs",
                                        "sure", "known", "has", "matches"}) {
      known.emplace_back(name);
    }
  }
  if (function && is_function_of_cel(e.name))
    return error("UJ0302", e.span, fmt::format("CEL's '{}' is not part of the language", e.name), kSubset);
  if (!function && is_type_of_cel(e.name))
    return error("UJ0302", e.span, fmt::format("CEL's type '{}' as a value is not part of the language", e.name),
                 kSubset);
  const std::string near = suggest(e.name, known);
  return error("UJ0302", e.span, fmt::format("unknown {} '{}'", function ? "function" : "name", e.name),
               near.empty() ? "" : fmt::format("did you mean '{}'?", near));
}

std::nullptr_t Checker::unknown_field(const Expr& e, const Type& type, const std::vector<std::string>& fields) {
  const std::string near = suggest(e.name, fields);
  // The field's own name is the end of the node.
  Span span = e.span;
  const auto length = static_cast<std::uint32_t>(e.name.size());
  if (e.span.line == e.receiver->span.line && e.span.length >= length) {
    span = {e.span.line, e.span.column + e.span.length - length, length};
  }
  return error(
      "UJ0303", span, fmt::format("{} has no field '{}'", spell(type), e.name),
      near.empty() ? fmt::format("it has {}", fmt::join(fields, ", ")) : fmt::format("did you mean '{}'?", near));
}

ExprPtr Checker::check(const ExprPtr& e, const TypePtr& hint) {
  switch (e->kind) {
    case Expr::Kind::literal:
      return check_literal(*e, hint);
    case Expr::Kind::name:
      return check_name(*e);
    case Expr::Kind::field:
      return check_field(*e);
    case Expr::Kind::index:
      return check_index(*e);
    case Expr::Kind::list:
      return check_list(*e, hint);
    case Expr::Kind::map:
      return check_map(*e, hint);
    case Expr::Kind::member_call:
      return check_member_call(*e);
    case Expr::Kind::macro:
      return check_macro(*e);
    case Expr::Kind::call:
      return is_operator(*e) ? check_operator(*e, hint) : check_call(*e);
  }
  return nullptr;
}

ExprPtr Checker::check_literal(const Expr& e, const TypePtr& hint) {
  auto node = std::make_shared<Expr>(e);
  const std::string* word = e.literal.as_text();
  const bool adapts = word != nullptr && hint && (hint->kind == Kind::site || hint->kind == Kind::enumeration);
  if (!adapts) return typed(node, type_of_literal(e.literal));
  int rank = 0;
  if (!hint->words.empty()) {
    const auto found = std::ranges::find(hint->words, *word);
    if (found == hint->words.end()) {
      const std::string near = suggest(*word, hint->words);
      const std::string hint_text = near.empty() ? "" : fmt::format(": did you mean \"{}\"?", near);
      return error("UJ0304", e.span, fmt::format("never \"{}\"{}", *word, hint_text),
                   fmt::format("one of {}", fmt::join(hint->words, ", ")));
    }
    rank = static_cast<int>(found - hint->words.begin());
  }
  const bool plain = hint->kind == Kind::site && hint->words.empty();
  node->literal = plain ? e.literal : Value::enumeration(*word, rank);
  return typed(node, hint);
}

ExprPtr Checker::check_name(const Expr& e) {
  auto node = std::make_shared<Expr>(e);
  if (const Variable* v = variable(e.name)) return typed(node, v->type);
  const NameInfo* info = names_.find(e.name);
  if (info == nullptr) return unknown_name(e, false);
  if (info->kind != NameInfo::Kind::value) {
    return mismatch(e, fmt::format("'{}' is asked of a host", e.name), fmt::format("write {}(h)", e.name));
  }
  if (info->conditional && absorbing_ == 0) {
    return error("UJ0402", e.span, fmt::format("'{}' may have been skipped", e.name),
                 "ask inside sure(..), or with known(..)");
  }
  use_name(e.name);
  if (info->uses) use_through(*info->uses);
  return typed(node, info->type);
}

TypePtr Checker::host_field(const Type& host, std::string_view field, std::vector<std::string>& known) const {
  const TypePtr record = names_.host_type(host.within);
  const auto& fields = record && !record->fields.empty() ? record->fields : host_attributes();
  const auto found = std::ranges::find(fields, field, &std::pair<std::string, TypePtr>::first);
  if (found != fields.end()) return found->second;
  known = field_names(fields);
  return nullptr;
}

ExprPtr Checker::check_field(const Expr& e) {
  auto node = std::make_shared<Expr>(e);
  const Expr& of = *e.receiver;
  const bool is_params = of.kind == Expr::Kind::name && of.name == "params" && variable("params") == nullptr;
  const NameInfo* function = nullptr;
  if (of.kind == Expr::Kind::call && variable(of.name) == nullptr) function = names_.find(of.name);
  if (function != nullptr && function->kind != NameInfo::Kind::value) {
    node->receiver = check_of_host(of, *function, &e.name);
  } else if (is_params && names_.find("params") != nullptr) {
    auto params = std::make_shared<Expr>(of);
    params->type = names_.find("params")->type;
    node->receiver = params;
    use_name("params." + e.name);
  } else {
    node->receiver = check(e.receiver, nullptr);
  }
  if (!node->receiver) return nullptr;
  const Type& type = *node->receiver->type;
  std::vector<std::string> known;
  if (type.kind == Kind::host) {
    const TypePtr attribute = host_field(type, e.name, known);
    return attribute ? typed(node, attribute) : unknown_field(e, type, known);
  }
  if (type.kind == Kind::record) {
    const TypePtr* field = type.field(e.name);
    return field ? typed(node, *field) : unknown_field(e, type, field_names(type.fields));
  }
  const bool text_keys = type.kind == Kind::map && fits(*type.key, *types::text());
  if (text_keys) return typed(node, type.element);
  if (options_.loose && type.kind == Kind::dyn) return typed(node, types::dyn());
  return mismatch(e, fmt::format("{} has no fields", spell(type)));
}

ExprPtr Checker::check_index(const Expr& e) {
  auto node = std::make_shared<Expr>(e);
  node->receiver = check(e.receiver, nullptr);
  if (!node->receiver) return nullptr;
  const Type& type = *node->receiver->type;
  const bool is_map = type.kind == Kind::map;
  ExprPtr index = check(e.args[0], is_map ? type.key : nullptr);
  if (!index || !no_secret(index) || !no_secret(node->receiver)) return nullptr;
  node->args[0] = index;
  if (options_.loose && (type.kind == Kind::dyn || is_dyn(index)))
    return typed(node, type.element ? type.element : types::dyn());
  if (is_map) {
    if (!options_.loose && !fits(*index->type, *type.key)) {
      return mismatch(*e.args[0], fmt::format("the keys are {}, this is {}", spell(*type.key), spell(*index->type)));
    }
    return typed(node, type.element);
  }
  if (type.kind != Kind::list) {
    return mismatch(e, fmt::format("{} has no [ ]", spell(type)), type.kind == Kind::set ? "write first()" : "");
  }
  const bool whole = is_kind(index, Kind::integer) || (options_.loose && is_kind(index, Kind::real));
  if (!whole) return mismatch(*e.args[0], fmt::format("a place in a list is int, this is {}", spell(*index->type)));
  return typed(node, type.element);
}

ExprPtr Checker::check_list(const Expr& e, const TypePtr& hint) {
  auto node = std::make_shared<Expr>(e);
  const bool hinted = hint && (hint->kind == Kind::list || hint->kind == Kind::set);
  TypePtr wanted = hinted ? hint->element : nullptr;
  // The first element that is no text literal says what the literals beside it are.
  const auto rigid = std::ranges::find_if(e.args, [](const ExprPtr& item) { return !is_flexible(*item); });
  const std::size_t model = wanted || options_.loose ? e.args.size() : static_cast<std::size_t>(rigid - e.args.begin());
  if (model < e.args.size()) {
    node->args[model] = check(e.args[model], nullptr);
    if (!node->args[model]) return nullptr;
    wanted = node->args[model]->type;
  }
  TypePtr element;
  bool good = true;
  for (std::size_t i = 0; i < e.args.size(); ++i) {
    if (i != model) node->args[i] = check(e.args[i], wanted);
    const ExprPtr& item = node->args[i];
    if (!item || !no_secret(item)) {
      good = false;
    } else if (!element) {
      element = item->type;
    } else if (fits(*item->type, *element)) {
      element = is_dyn(item) ? element : join_types(element, item->type);
    } else if (options_.loose) {
      element = types::dyn();
    } else {
      mismatch(*e.args[i], fmt::format("a list of {} cannot hold {}", spell(*element), spell(*item->type)));
      good = false;
    }
  }
  if (!good) return nullptr;
  if (!element) element = wanted ? wanted : types::dyn();
  return typed(node, types::list_of(element));
}

ExprPtr Checker::check_map(const Expr& e, const TypePtr& hint) {
  auto node = std::make_shared<Expr>(e);
  const bool hinted = hint && hint->kind == Kind::map;
  TypePtr parts[2] = {hinted ? hint->key : nullptr, hinted ? hint->element : nullptr};
  bool good = true;
  for (std::size_t i = 0; i < e.args.size(); ++i) {
    TypePtr& part = parts[i % 2];
    node->args[i] = check(e.args[i], part);
    if (!node->args[i] || !no_secret(node->args[i])) {
      good = false;
      continue;
    }
    const TypePtr& type = node->args[i]->type;
    const bool key_kind = type->kind == Kind::integer || type->kind == Kind::boolean || type->kind == Kind::text ||
                          type->kind == Kind::host || type->kind == Kind::site || type->kind == Kind::enumeration ||
                          type->kind == Kind::dyn;
    if (i % 2 == 0 && !key_kind) {
      mismatch(*e.args[i], fmt::format("{} cannot be a key", spell(*type)));
      good = false;
    } else if (!part) {
      part = type;
    } else if (fits(*type, *part)) {
      part = join_types(part, type);
    } else if (options_.loose) {
      part = types::dyn();
    } else {
      mismatch(*e.args[i], fmt::format("the {} of this map are {}, this is {}", i % 2 == 0 ? "keys" : "values",
                                       spell(*part), spell(*type)));
      good = false;
    }
  }
  if (!good) return nullptr;
  return typed(node, types::map_of(parts[0] ? parts[0] : types::dyn(), parts[1] ? parts[1] : types::dyn()));
}

ExprPtr Checker::check_root(const ExprPtr& tree, const TypePtr& want) {
  ExprPtr root = check(tree, want);
  if (!root || !want) return root;
  if (want->kind != Kind::secret && !no_secret(root)) return nullptr;
  if (fits(*root->type, *want)) return root;
  std::string help;
  if (want->kind == Kind::duration && is_kind(root, Kind::integer)) help = "write 30s, 5m, 4h or 1d";
  return mismatch(*tree, fmt::format("expected {}, this is {}", spell(*want), spell(*root->type)), std::move(help));
}

CheckedExprPtr check_tree(const ExprText& text, const ExprPtr& tree, const TypePtr& want, const Names& names,
                          CheckOptions options, Diagnostics& out) {
  Checker checker(text, names, options, out);
  const ExprPtr root = checker.check_root(tree, want);
  if (!root) return nullptr;
  return std::make_shared<const CheckedExpr>(CheckedExpr{text, root, root->type, checker.uses()});
}

CheckedExprPtr check_expr(const ExprText& text, const TypePtr& want, const Names& names, Diagnostics& out) {
  const ExprPtr tree = parse_expr(text, out);
  return tree ? check_tree(text, tree, want, names, {}, out) : nullptr;
}

}  // namespace unjam::playbooks
