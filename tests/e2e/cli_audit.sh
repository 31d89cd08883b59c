#!/usr/bin/env bash
# Evidence: chains and decisions verified, a bundle that needs nothing else, what was touched or cut off is named; and a run
# that brings down whoever drives it is driven no more.
set -u
# shellcheck source=tests/e2e/words.sh
. "$(dirname "$0")/words.sh"
demo=$root/examples/demo
heal=(heal-intersite-queue --inventory "$demo/inventory.yaml" --policy "$demo/policy.yaml" --param from=tokyo --param to=osaka --confirm 6)

run 0 run "${heal[@]}" --state s
run 0 audit verify --state s --json && json
cp out heads.json
cp -r s older
run 0 audit verify last --state s
says 'decisions replayed: each is what the rules required'
run 0 audit export last --to evidence --state s
run 1 audit export last --to evidence --state s
says 'exists already' err

# The bundle alone, on "another machine": no state directory, no catalogue.
mkdir away && mv evidence away/ && (cd away && HOME=$PWD "$unjam" audit verify evidence >../out 2>../err) || fail 'the bundle does not verify by itself'
says 'decisions replayed'
sed -i 's/"open":true/"open":false/' away/evidence/verdicts.json
run 1 audit verify away/evidence
says 'verdicts.json' err
run 1 audit verify "$work"
says 'bundle.json' err

# One event changed in the journal: named. A journal put back from yesterday: shown by the heads that were kept.
run 5 run check-intersite-mail --inventory "$demo/inventory.yaml" --param from=tokyo --param to=osaka --state s
run 0 audit verify --state s --json
cp out newer.json
run 0 audit verify --state s --heads heads.json
run 1 audit verify --state older --heads newer.json
says 'is gone' err
python3 - <<'END'
import sqlite3
db = sqlite3.connect("s/journal.db")
changed = db.execute("update events set body = replace(body, '\"open\":true', '\"open\":false') where kind = 'gate_asked'")
assert changed.rowcount > 0
db.commit()
END
run 1 audit verify --state s
says 'event' err
run 1 audit verify nothing --state older
run 1 audit verify --state older --heads "$demo/policy.yaml"

# Killed again and again before it gets on, since its first reading hangs: after three it is in quarantine, and says how it gets out.
cp "$demo/inventory.yaml" .
sed 's/^speed:.*/speed: 1/' "$demo/world.yaml" >world.yaml
printf 'transport:\n  - { how: no-answer, action: mail.queues, times: 1000 }\n' >>world.yaml
heal[2]=inventory.yaml
dies() { # ARGS...: killed as soon as it has taken the run up
  local before pid
  before=$(cat q/driving/* 2>/dev/null)
  "$unjam" "$@" --state q >/dev/null 2>&1 </dev/null &
  pid=$!
  for _ in $(seq 3000); do
    [ "$(cat q/driving/* 2>/dev/null)" = "$before" ] || break
    sleep 0.02
  done
  kill -9 $pid
  wait $pid 2>/dev/null
}
dies run "${heal[@]}"
dies resume last
run 0 why last --state q
says 'unjam resume'
dies resume last
run 2 resume last --state q
says 'in quarantine' err
run 0 why last --state q
says 'rm .*/driving/r-'
rm q/driving/r-*
run 5 resume last --speed 0 --state q
[ -z "$(ls q/driving)" ] || fail 'a mark is left after an end in order'
