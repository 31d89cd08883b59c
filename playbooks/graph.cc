// The compiled machine as Mermaid and DOT. Rows go down, ways out stand at their side; a rollout is a box of its own
// with its gate at the top, and what settles a debt points back at what made it.
#include <fmt/format.h>

#include <array>

#include "playbooks/graph_rows.h"

namespace unjam::playbooks {
namespace {

struct Colours {
  const char* name;
  const char* fill;
  const char* line;
};

// In the order of Tone.
constexpr std::array<Colours, 8> kColours{{{"plain", "#ffffff", "#555555"},
                                           {"looks", "#e8f1fb", "#3b6ea5"},
                                           {"nudges", "#eef4e4", "#6b8f3a"},
                                           {"owes", "#fff3d6", "#b7791f"},
                                           {"disrupts", "#fde3e1", "#b3261e"},
                                           {"people", "#efe6f8", "#6b3fa0"},
                                           {"good", "#dff3e4", "#2e7d4f"},
                                           {"bad", "#fbe9e7", "#b3261e"}}};

const Colours& colours(Tone tone) {
  return kColours[static_cast<std::size_t>(tone)];
}

class Dot {
 public:
  std::string draw(const Box& box) {
    out_ = fmt::format("digraph \"{}\" {{\n", quoted(box.title));
    line("compound=true; rankdir=TB; nodesep=0.25; ranksep=0.3; fontname=\"Helvetica\"; fontsize=12;");
    line("node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=11, margin=\"0.12,0.06\"];");
    line("edge [fontname=\"Helvetica\", fontsize=10, color=\"#555555\"];");
    line(fmt::format("labelloc=t; label={};", label(box.title, box.lines)));
    line("start [shape=circle, width=0.15, label=\"\", fillcolor=\"#555555\"];");
    line(fmt::format("start -> {};", head(box.rows.front())));
    rows(box.rows);
    std::string text;
    for (const std::string& one : legend()) text += html(one) + "<br align=\"left\"/>";
    line(fmt::format("legend [shape=note, style=filled, fillcolor=\"#fffff0\", label=<{}>];", text));
    line(fmt::format("{} -> legend [style=invis];", tail(box.rows.back())));
    return std::move(out_) + "}\n";
  }

 private:
  void line(const std::string& text) { out_ += std::string(2 * depth_, ' ') + text + "\n"; }

  void rows(const std::vector<Row>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Row& row = all[i];
      if (row.inside.empty()) {
        node(row);
      } else {
        box(row);
      }
      sides(row);
      if (row.down && i + 1 < all.size()) down(row, all[i + 1]);
      if (!row.settles.empty())
        line(
            fmt::format("{} -> {} [style=dashed, constraint=false, color=\"#b7791f\", fontcolor=\"#b7791f\", "
                        "label=\"settles\"];",
                        row.id, row.settles));
    }
  }

  void node(const Row& row) {
    const Colours& colour = colours(row.tone);
    const char* shape = row.form == Row::Form::end ? "oval" : "box";
    const bool gate = row.form == Row::Form::gate;
    const bool round = row.form == Row::Form::step;
    const std::string border = gate ? "peripheries=2, penwidth=2" : "penwidth=1";
    line(fmt::format("{} [shape={}, style=\"{}\", fillcolor=\"{}\", color=\"{}\", {}, label={}];", row.id, shape,
                     round ? "rounded,filled" : "filled", gate ? "#ffffff" : colour.fill,
                     gate ? "#1a1a1a" : colour.line, border, label(row.title, row.lines)));
  }

  void box(const Row& row) {
    const Box& inner = row.inside.front();
    line(fmt::format("subgraph cluster_{} {{", row.id));
    ++depth_;
    line(fmt::format("style=\"rounded,filled\"; fillcolor=\"#f7f7f7\"; color=\"#888888\"; labeljust=l; label={};",
                     label(inner.title, inner.lines)));
    rows(inner.rows);
    --depth_;
    line("}");
  }

  void sides(const Row& row) {
    for (std::size_t i = 0; i < row.exits.size(); ++i) {
      const Exit& exit = row.exits[i];
      const Colours& colour = colours(exit.tone);
      const std::string id = fmt::format("{}_x{}", row.id, i);
      line(fmt::format(
          "{} [shape=box, style=\"rounded,filled\", fontsize=10, fillcolor=\"{}\", color=\"{}\", label={}];", id,
          colour.fill, colour.line, label({}, {exit.text})));
      const std::string clipped = row.inside.empty() ? "" : fmt::format(", ltail=cluster_{}", row.id);
      line(fmt::format("{} -> {} [label=\"{}\"{}];", tail(row), id, quoted(exit.label), clipped));
      if (row.inside.empty()) line(fmt::format("{{ rank=same; {}; {}; }}", row.id, id));
    }
  }

  void down(const Row& row, const Row& next) {
    std::string more = "weight=20";
    if (!row.inside.empty()) more += fmt::format(", ltail=cluster_{}", row.id);
    if (!next.inside.empty()) more += fmt::format(", lhead=cluster_{}", next.id);
    line(fmt::format("{} -> {} [label=\"{}\", {}];", tail(row), head(next), quoted(*row.down), more));
  }

