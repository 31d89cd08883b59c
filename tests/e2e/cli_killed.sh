#!/usr/bin/env bash
# Killed in the middle of the demo's rolling reboot, again and again, and taken up each time: the run comes to its end, and the
# hosts' own logs say that none was rebooted twice.
set -u
# shellcheck source=tests/e2e/words.sh
. "$(dirname "$(readlink -f "$0")")/words.sh"
cp "$root"/examples/demo/inventory.yaml "$root"/examples/demo/policy.yaml . || exit 1
sed 's/^logs:.*//' "$root/examples/demo/world-none.yaml" >world.yaml && echo 'logs: logs' >>world.yaml
roll=(run rolling-reboot-hubs --inventory inventory.yaml --policy policy.yaml --param site=tokyo --confirm 2)

# Kills unjam as soon as it has said TEXT; true if it was killed there.
killed_at() { # TEXT ARGS...
  local text=$1 pid
  shift
  mkfifo words
  "$unjam" "$@" >words 2>err </dev/null &
  pid=$!
  timeout 300 grep -m 1 -- "$text" words >out
  kill -KILL "$pid" 2>/dev/null
  rm words
  wait "$pid" 2>/dev/null
  [ -s out ] || fail "never said: $text"
}
killed_at 'hub.drain ok' "${roll[@]}" --speed 10 --state state
killed_at 'host.reboot$' resume last --speed 10 --state state
killed_at 'looked' resume last --speed 10 --state state
run 0 status last --state state && says 'resume'
run 0 resume last --speed 0 --state state
says 'done: every step is done'
for hub in tyohub1 tyohub2; do
  [ "$(grep -c '^[0-9][0-9.]* boot ' "logs/$hub.log")" = 1 ] || fail "$hub was booted $(grep -c '^[0-9][0-9.]* boot ' "logs/$hub.log") times"
  [ "$(grep -c '^[0-9][0-9.]* resumed' "logs/$hub.log")" = 1 ] || fail "$hub is not as it was: $(cat "logs/$hub.log")"
done
run 0 rollback last --log --state state && says '(0 owed, '

# Another world than the one in which the run began is refused, not mistaken for it.
killed_at 'hub.drain ok' "${roll[@]}" --speed 10 --state other
echo '# another one' >>world.yaml
run 2 resume last --speed 0 --state other && says 'world file is not the one' err
echo 'all good'
