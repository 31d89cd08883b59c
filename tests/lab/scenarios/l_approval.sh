#!/usr/bin/env bash
# (l) The requester's own approval is refused, another user's is taken.
. "$(dirname "$(readlink -f "$0")")/common.sh"
policy=$here/policy-approval.yaml
begin "l: two people"
lab inject stale-tickets tokyo
jam tyohub1
jam tyohub2
# The other user may connect: the state directory lets its group in, and the program is where everybody can run it.
mkdir -m 710 "$state/store"
chgrp nogroup "$state/store"
chmod 755 "$state"
install -m 755 "$UNJAM" "$state/unjam"
start_heal
wait_until 600 "it asks for an approval" grep -qE '^[^ ]+ +go +.*approv' "$state/run.log"
id=$(run_id)
unjam_in_lab approve "$id" --state "$state/store" >"$state/own.log" 2>&1 </dev/null
assert_equal "exit code of the requester's own approval" 2 $?
assert "it says why" grep -q 'own approval' "$state/own.log"
for hub in tyohub1 tyohub2; do assert_equal "boots of $hub before the approval" 1 "$(boots $hub)"; done
timeout -k 10 300 "$lab_root/script/lab" run -- setpriv --reuid nobody --regid nogroup --clear-groups \
  "$state/unjam" approve "$id" --state "$state/store" >"$state/other.log" 2>&1 </dev/null
assert_equal "exit code of another user's approval" 0 $?
end_heal
expect_code 0
assert "the log names the approver" grep -q 'nobody' "$state/run.log"
wait_until 300 "every message arrived once" delivered_once
assert_equal "boots of tyohub1" 2 "$(boots tyohub1)"
finish
