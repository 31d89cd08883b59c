#!/usr/bin/env bash
# (h) One hub never returns: stops, the floor is held, the other hubs are untouched.
. "$(dirname "$(readlink -f "$0")")/common.sh"
begin "h: a hub never returns from its reboot"
lab inject stale-tickets tokyo
lab inject no-return tyohub1
jam tyohub1
jam tyohub2
heal
expect_code 4
assert_equal "boots of tyohub2" 1 "$(boots tyohub2)"
for hub in osahub1 osahub2; do assert_equal "boots of $hub" 1 "$(boots $hub)"; done
assert "no message lost, none twice" none_lost_none_twice
finish
