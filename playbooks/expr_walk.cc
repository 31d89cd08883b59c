#include "playbooks/expr_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace unjam::playbooks {
namespace {

bool is_identifier_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void add_names(const Expr& tree, std::set<std::string>& out) {
  walk_expr(tree, [&out](const Expr& e) {
    if (e.kind == Expr::Kind::name || e.kind == Expr::Kind::call) out.insert(e.name);
    if (const std::string param = parameter_of(e); !param.empty()) out.insert("params." + param);
  });
}

void add_words(std::string_view text, std::set<std::string>& out) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = i;
    while (i < text.size() && (is_identifier_char(text[i]) || text[i] == '.')) ++i;
    const std::string_view word = text.substr(begin, i - begin);
    out.emplace(word.starts_with("params.") ? word : word.substr(0, word.find('.')));
    if (i == begin) ++i;
  }
}

std::optional<std::int64_t> int_of(const Expr& e) {
  const std::int64_t* value = e.kind == Expr::Kind::literal ? e.literal.as_int() : nullptr;
  return value == nullptr ? std::nullopt : std::optional(*value);
}

// Whether `n` elements compared so with `bound` are one at least.
bool wants_one(std::string_view op, std::optional<std::int64_t> bound) {
  if (!bound) return false;
  return (op == ">" && *bound >= 0) || (op == ">=" && *bound >= 1) || (op == "!=" && *bound == 0);
}

std::string_view turned(std::string_view op) {
  return op == "<" ? ">" : op == "<=" ? ">=" : op == "!=" ? op : std::string_view{};
}

// s.size() or size(s)
const Expr* sized(const Expr& e) {
  if (e.kind == Expr::Kind::member_call && e.name == "size" && e.args.empty()) return e.receiver.get();
  if (e.kind == Expr::Kind::call && e.name == "size" && e.args.size() == 1) return e.args[0].get();
  return nullptr;
}

}  // namespace

std::set<std::string> names_in(const ExprText& text) {
  std::set<std::string> out;
  Diagnostics unheard;  // whoever checks the text reports
  if (const ExprPtr tree = parse_expr(text, unheard)) {
    add_names(*tree, out);
    return out;
  }
  // Prose, or an expression with a fault: what stands inside ${}, else its words.
  bool prose = false;
  for (std::size_t at = text.text.find("${"); at != std::string::npos; at = text.text.find("${", at + 2)) {
    prose = true;
    ExprText piece = text;
    piece.text = text.text.substr(at + 2, text.text.find('}', at) - at - 2);
    if (const ExprPtr tree = parse_expr(piece, unheard)) add_names(*tree, out);
  }
  if (!prose) add_words(text.text, out);
  return out;
}

std::string canonical(const Expr& e) {
  std::string out = fmt::format("({} {} {}", static_cast<int>(e.kind), e.name, e.variable);
  if (e.kind == Expr::Kind::literal) out += " " + json_text(e.literal);
  out += e.receiver ? canonical(*e.receiver) : "-";
  for (const ExprPtr& arg : e.args) out += arg ? canonical(*arg) : "-";
  return out + ")";
}

std::vector<const Expr*> wanted_non_empty(const Expr& e) {
  std::vector<const Expr*> out;
  if (e.kind != Expr::Kind::call || e.args.size() != 2) return out;
  if (e.name == "&&") {
    out = wanted_non_empty(*e.args[0]);
    const auto right = wanted_non_empty(*e.args[1]);
    out.insert(out.end(), right.begin(), right.end());
    return out;
  }
  const Expr* left = sized(*e.args[0]);
  const Expr* right = sized(*e.args[1]);
  if (left != nullptr && wants_one(e.name, int_of(*e.args[1]))) out.push_back(left);
  if (right != nullptr && wants_one(turned(e.name), int_of(*e.args[0]))) out.push_back(right);
  return out;
}

const Expr* drawn_from(const Expr& e) {
  const bool first = e.kind == Expr::Kind::member_call && e.name == "first" && e.args.empty();
  return first ? e.receiver.get() : nullptr;
}

std::string parameter_of(const Expr& e) {
  const bool param =
      e.kind == Expr::Kind::field && e.receiver && e.receiver->kind == Expr::Kind::name && e.receiver->name == "params";
  return param ? e.name : std::string{};
}

}  // namespace unjam::playbooks
