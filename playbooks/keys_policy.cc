// policy.yaml: what the owners of the sites allow.
#include "playbooks/keys.h"

namespace unjam::playbooks {
namespace {

using enum Need;

constexpr std::string_view kScopes[] = {"host", "site", "organisation"};
constexpr std::string_view kEffects[] = {"read", "nudge", "reversible", "disruptive", "destructive"};
constexpr std::string_view kModes[] = {"observe", "suggest", "approve", "auto"};
constexpr std::string_view kLast[] = {"allowed", "refused"};
constexpr std::string_view kRuns[] = {"runs"};

constexpr KeySpec kFloor[] = {
    {"role", Form::name, compulsory, "of which hosts"},
    {"per", Form::word, optional, "counted in each of these", "site", nullptr, kScopes},
    {"min", Form::whole, compulsory, "how many must stay healthy besides the one in hand", {}, nullptr, {}, 1},
    {"last", Form::word, optional, "allowed: a scope with a single host of that role may lose it", "refused", nullptr,
     kLast}};

constexpr KeySpec kLimit[] = {
    {"action", Form::action, compulsory, "which action"},
    {"per", Form::word, optional, "counted for each of these", "host", nullptr, kScopes},
    {"every", Form::duration, optional, "shortest time from the end of the last one, whoever did it"},
    {"at_most", Form::rate, optional, "how many in how long: 1 per 1d. One of `every` and `at_most` is compulsory"}};

constexpr KeySpec kApproval[] = {
    {"by", Form::name, optional, "the group that is asked; compulsory unless count is 0"},
    {"count", Form::whole, optional, "how many of them must say yes; 0: nobody else is asked", "1"},
    {"expires", Form::duration, optional, "when the question ends, which means no", "as the step says"}};

constexpr KeySpec kWindow[] = {
    {"name", Form::name, compulsory, "appears in `why`"},
    {"from", Form::moment, compulsory, "\"22:00\", every day, or \"2026-12-28 00:00\""},
    {"to", Form::moment, compulsory, "of the same form as `from`; a time of day may lie past midnight"},
    {"zone", Form::text, compulsory, "of the tz database: Asia/Tokyo"}};

constexpr KeySpec kFreeze[] = {
    {"name", Form::name, compulsory, "appears in `why`"},
    {"from", Form::moment, compulsory, "\"22:00\", every day, or \"2026-12-28 00:00\""},
    {"to", Form::moment, compulsory, "of the same form as `from`"},
    {"zone", Form::text, compulsory, "of the tz database: Asia/Tokyo"},
    {"above", Form::word, optional, "effects above this are frozen", "read", nullptr, kEffects}};

constexpr KeySpec kStorm[] = {
    {"above", Form::whole, compulsory, "more runs that watches started than this: start none, page"},
    {"of", Form::word, compulsory, "what is counted", {}, nullptr, kRuns},
    {"within", Form::duration, compulsory, "counted over so long"}};

constexpr KeySpec kHead[] = {
    {"unjam", Form::version, compulsory, "version of the language"},
    {"policy", Form::name, compulsory, "its name"},
    {"summary", Form::text, optional, "for people"},
    {"healthy", Form::by_role, optional, "what `up` means, per role: action.field; unknown is down"},
    {"floors", Form::list, optional, "how many hosts of a role must stay healthy", {}, &kFloorShape},
    {"one_at_a_time", Form::word, optional, "what a run that changes hosts holds a lock of", "site", nullptr, kScopes},
    {"fresh", Form::duration, optional, "oldest reading that may open a gate"},
    {"poll", Form::duration, optional, "how often the engine looks", "10s"},
    {"actions", Form::allowed, optional,
     "the changes that a playbook may make. Looking, and the undo of what is allowed, always are", "every action"},
    {"gates", Form::by_action, optional, "what the gate of an action must look at, besides what its contract wants"},
    {"caps", Form::bounds, optional, "largest value of an input, whatever a parameter says"},
    {"least", Form::bounds_by_book, optional, "smallest value of a parameter, whatever the caller says"},
    {"limits", Form::list, optional, "how often an action may be done", {}, &kLimitShape},
    {"approvals", Form::by_effect, optional, "who is asked, by effect; never the requester", {}, &kApprovalShape},
    {"modes", Form::modes, optional, "the most that a watch may do without a person, by playbook", {}, nullptr, kModes},
    {"windows", Form::list, optional, "the hours in which effects may start", "any hour", &kWindowShape},
    {"freezes", Form::list, optional, "times in which no effect above `above` starts", {}, &kFreezeShape},
    {"storm", Form::map, optional, "too many runs that watches started", {}, &kStormShape},
    {"page", Form::text, optional, "who is told of every end but healthy and done"},
    {"kill_switch", Form::path, optional, "while this file exists no effect starts"},
    {"groups", Form::groups, optional, "users by group"}};

}  // namespace

constexpr Shape kFloorShape{"floor", "hosts that must stay healthy", kFloor};
constexpr Shape kLimitShape{"limit", "how often an action may be done", kLimit};
constexpr Shape kApprovalShape{"approval", "who is asked", kApproval};
constexpr Shape kWindowShape{"window", "hours in which effects may start", kWindow};
constexpr Shape kFreezeShape{"freeze", "a time in which effects may not start", kFreeze};
constexpr Shape kStormShape{"storm brake", "too many runs at once", kStorm};
constexpr Shape kPolicyShape{"policy", "What the owners of the sites allow; binds every playbook, trigger and person",
                             kHead};

}  // namespace unjam::playbooks
