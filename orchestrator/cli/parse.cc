// The only file that knows CLI11.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <sstream>

#include "orchestrator/cli/options.h"
#include "orchestrator/cli/views.h"

namespace unjam::cli {
namespace {

constexpr const char* kFooter = R"(Exit codes (first match wins):
  4  stuck        something owed could not be settled, or an effect is still unknown
  6  interrupted  the engine stopped (second Ctrl-C, SIGTERM, disk error): unjam resume RUN
  5  escalated    a person must decide; the report says whether anything was changed
  2  refused      by a check, gate, policy, approval or cancel; nothing was changed
  3  failed       after a change; all that was owed is settled
  1  bad input    usage, faults in files, damaged or newer journal
  0  done         goal reached, healthy, or nothing to do

RUN is an id of `unjam status`, the beginning of one, or `last`.
State is kept in --state DIR, else $XDG_STATE_HOME/unjam (~/.local/state/unjam), else, for root, /var/lib/unjam.

Examples:
  unjam check heal-intersite-queue --inventory inventory.yaml --policy policy.yaml
  unjam plan  heal-intersite-queue --inventory inventory.yaml --policy policy.yaml --param from=tokyo --param to=osaka
  unjam run   heal-intersite-queue --inventory inventory.yaml --policy policy.yaml --param from=tokyo --param to=osaka --confirm 6
  unjam why last
  unjam approve last)";

class Builder {
 public:
  Builder(CLI::App& app, Options& options) : app_(app), options_(options) {}

  CLI::App* command(const char* name, const char* what, const char* examples) {
    auto* sub = app_.add_subcommand(name, what);
    sub->footer(std::string("Examples:\n") + examples);
    const auto words = app_.get_parent() == nullptr ? std::string(name) : app_.get_name() + " " + name;
    sub->callback([&options = options_, words] { options.command = words; });
    return sub;
  }
  void subject(CLI::App* sub, const char* name, const char* what, bool required = true) {
    auto* option = sub->add_option(name, options_.subject, what);
    if (required) option->required();
  }
  void json(CLI::App* sub) { sub->add_flag("--json", options_.json, "answer in JSON"); }
  void state(CLI::App* sub) { sub->add_option("--state", options_.state, "state directory"); }
  void packs(CLI::App* sub) { sub->add_option("--packs", options_.packs, "folder with more packs (may be repeated)"); }
  void files(CLI::App* sub, bool required) {
    auto* inventory = sub->add_option("--inventory,-i", options_.inventory, "the hosts");
    if (required) inventory->required();
    sub->add_option("--policy", options_.policy, "what the owners of the sites allow; without it nothing may disrupt");
    packs(sub);
  }
  void params(CLI::App* sub) {
    sub->add_option("--param,-p", options_.params, "NAME=VALUE of a parameter (may be repeated)");
  }
  void confirm(CLI::App* sub) {
    sub->add_option("--confirm", options_.confirm, "the number of hosts that may be changed, as `plan` prints it");
  }
  void drives(CLI::App* sub) {
    confirm(sub);
    sub->add_option("--speed", options_.speed, "model fleets: virtual seconds per real one; 0: as fast as possible")
        ->check(CLI::NonNegativeNumber);
    sub->add_flag("--verbose,-v", options_.verbose, "show readings and steps too");
  }

