#!/bin/bash
# Tests the lab itself: up, mail both ways, a restart with a new boot id, a clock set wrong and right, reset, down, nothing left behind.
# Usage: tests/lab/self_test.sh; needs root or sudo, about two minutes. Uses a lab of its own, so it can run beside another one.
set -u
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/lab/lib.sh
source "$here/lib.sh"
export UNJAM_LAB_DIR=/run/unjam-lab-self-test
export LAB_TIMEOUT=900

# What must be the same before and after: mounts, links, and the real clock against the one that nobody can set.
mounts() { wc -l </proc/self/mountinfo; }
links() { ip -o link show | wc -l; }
namespaces() { ip netns list | wc -l; }
clock_against_monotonic() { awk -v now="$(date +%s.%N)" '{ printf "%.0f", now - $1 }' /proc/uptime; }
surroundings() { echo "mounts $(mounts), links $(links), namespaces $(namespaces)"; }

# All processes that descend from the one that started the lab.
processes() {
  ps -eo pid=,ppid= | awk -v top="$(cat "$UNJAM_LAB_DIR/keeper")" '
    { parent[$1] = $2 }
    END { for (p in parent) { for (q = p; q in parent && q != top; q = parent[q]); if (q == top) print p } }'
}
# shellcheck disable=SC2317  # called by wait_until
none_alive() { # PID..
  local pid
  for pid; do [[ ! -e /proc/$pid ]] || return 1; done
}

before=$(surroundings)
clock_before=$(clock_against_monotonic)
trap 'lab down' EXIT

echo "--- up"
started=$SECONDS
lab up || fail "up"
note "up took $((SECONDS - started)) s"
assert "a second up keeps it" lab up
assert "status knows it" lab status

echo "--- mail flows both ways and to the outside"
send tyohub1 osaka
send osahub2 tokyo
send alice@tokyo.lab.example someone@example.org
wait_until 300 "all are delivered, each once" delivered_once
assert_equal "left in queues" 0 "$(queue_length tokyo osaka)"

echo "--- unjam's way in"
assert "SSH from the control machine, as an inventory says" lab run -- ssh -F /run/lab/ssh_config osahub1 true
assert_equal "the control machine sees this folder" "$PWD" "$(lab run -- pwd)"
assert "a time query works from there" lab run -- ntpdate -q 10.77.9.2

echo "--- a restart"
old=$(boot_id tyohub2)
send tyohub2 osaka
on tyohub2 'touch /tmp/volatile /run/volatile /var/lib/durable; shutdown -r now'
wait_until 300 "tyohub2 goes away" bash -c "! '$lab_root/script/lab' shell tyohub2 true"
wait_until 300 "tyohub2 comes back" runs tyohub2
assert "its boot id is new" test "$old" != "$(boot_id tyohub2)"
assert_equal "its boots" 2 "$(boots tyohub2)"
assert_equal "what survived" /var/lib/durable "$(on tyohub2 'ls -d /tmp/volatile /run/volatile /var/lib/durable 2>/dev/null')"
wait_until 300 "mail that it had is delivered once" delivered_once

echo "--- a clock set wrong and right"
assert "time service of tyodc1 is synchronised" on tyodc1 'chronyc -n tracking | grep -q "Leap status.*Normal"'
lab inject clock tyohub1 10m
assert_equal "tyohub1 is off by seconds" 600 "$(clock_error tyohub1 | awk '{ printf "%.0f", $1 }')"
on tyohub1 'rm -f /run/krb5/cc'
send tyohub1 osaka
assert "net time set works" on tyohub1 'net time set -S tyodc1.lab.example'
assert "tyohub1 is right again" clock_within tyohub1 2
on tyohub1 'rm -f /run/krb5/cc; postqueue -f'
wait_until 300 "its mail is delivered once" delivered_once
lab inject reference-lost
wait_until 120 "tyodc1's time service loses the reference" on tyodc1 "chronyc -n sources | grep -q '^\^?'"

echo "--- reset"
lab inject clock osadc2 -2h
lab inject keytab-lost osahub1
lab inject peer-down tyohub2
on tyohub1 'mkdir -p /var/lib/unjam; touch /var/lib/unjam/permit'
started=$SECONDS
lab reset || fail "reset"
note "reset took $((SECONDS - started)) s"
assert "osadc2's clock is right" clock_within osadc2 1
assert "permits are gone" on tyohub1 '! test -e /var/lib/unjam'
assert_equal "mail left" 0 "$({ lab delivered && lab queued; } | wc -l)"
assert_equal "boots of tyohub2" 1 "$(boots tyohub2)"

echo "--- down"
mapfile -t lab_processes < <(processes)
assert "the lab has processes (${#lab_processes[@]})" test "${#lab_processes[@]}" -gt 100
lab down || fail "down"
assert "a second down is no error" lab down
trap - EXIT
wait_until 300 "all its processes are gone" none_alive "${lab_processes[@]}"
assert_equal "surroundings" "$before" "$(surroundings)"
assert "the state folder is gone" test ! -e "$UNJAM_LAB_DIR"
drift=$(($(clock_against_monotonic) - clock_before))
assert "the real clock was not touched (moved by $drift s)" test "${drift#-}" -le 1
finish
