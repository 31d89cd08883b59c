#!/usr/bin/env bash
# Real SIGKILLs of the real program, against real sshd and a real state directory: at random moments, and at chosen ones (an
# intent has just been written, a host has just begun, an outcome has just come). Whatever was killed is resumed, until every
# run has ended. Judged by the hosts' own logs: no effect twice, none without an intent, nothing owed is left, no run is lost.
#
# Beside the others: it waits most of its time
# Limit: 3000 s
#
# KILLS: how many (200); FLEETS: of three hosts each, beside each other (5); SEED: of the moments.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
unjam=${UNJAM:?set UNJAM to the binary}
if [ "$(id -u)" != 0 ]; then
  sudo -n true 2>/dev/null || { echo "needs root: mount namespaces" && exit 77; }
  exec sudo -n env UNJAM="$unjam" KILLS="${KILLS:-}" FLEETS="${FLEETS:-}" SEED="${SEED:-}" "$0" "$@"
fi
# shellcheck source=tests/e2e/plain_hosts.sh
. "$root/tests/e2e/plain_hosts.sh"

# The shipped example, but for its limits: on a machine that is busy with the test itself nothing may depend on how fast it is.
example=$work/example
cp -r "$root/examples/plain-linux" "$example"
sed -i -E 's/limit: [0-9]+m/limit: 3h/; s/max: 4m/max: 1h/; s/fresh: 30s/fresh: 20m/' "$example/rolling-restart.yaml"
sed -i -E 's/limit: 30s/limit: 10m/' "$example/packs/web/contracts.yaml"

fleets=()
number=0
for fleet in $(seq "${FLEETS:-5}"); do
  dir=$work/fleet$fleet
  for n in 1 2 3; do
    number=$((number + 1))
    host "$dir/web$n" $number
  done
  inventory_of "$dir/web1" "$dir/web2" "$dir/web3" >"$dir/inventory.yaml"
  sed 's/every: 10m, at_most: 6 per 1d/at_most: 10000 per 1d/; s/^fresh: 60s/fresh: 20m/' "$example/policy.yaml" >"$dir/policy.yaml"
  fleets+=("$dir")
done
python3 "$root/tests/e2e/kill_storm.py" "$unjam" "$example" "${KILLS:-200}" "${SEED:-$RANDOM}" "${fleets[@]}" \
  >"$work/last" 2>&1 || fail "see above"
cat "$work/last"
