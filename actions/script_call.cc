#include "actions/script_call.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "state/base/digest.h"

namespace unjam::actions {
namespace {

using Assignment = std::pair<std::string, std::string>;  // name, text

constexpr std::size_t kMaxReasonBytes = 300;     // of the host's own words in a reason
constexpr std::size_t kMostAssignments = 4'096;  // bytes: what the inputs of most calls take in a script

// powershell.md: progress records would be written as CLIXML into stderr; the input is cleaned of what code pages and
// Out-String's wrapping may have put between the base64 characters. The execution policy is eased for this process
// only: Exchange's own RemoteExchange.ps1 has to be loaded.
constexpr std::string_view kBootstrap =
    "$ProgressPreference='SilentlyContinue'\n"
    "$ErrorActionPreference='Stop'\n"
    "try{Set-ExecutionPolicy Bypass -Scope Process -Force}catch{}\n"
    "try{[Console]::InputEncoding=[Text.Encoding]::UTF8}catch{}\n"
    "try{[Console]::OutputEncoding=[Text.Encoding]::UTF8}catch{}\n"
    "$d=($input|Out-String) -replace '[^A-Za-z0-9+/=]',''\n"
    "$t=[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($d))\n"
    "& ([scriptblock]::Create($t))\n";

// The files of a call lie in %ProgramData%\Unjam\task: `.in` has the input of a direct call, which the task's own
// script (windows/task-run.ps1) runs, `.out` what was printed. A call that nobody has taken is renamed back, which only
// one of two can do, before it is given up.
constexpr std::string_view kTaskBootstrap =
    "$ProgressPreference='SilentlyContinue'\n"
    "$ErrorActionPreference='Stop'\n"
    "$d=($input|Out-String) -replace '[^A-Za-z0-9+/=]',''\n"
    "$f=$env:ProgramData+'/Unjam/task/'+[guid]::NewGuid().ToString('N')\n"
    "[IO.File]::WriteAllText($f+'.new',$d)\n"
    "[IO.File]::Move($f+'.new',$f+'.in')\n"
    "$n=0\n"
    "while(-not [IO.File]::Exists($f+'.out')){\n"
    "if($n%20 -eq 0 -and [IO.File]::Exists($f+'.in')){$null=schtasks.exe /run /tn '@TASK@' 2>&1}\n"
    "if($n -eq @POLLS@ -and "
    "[IO.File]::Exists($f+'.in')){[IO.File]::Move($f+'.in',$f+'.new');[IO.File]::Delete($f+'.new')\n"
    "[Console]::Error.WriteLine('the scheduled task @TASK@ did not take the call; is it registered?');exit 1}\n"
    "if($n -gt 36000){exit 1}\n"
    "$n++;[Threading.Thread]::Sleep(100)}\n"
    "[Console]::Out.Write([IO.File]::ReadAllText($f+'.out'))\n"
    "[IO.File]::Delete($f+'.out')\n";
constexpr Millis kTaskPoll{100};  // the Sleep in it

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && text.size() <= 64 && letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return letter(c) || digit(c); });
}

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

// A value of one field. In the line based forms (`in_line`) the separators cannot be part of it.
Result<std::string> scalar(const json::value& value, std::string_view name, bool in_line) {
  if (value.is_bool()) return std::string(value.get_bool() ? "true" : "false");
  if (value.is_int64()) return fmt::format("{}", value.get_int64());
  if (value.is_double()) return fmt::format("{}", value.get_double());
  const json::string* text = value.if_string();
  if (text == nullptr) {
    return fail(ErrorKind::invalid, fmt::format("input '{}' is nested deeper than a script can read, or null", name));
  }
  const std::string_view banned = in_line ? std::string_view("\0\t\n\r", 4) : std::string_view("\0", 1);
  if (view(*text).find_first_of(banned) != std::string_view::npos) {
    return fail(ErrorKind::invalid, fmt::format("input '{}' has a {} in it, which cannot travel to a script", name,
                                                in_line ? "tab, newline or NUL" : "NUL"));
  }
  return std::string(view(*text));
}

// Hosts have one order of fields, whatever order the object was made in.
constexpr std::array<const char*, 4> kHostFields{"name", "address", "site", "role"};

bool is_host(const json::object& object) {
  return object.size() == kHostFields.size() &&
         std::ranges::all_of(kHostFields, [&](const char* field) { return object.contains(field); });
}

