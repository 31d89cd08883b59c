#!/usr/bin/env bash
# (i) unjam is killed with SIGKILL during the rolling reboot and resumed: no hub is rebooted twice.
. "$(dirname "$(readlink -f "$0")")/common.sh"
begin "i: killed in the middle of a reboot, resumed"
lab inject stale-tickets tokyo
jam tyohub1
jam tyohub2
start_heal
wait_until 600 "the reboot was sent" grep -q 'host.reboot' "$state/run.log"
kill -9 "$pid"
wait "$pid" 2>/dev/null
pid=
id=$(run_id)
unjam_in_lab resume "$id" --state "$state/store" >"$state/resume.log" 2>&1 </dev/null
code=$?
cat "$state/resume.log" >>"$state/run.log"
expect_code 0
wait_until 300 "every message arrived once" delivered_once
for hub in tyohub1 tyohub2 osahub1 osahub2; do assert "$hub was booted at most twice" test "$(boots $hub)" -le 2; done
assert_equal "boots of tyohub1" 2 "$(boots tyohub1)"
finish
