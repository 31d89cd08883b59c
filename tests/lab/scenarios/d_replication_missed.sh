#!/usr/bin/env bash
# (d) Replication was disabled while a machine password changed and is enabled again: replicate, then reboot.
. "$(dirname "$(readlink -f "$0")")/common.sh"
begin "d: a change was missed while replication was off, 8457 on record"
lab inject repl-missed tyodc1
jam tyohub1
heal
expect_code 0
wait_until 300 "every message arrived once" delivered_once
assert "replication was forced" grep -q ad.replicate "$state/run.log"
assert_equal "boots of tyohub1" 2 "$(boots tyohub1)"
finish
