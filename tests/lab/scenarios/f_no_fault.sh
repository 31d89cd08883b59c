#!/usr/bin/env bash
# (f) No fault: says healthy, changes nothing.
. "$(dirname "$(readlink -f "$0")")/common.sh"
begin "f: no fault"
send tyohub1 osaka
wait_until 300 "mail flows" delivered_once
before=$(fingerprint)
heal
expect_code 0
unchanged_since "$before"
finish
