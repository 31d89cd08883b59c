// Playbooks: the 41 keys, where they stand and what they mean.
#include "playbooks/keys.h"

namespace unjam::playbooks {
namespace {

using enum Need;

constexpr std::string_view kParamTypes[] = {"site", "host", "int", "bool", "text", "duration", "secret"};

constexpr std::string_view kLimitOfVerb = "end of all patience, retries included";
constexpr std::string_view kWhen = "false: skipped. Unknown: the run escalates";

constexpr KeySpec kParam[] = {
    {"type", Form::word, compulsory, "what the caller gives", {}, nullptr, kParamTypes},
    {"default", Form::literal, optional, "taken if the caller gives nothing", "none: the caller must give it"},
    {"min", Form::literal, optional, "smallest value that is taken; of int and duration"},
    {"max", Form::literal, optional, "largest value that is taken; of int and duration"}};

constexpr KeySpec kFact[] = {
    {"run", Form::action, compulsory, "the action that looks; its effect must be read"},
    {"hosts", Form::hosts, compulsory, "where it looks: targets only"},
    {"with", Form::arguments, optional, "inputs, by the types of the contract"},
    {"fresh", Form::time, optional, "oldest reading that may be used; any effect of the run ends it earlier", "60s"},
    {"limit", Form::time, optional, "end of all patience", "the contract's"}};

constexpr KeySpec kGate[] = {
    {"floor", Form::hosts, optional,
     "hosts that are up now; without the host in hand and every held slot, at least `min` must remain"},
    {"min", Form::count, optional, "how many hosts of `floor` must remain; compulsory with it"},
    {"require", Form::named_truths, optional, "further conditions; their names appear in `why`"},
    {"limit", Form::time, compulsory, "how long the gate is waited for; then the answer is no"}};

constexpr KeySpec kArm[] = {
    {"when", Form::truth, compulsory, "the first arm that is true is taken. Unknown: escalates"},
    {"do", Form::steps, compulsory, "the steps of this arm"}};

constexpr KeySpec kRun[] = {
    {"run", Form::action, compulsory, "do this action"},
    {"when", Form::truth, optional, kWhen},
    {"hosts", Form::hosts, optional, "where; inside a rollout it is not written", "in a rollout: the host in hand"},
    {"with", Form::arguments, optional, "inputs, by the types of the contract"},
    {"limit", Form::time, compulsory, kLimitOfVerb},
    {"undo", Form::action, optional, "what puts it back, or none; compulsory from effect reversible on"},
    {"retry",
     Form::whole,
     optional,
     "further tries inside `limit`; never of an action that is `once`",
     "0",
     nullptr,
     {},
     0,
     9}};

constexpr KeySpec kExpect[] = {
    {"expect", Form::truth, compulsory, "look until it holds"},
    {"when", Form::truth, optional, kWhen},
    {"hold", Form::time, optional, "it must hold at every look for so long; unknown starts it anew", "0"},
    {"limit", Form::time, compulsory, kLimitOfVerb},
    {"else", Form::steps, optional, "what then; every way through it ends the run", "stop, settle, page"}};

constexpr KeySpec kChoose[] = {
    {"choose", Form::arms, compulsory, "the first arm that is true", {}, &kArmShape},
    {"when", Form::truth, optional, kWhen},
    {"else", Form::steps, optional,
     "if no arm is true; compulsory unless the arms are `E == \"word\"` over every word of one enumeration"}};

constexpr KeySpec kGroup[] = {{"do", Form::steps, compulsory, "a group of steps, usually with `when`"},
                              {"when", Form::truth, optional, kWhen}};

constexpr KeySpec kRollout[] = {
    {"rollout", Form::hosts, compulsory,
     "once per host. The set is fixed on entry; a host that has left it by its turn is skipped"},
    {"when", Form::truth, optional, kWhen},
    {"order", Form::expression, optional,
     "smallest first; false before true; enumerations in their order; unknown last", "inventory order"},
    {"batch", Form::count_or_percent, optional, "turns at once; each host is admitted by the gate on its own", "1"},
    {"stop_after", Form::count, optional, "turns in the run that did not end ok, inclusive; unreachable counts", "1"},
    {"until", Form::truth, optional, "asked after each turn; true: the other hosts are spared"},
    {"gate",
     Form::map,
     optional,
     "asked before each turn, and again right before each action that needs a gate",
     {},
     &kGateShape},
    {"do", Form::steps, compulsory, "the turn of one host, which is called `host` in it"}};

constexpr KeySpec kLadder[] = {
    {"ladder", Form::steps, compulsory, "rungs, mildest first"},
    {"when", Form::truth, optional, kWhen},
    {"after_each", Form::steps, optional,
     "looks and nudges before every look at `until`, and once before the first rung"},
    {"until", Form::truth, compulsory, "true: the other rungs are not needed. After a skipped rung there is no look"},
    {"hold", Form::time, compulsory, "`until` must hold at every look for so long"},
    {"limit", Form::time, compulsory, "how long is looked after each rung"},
    {"else", Form::steps, optional, "when no rung has helped; every way through it ends the run",
     "stop, settle, page"}};

constexpr KeySpec kPlay[] = {
    {"play", Form::name, compulsory, "another playbook as part of this run, with its own names; depth 4, no recursion"},
    {"when", Form::truth, optional, kWhen},
    {"with", Form::arguments, optional, "values of its parameters"},
    {"until", Form::truth, optional, "asked after each turn inside; only in a ladder"}};

constexpr KeySpec kSettles[] = {
    {"settles", Form::name, compulsory, "the step whose undo is run, which ends what it owes"},
    {"when", Form::truth, optional, kWhen},
    {"limit", Form::time, compulsory, kLimitOfVerb}};

constexpr KeySpec kApprove[] = {{"approve", Form::prose, compulsory, "asks the people whom policy names"},
                                {"when", Form::truth, optional, kWhen},
                                {"limit", Form::time, compulsory, "when the question expires, which means no"}};

constexpr KeySpec kWait[] = {{"wait", Form::time, compulsory, "let so much time pass"},
                             {"when", Form::truth, optional, kWhen}};
constexpr KeySpec kDone[] = {
    {"done", Form::prose, compulsory, "there is nothing to do: the run ends well. Only before the first change"},
    {"when", Form::truth, optional, kWhen}};
constexpr KeySpec kEscalate[] = {
    {"escalate", Form::prose, compulsory, "ends the run for a person, with all evidence, after rollback"},
    {"when", Form::truth, optional, kWhen}};

constexpr Shape kRunShape{"run", "do an action", kRun};
constexpr Shape kExpectShape{"expect", "look until something holds", kExpect};
constexpr Shape kChooseShape{"choose", "one of several ways", kChoose};
constexpr Shape kGroupShape{"do", "a group of steps", kGroup};
constexpr Shape kRolloutShape{"rollout", "once per host", kRollout};
constexpr Shape kLadderShape{"ladder", "mildest remedy first, until it helps", kLadder};
constexpr Shape kPlayShape{"play", "another playbook as part of this run", kPlay};
constexpr Shape kSettlesShape{"settles", "end what a step owes", kSettles};
constexpr Shape kApproveShape{"approve", "ask people", kApprove};
constexpr Shape kWaitShape{"wait", "let time pass", kWait};
constexpr Shape kDoneShape{"done", "there is nothing to do", kDone};
constexpr Shape kEscalateShape{"escalate", "a person must decide", kEscalate};

// In the order of model::Verb.
constexpr const Shape* kVerbs[] = {&kRunShape,     &kExpectShape, &kChooseShape, &kGroupShape,
                                   &kRolloutShape, &kLadderShape, &kPlayShape,   &kSettlesShape,
                                   &kApproveShape, &kWaitShape,   &kDoneShape,   &kEscalateShape};

constexpr KeySpec kHead[] = {
    {"unjam", Form::version, compulsory, "version of the language"},
    {"playbook", Form::name, compulsory, "its name; `play` and policy use it"},
    {"summary", Form::line, compulsory, "one line, shown wherever a person chooses or approves"},
    {"params", Form::named, optional, "what the caller gives; fixed for the run", "none", &kParamShape},
    {"targets", Form::named_hosts, optional,
     "the only hosts that may be changed. From inventory and params only; fixed at start; empty refuses the run"},
    {"facts", Form::named, optional, "what is looked at", {}, &kFactShape},
    {"let", Form::named_expressions, optional, "names for what facts mean; pure, lazy, acyclic, no `host`"},
    {"steps", Form::steps, compulsory, "what is done, in this order"}};

}  // namespace

constexpr Shape kParamShape{"parameter", "what the caller gives", kParam};
constexpr Shape kFactShape{"fact", "something that is looked at", kFact};
constexpr Shape kGateShape{"gate", "what must hold before a host is touched", kGate};
constexpr Shape kArmShape{"arm", "one way of `choose`", kArm};
constexpr Shape kPlaybookShape{"playbook", "A playbook of Unjam", kHead};

std::span<const Shape* const> verb_shapes() {
  return kVerbs;
}

}  // namespace unjam::playbooks