 private:
  CLI::App& app_;
  Options& options_;
};

void add_texts(Builder& b, Options& options) {
  auto* check =
      b.command("check", "check a playbook: all faults, each with its place",
                "  unjam check my.yaml\n  unjam check my.yaml --inventory hosts.yaml --policy policy.yaml --json");
  b.subject(check, "PLAYBOOK", "file, or a name in the catalogue");
  b.files(check, false);
  b.json(check);
  check->add_flag("--sarif", options.sarif, "answer in SARIF 2.1.0, for code hosts and editors");

  auto* graph =
      b.command("graph", "print the state machine that a playbook compiles to",
                "  unjam graph rolling-reboot-hubs | less\n  unjam graph my.yaml --format dot | dot -Tsvg > my.svg");
  b.subject(graph, "PLAYBOOK", "file, or a name in the catalogue");
  b.files(graph, false);
  b.json(graph);
}

void add_format(CLI::App* graph, Options& options) {
  graph->add_option("--format", options.format, "mermaid or dot")->check(CLI::IsMember({"mermaid", "dot"}));
}

void add_others(Builder& b, Options& options) {
  auto* eval = b.command("eval", "evaluate an expression; prints the value as JSON, with --json its type too",
                         "  unjam eval '1 + 2 * 3'\n  unjam eval 'q.stuck > 3 and not q.draining' --var "
                         "'q={\"stuck\":5,\"draining\":false}'\n  unjam eval -- '-(1 + 2)'");
  b.subject(eval, "EXPR", "the expression", false);
  eval->add_option("--var", options.vars, "NAME=JSON (may be repeated)");
  eval->allow_extras();  // an expression that begins with a minus looks like an option
  b.json(eval);

  auto* explain = b.command("explain", "what a rule refuses and why, an example that it refuses, the same mended",
                            "  unjam explain UJ0701\n  unjam explain            # all rules");
  b.subject(explain, "CODE", "of a fault that `check` tells; without it all are listed", false);
  b.json(explain);

  auto* schema = b.command("schema", "JSON Schema of a kind of file, for completion and hover in editors",
                           "  unjam schema > playbook.schema.json\n  unjam schema policy");
  b.subject(schema, "KIND", "playbook (if not given), policy, inventory or contracts", false);

  auto* format = b.command("fmt", "bring white space and indentation of YAML files in order; nothing else is touched",
                           "  unjam fmt my.yaml policy.yaml\n  unjam fmt --check my.yaml\n  unjam fmt - < my.yaml");
  format->add_option("FILE", options.files, "files; - reads stdin and writes stdout")->required();
  format->add_flag("--check", options.check, "write nothing; exit code 1 if a file would change");

  auto* packs = b.command("packs", "list actions with effect, retry class, undo, providers",
                          "  unjam packs\n  unjam packs --packs ./my-packs --json");
  b.packs(packs);
  b.json(packs);

  auto* inventory = b.command("inventory", "show the hosts of an inventory",
                              "  unjam inventory hosts.yaml\n  unjam inventory hosts.yaml --json");
  b.subject(inventory, "FILE", "the inventory");
  b.json(inventory);
}

void add_runs(Builder& b, Options& options) {
  auto* plan =
      b.command("plan", "say what a run would do; changes nothing",
                "  unjam plan heal-intersite-queue -i hosts.yaml --policy policy.yaml -p from=tokyo -p to=osaka");
  b.subject(plan, "PLAYBOOK", "file, or a name in the catalogue");
  b.files(plan, true);
  b.params(plan);
  b.state(plan);
  b.confirm(plan);
  b.json(plan);

  auto* run = b.command("run", "run a playbook and follow it",
                        "  unjam run rolling-reboot-hubs -i hosts.yaml --policy policy.yaml -p site=tokyo --confirm 2");
  b.subject(run, "PLAYBOOK", "file, or a name in the catalogue");
  b.files(run, true);
  b.params(run);
  b.state(run);
  b.drives(run);
  b.json(run);

  auto* rehearse = b.command("rehearse", "run a playbook on a model of your hosts, in virtual time; touches no host",
                             "  unjam rehearse rolling-reboot-hubs -i hosts.yaml --policy policy.yaml -p site=tokyo\n"
                             "  unjam rehearse rolling-reboot-hubs -i hosts.yaml --policy policy.yaml -p site=tokyo "
                             "--seeds 1000\n"
                             "  unjam rehearse rolling-reboot-hubs -i hosts.yaml --policy policy.yaml -p site=tokyo "
                             "--seed 17 --trace");
  b.subject(rehearse, "PLAYBOOK", "file, or a name in the catalogue", false);
  b.files(rehearse, false);
  b.params(rehearse);
  rehearse->add_option("--state", options.state,
                       "where --from-run looks; where the journal of a rehearsal without mishaps is kept");
  b.confirm(rehearse);
  rehearse->add_option(
      "--seeds", options.seeds,
      "so many runs, each with other mishaps: hosts that do not return, lost answers, an engine that is "
      "killed, ...; exit code 0 if no invariant broke, else 3");
  rehearse->add_option("--seed", options.seed, "the first seed, or the only one");
  rehearse->add_option("--faults", options.faults,
                       "which mishaps: all (if not given), none, or a list: killed,no-return");
  rehearse->add_option("--from-run", options.from_run,
                       "a recorded run: what was wrong, and how long its hosts took; says how far the model is off. "
                       "Without PLAYBOOK that run's own is rehearsed");
  rehearse->add_option("--times", options.times, "file: how long your hosts take to boot, answer, ..., by role");
  rehearse->add_flag("--trace", options.trace, "every event and every entry of the hosts' logs");
  rehearse->add_flag("--verbose,-v", options.verbose, "show readings and steps too");
  b.json(rehearse);

  auto* act = b.command("act", "run one action on many hosts; above a nudge as a rollout under the policy's floor",
                        "  unjam act host.facts --on 'hosts.filter(h, h.role == \"hub\")' -i hosts.yaml\n"
                        "  unjam act service.restart --on 'hosts.filter(h, h.role == \"web\")' --with 'service=nginx' "
                        "-i hosts.yaml --policy policy.yaml");
  b.subject(act, "ACTION", "the action, see `unjam packs`");
  act->add_option("--on", options.on, "expression of the hosts")->required();
  act->add_option("--with", options.with, "NAME=VALUE of an input (may be repeated)");
  act->add_option("--limit", options.limit, "end of all patience, for example 5m");
  b.files(act, true);
  b.state(act);
  b.drives(act);
  b.json(act);
}

void add_control(Builder& b, Options& options) {
  auto* resume =
      b.command("resume", "take up a run that nobody drives; looks at the hosts first", "  unjam resume last");
  b.subject(resume, "RUN", "the run");
  b.state(resume);
  resume->add_flag("--verbose,-v", options.verbose, "show readings and steps too");
  resume->add_option("--speed", options.speed, "model fleets: virtual seconds per real one")
      ->check(CLI::NonNegativeNumber);
  b.json(resume);

  auto* rollback = b.command("rollback", "settle what an ended run still owes; with --log, show its rollback log",
                             "  unjam rollback last --log\n  unjam rollback r-0123456789abcdef");
  b.subject(rollback, "RUN", "the run");
  rollback->add_flag("--log", options.log, "only show what was changed, and what is owed, undone, or cannot be");
  b.state(rollback);
  b.json(rollback);

  for (const auto& [name, what] : {std::pair{"approve", "approve what a run asks for; never your own"},
                                   std::pair{"deny", "deny what a run asks for, or take the last approval back"},
                                   std::pair{"cancel", "stop a run before its next effect; what it owes is settled"}}) {
    auto* sub = b.command(name, what, fmt::format("  unjam {} last\n", name).c_str());
    b.subject(sub, "RUN", "the run");
    b.state(sub);
    b.json(sub);
  }
}

void add_reports(Builder& b, Options& options) {
  auto* status = b.command("status", "all runs, or where one run stands", "  unjam status\n  unjam status last --json");
  b.subject(status, "RUN", "the run; without it all runs are listed", false);
  b.state(status);
  b.json(status);

  auto* log =
      b.command("log", "the timeline of a run", "  unjam log last\n  unjam log last --all   # readings and steps too");
  b.subject(log, "RUN", "the run");
  log->add_flag("--all", options.all, "every event");
  b.state(log);
  b.json(log);

  auto* why = b.command("why", "what a run waits for: each unmet condition, its value, its age, and when it can be met",
                        "  unjam why last");
  b.subject(why, "RUN", "the run");
  b.state(why);
  b.json(why);
}

void add_audit(CLI::App& app, Options& options) {
  auto* audit = app.add_subcommand("audit", "hold what was recorded against its hash chain and against the rules");
  audit->require_subcommand(1);
  Builder b(*audit, options);
  auto* verify = b.command("verify", "verify the chains of all runs; of one run or bundle also every decision",
                           "  unjam audit verify\n  unjam audit verify last\n  unjam audit verify ./evidence\n"
                           "  unjam audit verify --json > heads.json; ...; unjam audit verify --heads heads.json");
  b.subject(verify, "RUN|FOLDER", "a run, or a bundle of `audit export`", false);
  verify->add_option("--heads", options.heads,
                     "what an earlier `audit verify --json` printed: shows what was cut off since");
  b.state(verify);
  b.json(verify);
  auto* bundle = b.command("export", "write the evidence of a run into a new folder that can be verified by itself",
                           "  unjam audit export last --to ./evidence");
  b.subject(bundle, "RUN", "the run");
  bundle->add_option("--to", options.to, "the folder; it must not exist yet")->required();
  b.state(bundle);
  b.json(bundle);
}

// What eval's options did not take is its expression: exactly one. What is wrong with it, or nothing.
std::string take_expression(const CLI::App& eval, Options& options) {
  if (!eval.parsed()) return {};
  auto rest = eval.remaining();
  std::erase(rest, "--");
  if (!options.subject.empty()) rest.insert(rest.begin(), options.subject);
  if (rest.empty()) return "EXPR is required\nRun with --help for more information.\n";
  if (rest.size() > 1) return fmt::format("one expression, not {}: write it in quotes\n", rest.size());
  options.subject = rest.front();
  return {};
}

}  // namespace

Parsed parse_arguments(int argc, const char* const* argv) {
  Parsed parsed;
  CLI::App app{
      "Unjam heals hosts by playbooks: finds out what is wrong, proves it may act, acts in the smallest safe step,\n"
      "checks the result, and can undo or explain everything it did.",
      "unjam"};
  app.set_version_flag("--version", std::string("unjam ") + UNJAM_VERSION);
  app.require_subcommand(1);
  app.footer(kFooter);
  Builder builder(app, parsed.options);
  add_runs(builder, parsed.options);
  add_control(builder, parsed.options);
  add_reports(builder, parsed.options);
  add_audit(app, parsed.options);
  add_texts(builder, parsed.options);
  add_format(app.get_subcommand("graph"), parsed.options);
  add_others(builder, parsed.options);
  try {
    app.parse(argc, argv);
    parsed.err = take_expression(*app.get_subcommand("eval"), parsed.options);
    if (!parsed.err.empty()) parsed.exit = kBadInput;
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = app.exit(error, out, err);
    parsed.exit = code == 0 ? kDone : kBadInput;
    parsed.out = out.str();
    parsed.err = err.str();
  }
  return parsed;
}

}  // namespace unjam::cli
