#include "tests/fuzz/mutator.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace unjam::fuzz {
namespace {

constexpr std::array<std::string_view, 72> kWords{"unjam: 1\n",  "playbook: x\n",
                                                  "params:",     "targets:",
                                                  "facts:",      "let:",
                                                  "steps:",      "run: ",
                                                  "expect: ",    "when: ",
                                                  "choose:",     "rollout: ",
                                                  "ladder:",     "until: ",
                                                  "gate: ",      "floor: ",
                                                  "min: ",       "require: ",
                                                  "limit: ",     "hold: ",
                                                  "settles: ",   "approve: ",
                                                  "play: ",      "escalate: ",
                                                  "done: ",      "wait: ",
                                                  "undo: none",  "else:",
                                                  "do:",         "after_each:",
                                                  "host.reboot", "hub.drain",
                                                  "time.sync",   "probe.hub",
                                                  "params.x",    "hosts",
                                                  "host",        "sure(",
                                                  "known(",      "has(",
                                                  ".filter(h, ", ".exists(h, ",
                                                  ".all(h, ",    ".size()",
                                                  ".first()",    ".without(",
                                                  " and ",       " or ",
                                                  "not ",        " in ",
                                                  " ? ",         " : ",
                                                  "==",          "!=",
                                                  "<=",          ">=",
                                                  "&&",          "||",
                                                  "5m",          "0s",
                                                  "1d",          "9223372036854775807",
                                                  "-1",          "\"",
                                                  "'",           "${",
                                                  "}",           "{ ",
                                                  "[",           "]",
                                                  "\t",          "\xE2\x80\xAE"};

std::string lines_of(const std::string& text, std::size_t at, std::size_t count) {
  std::size_t begin = text.rfind('\n', at);
  begin = begin == std::string::npos ? 0 : begin + 1;
  std::size_t end = begin;
  for (std::size_t i = 0; i < count && end < text.size(); ++i) {
    const std::size_t stop = text.find('\n', end);
    end = stop == std::string::npos ? text.size() : stop + 1;
  }
  return text.substr(begin, end - begin);
}

}  // namespace

std::string Mutator::next(const std::vector<std::string>& corpus) {
  std::string text = corpus[pick(corpus.size())];
  const std::size_t changes = 1 + pick(8);
  for (std::size_t i = 0; i < changes; ++i) change(text, corpus);
  if (text.size() > kMaxInput) text.resize(kMaxInput);
  return text;
}

void Mutator::change(std::string& text, const std::vector<std::string>& corpus) {
  const std::size_t at = pick(text.size());
  switch (pick(9)) {
    case 0:  // another byte
      if (!text.empty()) text[at] = static_cast<char>(rng_.below(256));
      return;
    case 1:  // a word of the language
      text.insert(at, kWords[pick(kWords.size())]);
      return;
    case 2:  // cut
      if (!text.empty()) text.erase(at, 1 + pick(16));
      return;
    case 3: {  // a line less
      const std::string line = lines_of(text, at, 1);
      if (const auto found = text.find(line); !line.empty() && found != std::string::npos)
        text.erase(found, line.size());
      return;
    }
    case 4:  // lines twice
      text.insert(at == 0                                     ? 0
                  : text.rfind('\n', at) == std::string::npos ? 0
                                                              : text.rfind('\n', at) + 1,
                  lines_of(text, pick(text.size()), 1 + pick(4)));
      return;
    case 5: {  // lines of another one
      const std::string& other = corpus[pick(corpus.size())];
      text.insert(at, lines_of(other, pick(other.size()), 1 + pick(4)));
      return;
    }
    case 6: {  // nested deeper
      const std::size_t times = 1 + pick(64);
      constexpr std::array<std::string_view, 6> kOpen{"(", "[", "{ a: ", "not ", "-", "- x:\n  "};
      const std::string_view open = kOpen[pick(kOpen.size())];
      std::string nest;
      for (std::size_t i = 0; i < times; ++i) nest += open;
      text.insert(at, nest);
      return;
    }
    case 7:  // a number changed
      if (const auto digit = text.find_first_of("0123456789", at); digit != std::string::npos)
        text.replace(digit, 1, std::to_string(rng_.next() % 100'000));
      return;
    default: {  // two pieces exchanged
      const std::size_t from = pick(text.size());
      const std::string piece = text.substr(from, 1 + pick(40));
      text.insert(at, piece);
      return;
    }
  }
}

std::vector<std::string> read_corpus(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_regular_file()) paths.push_back(entry.path());
  std::ranges::sort(paths);
  std::vector<std::string> out;
  for (const auto& path : paths) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    out.push_back(text.str());
  }
  return out;
}

}  // namespace unjam::fuzz
