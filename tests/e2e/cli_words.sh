#!/usr/bin/env bash
# The command line from outside, without any host: words, exit codes, JSON, pipes, bad input.
set -u
# shellcheck source=tests/e2e/words.sh
. "$(dirname "$(readlink -f "$0")")/words.sh"
demo=$root/examples/demo

run 0 --version && says '^unjam [0-9]'
run 0 --help && says 'Exit codes' && says 'Examples'
for word in check plan graph run approve cancel resume rollback status log why eval act packs inventory rehearse; do
  run 0 "$word" --help && says 'Examples'
done
run 1 && run 1 nonsense && run 1 run && run 1 status --nonsense

# eval: the typed value, or the place of the fault.
run 0 eval '1 + 2 * 3' && says '^7$'
run 0 eval 'q.stuck > 3 and not q.draining' --var 'q={"stuck":5,"draining":false}' && says '^true$'
run 1 eval '1 +' && says 'expression:1:' err
run 1 eval 'x + 1' && says 'x' err
run 1 eval 'x' --var 'x={' && says 'var x' err

run 1 eval '1 +' --json && json && says '"ok":false'
run 0 eval '1 + 1' --json && says '"type":"int","value":2'

# check: every fault with file, line, column, code.
run 0 check heal-intersite-queue
run 0 check heal-intersite-queue --inventory "$demo/inventory.yaml" --policy "$demo/policy.yaml"
printf 'unjam: 1\nplaybook: bad\nsumary: x\nsteps:\n  - a: { wait: 5 parsecs }\n' >bad.yaml
run 1 check bad.yaml && says '^bad.yaml:3:1: error UJ0201: '
run 1 check bad.yaml --json && json
run 1 check nowhere.yaml && says 'nowhere.yaml' err
head -c 52428800 /dev/zero | tr '\0' 'a' >huge.yaml
run 1 check huge.yaml && [ "$(cat out err | wc -c)" -lt 4000 ] || fail "a huge file gives more than one clear error"
python3 -c 'print("unjam: 1\nplaybook: deep\nsteps: " + "[" * 10000)' >deep.yaml
run 1 check deep.yaml && [ "$(cat out err | wc -c)" -lt 20000 ] || fail "a deep file gives more than a clear error"

# What is no text at all is one fault; every fault has a line and a column.
: >empty.yaml
run 1 check empty.yaml && says '^empty.yaml:1:1: error UJ0107: '
head -c 20000 /dev/urandom >junk.yaml && printf '\000\n' >>junk.yaml
run 1 check junk.yaml && [ "$(grep -c '^junk.yaml:' out)" -le 5 ] || fail "binary junk gives more than one clear error"

run 0 graph rolling-reboot-hubs --json && json
run 0 graph rolling-reboot-hubs && says 'flowchart\|stateDiagram\|graph'
run 0 graph rolling-reboot-hubs --format dot && says 'digraph'
run 0 packs && says 'host.reboot'
run 0 packs --json && json
run 0 inventory "$demo/inventory.yaml" && says 'tyohub1'
run 0 inventory "$demo/inventory.yaml" --json && json

# Reports of an empty state, and of runs that are not there.
run 0 status --state "$work/none" && says 'no runs'
run 0 status --state "$work/none" --json && json
run 1 status r-404 --state "$work/none"
run 1 log last --state "$work/none"
run 1 why last --state "$work/none"
run 1 approve last --state "$work/none"

# A plan changes nothing and names the number to confirm.
fleet=(--inventory "$demo/inventory.yaml" --policy "$demo/policy.yaml" --param from=tokyo --param to=osaka)
run 0 plan heal-intersite-queue "${fleet[@]}" && says 'confirm     --confirm [0-9]' && says 'worst case' && says 'digest'
run 0 plan heal-intersite-queue "${fleet[@]}" --json && json
run 0 plan heal-intersite-queue "${fleet[@]}" --state "$work/none" --confirm 6
[ ! -e "$work/none" ] || fail "a plan made a state directory"
run 2 plan heal-intersite-queue "${fleet[@]}" --confirm 5 && says 'which is 6' err
# Mail of a site to itself is a slip, which must not be answered with "healthy".
for book in heal-intersite-queue check-intersite-mail; do
  run 1 plan "$book" "${fleet[@]:0:4}" --param from=tokyo --param to=tokyo && says 'receivers is empty' err
done
run 2 rehearse rolling-reboot-hubs --inventory "$demo/inventory.yaml" --policy "$demo/policy.yaml" --param site=tokyo --state "$work/none" --confirm 1
run 1 run rolling-reboot-hubs --inventory "$demo/inventory.yaml" --policy empty.yaml --param site=tokyo --state "$work/state"
says 'empty.yaml:1:1: error UJ0107' err
sed 's/postfix/postfiks/' "$demo/inventory.yaml" >typo.yaml
run 1 check rolling-reboot-hubs --inventory typo.yaml && says 'did you mean postfix'
sed 's/packs: \[ linux, postfix \]/packs: [ postfix ]/' "$demo/inventory.yaml" >partly.yaml && cp "$demo/world.yaml" .
run 0 plan rolling-reboot-hubs --inventory partly.yaml --policy "$demo/policy.yaml" --param site=tokyo && says 'no provider.*host.reboot on tyohub1'
run 1 plan heal-intersite-queue --inventory "$demo/inventory.yaml" --policy "$demo/policy.yaml" --param from=tokyo
run 1 plan heal-intersite-queue "${fleet[@]}" --param to=kyoto
run 1 run heal-intersite-queue --inventory nowhere.yaml --state "$work/state"

# act refuses what takes a playbook, and says so.
run 2 act host.reboot --on 'hosts.filter(h, h.role == "hub")' --inventory "$demo/inventory.yaml" --policy "$demo/policy.yaml" --state "$work/state" && says 'playbook' err
run 1 act mail.retry --on hosts --inventory "$demo/inventory.yaml" --policy "$demo/policy.yaml" --state "$work/state" && says 'give --with to=' err
run 0 act mail.retry --on 'hosts.filter(h, h.role == "hub")' --with to=osaka --inventory "$demo/inventory.yaml" --policy "$demo/policy.yaml" --state "$work/state" --speed 0
says 'mail.retry ok' && says '^done'
run 2 act mail.retry --on hosts --with to=osaka --inventory "$demo/inventory.yaml" --state "$work/state" && says 'what healthy means' err
run 1 act host.facts --on 'hosts.filter(h, h.role == "web")' --inventory "$demo/inventory.yaml" --state "$work/state"
run 1 act host.fact --on hosts --inventory "$demo/inventory.yaml" --state "$work/state" && says 'did you mean host.facts' err

# A damaged journal, and a directory that may not be written.
mkdir -m 700 broken && printf 'this is no database at all, but long enough to be read as one' >broken/journal.db
run 1 status --state "$work/broken"
mkdir -m 777 open && run 1 run check-intersite-mail "${fleet[@]}" --state "$work/open"
says 'open' err
echo "the command line says what it should"
