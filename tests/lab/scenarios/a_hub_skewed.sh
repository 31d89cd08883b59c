#!/usr/bin/env bash
# (a) A hub's clock is off: healed by time sync and retry alone, no reboot.
. "$(dirname "$(readlink -f "$0")")/common.sh"
begin "a: hub skewed, healed by time sync and retry alone"
lab inject clock tyohub1 600
jam tyohub1
heal
expect_code 0
wait_until 300 "every message arrived once" delivered_once
assert "the clock is right" clock_within tyohub1 5
for hub in tyohub1 tyohub2 osahub1 osahub2; do assert_equal "boots of $hub" 1 "$(boots $hub)"; done
finish