Result<std::string> flat_record(const json::object& object, std::string_view name) {
  const bool host = is_host(object);
  std::string line;
  for (std::size_t i = 0; i < object.size(); ++i) {
    const json::value& value = host ? object.at(kHostFields[i]) : (object.begin() + i)->value();
    const auto text = scalar(value, name, true);
    if (!text) return std::unexpected(text.error());
    if (i > 0) line += '\t';
    line += *text;
  }
  if (line.empty()) return fail(ErrorKind::invalid, fmt::format("input '{}' has an empty record", name));
  return line;
}

Result<std::string> lines(const json::array& items, std::string_view name) {
  std::string text;
  for (const json::value& item : items) {
    const json::object* object = item.if_object();
    auto line = object != nullptr ? flat_record(*object, name) : scalar(item, name, true);
    if (!line) return line;
    // An empty line could not be told from no line at all.
    if (line->empty()) return fail(ErrorKind::invalid, fmt::format("input '{}' has an empty text in its list", name));
    if (!text.empty()) text += '\n';
    text += *line;
  }
  return text;
}

Result<void> assign_site(const json::object& site, const std::string& name, std::vector<Assignment>& out) {
  const json::value* site_name = site.if_contains("name");
  const json::array* hosts = site.at("hosts").if_array();
  if (site.size() != 2 || site_name == nullptr || hosts == nullptr) {
    return fail(ErrorKind::invalid, fmt::format("input '{}' is neither a site nor a flat record", name));
  }
  auto text = scalar(*site_name, name, false);
  if (!text) return std::unexpected(text.error());
  auto host_lines = lines(*hosts, name);
  if (!host_lines) return std::unexpected(host_lines.error());
  out.emplace_back(name, *std::move(text));
  out.emplace_back(name + "_hosts", *std::move(host_lines));
  return {};
}

Result<void> assign(const json::value& value, const std::string& prefix, const std::string& key,
                    std::vector<Assignment>& out) {
  if (!is_name(key)) return fail(ErrorKind::invalid, fmt::format("'{}' cannot be the name of an input", key));
  const std::string name = prefix + key;
  const json::object* object = value.if_object();
  if (object != nullptr && object->contains("hosts")) return assign_site(*object, name, out);
  auto text = object != nullptr             ? flat_record(*object, name)
              : value.if_array() != nullptr ? lines(value.get_array(), name)
                                            : scalar(value, name, false);
  if (!text) return std::unexpected(text.error());
  out.emplace_back(name, *std::move(text));
  return {};
}

Result<std::vector<Assignment>> assignments(const json::object& inputs, const json::object& fence,
                                            const std::string& token) {
  std::vector<Assignment> all{{"unjam_token", token}};
  for (const auto& entry : inputs) {
    const std::string key(entry.key());
    auto done = assign(entry.value(), key.starts_with("unjam_") ? "" : "in_", key, all);
    if (!done) return std::unexpected(done.error());
  }
  for (const auto& entry : fence) {
    auto done = assign(entry.value(), "fence_", std::string(entry.key()), all);
    if (!done) return std::unexpected(done.error());
  }
  std::vector<std::string_view> names;
  for (const Assignment& one : all) names.emplace_back(one.first);
  std::ranges::sort(names);
  if (const auto twin = std::ranges::adjacent_find(names); twin != names.end()) {
    return fail(ErrorKind::invalid, fmt::format("two inputs would both travel as '{}'", *twin));
  }
  return all;
}

// Needs no decoding on the host, where it would cost two processes.
bool is_plain(std::string_view value) {
  return std::ranges::all_of(value, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._:@/+,=-").contains(static_cast<char>(c));
  });
}

// One compound command: a shell reads it to its end before it runs any of it, so a cut input runs nothing. The script's
// own stdin is empty, so that nothing in it can eat the rest.
std::string sh_input(const Script& script, const std::vector<Assignment>& all) {
  std::string text;
  text.reserve(script.prelude.size() + script.text.size() + kMostAssignments);
  text.append("unjam_main() {\n").append(script.prelude).append("\n");
  for (const auto& [name, value] : all) {
    if (is_plain(value)) {
      text.append(name).append("='").append(value).append("'\n");
    } else {
      text.append(name).append("=$(unjam_b64 '").append(base64_encode(value)).append("')\n");
    }
  }
  text.append(script.text).append("\n}\nunjam_main </dev/null\n");
  return text;
}

