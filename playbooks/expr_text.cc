// Prose with ${expr}: cut, checked and filled in.
#include <fmt/format.h>

#include <set>
#include <utility>

#include "playbooks/expr_check.h"
#include "playbooks/expr_parser.h"

namespace unjam::playbooks {
namespace {

// Merges what the pieces of one text ask.
class UsesOfAll {
 public:
  void add(const ExprUses& uses) {
    for (const FactUse& use : uses.facts) {
      const auto [at, fresh] = facts_.try_emplace(use.fact, use);
      if (fresh) continue;
      FactUse& known = at->second;
      known.host_only = known.host_only && use.host_only;
      if (known.fields.empty() || use.fields.empty()) {
        known.fields.clear();
        continue;
      }
      std::set<std::string> fields(known.fields.begin(), known.fields.end());
      fields.insert(use.fields.begin(), use.fields.end());
      known.fields.assign(fields.begin(), fields.end());
    }
    names_.insert(uses.names.begin(), uses.names.end());
    host_ = host_ || uses.host;
  }

  ExprUses all() const {
    ExprUses out;
    for (const auto& [name, use] : facts_) out.facts.push_back(use);
    out.names.assign(names_.begin(), names_.end());
    out.host = host_;
    return out;
  }

 private:
  std::map<std::string, FactUse> facts_{};
  std::set<std::string> names_{};
  bool host_ = false;
};

bool printable_type(const Type& type) {
  return !holds_secret(type);
}

}  // namespace

std::optional<CheckedText> check_text(const ExprText& text, const Names& names, Diagnostics& out) {
  if (text.text.size() > kMaxExprBytes) {
    out.error("UJ0308", text.source, text.origin,
              fmt::format("a text of {} bytes: at most {} are read", text.text.size(), kMaxExprBytes));
    return std::nullopt;
  }
  const Places places(text);
  CheckedText checked;
  UsesOfAll uses;
  std::string plain;
  bool good = true;
  for (std::size_t at = 0; at < text.text.size();) {
    const std::string_view rest = std::string_view(text.text).substr(at);
    if (rest.starts_with("$${")) {
      plain += "${";
      at += 3;
      continue;
    }
    if (!rest.starts_with("${")) {
      plain += text.text[at++];
      continue;
    }
    std::size_t end = at;
    const ExprPtr tree = parse_range(text, places, at + 2, true, end, out);
    if (!tree) return std::nullopt;
    const ExprText piece{text.text.substr(at + 2, end - at - 2), text.source, places.span(at + 2, at + 3), text.indent};
    const CheckedExprPtr expr = check_tree(piece, tree, nullptr, names, {}, out);
    if (expr && !printable_type(*expr->type)) {
      out.error("UJ0307", text.source, tree->span, "a secret may only be handed to a secret input",
                "nothing may be computed from it or print it");
      good = false;
    }
    good = good && expr;
    if (expr) {
      if (!plain.empty()) checked.pieces.push_back({std::exchange(plain, {}), nullptr});
      checked.pieces.push_back({{}, expr});
      uses.add(expr->uses);
    }
    at = end + 1;
  }
  if (!good) return std::nullopt;
  if (!plain.empty()) checked.pieces.push_back({std::move(plain), nullptr});
  checked.uses = uses.all();
  return checked;
}

std::string fill(const CheckedText& text, const Scope& scope) {
  std::string out;
  for (const CheckedText::Piece& piece : text.pieces) {
    if (!piece.expr) {
      out += piece.plain;
      continue;
    }
    const Evaluated value = evaluate(*piece.expr->tree, scope);
    out += value ? spell(*value) : fmt::format("(unknown: {})", value.error().reason);
  }
  return out;
}

}  // namespace unjam::playbooks
