#!/usr/bin/env bash
# Inside the private namespaces that `run` makes: the fleet, and the scenarios against it. Ends with `N passed, N failed`.
set -u
# shellcheck source=tests/lab/windows/fleet.sh
. "$(dirname "$(readlink -f "$0")")/fleet.sh"
# shellcheck source=tests/lab/windows/scenarios.sh
. "$here/scenarios.sh"
mount -t tmpfs tmpfs /run
mount --bind /sys /sys 2>/dev/null
prepare
[ $# -eq 0 ] || export UNPROVEN=yes # by name, also those that have not been seen to pass yet
passed=0 failed=0
trap stop EXIT
for scenario in $(scenarios); do
  [ $# -eq 0 ] || matches "$scenario" "$@" || continue
  began=$SECONDS
  trouble=
  run_scenario "$scenario"
  stop
  if [ -z "$trouble" ]; then
    passed=$((passed + 1)) && echo "ok      $scenario ($((SECONDS - began)) s)"
  else
    failed=$((failed + 1)) && echo "FAILED  $scenario ($((SECONDS - began)) s):$trouble"
    echo "  the end of its log:" && tail -n 25 "$W/run.log" | sed 's/^/  | /'
    [ -z "${KEEP:-}" ] || { mkdir -p "$KEEP/$scenario" && cp -r "$W"/logs "$W"/run.log "$W"/store "$W"/world.log "$KEEP/$scenario/" 2>/dev/null; }
  fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
