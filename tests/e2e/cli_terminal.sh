#!/usr/bin/env bash
# A person at a terminal: the typed confirmation, Ctrl-C, the live table, colours.
set -u
# shellcheck source=tests/e2e/words.sh
. "$(dirname "$(readlink -f "$0")")/words.sh"
here=$root/tests/e2e
cp "$root"/examples/demo/inventory.yaml "$root"/examples/demo/policy.yaml . && cp "$root/examples/demo/world-none.yaml" world.yaml || exit 1
roll=("$unjam" run rolling-reboot-hubs --inventory inventory.yaml --policy policy.yaml --param site=tokyo --speed 0)
at_terminal() { # CODE COMMAND... , the words of the person on standard input
  local want=$1 code
  shift
  TERM=xterm python3 "$here/terminal.py" "$@" >out 2>err
  code=$?
  [ $code = "$want" ] || fail "$* ended with $code, expected $want"
}
shown() { grep -qa -- "$1" shown || fail "not shown: $1"; }

# A wrong number and a wrong word change nothing; the right number lets it go on.
at_terminal 0 "${roll[@]}" --state typed <<'END'
see Type 2 and Enter to go on
type 3
see 3 is not the number of hosts
type yes
see Type 2 and Enter
type 2
see confirmed by
see done: every step is done
END
shown $'\x1b\\[[0-9]*A' && shown $'\x1b\\[[0-9;]*m'
run 0 log last --state typed && says 'confirmed'

# NO_COLOR: the table is still drawn, nothing is coloured.
NO_COLOR=1 at_terminal 0 "${roll[@]}" --state plain --confirm 2 <<'END'
see done: every step is done
END
shown $'\x1b\\[[0-9]*A'
! grep -qa $'\x1b\\[[0-9;]*m' shown || fail "coloured in spite of NO_COLOR"

# Ctrl-C where a number is asked for: stops, and has changed nothing.
at_terminal 2 "${roll[@]}" --state stopped <<'END'
see Type 2 and Enter to go on
press C
see Stopping: no new change is begun
END
run 0 log last --all --state stopped
! grep -q 'host.reboot' out || fail "something was rebooted without a confirmation"

echo 'all good'
