#!/usr/bin/env bash
# eval, explain, schema, fmt, check --sarif from outside; schemas and loader against each other on the corpus.
set -u
# shellcheck source=tests/e2e/words.sh
. "$(dirname "$(readlink -f "$0")")/words.sh"

for word in eval explain schema fmt; do
  run 0 "$word" --help && says 'Examples'
done

# eval: the expression may begin with a minus; with --json its type.
run 0 eval '-(1 + 2)' && says '^-3$'
run 0 eval -- '--2' && says '^2$'
run 0 eval '[1, 2].map(x, x * 2)' --json && says '^{"type":"list<int>","value":\[2,4\]}$'
run 1 eval '1u' && says 'expression:1:' err
run 1 eval '1' '2'
run 1 eval

# explain: every rule; the nearest one for a slip; exit code 1.
run 0 explain UJ0701 && says '^UJ0701: ' && says 'Refused' && says 'Mended'
run 0 explain uj0701
run 0 explain UJ0701 --json && json
run 1 explain UJ0071 && says 'did you mean UJ0701' err
run 1 explain rubbish && says 'unjam explain' err
run 0 explain && cp out codes
while read -r code _; do run 0 explain "$code"; done <codes
[ "$(wc -l <codes)" -ge 59 ] || fail "too few rules"

# schema: the committed copies, and agreement with the loader.
for kind in playbook policy inventory contracts; do
  run 0 schema "$kind" && json
  cmp -s out "$root/playbooks/schema/$kind.schema.json" || fail "playbooks/schema/$kind.schema.json is not what the binary prints"
done
run 1 schema nonsense && says 'playbook' err
python3 "$root/tests/playbooks/schema_agrees.py" "$unjam" "$root" "$work/made" >out 2>err || fail "schema and loader disagree"
tail -1 out

# fmt: writes in place, keeps mode and links, leaves nothing behind; --check writes nothing; - is a filter.
printf 'unjam: 1\nplaybook: x   \nsummary: z\nsteps:\n    -  out: { escalate: "z" }  # why\n' >a.yaml
printf 'unjam: 1\nplaybook: x\nsummary: z\nsteps:\n  - out: { escalate: "z" }  # why\n' >want.yaml
cp a.yaml b.yaml && chmod 640 a.yaml && ln -s a.yaml link.yaml
run 1 fmt --check a.yaml && says '^a.yaml: not formatted' && cmp -s a.yaml b.yaml || fail "--check wrote"
run 0 fmt link.yaml
cmp -s a.yaml want.yaml || fail "not formatted"
[ -L link.yaml ] || fail "the link is gone"
[ "$(stat -c %a a.yaml)" = 640 ] || fail "the mode is gone"
run 0 fmt --check a.yaml && run 0 fmt a.yaml
"$unjam" fmt - <b.yaml >out 2>err && cmp -s out want.yaml || fail "the filter differs"
printf 'a: &x 1\n' >anchor.yaml && cp anchor.yaml same.yaml
run 1 fmt anchor.yaml && says 'UJ0101' err && cmp -s anchor.yaml same.yaml || fail "an unreadable file was written"
run 1 fmt nowhere.yaml && says 'nowhere.yaml' err
run 1 fmt anchor.yaml b.yaml && cmp -s b.yaml want.yaml || fail "one bad file keeps the others from being formatted"
[ -z "$(find . -name '.*.yaml.*')" ] || fail "something is left behind"
run 0 fmt --check "$root"/playbooks/catalog/*.yaml

# check --sarif
run 1 check same.yaml --sarif && json && says '"ruleId":"UJ0101"'
run 0 check rolling-reboot-hubs --sarif && json && says '"version":"2.1.0"'

echo "cli_language: ok"
