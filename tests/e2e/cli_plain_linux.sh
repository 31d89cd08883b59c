#!/usr/bin/env bash
# examples/plain-linux on three real hosts: three sshd, each in a mount namespace of its own with its own identity, permits, services and
# /srv/web. Only systemctl is a stand-in (a script that starts and stops a port), since a container has no systemd.
# given three good servers, then the check is done; when one is restarted, then one at a time and all are back in the balancer;
# when a service does not come back, then the run is stuck, the server stays out, the others are untouched; repaired, it is put back by rollback.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
unjam=${UNJAM:?set UNJAM to the binary}
if [ "$(id -u)" != 0 ]; then
  sudo -n true 2>/dev/null || { echo "needs root: mount namespaces, and port 80 of no one else" && exit 77; }
  exec sudo -n env UNJAM="$unjam" "$0" "$@"
fi
# shellcheck source=tests/e2e/plain_hosts.sh
. "$root/tests/e2e/plain_hosts.sh"
for n in 1 2 3; do host "$work/web$n" $n; done
inventory_of "$work/web1" "$work/web2" "$work/web3" >"$work/inventory.yaml"
sed 's/every: 10m, at_most: 6 per 1d/at_most: 50 per 1d/' "$root/examples/plain-linux/policy.yaml" >"$work/policy.yaml"
files=(--inventory "$work/inventory.yaml" --policy "$work/policy.yaml" --packs "$root/examples/plain-linux/packs")
run() { # CODE COMMAND...
  local want=$1 code
  shift
  timeout -k 5 300 "$unjam" "$@" >"$work/last" 2>&1
  code=$?
  [ $code = "$want" ] || fail "unjam $* ended with $code, expected $want"
}
example=$root/examples/plain-linux

run 0 check "$example/check-web.yaml" "${files[@]}"
run 0 check "$example/rolling-restart.yaml" "${files[@]}"
run 0 run "$example/check-web.yaml" "${files[@]}" --state "$work/state"
grep -q '3 servers run nginx' "$work/last" || fail "the check does not say that all is well"

run 0 act host.facts --on hosts "${files[@]}" --state "$work/state"
[ "$(grep -c 'disk_free' "$work/last")" = 3 ] || fail "act did not answer for three hosts"

restarts() { cat "$work"/web*/srv/web/log | wc -l; }
before=$(restarts)
quick=(--param drain=1s --param stay=1s --state "$work/state")
run 2 run "$example/rolling-restart.yaml" "${files[@]}" "${quick[@]}" --confirm 2
run 2 run "$example/rolling-restart.yaml" "${files[@]}" "${quick[@]}"
[ "$(restarts)" = "$before" ] || fail "something was restarted without being confirmed"
run 0 run "$example/rolling-restart.yaml" "${files[@]}" "${quick[@]}" --confirm 3
[ "$(restarts)" = $((before + 3)) ] || fail "not every server was restarted once"
for n in 1 2 3; do [ -e "$work/web$n/srv/web/in-service" ] || fail "web$n is not in the balancer"; done
run 0 rollback last --log --state "$work/state"
[ "$(grep -c 'undone' "$work/last")" -ge 3 ] || fail "the rollback log does not tell the three leaves undone"

touch "$work/web1/srv/web/broken"
# A server that does not answer is not put back: it stays out of the balancer, is owed, and the run is stuck until somebody has repaired it.
run 4 run "$example/rolling-restart.yaml" "${files[@]}" "${quick[@]}" --confirm 3
[ "$(restarts)" = $((before + 4)) ] || fail "it went on after the first failure"
[ ! -e "$work/web1/srv/web/in-service" ] || fail "a server that does not answer was put back into the balancer"
run 5 run "$example/check-web.yaml" "${files[@]}" --state "$work/state"
grep -q 'nginx does not run on web1' "$work/last" || fail "the check does not name web1"
run 0 status --state "$work/state" --json
stuck=$(python3 -c 'import json, sys; print([r["run"] for r in json.load(open(sys.argv[1])) if r["end"] == "stuck"][0])' "$work/last")
rm "$work/web1/srv/web/broken"
ssh -q -i "$work/key" -o UserKnownHostsFile="$work/known_hosts" -p "$(cat "$work/web1/port")" root@127.0.0.1 systemctl restart nginx </dev/null || fail "cannot repair web1"
run 3 rollback "$stuck" --state "$work/state"
[ -e "$work/web1/srv/web/in-service" ] || fail "the rollback did not put web1 back into the balancer"
run 0 run "$example/check-web.yaml" "${files[@]}" --state "$work/state"
echo "the examples for plain Linux hosts work over SSH"