std::string powershell_input(const Script& script, const std::vector<Assignment>& all) {
  std::string text;
  text.reserve(script.prelude.size() + script.text.size() + kMostAssignments);
  text.append("$UnjamInput = @{\n");
  for (const auto& [name, value] : all) {
    text.append("'").append(name).append("' = '").append(base64_encode(value)).append("'\n");
  }
  text.append("}\n").append(script.prelude).append("\n").append(script.text).append("\n");
  return base64_encode(text) + "\n";
}

std::string powershell_command(std::string_view script) {
  std::string wide;
  for (const char c : script) {
    wide += c;
    wide += '\0';
  }
  return "powershell.exe -NoProfile -NonInteractive -EncodedCommand " + base64_encode(wide);
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

// ---- answers

bool is_blank(char c) {
  return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

// The JSON text of the frame that starts at `at`, just behind "UNJAM-BEGIN <token>"; nothing if it is not complete.
std::optional<std::string> frame_at(std::string_view out, std::size_t at, const std::string& token) {
  const std::string end_mark = "UNJAM-END " + token + " ";
  const std::size_t end = out.find(end_mark, at);
  if (end == std::string_view::npos) return std::nullopt;
  std::string body(out.substr(at, end - at));
  std::erase_if(body, is_blank);
  std::string_view tail = out.substr(end + end_mark.size());
  std::size_t length = 0;
  std::size_t digits = 0;
  while (digits < tail.size() && tail[digits] >= '0' && tail[digits] <= '9' && digits < 9) {
    length = length * 10 + static_cast<std::size_t>(tail[digits] - '0');
    ++digits;
  }
  if (digits == 0 || length != body.size()) return std::nullopt;
  auto text = base64_decode(body);
  if (!text) return std::nullopt;
  return *std::move(text);
}

std::optional<std::string> first_frame(std::string_view out, const std::string& token) {
  const std::string begin_mark = "UNJAM-BEGIN " + token;
  for (std::size_t at = out.find(begin_mark); at != std::string_view::npos; at = out.find(begin_mark, at + 1)) {
    auto text = frame_at(out, at + begin_mark.size(), token);
    if (text) return text;
  }
  return std::nullopt;
}

// The host's own words, cut and without what could drive a terminal.
std::string quoted(std::string_view text) {
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  if (text.size() > kMaxReasonBytes) text.remove_prefix(text.size() - kMaxReasonBytes);
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    shown += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  return shown;
}

// Windows PowerShell writes progress and errors as XML into a redirected stderr, even when all is well: not for people.
std::string without_clixml(std::string text) {
  constexpr std::string_view kBegin = "#< CLIXML";
  constexpr std::string_view kEnd = "</Objs>";
  for (std::size_t at = text.find(kBegin); at != std::string::npos; at = text.find(kBegin)) {
    const std::size_t end = text.find(kEnd, at);
    text.erase(at, end == std::string::npos ? std::string::npos : end + kEnd.size() - at);
  }
  return text;
}

std::string why_no_answer(const Reply& reply) {
  std::string why;
  switch (reply.ended) {
    case Ended::exited:
      why = reply.exit_status ? fmt::format("it ended with status {} and gave no answer", *reply.exit_status)
                              : std::string("it ended and gave no answer");
      break;
    case Ended::signalled:
      why = "it was killed by a signal and gave no answer";
      break;
    case Ended::cut:
      why = "the connection ended before an answer came";
      break;
    case Ended::timed_out:
      why = "no answer came before the deadline";
      break;
    case Ended::flooded:
      why = fmt::format("it wrote more than {} MiB", kMaxOutput >> 20);
      break;
  }
  if (const std::string words = quoted(without_clixml(reply.err)); !words.empty()) why += "; it said: " + words;
  return why;
}

Outcome unknown(std::string reason) {
  return {.kind = Outcome::Kind::unknown, .reason = std::move(reason)};
}

Outcome refused(const json::value& error) {
  static constexpr std::array<std::pair<std::string_view, Refusal::Kind>, 4> kKinds{
      {{"unreadable", Refusal::Kind::unreadable},
       {"failed", Refusal::Kind::failed},
       {"refused", Refusal::Kind::refused},
       {"absent", Refusal::Kind::absent}}};
  const json::object* object = error.if_object();
  const auto kind = object != nullptr ? text_at(*object, "kind") : fail(ErrorKind::invalid, "");
  const auto text = object != nullptr ? text_at(*object, "text") : fail(ErrorKind::invalid, "");
  if (!kind || !text) return unknown("the answer's error has no kind and text");
  const auto* found = std::ranges::find(kKinds, *kind, &std::pair<std::string_view, Refusal::Kind>::first);
  if (found == kKinds.end()) return unknown(fmt::format("the answer's error is of no known kind: {}", quoted(*kind)));
  return {.kind = Outcome::Kind::refused, .refusal = {found->second, *text}};
}

Result<playbooks::Value> typed_outputs(const json::object& outputs, const playbooks::ActionSpec& spec) {
  playbooks::Fields fields;
  for (const auto& entry : outputs) {
    const std::string name(entry.key());
    const auto declared = std::ranges::find(spec.outputs, name, &std::pair<std::string, playbooks::TypePtr>::first);
    if (declared == spec.outputs.end()) {
      return fail(ErrorKind::invalid, fmt::format("{} has no output '{}'", spec.name, quoted(name)));
    }
    auto value = playbooks::from_json(entry.value(), *declared->second);
    if (!value) return fail(ErrorKind::invalid, fmt::format("output '{}': {}", name, value.error().message));
    fields.emplace(name, *std::move(value));
  }
  return playbooks::Value::record(std::move(fields));
}

Outcome answered(const json::object& object, const playbooks::ActionSpec& spec) {
  static const json::object kNothing;
  std::array<const json::object*, 3> parts{&kNothing, &kNothing, &kNothing};
  static constexpr std::array<std::string_view, 3> kParts{"outputs", "before", "after"};
  for (const auto& entry : object) {
    const auto* part = std::ranges::find(kParts, std::string_view(entry.key().data(), entry.key().size()));
    if (part == kParts.end()) return unknown(fmt::format("the answer has an unknown part '{}'", quoted(entry.key())));
    const json::object* value = entry.value().if_object();
    if (value == nullptr) return unknown(fmt::format("the answer's part '{}' is not an object", *part));
    parts[static_cast<std::size_t>(part - kParts.begin())] = value;
  }
  auto outputs = typed_outputs(*parts[0], spec);
  if (!outputs) return unknown("the answer is not what the contract says: " + outputs.error().message);
  return {.kind = Outcome::Kind::answered, .answer = {*std::move(outputs), *parts[1], *parts[2]}};
}

}  // namespace

Outcome classify(const Result<Reply>& reply, const std::string& token, const playbooks::ActionSpec& spec) {
  if (!reply) {
    return {.kind = Outcome::Kind::not_sent,
            .reason = reply.error().text(),
            .denied = reply.error().kind == ErrorKind::denied};
  }
  const auto text = first_frame(reply->out, token);
  if (!text) return unknown(why_no_answer(*reply));
  const auto value = parse_json(*text);
  if (!value) return unknown("the answer is damaged: " + value.error().message);
  const json::object* object = value->if_object();
  if (object == nullptr) return unknown("the answer is not a JSON object");
  const json::value* error = object->if_contains("error");
  if (error == nullptr) return answered(*object, spec);
  return object->size() == 1 ? refused(*error) : unknown("the answer has both an error and something else");
}

Result<Rendered> render_call(const Script& script, const json::object& inputs, const json::object& fence,
                             const std::string& token, bool become) {
  const bool hex = std::ranges::all_of(token, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (token.empty() || !hex) return fail(ErrorKind::invalid, "the token of an answer's frame must be hex digits");
  auto all = assignments(inputs, fence, token);
  if (!all) return std::unexpected(all.error());
  std::size_t size = script.prelude.size() + script.text.size();
  for (const auto& [name, value] : *all) size += name.size() + value.size();
  if (size > kMaxInput) {
    return fail(ErrorKind::invalid,
                fmt::format("script and inputs together are {} bytes, more than the {} that travel", size, kMaxInput));
  }
  if (script.shell == "sh") {
    return Rendered{become ? "sudo -n /bin/sh -s" : "/bin/sh -s",
                    [script, all = *std::move(all)] { return sh_input(script, all); }};
  }
  if (script.shell == "powershell" && !become) {
    return Rendered{powershell_command(kBootstrap),
                    [script, all = *std::move(all)] { return powershell_input(script, all); }};
  }
  return fail(ErrorKind::invalid,
              fmt::format("no way to run a script of shell '{}'{}", script.shell, become ? " through sudo" : ""));
}

std::string task_command(const std::string& task) {
  std::string script(kTaskBootstrap);
  replace_all(script, "@TASK@", task);
  replace_all(script, "@POLLS@", fmt::format("{}", kTaskStart / kTaskPoll));
  return powershell_command(script);
}

}  // namespace unjam::actions
