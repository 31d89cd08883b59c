#include "playbooks/graph_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace unjam::playbooks {
namespace {

using Kind = Node::Kind;

constexpr std::size_t kMaxText = 70;  // bytes of one expression or text in the picture

std::string cut(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == '\n' || c == ' ';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  while (out.ends_with(' ')) out.pop_back();
  if (out.size() <= kMaxText) return out;
  out.resize(kMaxText - 3);
  while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0U) == 0x80U) out.pop_back();
  return out + "...";
}

std::string spell(const DurationArg& arg) {
  return arg.param.empty() ? playbooks::spell(Value::duration(arg.literal)) : "params." + arg.param;
}
std::string spell(const CountArg& arg) {
  if (!arg.param.empty()) return "params." + arg.param;
  return fmt::format("{}{}", arg.literal, arg.percent ? "%" : "");
}

std::string prose(const std::optional<CheckedText>& text) {
  std::string out;
  if (!text) return out;
  for (const CheckedText::Piece& piece : text->pieces)
    out += piece.expr ? fmt::format("<{}>", piece.expr->text.text) : piece.plain;
  return cut(out);
}

std::string expression(const CheckedExprPtr& expr) {
  return expr ? cut(expr->text.text) : std::string("host");
}

Tone tone_of(const ActionSpec& action) {
  if (action.effect == Effect::read) return Tone::looks;
  if (action.effect == Effect::nudge) return Tone::nudges;
  return action.effect == Effect::reversible ? Tone::owes : Tone::disrupts;
}

std::string held(const Node& node) {
  const bool holds = !node.hold.param.empty() || node.hold.literal.count() > 0;
  return holds ? fmt::format("held {}, within {}", spell(node.hold), spell(node.limit))
               : fmt::format("within {}", spell(node.limit));
}

// Machine -> rows of one box.
class Reader {
 public:
  Reader(const Machine& machine, std::string prefix, bool turn)
      : machine_(machine), prefix_(std::move(prefix)), turn_(turn), owner_(machine.nodes.size()) {}

