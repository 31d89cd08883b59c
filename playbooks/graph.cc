// The compiled machine as Mermaid and DOT. A rollout is a box of its own; gates and obligations are written on it.
#include <fmt/format.h>

#include <map>
#include <vector>

#include "playbooks/program.h"

namespace unjam::playbooks {

namespace {

constexpr std::size_t kMaxLabel = 60;

struct Box {  // one machine, drawn inside another
  std::string title;
  std::vector<std::string> notes;
};

struct Vertex {
  std::string id;
  std::string label;
  Node::Kind kind = Node::Kind::end;
};

struct Arrow {
  std::string from;
  std::string to;
  std::string label;
};

std::string cut(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '"' || c == '`' || c == '{' || c == '}') c = c == '\n' ? ' ' : '\'';
  if (text.size() > kMaxLabel) {
    text.resize(kMaxLabel - 3);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
    text += "...";
  }
  return text;
}

std::string label_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::guard:
      return fmt::format("{}: {}?", node.step, cut(node.expr->text.text));
    case Node::Kind::act: {
      std::string text = fmt::format("{}: {} [{}]", node.step, node.action->name, spell(node.action->effect));
      if (!node.action->undo.empty() && node.action->undo != "none") text += " owes " + node.action->undo;
      return text;
    }
    case Node::Kind::snapshot:
      return fmt::format("{}: look once, {}", node.step, node.action->name);
    case Node::Kind::settle:
      return fmt::format("{}: settles {}", node.step, node.target);
    case Node::Kind::expect:
      return fmt::format("{}: expect {}", node.step, cut(node.expr->text.text));
    case Node::Kind::look:
      return fmt::format("{}: until {}", node.step, cut(node.expr->text.text));
    case Node::Kind::rollout:
      return fmt::format("{}: each of {}", node.step, cut(node.expr->text.text));
    case Node::Kind::play:
      return fmt::format("{}: play {}", node.step, node.program->name);
    case Node::Kind::approve:
      return fmt::format("{}: approve", node.step);
    case Node::Kind::wait:
      return fmt::format("{}: wait", node.step);
    case Node::Kind::done:
      return fmt::format("{}: done", node.step);
    case Node::Kind::escalate:
      return fmt::format("{}: escalate", node.step);
    case Node::Kind::end:
      return "ok";
    case Node::Kind::stop:
      return "stop, settle, page";
    case Node::Kind::undecided:
      return "undecided: escalate";
  }
  return {};
}

// Walks a machine and hands boxes, vertices and arrows to a writer, in the machine's own order.
template <typename Writer>
class Drawing {
 public:
  explicit Drawing(Writer& writer) : writer_(writer) {}

  void machine(const Machine& machine, const std::string& prefix) {
    std::vector<bool> used(machine.nodes.size(), false);
    used[machine.entry] = true;
    for (NodeId id = 0; id < machine.nodes.size(); ++id)
      if (id > kUndecided)
        for (const auto& [to, label] : edges(machine.nodes[id])) used[to] = true;
    for (NodeId id = 0; id < machine.nodes.size(); ++id)
      if (used[id] || id > kUndecided) vertex(machine.nodes[id], name(prefix, id));
    writer_.entry(name(prefix, machine.entry));
    for (NodeId id = kUndecided + 1; id < machine.nodes.size(); ++id)
      for (const auto& [to, label] : edges(machine.nodes[id]))
        writer_.arrow({name(prefix, id), name(prefix, to), label});
  }

 private:
  static std::string name(const std::string& prefix, NodeId id) { return fmt::format("{}n{}", prefix, id); }

  static std::vector<std::pair<NodeId, std::string>> edges(const Node& node) {
    using Kind = Node::Kind;
    if (node.kind == Kind::done) return {{kEnd, "done"}};
    if (node.kind == Kind::escalate) return {{kStop, "escalated"}};
    const bool asks = node.kind == Kind::guard || node.kind == Kind::look || node.kind == Kind::expect;
    std::vector<std::pair<NodeId, std::string>> out{{node.yes, asks ? "yes" : "ok"}};
    if (node.kind == Kind::snapshot || node.kind == Kind::wait) return out;
    out.emplace_back(node.no, asks ? "no" : "not ok");
    if (node.skipped && *node.skipped != node.yes) out.emplace_back(*node.skipped, "skipped");
    if (node.kind == Kind::guard || node.kind == Kind::look) out.emplace_back(node.unknown, "unknown");
    return out;
  }

