#!/usr/bin/env bash
# (b) A domain controller booted on a wrong clock: the whole ladder, reboots included.
. "$(dirname "$(readlink -f "$0")")/common.sh"
begin "b: controller booted on a wrong clock, the whole ladder"
lab inject dc-boot-wrong-clock tyodc1 600
jam tyohub1
heal
expect_code 0
for action in time.sync dc.restart ad.replicate hub.drain host.reboot hub.resume; do assert "it climbed to $action" grep -q "$action ok" "$state/run.log"; done
wait_until 300 "every message arrived once" delivered_once
assert "the controller's clock is right" clock_within tyodc1 5
assert "a sending hub was rebooted" test "$(boots tyohub1)" = 2
for hub in tyohub1 tyohub2 osahub1 osahub2; do assert "$hub was booted at most twice" test "$(boots $hub)" -le 2; done
finish
