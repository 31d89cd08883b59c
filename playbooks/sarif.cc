#include "playbooks/sarif.h"

#include <algorithm>
#include <string>

#include "playbooks/rules.h"

namespace unjam::playbooks {
namespace {

constexpr const char* kSchema = "https://json.schemastore.org/sarif-2.1.0.json";
constexpr const char* kNoRule = "UJ0000";  // SARIF wants an id where we have none

json::object text_of(std::string_view text) {
  return {{"text", printable(text)}};
}

// RFC 3986: what is not unreserved or a slash is percent-encoded.
std::string uri_of(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~/";
  std::string out = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return out;
}

json::object location_of(const SourcePtr& source, const Span& span) {
  json::object physical{{"artifactLocation", json::object{{"uri", uri_of(source ? source->name() : "-")}}}};
  if (span.line > 0) {
    physical["region"] = json::object{{"startLine", span.line},
                                      {"startColumn", std::max<std::uint32_t>(span.column, 1)},
                                      {"endColumn", std::max<std::uint32_t>(span.column, 1) + span.length}};
  }
  return {{"physicalLocation", std::move(physical)}};
}

// The way to the fault, stop by stop: readers of SARIF step through it.
json::array flow_of(const Diagnostic& d) {
  json::array stops;
  for (const Note& note : d.notes) {
    auto location = location_of(d.source, note.span);
    location["message"] = text_of(note.text);
    stops.emplace_back(json::object{{"location", std::move(location)}});
  }
  json::array threads;
  threads.emplace_back(json::object{{"locations", std::move(stops)}});
  json::array flows;
  flows.emplace_back(json::object{{"threadFlows", std::move(threads)}});
  return flows;
}

json::object rule_of(const std::string& code) {
  json::object out{{"id", code}};
  const Rule* rule = find_rule(code);
  if (rule == nullptr) return out;
  out["shortDescription"] = text_of(rule->title);
  out["fullDescription"] = text_of(rule->meaning);
  out["help"] = json::object{{"text", "unjam explain " + code}};
  return out;
}

}  // namespace

json::object sarif(const std::vector<Diagnostic>& diagnostics, std::string_view version) {
  json::array results;
  json::array described;
  std::vector<std::string> ids;
  for (const Diagnostic& d : diagnostics) {
    const std::string code = d.code.empty() ? kNoRule : d.code;
    auto at = std::ranges::find(ids, code);
    if (at == ids.end()) {
      described.emplace_back(rule_of(code));
      at = ids.insert(at, code);
    }
    const std::string message = d.help.empty() ? d.message : d.message + ". Help: " + d.help;
    json::object result{{"ruleId", code},
                        {"ruleIndex", at - ids.begin()},
                        {"level", d.severity == Severity::error ? "error" : "warning"},
                        {"message", text_of(message)},
                        {"locations", json::array{location_of(d.source, d.span)}}};
    if (!d.notes.empty()) result["codeFlows"] = flow_of(d);
    results.emplace_back(std::move(result));
  }
  json::object driver{{"name", "unjam"}, {"version", std::string(version)}, {"rules", std::move(described)}};
  // Columns are counted in code points, as everywhere in Unjam.
  json::object run{{"tool", json::object{{"driver", std::move(driver)}}},
                   {"columnKind", "unicodeCodePoints"},
                   {"results", std::move(results)}};
  return {{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", json::array{std::move(run)}}};
}

}  // namespace unjam::playbooks