  std::vector<Row> rows() {
    std::vector<bool> seen(machine_.nodes.size(), false);
    visit(machine_.entry, seen);
    std::reverse(order_.begin(), order_.end());
    fold();
    std::vector<Row> out;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      next_ = i + 1 < order_.size() ? order_[i + 1] : kEnd;
      Row row = row_of(machine_.nodes[order_[i]]);
      row.id = id(order_[i]);
      out.push_back(std::move(row));
    }
    Row end;
    end.id = id(kEnd);
    end.form = Row::Form::end;
    end.tone = Tone::good;
    end.title = turn_ ? "turn ok" : "ok";
    out.push_back(std::move(end));
    return out;
  }

 private:
  std::string id(NodeId node) const { return fmt::format("{}n{}", prefix_, node); }

  struct Again {  // guards that are asked again after an approval: one row
    std::size_t guards = 0;
    NodeId next = kEnd;
  };

  // Every row behind all that lead to it, and what a reader goes on with right below: reversed postorder.
  void visit(NodeId at, std::vector<bool>& seen) {
    if (at <= kUndecided || seen[at]) return;
    seen[at] = true;
    const Node& node = machine_.nodes[at];
    const bool look = node.kind == Kind::look;
    const bool leaf = node.kind == Kind::done || node.kind == Kind::escalate;
    if (!leaf) {
      if (node.kind == Kind::expect || node.kind == Kind::guard) visit(node.unknown, seen);
      if (node.skipped) visit(*node.skipped, seen);
      visit(look ? node.yes : node.no, seen);
      visit(look ? node.no : node.yes, seen);
    }
    order_.push_back(at);
  }

  // What stands in the row of another node.
  void fold() {
    std::map<std::string, NodeId> looks;
    for (const NodeId at : order_)
      if (machine_.nodes[at].kind == Kind::look) looks.emplace(machine_.nodes[at].path + "/", at);
    std::set<NodeId> ends;
    std::map<std::string, NodeId> again;  // the first guard behind each approval
    for (const NodeId at : order_) {
      const Node& node = machine_.nodes[at];
      owner_[at] = at;
      for (const auto& [path, look] : looks)
        if (node.path.starts_with(path)) owner_[at] = look;
      if (const std::size_t behind = node.path.find("/again/"); behind != std::string::npos) {
        owner_[at] = again.emplace(node.path.substr(0, behind), at).first->second;
        Again& chain = again_[owner_[at]];
        if (node.kind == Kind::guard) chain = {chain.guards + 1, node.no};
      }
      const bool waits = node.kind == Kind::expect || node.kind == Kind::look;
      const NodeId side = waits ? node.no : node.yes;
      if ((waits || node.kind == Kind::guard) && is_leaf(side)) ends.insert(side);
      if (ends.contains(at) && owner_[at] == at) owner_[at] = kStop;  // at the side of its guard
    }
    std::erase_if(order_, [this](NodeId at) { return owner_[at] != at; });
  }

  bool is_leaf(NodeId at) const {
    const Kind kind = machine_.nodes[at].kind;
    return kind == Kind::done || kind == Kind::escalate;
  }

  NodeId row_behind(NodeId at) const { return at <= kUndecided ? at : owner_[at]; }

  // The way on: down if it is the next row, else to the side.
  void way(Row& row, NodeId to, std::string label) {
    if (to != kStop && to != kUndecided && row_behind(to) == next_ && !row.down) {
      row.down = std::move(label);
      return;
    }
    if (to > kUndecided && is_leaf(to)) {
      const Node& end = machine_.nodes[to];
      const bool done = end.kind == Kind::done;
      const std::string text = prose(end.text);
      row.exits.push_back({std::move(label), (done ? "done: " : "escalate: ") + text, done ? Tone::good : Tone::bad});
    } else if (to == kStop || to == kUndecided) {
      row.exits.push_back({std::move(label), to == kStop ? "stop" : "escalate", Tone::bad});
    } else {
      row.exits.push_back({std::move(label), "go on: " + name_of(to), Tone::plain});
    }
  }

  std::string name_of(NodeId to) const {
    if (to == kEnd) return turn_ ? "turn ok" : "ok";
    const Node& node = machine_.nodes[row_behind(to)];
    return node.kind == Kind::look ? look_name(node) : node.step;
  }

  static std::string look_name(const Node& node) {
    const std::size_t at = node.path.rfind("look[");
    if (at == std::string::npos) return node.step;
    return fmt::format("{}, look {}", node.step, node.path.substr(at + 5, node.path.size() - at - 6));
  }

  Row row_of(const Node& node) {
    Row row;
    row.title = node.step;
    switch (node.kind) {
      case Kind::guard:
        guard(node, row);
        break;
      case Kind::act:
      case Kind::snapshot:
        act(node, row);
        break;
      case Kind::settle:
        settle(node, row);
        break;
      case Kind::expect:
        row.tone = Tone::looks;
        row.lines = {"expect " + expression(node.expr), held(node)};
        way(row, node.yes, "yes");
        if (node.no != kStop) way(row, node.no, "no");
        break;
      case Kind::look:
        look(node, row);
        break;
      case Kind::rollout:
        rollout(node, row);
        break;
      case Kind::play:
        play(node, row);
        break;
      default:
        rest(node, row);
    }
    return row;
  }

  void guard(const Node& node, Row& row) {
    row.form = Row::Form::question;
    if (node.path.find("/again/") != std::string::npos) {
      const Again& chain = again_.at(static_cast<NodeId>(&node - machine_.nodes.data()));
      row.title = fmt::format("the {} guards above, asked again", chain.guards);
      row.exits.push_back({"one fires", "done or escalate, as above", Tone::bad});
      return way(row, chain.next, "none fires");
    }
    row.lines = {expression(node.expr) + " ?"};
    way(row, node.yes, "yes");
    way(row, node.no, "no");
  }

  void act(const Node& node, Row& row) {
    const ActionSpec& action = *node.action;
    row.tone = tone_of(action);
    row.title += ": " + action.name;
    if (node.expr) row.lines.push_back("on " + expression(node.expr));
    if (node.kind == Kind::snapshot) {
      row.lines.emplace_back("looked at once, and kept");
    } else if (action.effect >= Effect::reversible) {
      const bool owes = !action.undo.empty() && action.undo != "none";
      row.lines.push_back(
          fmt::format("{}; {}", playbooks::spell(action.effect), owes ? "owes " + action.undo : "cannot be undone"));
    } else {
      row.lines.emplace_back(playbooks::spell(action.effect));
    }
    std::string patience = "within " + spell(node.limit);
    if (node.retry > 0) patience += fmt::format(", tried {} times", node.retry + 1);
    if (action.needs_gate()) patience += "; the gate is asked again right before";
    row.lines.push_back(std::move(patience));
    way(row, node.yes, "");
    if (node.skipped && *node.skipped != node.yes) way(row, *node.skipped, "nobody");
  }

  void settle(const Node& node, Row& row) {
    row.tone = Tone::owes;
    row.title += ": settles " + node.target.substr(node.target.rfind('/') + 1);
    row.lines = {"within " + spell(node.limit)};
    for (const NodeId at : order_)
      if (machine_.nodes[at].path == node.target) row.settles = id(at);
    way(row, node.yes, "");
  }

  void look(const Node& node, Row& row) {
    row.form = Row::Form::question;
    row.tone = Tone::looks;
    row.title = look_name(node);
    std::vector<std::string> first;
    for (NodeId at = 0; at < machine_.nodes.size(); ++at)
      if (at > kUndecided && owner_[at] != at && machine_.nodes[at].path.starts_with(node.path + "/"))
        first.push_back(machine_.nodes[at].step);
    if (!first.empty()) row.lines.push_back(fmt::format("first {}", fmt::join(first, ", ")));
    row.lines.push_back(fmt::format("until {} ?", expression(node.expr)));
    row.lines.push_back(held(node));
    way(row, node.no, "not yet");
    way(row, node.yes, "yes");
  }

  void rollout(const Node& node, Row& row) {
    Box turn{fmt::format("{}: for each host of {}", node.step, expression(node.expr)), {}, {}};
    if (node.order) turn.lines.push_back("in the order of " + expression(node.order));
    turn.lines.push_back(fmt::format("{} at a time; ends after {} not ok", spell(node.batch), spell(node.stop_after)));
    const std::string inner = prefix_ + fmt::format("t{}_", &node - machine_.nodes.data());
    if (node.gate) turn.rows.push_back(gate(*node.gate, inner));
    for (Row& inside : Reader(*node.body, inner, true).rows()) turn.rows.push_back(std::move(inside));
    row.inside.push_back(std::move(turn));
    ways_behind(node, row);
  }

  static Row gate(const Gate& gate, const std::string& prefix) {
    Row row;
    row.id = prefix + "gate";
    row.form = Row::Form::gate;
    row.title = "GATE, asked before each turn";
    if (gate.floor)
      row.lines.push_back(
          fmt::format("floor: {} of {} remain, this host not counted", spell(gate.min), expression(gate.floor)));
    for (const Condition& condition : gate.require)
      row.lines.push_back(fmt::format("{}: {}", condition.name, expression(condition.expr)));
    row.lines.push_back("waits " + spell(gate.limit));
    row.down = "open";
    return row;
  }

  void play(const Node& node, Row& row) {
    row.inside.push_back(rows_of(*node.program));
    row.inside.back().title = fmt::format("{}: plays {}", node.step, node.program->name);
    const std::string inner = prefix_ + fmt::format("p{}_", &node - machine_.nodes.data());
    rename(row.inside.back().rows, inner);
    ways_behind(node, row);
  }

  static void rename(std::vector<Row>& rows, const std::string& prefix) {
    for (Row& row : rows) {
      row.id = prefix + row.id;
      if (!row.settles.empty()) row.settles = prefix + row.settles;
      for (Box& box : row.inside) rename(box.rows, prefix);
    }
  }

  void ways_behind(const Node& node, Row& row) {
    if (node.after_turn) {
      for (const Node& look : node.after_turn->nodes)
        if (look.kind == Kind::look)
          row.inside.back().lines.push_back(
              fmt::format("after each turn: until {} ? then the others are spared", expression(look.expr)));
    }
    way(row, node.yes, "");
    if (node.skipped && *node.skipped != node.yes) way(row, *node.skipped, "nobody");
  }

  void rest(const Node& node, Row& row) {
    if (node.kind == Kind::approve) {
      row.tone = Tone::people;
      row.title += ": people are asked";
      row.lines = {prose(node.text), fmt::format("no answer within {} means no", spell(node.limit))};
      return way(row, node.yes, "yes");
    }
    if (node.kind == Kind::wait) {
      row.lines = {"wait " + spell(node.limit)};
      return way(row, node.yes, "");
    }
    const bool done = node.kind == Kind::done;
    row.form = Row::Form::end;
    row.tone = done ? Tone::good : Tone::bad;
    row.title += done ? ": done" : ": escalate";
    row.lines = {prose(node.text)};
  }

  const Machine& machine_;
  std::string prefix_;
  bool turn_;
  std::vector<NodeId> owner_;  // the node in whose row each node stands
  std::vector<NodeId> order_{};
  NodeId next_ = kEnd;
  std::map<NodeId, Again> again_{};  // by its first guard
};

}  // namespace

Box rows_of(const Program& program) {
  return {program.name, {program.summary}, Reader(program.machine, "", false).rows()};
}

std::vector<std::string> legend() {
  return {"What does not end ok stops: an action, an expectation, a gate that does not open, an answer no.",
          "Stop: no further effect; what is owed is settled, newest first; a person is paged.",
          "A question that cannot be answered escalates."};
}

}  // namespace unjam::playbooks
