#include "orchestrator/cli/context.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "orchestrator/cli/views.h"

namespace unjam::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUnsaidWidth = 80;
constexpr std::size_t kUnsaidHeight = 24;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string default_state_dir() {
  if (const auto xdg = variable("XDG_STATE_HOME"); xdg.starts_with('/')) return xdg + "/unjam";
  if (::geteuid() == 0) return "/var/lib/unjam";
  if (const auto home = variable("HOME"); home.starts_with('/')) return home + "/.local/state/unjam";
  return "/var/lib/unjam";
}

// Beside the binary: bin/unjam and share/unjam. Never the current directory.
std::string shipped_dir() {
  std::error_code error;
  const auto self = fs::read_symlink("/proc/self/exe", error);
  return error ? std::string("/usr/share/unjam") : (self.parent_path().parent_path() / "share" / "unjam").string();
}

void write_all(std::FILE* to, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}

}  // namespace

std::vector<std::string> Context::pack_roots() const {
  auto roots = owner.pack_roots;
  for (const auto& more : options.packs) roots.push_back(more);
  return roots;
}

Context make_context(Options options) {
  Context context;
  context.options = std::move(options);
  const bool out = ::isatty(STDOUT_FILENO) == 1;
  const auto term = variable("TERM");
  context.terminal = out && !term.empty() && term != "dumb";
  context.asks = out && ::isatty(STDIN_FILENO) == 1;
  context.out.colour = context.terminal && variable("NO_COLOR").empty();
  winsize size{};
  if (out && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    context.out.width = size.ws_col;
    context.out.height = size.ws_row;
  } else {
    // A terminal that does not say how wide it is (`script`, a serial line) still has an edge; a pipe has none.
    context.out.width = context.terminal ? kUnsaidWidth : 0;
    context.out.height = kUnsaidHeight;
  }
  std::error_code ignored;
  const auto& given = context.options.state;
  context.state_dir = given.empty() ? default_state_dir() : fs::absolute(given, ignored).lexically_normal().string();
  if (context.state_dir.size() > 1 && context.state_dir.back() == '/') context.state_dir.pop_back();
  const auto shipped = shipped_dir();
  context.owner.state_dir = context.state_dir;
  context.owner.pack_roots = {shipped + "/packs"};
  context.owner.catalogs = {shipped + "/catalog"};
  context.owner.speed = static_cast<double>(context.options.speed.value_or(-1));
  return context;
}

void say(std::string_view text) {
  write_all(stdout, text);
}

void complain(std::string_view text) {
  write_all(stderr, text);
}

int code_of(const Error& error) {
  return error.kind == ErrorKind::denied || error.kind == ErrorKind::conflict ? kRefused : kBadInput;
}

int refuse(const Context& context, const Error& error, int code) {
  return refuse(context, service::Refused{error}, code);
}

int refuse(const Context& context, const service::Refused& refused, int code) {
  complain(refused.rendered);
  complain("unjam: " + playbooks::printable(refused.error.text()) + "\n");
  if (context.options.json) {
    print_json(json::object{{"error", json::object{{"message", refused.error.message}, {"where", refused.error.where}}},
                            {"diagnostics", refused.diagnostics},
                            {"exit_code", code}});
  }
  return code;
}

void print_json(const json::value& value) {
  say(json::serialize(value) + "\n");
}

Result<std::map<std::string, std::string>> pairs(const std::vector<std::string>& given, std::string_view option) {
  std::map<std::string, std::string> out;
  for (const auto& pair : given) {
    const auto at = pair.find('=');
    if (at == std::string::npos || at == 0)
      return fail(ErrorKind::invalid, fmt::format("{} wants NAME=VALUE, not `{}`", option, one_line(pair)));
    if (!out.emplace(pair.substr(0, at), pair.substr(at + 1)).second)
      return fail(ErrorKind::invalid, fmt::format("{} {} is given twice", option, one_line(pair.substr(0, at))));
  }
  return out;
}

Result<service::StartRequest> start_request(const Context& context) {
  const auto absolute = [](const std::string& path) {
    std::error_code ignored;
    return path.empty() ? path : fs::absolute(path, ignored).lexically_normal().string();
  };
  const auto& options = context.options;
  auto params = pairs(options.params, "--param");
  if (!params) return std::unexpected(params.error());
  service::StartRequest request;
  std::error_code ignored;
  request.playbook = fs::exists(options.subject, ignored) ? absolute(options.subject) : options.subject;
  request.inventory = absolute(options.inventory);
  request.policy = absolute(options.policy);
  for (const auto& folder : options.packs) request.packs.push_back(absolute(folder));
  request.params = std::move(*params);
  request.confirm = options.confirm;
  request.may_ask = context.asks && !options.json;
  request.by = service::this_person();
  return request;
}

}  // namespace unjam::cli
