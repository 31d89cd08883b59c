# The fence: what it refuses, what it keeps, what can be looked up later.

change() {  # a pack with one fenced provider, `try.it`, that counts how often it acts
  mkdir -p "$T/packs/mine" && cp "$packs/prelude.sh" "$T/packs/"
  printf 'unjam: 1\npack: mine\nsummary: x\nshell: sh\nproviders:\n  try.it: { script: it.sh }\n  try.again: { script: again.sh }\n' >"$T/packs/mine/pack.yaml"
  printf 'fence\necho x >>"%s/acted"\nout_int n 1\nanswer\n' "$T" >"$T/packs/mine/it.sh"
  printf 'fence again\necho x >>"%s/acted"\nanswer\n' "$T" >"$T/packs/mine/again.sh"
}
try() { ask --pack-root "$T/packs" --packs mine "$@"; }
good='--machine 0123456789abcdef0123456789abcdef --boot boot-1'
acted() { wc -l 2>/dev/null <"$T/acted" || echo 0; }

title 'A fence that holds lets one call through, and the answer can be looked up'
change
try --fence i1 $good try.it
outputs '{"n": 1}'
recorded=$(tail -n +2 "$T/root/var/lib/unjam/intents/i1")
ask intent.look intent=i1
outputs "{\"answer\": \"$recorded\", \"boot\": \"boot-1\", \"machine\": \"0123456789abcdef0123456789abcdef\", \"permit\": \"i1\", \"state\": \"finished\"}"
holds test "$(printf '%s' "$recorded" | base64 -d)" = '{"outputs":{"n":1},"before":{},"after":{}}'
ask intent.look intent=i2
has '"state": "absent"'
ask host.boot
has '"permit": "i1"'

title 'The same intent is never let through twice'
change
try --fence i1 $good try.it
try --fence i1 $good try.it
refuses refused 'fence: intent'
holds test "$(acted)" = 1

title 'Nor is one that others have followed'
change
try --fence i1 $good try.it
try --fence i2 $good try.it
try --fence i1 $good try.it
refuses refused 'fence: intent'
holds test "$(acted)" = 2

title 'While another call has the lock, none gets through'
change
mkdir -p "$T/root/var/lib/unjam/intents"
flock "$T/root/var/lib/unjam/lock" sh -c "touch '$T/locked'; while [ ! -e '$T/go' ]; do sleep 0.1; done" &
while [ ! -e "$T/locked" ]; do sleep 0.1; done
try --fence i1 $good --set unjam_lock_wait=0 try.it
refuses failed 'holds the lock'
touch "$T/go"
wait
holds test "$(acted)" = 0

title 'Two calls of one intent at the same moment: one acts'
change
for n in 1 2 3 4; do try --fence i1 $good try.it & done
wait
holds test "$(acted)" = 1

title 'Another machine, another boot, another store, a lower epoch: refused, and nothing is written'
change
try --fence i1 --machine ffff --boot boot-1 try.it
refuses refused 'fence: machine'
try --fence i1 --machine 0123456789abcdef0123456789abcdef --boot boot-0 try.it
refuses refused 'fence: boot'
holds test ! -e "$T/root/var/lib/unjam/permit"
try --fence i1 $good --store A --epoch 5 try.it
try --fence i2 $good --store B --epoch 9 try.it
refuses refused 'fence: store'
try --fence i3 $good --store A --epoch 4 try.it
refuses refused 'fence: epoch'
try --fence i4 $good --store A --epoch 6 try.it
outputs '{"n": 1}'
holds test "$(cat "$T/root/var/lib/unjam/permit")" = 'A 6 i4'

title 'No fence, an empty one or a hostile one: refused'
change
try try.it
refuses refused 'fence'
try --fence ../../etc/x $good try.it
refuses refused 'fence'
try --fence 'a b' $good try.it
refuses refused 'fence'
try --fence i1 $good --epoch x try.it
refuses refused 'fence'
holds test "$(acted)" = 0

title 'A crash between permit and record counts as begun'
change
mkdir -p "$T/root/var/lib/unjam/intents"
echo 'teststore 1 i1' >"$T/root/var/lib/unjam/permit"
try --fence i1 $good try.it
refuses refused 'fence: intent'
ask intent.look intent=i1
has '"state": "started"'

title 'A call that ended half-way is on record as started'
change
printf 'fence\n: "$not_set_anywhere"\n' >"$T/packs/mine/it.sh"
try --fence i1 $good try.it
has 'no frame'
ask intent.look intent=i1
has '"state": "started"'

title 'A refusal behind the fence is recorded too'
change
printf 'fence\ncannot refused "not now"\n' >"$T/packs/mine/it.sh"
try --fence i1 $good try.it
refuses refused 'not now'
ask intent.look intent=i1
has '"state": "finished"'

title 'A damaged permit lets nothing through'
change
mkdir -p "$T/root/var/lib/unjam"
echo garbage >"$T/root/var/lib/unjam/permit"
try --fence i1 $good try.it
refuses failed 'damaged'
holds test "$(acted)" = 0

title 'An idempotent change can be sent again, in another boot too, but not by a zombie'
change
try --fence i1 $good --epoch 3 try.again
try --fence i1 --machine 0123456789abcdef0123456789abcdef --boot boot-9 --epoch 3 try.again
outputs '{}'
holds test "$(acted)" = 2
try --fence i2 $good --epoch 2 try.again
refuses refused 'fence: epoch'
try try.again
outputs '{}'

title 'What a look has called absent is void: no late copy acts, not even of a change that can be sent again'
change
ask intent.look intent=i1
has '"state": "absent"'
try --fence i1 $good try.again
refuses refused 'fence: intent'
holds test "$(acted)" = 0

title 'A copy of an earlier change comes too late once another one was let through'
change
try --fence i1 $good try.again
try --fence i2 $good try.again
try --fence i1 $good try.again
refuses refused 'fence: intent'
holds test "$(acted)" = 2

title 'The newest 200 intents are kept'
change
mkdir -p "$T/root/var/lib/unjam/intents"
n=1
while [ $n -le 200 ]; do
  echo started >"$T/root/var/lib/unjam/intents/old$n"
  echo "old$n"
  n=$((n + 1))
done >"$T/root/var/lib/unjam/order"
try --fence new $good try.it
holds test ! -e "$T/root/var/lib/unjam/intents/old1"
holds test -e "$T/root/var/lib/unjam/intents/old2"
holds test -e "$T/root/var/lib/unjam/intents/new"
holds test "$(ls "$T/root/var/lib/unjam/intents" | wc -l)" = 200

title 'A look at an intent takes no path for a name'
ask intent.look intent=../permit
refuses refused 'no intent'
