// What every command is given, and how it speaks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/cli/options.h"
#include "orchestrator/cli/text.h"
#include "orchestrator/compose.h"
#include "orchestrator/control_words.h"

namespace unjam::cli {

struct Context {
  Options options;
  Look out;               // of stdout
  bool terminal = false;  // stdout is one that understands cursor movement
  bool asks = false;      // stdin and stdout are terminals: a person can be asked
  std::string state_dir;
  bool kept = true;             // state_dir outlives the command
  service::OwnerOptions owner;  // shipped packs and playbooks, found beside the binary

  // Every pack folder: the shipped ones and those of --packs.
  std::vector<std::string> pack_roots() const;
};

Context make_context(Options options);

// Stdout. A reader that went away is no error.
void say(std::string_view text);
// Stderr.
void complain(std::string_view text);

// Says why (in JSON too, if asked for) and gives `code` back.
int refuse(const Context& context, const Error& error, int code);
int refuse(const Context& context, const service::Refused& refused, int code);

// 2 for what policy, a person's right or a gate refuses, else 1.
int code_of(const Error& error);

void print_json(const json::value& value);

// k=v, k=v; ErrorKind::invalid names the one without "=" or given twice.
Result<std::map<std::string, std::string>> pairs(const std::vector<std::string>& given, std::string_view option);

// The start that --inventory, --policy, --packs, --param, --confirm ask for; paths made absolute.
Result<service::StartRequest> start_request(const Context& context);

}  // namespace unjam::cli