  // A cluster has no arrows of its own: its first and last rows stand for it.
  static std::string head(const Row& row) {
    return row.inside.empty() ? row.id : head(row.inside.front().rows.front());
  }
  static std::string tail(const Row& row) { return row.inside.empty() ? row.id : tail(row.inside.front().rows.back()); }

  static std::string quoted(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    return out;
  }

  static std::string html(std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c == '<') {
        out += "&lt;";
      } else if (c == '>') {
        out += "&gt;";
      } else if (c == '&') {
        out += "&amp;";
      } else if (c == '"') {
        out += "&quot;";
      } else {
        out += c;
      }
    }
    return out;
  }

  static std::string label(const std::string& title, const std::vector<std::string>& lines) {
    std::string text = title.empty() ? "" : fmt::format("<b>{}</b><br align=\"left\"/>", html(title));
    for (const std::string& one : lines) text += html(one) + "<br align=\"left\"/>";
    return "<" + text + ">";
  }

  std::string out_{};
  std::size_t depth_ = 1;
};

class Mermaid {
 public:
  std::string draw(const Box& box) {
    out_ = fmt::format("---\ntitle: \"{}\"\n---\nflowchart TD\n", plain(box.title));
    for (const Colours& colour : kColours)
      line(fmt::format("classDef {} fill:{},stroke:{},color:#1a1a1a,text-align:left", colour.name, colour.fill,
                       colour.line));
    line("classDef gate fill:#ffffff,stroke:#1a1a1a,stroke-width:3px,color:#1a1a1a,text-align:left");
    line("start(( )) --> " + name(box.rows.front()));
    rows(box.rows);
    std::vector<std::string> text = legend();
    line(fmt::format("legend[{}]:::plain", label({}, text)));
    return std::move(out_);
  }

 private:
  void line(const std::string& text) { out_ += std::string(2 * depth_, ' ') + text + "\n"; }
  static std::string name(const Row& row) { return row.inside.empty() ? row.id : row.id + "_box"; }

  void rows(const std::vector<Row>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Row& row = all[i];
      if (row.inside.empty()) {
        node(row);
      } else {
        const Box& inner = row.inside.front();
        line(fmt::format("subgraph {}[{}]", name(row), label(inner.title, inner.lines)));
        ++depth_;
        line("direction TB");
        rows(inner.rows);
        --depth_;
        line("end");
      }
      for (std::size_t x = 0; x < row.exits.size(); ++x)
        line(fmt::format("{} -->{} {}_x{}({}):::{}", name(row), on(row.exits[x].label), row.id, x,
                         label({}, {row.exits[x].text}), colours(row.exits[x].tone).name));
      if (row.down && i + 1 < all.size()) line(fmt::format("{} -->{} {}", name(row), on(*row.down), name(all[i + 1])));
      if (!row.settles.empty()) line(fmt::format("{} -.->|\"settles\"| {}", row.id, row.settles));
    }
  }

  void node(const Row& row) {
    const std::string text = label(row.title, row.lines);
    switch (row.form) {
      case Row::Form::step:
        return line(fmt::format("{}({}):::{}", row.id, text, colours(row.tone).name));
      case Row::Form::question:
        return line(fmt::format("{}>{}]:::{}", row.id, text, colours(row.tone).name));
      case Row::Form::gate:
        return line(fmt::format("{}{{{{{}}}}}:::gate", row.id, text));
      case Row::Form::end:
        return line(fmt::format("{}([{}]):::{}", row.id, text, colours(row.tone).name));
    }
  }

  static std::string on(const std::string& text) { return text.empty() ? "" : fmt::format("|\"{}\"|", plain(text)); }

  // Mermaid reads #name; as a character, and < as the begin of a tag.
  static std::string plain(std::string_view text) {
    std::string out;
    for (const char c : text) {
      switch (c) {
        case '"':
          out += "#quot;";
          break;
        case '<':
          out += "#lt;";
          break;
        case '>':
          out += "#gt;";
          break;
        case '#':
          out += "#35;";
          break;
        case '&':
          out += "#amp;";
          break;
        case '{':
          out += "#123;";
          break;
        case '}':
          out += "#125;";
          break;
        default:
          out += c;
      }
    }
    return out;
  }

  static std::string label(const std::string& title, const std::vector<std::string>& lines) {
    std::string text = title.empty() ? "" : fmt::format("<b>{}</b>", plain(title));
    for (const std::string& one : lines) text += (text.empty() ? "" : "<br/>") + plain(one);
    return "\"" + text + "\"";
  }

  std::string out_{};
  std::size_t depth_ = 1;
};

}  // namespace

std::string to_mermaid(const Program& program) {
  return Mermaid().draw(rows_of(program));
}

std::string to_dot(const Program& program) {
  return Dot().draw(rows_of(program));
}

}  // namespace unjam::playbooks
