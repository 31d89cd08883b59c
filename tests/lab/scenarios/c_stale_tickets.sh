#!/usr/bin/env bash
# (c) Clocks are right by now, tickets are stale: goes on to the reboot.
. "$(dirname "$(readlink -f "$0")")/common.sh"
begin "c: clocks right by now, tickets stale"
lab inject stale-tickets tokyo
jam tyohub1
jam tyohub2
heal
expect_code 0
wait_until 300 "every message arrived once" delivered_once
assert_equal "boots of tyohub1" 2 "$(boots tyohub1)"
assert "no hub was rebooted twice" test "$(boots tyohub2)" -le 2
finish
