// What the raw text of a YAML file must keep to before a parser sees it, and places in it. Part of the YAML front end:
// only yaml*.cc include it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "playbooks/diagnostic.h"
#include "playbooks/source.h"

namespace unjam::playbooks {

inline constexpr std::size_t kMaxTextBytes = 4u << 20;  // = kMaxYamlBytes

// Byte offsets -> lines and columns. Cheap for places asked in rising order, whatever the length of the lines. For one
// thread.
class TextPlaces {
 public:
  explicit TextPlaces(const Source& source);

  Span at(std::size_t byte, std::size_t length_in_bytes = 1) const;
  std::size_t line_begin(std::size_t byte) const;  // of the line that holds `byte`
  std::size_t line_end(std::size_t byte) const;    // its end, end of line not included

 private:
  struct Near {  // the place last asked: the next one in its line is counted from there
    std::size_t line = 0;
    std::size_t byte = 0;
    std::size_t columns = 0;
  };

  std::size_t line_of(std::size_t byte) const;

  std::string_view text_;
  std::vector<std::size_t> starts_;
  mutable Near near_;
};

// Bytes and lines that no reader may be given: invalid UTF-8, control and bidi characters, tabs (UJ0108), directives
// (UJ0101), a second document or an end mark (UJ0105). True: the text may be parsed.
bool check_text_surface(const SourcePtr& source, const TextPlaces& places, Diagnostics& out);

// A control or bidi character, or one that some readers take for an end of line. '\n' and '\r' are for the caller.
bool is_refused_character(char32_t c);

// Whether a plain scalar is a word that YAML 1.1 or 1.2 readers take for a truth value or null (`true` and `false` are
// read alike by all).
bool is_boolean_word(std::string_view word);

// One expression as a person wrote it without the quotes that it needs, from byte `begin`: in { } or [ ] up to the
// comma or bracket that ends it at its own level, else up to the end of the line or its comment.
std::string_view unquoted_expression(std::string_view text, std::size_t begin, bool flow);

// That expression in the quotes that suit it.
std::string in_quotes(std::string_view expression);

}  // namespace unjam::playbooks
