// Who said yes: confirming by the requester, approving by others, the locks of the sites.
#include <fmt/format.h>

#include <set>

#include "orchestrator/engine/walker.h"
#include "orchestrator/policy/window.h"

namespace unjam::engine {

namespace {

constexpr Millis kConfirmPatience{1'800'000};
constexpr playbooks::Duration kApprovalExpiry = std::chrono::hours(4);  // where policy names none: silence means no
constexpr const char* kPolicyApproval =
    "@policy";  // asked because policy wants it and the playbook has no `approve` of its own
constexpr const char* kLocks = "@locks";
constexpr const char* kConfirm = "@confirm";

// The rule for the strongest effect of the plan; a milder one than disruptive needs none, but may have one. Nothing:
// policy has none where one is needed, so nobody can approve.
std::optional<playbooks::ApprovalRule> rule_of(const Plan& plan) {
  const auto strongest = plan.strongest.value_or(playbooks::Effect::read);
  const auto found = plan.policy->approvals.find(strongest);
  if (found == plan.policy->approvals.end()) {
    if (strongest >= playbooks::Effect::disruptive) return std::nullopt;
    return playbooks::ApprovalRule{"", 0, kApprovalExpiry};
  }
  auto rule = found->second;
  if (rule.expires.count() == 0) rule.expires = kApprovalExpiry;
  return rule;
}

std::string no_approver(const Plan& plan) {
  return fmt::format("policy names nobody who may approve a {} effect: give it `approvals`",
                     playbooks::spell(*plan.strongest));
}

// Distinct people of the group, none of them the requester, over the plan as it is.
std::int64_t counted(const Plan& plan, const state::Run& run, const state::ApprovalRecord& approval) {
  std::set<std::string> people;
  for (const auto& given : approval.given) {
    if (given.digest != plan.digest || given.by.user == run.created.requester.user) continue;
    if (plan.policy->in_group(given.by.user, approval.asked.group)) people.insert(given.by.user);
  }
  return static_cast<std::int64_t>(people.size());
}

bool expired(const state::ApprovalRecord& approval, Wall now) {
  return approval.asked.expires_ms > 0 && now - approval.wall >= Millis{approval.asked.expires_ms};
}

}  // namespace

std::optional<Obstacle> obstacle(const Plan& plan, const state::Run& run, bool kill_switch, playbooks::Effect effect,
                                 Wall now) {
  if (run.cancelled) return Obstacle{run.cancelled->cause, "cancelled"};
  if (kill_switch) return Obstacle{"kill_switch", fmt::format("{} exists", plan.policy->kill_switch)};
  if (effect <= playbooks::Effect::read) return std::nullopt;
  if (const auto windows = policy::ask_windows(*plan.policy, effect, now); !windows.open)
    return Obstacle{windows.cause, windows.text};
  if (effect < playbooks::Effect::disruptive) return std::nullopt;
  for (const auto& [path, approval] : run.approvals) {
    if (approval.denied) return Obstacle{"approval", "the approval was denied"};
    if (approval.asked.count > 0 && expired(approval, now)) return Obstacle{"approval", "the approval has expired"};
    if (approval.asked.digest != plan.digest) return Obstacle{"approval", "the plan is not the one that was approved"};
  }
  return std::nullopt;
}

// Takes the locks of every site with targets, all at once. True: held.
bool Walker::locked() {
  if (!run_.locks.empty() || plan_.locks.empty()) return true;
  const auto* waiting = step(kLocks);
  if (waiting == nullptr) return record(state::StepStarted{kLocks}), false;
  const state::LockClaim claim{plan_.locks};
  const auto refused = state::refused_by(claim, around_.locks, run_.id);
  if (!refused.empty()) {
    if (now_.mono >= waiting->started + kLockPatience) return stop("lock", "", refused), false;
    return sleep(now_.mono + poll()), false;
  }
  state::Claims claims;
  claims.locks = claim;
  record({state::LocksTaken{plan_.locks}}, std::move(claims));
  return false;
}

// Before the first change: locks; above nudge also the requester's confirmation, and the approval that policy wants.
bool Walker::admitted(playbooks::Effect effect) {
  if (effect <= playbooks::Effect::nudge) return locked();
  if (!run_.confirmed) {
    const auto* waiting = step(kConfirm);
    const std::string text = fmt::format("nobody confirmed that {} hosts may be changed: give --confirm {}",
                                         run_.created.changes_at_most, run_.created.changes_at_most);
    if (!run_.created.interactive) return stop("confirm", "", text), false;
    if (waiting == nullptr) return record(state::StepStarted{kConfirm}), false;
    if (now_.mono >= waiting->started + kConfirmPatience) return stop("confirm", "", text), false;
    return sleep(waiting->started + kConfirmPatience), false;
  }
  const auto rule = rule_of(plan_);
  if (!rule) return stop("approval", "", no_approver(plan_)), false;
  bool approved = rule->count == 0;
  for (const auto& [path, asked] : run_.approvals)
    approved = approved || (path != kPolicyApproval && counted(plan_, run_, asked) >= asked.asked.count);
  if (!approved) {
    const auto answer =
        approval(kPolicyApproval, plan_.program->summary, std::chrono::duration_cast<Millis>(rule->expires));
    if (!answer) return false;
    if (!*answer) return stop("approval", "", "denied or expired"), false;
  }
  return locked();
}

// Asks, and waits for the answer. Nothing: under way.
std::optional<bool> Walker::approval(const std::string& path, const std::string& text, Millis limit) {
  const auto found = run_.approvals.find(path);
  if (found == run_.approvals.end()) {
    const auto rule = rule_of(plan_);
    if (!rule) return stop("approval", path, no_approver(plan_)), std::nullopt;
    Millis expires = std::chrono::duration_cast<Millis>(rule->expires);
    if (limit.count() > 0 && limit < expires) expires = limit;
    record(state::ApprovalAsked{path, text, plan_.digest, rule->by, rule->count, expires.count()});
    return std::nullopt;
  }
  const auto& asked = found->second;
  if (asked.denied) return false;
  if (counted(plan_, run_, asked) >= asked.asked.count) return true;
  if (expired(asked, now_.wall)) {
    record(state::ApprovalDenied{path, "expired", std::nullopt});
    return std::nullopt;
  }
  // Looked at again at least every half minute: expiry is a matter of the wall clock, which may step.
  sleep(now_.mono + std::min(Millis{asked.asked.expires_ms}, Millis{30'000}));
  return std::nullopt;
}

void Walker::visit_approve(const Node& node, const std::string& path, const Where& where) {
  const auto view = scope(where, path);
  if (step(path) == nullptr) {
    if (read(view, view.missing(node.text->uses))) return;
    return record(state::StepStarted{path});
  }
  const auto answer = approval(path, playbooks::fill(*node.text, view), patience(node.limit, where.frame->params));
  if (!answer) return;
  if (!*answer) return end_step(path, Outcome::no, "approval", "denied or expired");
  if (locked()) end_step(path, Outcome::ok);
}

}  // namespace unjam::engine
