#include "tests/plants/plants.h"

#include "state/base/plants.h"

namespace unjam {

namespace {

std::string_view in_force;

}  // namespace

bool planted(std::string_view bug) {
  return bug == in_force;
}

void plant(std::string_view name) {
  in_force = name;
}

const std::vector<Plant>& plants() {
  static const std::vector<Plant> all{
      // what an answer means
      {"unknown-is-ok", "a lost answer is taken for a good one"},
      {"unknown-is-not-sent", "a lost answer is taken for nothing having been sent"},
      {"accepted-is-rebooted", "a reboot is done when the host has promised it"},
      {"absent-is-done", "a host that has no trace of the intent is taken to have done it"},
      {"same-boot-token-is-a-reboot", "the boot token is not compared"},
      {"reboot-of-others-is-ours", "a new boot token is enough, whoever rebooted"},
      {"limit-is-success", "what is not known at its limit is taken for done"},
      {"identity-not-asked", "whichever machine answers is the one that was meant"},
      // what is sent
      {"sends-after-failed-write", "what is under way is sent though its intent could not be written"},
      {"sent-again-without-a-look", "a change whose answer was lost is sent again at once"},
      {"claims-not-taken", "the intent is written without the slot that it needs"},
      {"writes-without-owning", "a process that has lost the store writes all the same"},
      {"commit-is-not-synced", "what is written is sent before it is on disk"},
      // recovery
      {"recovery-forgets-open-effect", "an intent of the process that died is taken for never sent"},
      {"recovery-believes-it-was-done", "an intent of the process that died is taken for done"},
      {"waits-for-a-dead-process", "an answer to a call of the process that died is waited for"},
      {"clock-of-the-old-process", "times of the process that died are not moved to the new clock"},
      {"durations-by-wall-clock", "limits are counted on a clock that people can set"},
      // what forbids
      {"window-asked-only-at-begin", "once something has been changed, the window is not asked"},
      {"kill-switch-ignored", "the kill switch does nothing"},
      {"cancel-ignored", "cancelling does nothing"},
      {"revoked-approval-counts", "an approval that was taken back still counts"},
      {"expired-approval-counts", "approvals hold for ever"},
      {"one-approval-is-enough", "the first yes counts for all"},
      {"requester-approves", "the requester's own yes counts"},
      {"locks-are-not-taken", "runs change what others have locked, and lock nothing"},
      {"locks-of-others-not-asked", "the lock is written down, though another run holds it"},
      {"cooldown-ignored", "limits of policy are not counted"},
      // gates
      {"floor-counts-only-our-own", "a host that somebody else took down still counts as up"},
      {"slots-of-others-not-asked", "a host that another run has in its hand still counts as up"},
      {"freshness-not-asked", "any reading opens a gate, however old"},
      {"batch-not-kept", "every host of the rollout is taken at once"},
      {"failures-not-counted", "the rollout goes on after a failed turn"},
      // ends of turns and runs
      {"verify-skipped", "what must be seen after a change is not looked at"},
      {"hold-not-waited", "one good look is enough"},
      {"slot-freed-early", "the slot is given back however the turn ended"},
      {"slot-freed-at-its-limit", "the slot is given back when nobody has seen the host healthy in time"},
      {"nobody-is-paged", "a run that ends badly tells nobody"},
      // undo
      {"settle-believes-itself", "an undo whose answer was lost is taken for done"},
      {"undo-skipped-after-unknown", "what may have happened is not undone"},
      {"undo-under-way-is-done", "an undo of the process that died is taken for done"},
      {"undo-order-reversed", "the oldest debt is settled first"},
      {"put-back-unseen", "a host is put back without having been seen ready"},
      {"rollback-log-incomplete", "the rollback log leaves out what may have happened"},
  };
  return all;
}

}  // namespace unjam
