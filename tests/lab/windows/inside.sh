#!/usr/bin/env bash
# Inside the private namespaces that `run` makes: the fleet, and the scenarios against it that it takes from the list in
# FOLDER/waiting; notes `passed` or `failed` for each in FOLDER/result. Usage: inside.sh FOLDER
set -u
# shellcheck source=tests/lab/windows/fleet.sh
. "$(dirname "$(readlink -f "$0")")/fleet.sh"
# shellcheck source=tests/lab/windows/scenarios.sh
. "$here/scenarios.sh"
mount -t tmpfs tmpfs /run
mount --bind /sys /sys 2>/dev/null
prepare
trap stop EXIT
work=$1

# The first waiting scenario, taken off the list; fails if there is none.
take() {
  local line
  exec 8>"$work/lock"
  flock 8
  line=$(head -n 1 "$work/waiting")
  sed -i 1d "$work/waiting"
  exec 8>&-
  [ -n "$line" ] && printf '%s' "$line"
}
report() {
  if [ -z "$trouble" ]; then
    echo "ok      $scenario ($((SECONDS - began)) s)"
  else
    echo "FAILED  $scenario ($((SECONDS - began)) s):$trouble"
    echo "  the end of its log:" && tail -n 25 "$W/run.log" | sed 's/^/  | /'
  fi
}
while scenario=$(take); do
  began=$SECONDS
  trouble=
  run_scenario "$scenario"
  stop
  report >"$work/$scenario" && cat "$work/$scenario"
  if [ -z "$trouble" ]; then echo passed; else echo failed; fi >>"$work/result"
  [ -z "$trouble" ] || [ -z "${KEEP:-}" ] || { mkdir -p "$KEEP/$scenario" && cp -r "$W"/logs "$W"/run.log "$W"/store "$W"/world.log "$KEEP/$scenario/" 2>/dev/null; }
done
