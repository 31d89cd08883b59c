// Who said yes: confirming by the requester, approving by others, the locks of the sites.
#include <fmt/format.h>

#include "orchestrator/engine/policy_bounds.h"
#include "orchestrator/engine/walker.h"
#include "orchestrator/policy/window.h"
#include "state/base/plants.h"

namespace unjam::engine {

namespace {

constexpr Millis kConfirmPatience{1'800'000};
constexpr const char* kPolicyApproval =
    "@policy";  // asked because policy wants it and no `approve` of the playbook did
constexpr const char* kLocks = "@locks";
constexpr const char* kConfirm = "@confirm";

}  // namespace

std::optional<Obstacle> obstacle(const Plan& plan, const state::Run& run, bool kill_switch, playbooks::Effect effect,
                                 Wall now) {
  if (run.cancelled && !planted("cancel-ignored")) return Obstacle{run.cancelled->cause, "cancelled"};
  if (kill_switch && !planted("kill-switch-ignored"))
    return Obstacle{"kill_switch", fmt::format("{} exists", plan.policy->kill_switch)};
  if (effect <= playbooks::Effect::read) return std::nullopt;
  const bool asked_before = planted("window-asked-only-at-begin") && run.effects > 0;
  if (const auto windows = policy::ask_windows(*plan.policy, effect, now); !windows.open && !asked_before)
    return Obstacle{windows.cause, windows.text};
  if (effect <= playbooks::Effect::nudge && !plan.policy->approvals.contains(effect)) return std::nullopt;
  for (const auto& [path, approval] : run.approvals) {
    if (approval.denied && !planted("revoked-approval-counts")) return Obstacle{"approval", "the approval was denied"};
    if (approval.asked.count > 0 && expired(approval, now)) return Obstacle{"approval", "the approval has expired"};
    if (approval.asked.digest != plan.digest) return Obstacle{"approval", "the plan is not the one that was approved"};
  }
  return std::nullopt;
}

// Takes the locks of every site with targets, all at once. True: held.
bool Walker::locked() {
  if (!run_.locks.empty() || plan_.locks.empty() || planted("locks-are-not-taken")) return true;
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

// Before the first change: locks; above nudge also the requester's confirmation; and every approval that policy wants.
bool Walker::admitted(playbooks::Effect effect) {
  if (effect > playbooks::Effect::nudge && !confirmed()) return false;
  const auto wanted = questions(plan_, effect);
  if (!wanted) return stop("approval", "", wanted.error().message), false;
  for (const auto& question : *wanted) {
    if (answered(plan_, run_, question.rule)) continue;
    const bool strongest = question.effect == plan_.strongest();
    const auto path = strongest ? std::string(kPolicyApproval)
                                : fmt::format("{}/{}", kPolicyApproval, playbooks::spell(question.effect));
    const auto answer = approval(path, plan_.program->summary, question.rule);
    if (!answer) return false;
    if (!*answer) return stop("approval", "", "denied or expired"), false;
  }
  return locked();
}

bool Walker::confirmed() {
  if (run_.confirmed) return true;
  const auto* waiting = step(kConfirm);
  const std::string text = fmt::format("nobody confirmed that {} hosts may be changed: give --confirm {}",
                                       run_.created.changes_at_most, run_.created.changes_at_most);
  if (!run_.created.interactive) return stop("confirm", "", text), false;
  if (waiting == nullptr) return record(state::StepStarted{kConfirm}), false;
  if (now_.mono >= waiting->started + kConfirmPatience) return stop("confirm", "", text), false;
  return sleep(waiting->started + kConfirmPatience), false;
}

// Asks, and waits for the answer. Nothing: under way.
std::optional<bool> Walker::approval(const std::string& path, const std::string& text,
                                     const playbooks::ApprovalRule& rule) {
  const auto found = run_.approvals.find(path);
  if (found == run_.approvals.end()) {
    const auto expires = std::chrono::duration_cast<Millis>(rule.expires);
    record(state::ApprovalAsked{path, text, plan_.digest, rule.by, rule.count, expires.count()});
    return std::nullopt;
  }
  const auto& asked = found->second;
  if (asked.denied) return false;
  if (said_yes(plan_, run_, asked) >= (planted("one-approval-is-enough") ? 1 : asked.asked.count)) return true;
  if (expired(asked, now_.wall)) {
    record(state::ApprovalDenied{path, "expired", std::nullopt});
    return std::nullopt;
  }
  // Looked at again at least every half minute: expiry is a matter of the wall clock, which may step.
  sleep(now_.mono + std::min(Millis{asked.asked.expires_ms}, Millis{30'000}));
  return std::nullopt;
}

// Asks those who may approve the strongest effect of the plan; whom policy names besides is asked at the first change.
void Walker::visit_approve(const Node& node, const std::string& path, const Where& where) {
  const auto view = scope(where, path);
  if (step(path) == nullptr) {
    if (read(view, view.missing(node.text->uses))) return;
    return record(state::StepStarted{path});
  }
  const auto wanted = questions(plan_, plan_.strongest().value_or(playbooks::Effect::read));
  if (!wanted) return stop("approval", path, wanted.error().message);
  auto rule = wanted->empty() ? playbooks::ApprovalRule{"", 0, {}} : wanted->front().rule;
  const playbooks::Duration limit = patience(node.limit, where.frame->fields());
  if (rule.count == 0 || limit < rule.expires) rule.expires = limit;
  const auto answer = approval(path, playbooks::fill(*node.text, view), rule);
  if (!answer) return;
  if (!*answer) return end_step(path, Outcome::no, "approval", "denied or expired");
  if (locked()) end_step(path, Outcome::ok);
}

}  // namespace unjam::engine