  void vertex(const Node& node, const std::string& id) {
    if (!node.body && !node.program) return writer_.vertex({id, label_of(node), node.kind});
    Box box{label_of(node), {}};
    if (node.gate) {
      if (node.gate->floor) box.notes.push_back("floor " + cut(node.gate->floor->text.text));
      for (const auto& condition : node.gate->require)
        box.notes.push_back(fmt::format("{}: {}", condition.name, cut(condition.expr->text.text)));
    }
    writer_.open(id, box);
    machine(node.body ? *node.body : node.program->machine, id + "_");
    writer_.close();
    if (!node.after_turn) return;
    writer_.open(id + "_until", Box{node.step + ": after each turn", {}});
    machine(*node.after_turn, id + "_u_");
    writer_.close();
  }

  Writer& writer_;
};

class Mermaid {
 public:
  explicit Mermaid(const Program& program) {
    out_ = fmt::format("---\ntitle: {}\n---\nstateDiagram-v2\n", cut(program.name));
  }
  void vertex(const Vertex& v) { line(fmt::format("state \"{}\" as {}", v.label, v.id)); }
  void arrow(const Arrow& a) { line(fmt::format("{} --> {}: {}", a.from, a.to, a.label)); }
  void entry(const std::string& id) { line(fmt::format("[*] --> {}", id)); }
  void open(const std::string& id, const Box& box) {
    line(fmt::format("state \"{}\" as {}", box.title, id));
    line(fmt::format("state {} {{", id));
    ++depth_;
    for (std::size_t i = 0; i < box.notes.size(); ++i)
      line(fmt::format("state \"gate: {}\" as {}_g{}", box.notes[i], id, i));
  }
  void close() {
    --depth_;
    line("}");
  }
  std::string text() { return std::move(out_); }

 private:
  void line(const std::string& text) { out_ += std::string(2 * depth_, ' ') + text + "\n"; }

  std::string out_;
  std::size_t depth_ = 1;
};

class Dot {
 public:
  explicit Dot(const Program& program) {
    out_ = fmt::format("digraph \"{}\" {{\n  node [shape=box, fontname=\"sans-serif\"];\n", cut(program.name));
  }
  void vertex(const Vertex& v) {
    const bool choice = v.kind == Node::Kind::guard || v.kind == Node::Kind::look;
    const bool end = v.kind == Node::Kind::end || v.kind == Node::Kind::stop || v.kind == Node::Kind::undecided;
    line(fmt::format("{} [label=\"{}\", shape={}];", v.id, v.label, choice ? "diamond" : end ? "oval" : "box"));
  }
  void arrow(const Arrow& a) { line(fmt::format("{} -> {} [label=\"{}\"];", box(a.from), box(a.to), a.label)); }
  void entry(const std::string& id) {
    if (depth_ > 1) return line(fmt::format("{0}_in [shape=point]; {0}_in -> {0};", id));
    line(fmt::format("start [shape=point]; start -> {};", box(id)));
  }
  void open(const std::string& id, const Box& box) {
    line(fmt::format("subgraph cluster_{} {{", id));
    ++depth_;
    std::string title = box.title;
    for (const auto& note : box.notes) title += "\\ngate: " + note;
    line(fmt::format("label=\"{}\";", title));
    line(fmt::format("{}_box [label=\"{}\", shape=plaintext];", id, "each turn"));
    boxes_[id] = id + "_box";
  }
  void close() {
    --depth_;
    line("}");
  }
  std::string text() { return std::move(out_) + "}\n"; }

 private:
  void line(const std::string& text) { out_ += std::string(2 * depth_, ' ') + text + "\n"; }
  std::string box(const std::string& id) const {
    const auto found = boxes_.find(id);
    return found == boxes_.end() ? id : found->second;
  }

  std::string out_;
  std::map<std::string, std::string> boxes_;  // a cluster has no arrows of its own: its label node stands for it
  std::size_t depth_ = 1;
};

template <typename Writer>
std::string draw(const Program& program) {
  Writer writer(program);
  Drawing<Writer>(writer).machine(program.machine, "");
  return writer.text();
}

}  // namespace

std::string to_mermaid(const Program& program) {
  return draw<Mermaid>(program);
}

std::string to_dot(const Program& program) {
  return draw<Dot>(program);
}

}  // namespace unjam::playbooks
