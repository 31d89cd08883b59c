#!/usr/bin/env bash
# Rehearsals from outside: seeds, a planted mistake that is found, one seed played again, JSON, bad words.
set -u
# shellcheck source=tests/e2e/words.sh
. "$(dirname "$(readlink -f "$0")")/words.sh"
here=$root/examples/rehearsal
files=(--inventory "$here/inventory.yaml" --policy "$here/policy.yaml" --param site=kyoto)

# Both pass every check; only one of them keeps its promises when hubs do not come back.
run 0 check "$here/roll-on.yaml" --inventory "$here/inventory.yaml" --policy "$here/policy.yaml"
run 0 rehearse "$here/roll-and-stop.yaml" "${files[@]}" --seeds 60 && says 'no invariant broken' && says 'outcomes' && says 'kyoto hub: [0-3] of 4 served'
run 3 rehearse "$here/roll-on.yaml" "${files[@]}" --seeds 60 && says 'broken: one-at-a-time in seed' && says 'every event: unjam rehearse'

# The seed that it names shows the same violation when it is played alone, byte for byte.
seed=$(sed -n 's/^broken: one-at-a-time in seed \([0-9]*\)$/\1/p' out | head -n 1)
run 3 rehearse "$here/roll-on.yaml" "${files[@]}" --seed "$seed" --trace && says "^seed $seed" && says 'journal 1.1 run_created' && says 'broken: one-at-a-time'
cp out first
run 3 rehearse "$here/roll-on.yaml" "${files[@]}" --seed "$seed" --trace
cmp -s out first || fail "the same seed gave another trace"

# Without mishaps, and with chosen ones.
run 0 rehearse "$here/roll-on.yaml" "${files[@]}" --seeds 5 --faults none && says 'outcomes   done 5'
run 3 rehearse "$here/roll-on.yaml" "${files[@]}" --seeds 30 --faults no-return,power-loss
run 3 rehearse "$here/roll-on.yaml" "${files[@]}" --seeds 30 --faults no-return --json && json && says '"exit_code":3' && says '"checker":"one-at-a-time"'

# The user's own times: hubs that take ten minutes to boot make every run longer, and the seed says how to see it again.
run 0 rehearse "$here/roll-and-stop.yaml" "${files[@]}" --seeds 3 --faults none --json && json && cp out short
run 0 rehearse "$here/roll-and-stop.yaml" "${files[@]}" --seeds 3 --faults none --times "$here/times.yaml" --json && json && cp out long
python3 - short long <<'END' || fail "slow hubs made no run longer"
import json, sys
short, long = (json.load(open(name))["duration_s"] for name in sys.argv[1:])
sys.exit(long["typical"] < short["typical"] + 4 * 3 * 60)
END
printf 'unjam: 1\ntimes: { roles: { hbu: { boot: 9m } } }\n' >times.yaml
run 1 rehearse "$here/roll-and-stop.yaml" "${files[@]}" --times times.yaml && says "times.yaml:2:19: error UJ0201.*hbu" err && says 'hub' err

# A recorded run as a scenario: the demo's heal, and how far the model is off.
demo=(--inventory "$root/examples/demo/inventory.yaml" --policy "$root/examples/demo/policy.yaml" --param from=tokyo --param to=osaka)
run 0 run heal-intersite-queue "${demo[@]}" --confirm 6 --speed 0 --state "$work/state"
run 0 rehearse --from-run last --state "$work/state" --seeds 10 --faults none && says 'outcomes   done 10' && says 'model .*the whole run' && says 'host.reboot'
run 0 rehearse heal-intersite-queue "${demo[@]}" --from-run last --state "$work/state" --seeds 3 && says 'model'
run 1 rehearse --from-run r-404 --state "$work/state"
run 1 rehearse

run 1 rehearse "$here/roll-on.yaml" "${files[@]}" --seeds 5 --faults no-retrun && says 'no-retrun.*no-return' err
run 1 rehearse "$here/roll-on.yaml" "${files[@]}" --seeds 0
run 1 rehearse "$here/roll-on.yaml" --inventory "$here/inventory.yaml" --policy "$here/policy.yaml" --seeds 5
echo "rehearsals find what is planted, and nothing else"
