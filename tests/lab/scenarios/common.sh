# shellcheck shell=bash
# What the lab's scenarios share: the shipped flagship, run from the control machine over real SSH, with short holds.
# shellcheck source=tests/lab/lib.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../lib.sh"

here=$lab_root/tests/lab/scenarios
UNJAM=${UNJAM:-$lab_root/build/release/bin/unjam}
state=$(mktemp -d "${TMPDIR:-/tmp}/unjam-scenario-XXXXXX")
trap '[[ -z ${pid-} ]] || kill -KILL "$pid" 2>/dev/null; rm -rf "$state"' EXIT
policy=$here/policy.yaml
short=(--param stay=2s --param calm=2s --param look=35s --param boot=5m --param settle=5s)
bound=1500   # seconds: against hanging only

unjam_in_lab() { timeout -k 10 $bound "$lab_root/script/lab" run -- "$UNJAM" "$@"; }

heal_command=(run heal-intersite-queue --inventory /run/lab/inventory.yaml --param from=tokyo --param to=osaka "${short[@]}"
  --confirm 6 --state "$state/store")

# heal [ARGS..]: runs the flagship; its exit code is in $code, what it said in $state/run.log.
heal() {
  unjam_in_lab "${heal_command[@]}" --policy "$policy" "$@" >"$state/run.log" 2>&1 </dev/null
  code=$?
}

# start_heal: the same beside the test; $pid is the process of unjam itself. end_heal waits for its end.
start_heal() {
  "$lab_root/script/lab" run -- "$UNJAM" "${heal_command[@]}" --policy "$policy" >"$state/run.log" 2>&1 </dev/null &
  pid=$!
}
end_heal() {
  local started=$SECONDS
  while kill -0 "$pid" 2>/dev/null; do
    ((SECONDS - started < bound)) || { fail "no end within $bound s" && kill -KILL "$pid"; }
    sleep 0.5
  done
  wait "$pid"
  code=$?
  pid=
}

is_down() { ! runs "$1"; } # HOST

expect_code() { # CODE
  assert_equal "exit code" "$1" "$code"
  [[ $code == "$1" ]] || tail -n 40 "$state/run.log"
}

# The one run of this state directory.
run_id() { unjam_in_lab status --state "$state/store" --json 2>/dev/null | grep -oE 'r-[0-9a-f]{16}' | head -n 1; }

jam() { # FROM: two messages that get stuck
  send "$1" osaka
  send "$1" osaka
  wait_until 120 "mail is stuck at $1" mail_is_stuck "$1"
}

# Escalated with this in its words, and nothing was changed: the same machines, and every message where it was.
escalates_unchanged() { # WORDS
  expect_code 5
  assert "it names the cause: $1" grep -qiE -- "$1" "$state/run.log"
  unchanged_since "$before"
  assert "no message lost, none twice" none_lost_none_twice
  assert "every message is still queued" all_still_queued
}
