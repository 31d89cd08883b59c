# Postfix: queues, refusals, fate, retry and probe, on a hub of tokyo. Queue and log lines are what Postfix 3.7 wrote in the lab.

hub() {  # a hub with the lab's configuration
  title "$1"
  fake postconf <<'END'
for last; do :; done
case $last in
  maillog_file) echo "$T/mail.log" ;;
  mydestination) echo 'tyohub1.lab.example, localhost' ;;
  virtual_mailbox_domains) echo 'tokyo.lab.example' ;;
  relay_domains) echo 'osaka.lab.example' ;;
  transport_maps) echo 'hash:/etc/postfix/transport, inline:{ { osaka.lab.example = smtp:[osahub1.lab.example],[osahub2.lab.example] } }' ;;
  myhostname) echo tyohub1.lab.example ;;
esac
END
  fake postmap <<'END'
case $2:$3 in osaka.lab.example:inline:*) echo 'smtp:[osahub1.lab.example],[osahub2.lab.example]' ;; *) exit 1 ;; esac
END
  fake getent <<'END'
exit 2
END
  : >"$T/queue"
  fake postqueue <<'END'
echo "$*" >>"$T/postqueue"
case $1 in -j) cat "$T/queue" ;; esac
END
  cp "$here/recorded/hub/mail.log" "$T/mail.log"
}
waits() {  # ID REASON [ADDRESS] [QUEUE]
  printf '{"queue_name": "%s", "queue_id": "%s", "arrival_time": 1795486982, "message_size": 296, "forced_expire": false, "sender": "alice@tokyo.lab.example", "recipients": [{"address": "%s"%s}]}\n' \
    "${4:-deferred}" "$1" "${3:-bob@osaka.lab.example}" "${2:+, \"delay_reason\": \"$2\"}" >>"$T/queue"
}
queues() { ask --self tyohub1 mail.queues to=@@osaka; }
auth='SASL authentication failed; cannot authenticate to server osahub2.lab.example[10.77.2.22]: generic failure'
auth535='SASL authentication failed; server osahub1.lab.example[10.77.2.21] said: 535 5.7.8 Error: authentication failed: authentication failure'
auth454='SASL authentication failed; server osahub1.lab.example[10.77.2.21] said: 454 4.7.0 Temporary authentication failure: generic failure'
refused='connect to osahub2.lab.example[10.77.2.22]:25: Connection refused'
ok='"inside_ok": true, "outbound_ok": true'

hub 'Nothing waits: nothing is stuck'
queues
outputs "{\"fault\": \"none\", \"ids\": [], $ok, \"stuck\": 0}"

hub 'The jam: every stuck message by authentication, in all three texts'
waits ED2C32E1 "$auth"
waits EF2432E2 "$auth535"
waits AA11 "$auth454"
queues
outputs "{\"fault\": \"auth\", \"ids\": [\"ED2C32E1\", \"EF2432E2\", \"AA11\"], $ok, \"stuck\": 3}"

hub 'One message stuck by something else, and it is not authentication any more'
waits A1 "$auth"
waits A2 "$auth"
waits A3 'connect to osahub1.lab.example[10.77.2.21]:25: Connection timed out'
queues
has '"fault": "unreachable"'
has '"stuck": 3'

for pair in "tls:TLS is required, but was not offered by host osahub2.lab.example[10.77.2.22]" \
  "dns:Host or domain name not found. Name service error for name=osahub2.lab.example type=A: Host not found, try again" \
  "unreachable:$refused" "unreachable:connect to osahub1.lab.example[10.77.2.21]:25: No route to host" \
  "authorization:host osahub1.lab.example[10.77.2.21] said: 454 4.7.0 Temporary authorization failure (in reply to MAIL FROM command)" \
  "tls:host osahub1.lab.example[10.77.2.21] said: 454 4.7.0 Temporary authentication failure because negotiated Tls cipher strength is too weak" \
  "refused:host osahub1.lab.example[10.77.2.21] said: 452 4.3.1 Insufficient system storage (in reply to MAIL FROM command)" \
  "unreachable:host osahub1.lab.example[10.77.2.21] said: 421 4.3.2 <unknown[10.77.1.21]>: Client host rejected: This hub is drained for maintenance (in reply to RCPT TO command)" \
  "other:mail transport unavailable" \
  "other:SASL authentication failed; cannot authenticate to server osahub1.lab.example[10.77.2.21]: no mechanism available" \
  "auth:SASL authentication failed; server tls.osahub1.lab.example[10.77.2.21] said: 535 5.7.8 Error: authentication failed: authentication failure"; do
  hub "The reason '${pair#*:}' is ${pair%%:*}"
  waits A1 "${pair#*:}"
  queues
  has "\"fault\": \"${pair%%:*}\""
  has '"stuck": 1'
done

hub 'The queue names only the last hub: one is away, the log says that the other refused to authenticate'
waits ED2C32E1 "$refused"
sed -i '/ED2C32E1: to=/d' "$T/mail.log"
queues
has '"fault": "auth"'

hub 'A long queue that drains is no jam'
waits A1 '' bob@osaka.lab.example active
waits A2 '' bob@osaka.lab.example incoming
waits A3 "$auth" bob@osaka.lab.example hold
queues
has '"stuck": 0'

hub 'A message under way again is still stuck: its last attempt is in the log'
waits ED2C32E1 '' bob@osaka.lab.example active
sed -i '37,$d' "$T/mail.log"
queues
has '"stuck": 1'
has '"fault": "auth"'

hub 'Mail inside and to outside is judged apart, and an address with quotes confuses nobody'
waits A1 'mailbox is \"full\"' 'o\"brien@tokyo.lab.example'
queues
outputs '{"fault": "none", "ids": [], "inside_ok": false, "outbound_ok": true, "stuck": 0}'
hub 'Outbound mail that waits'
waits A1 'connect to mx.example.org[192.0.2.1]:25: Connection timed out' eve@example.org
queues
outputs '{"fault": "none", "ids": [], "inside_ok": true, "outbound_ok": false, "stuck": 0}'
hub 'Outbound mail that has bounced, by expiry and by a wrong mailbox name'
echo 'Nov 24 02:30:00 tyohub1 postfix/smtp[9]: B1: to=<eve@example.org>, relay=none, delay=432000, dsn=4.4.1, status=expired (timed out)' >>"$T/mail.log"
queues
has '"outbound_ok": false'
echo 'Nov 24 02:31:00 tyohub1 postfix/smtp[9]: B2: to=<eve@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=1, dsn=5.1.1, status=bounced (no such user)' >>"$T/mail.log"
queues
has '"outbound_ok": true'

hub 'A queue that cannot be read is unknown, not empty'
fake postqueue <<'END'
echo 'postqueue: fatal: Queue report unavailable - mail system is down' >&2
exit 69
END
queues
refuses unreadable 'Queue report unavailable'
hub 'A log that cannot be read is unknown'
rm "$T/mail.log"
queues
refuses unreadable 'mail log'

# ---- mail.refusals, on a hub of osaka

refusals() { ask --self osahub1 mail.refusals "of=@${1:-tyohub1,tyohub2}" "within=${2:-3600000}"; }
receiver() {
  hub "$1"
  cp "$here/recorded/receiver/mail.log" "$T/mail.log"
}
line() { echo "$1 osahub1 postfix/smtpd[77]: disconnect from unknown[$2] $3" >>"$T/mail.log"; }

receiver 'Sessions refused with 535 name their sender'
refusals
has '"sources": ["10.77.1.21"]'
refusals tyohub2
outputs '{"last": 0, "sources": []}'

receiver 'A session that ended without AUTH is evidence too; one that delivered, failed at TLS, or is of another host is not'
: >"$T/mail.log"
line 'Nov 24 03:00:00' 10.77.1.22 'ehlo=1 quit=1 commands=2'
line 'Nov 24 03:00:01' 10.77.1.21 'ehlo=2 starttls=0/1 commands=2/3'
line 'Nov 24 03:00:02' 10.77.1.21 'ehlo=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=6'
line 'Nov 24 03:00:03' 10.77.9.9 'ehlo=1 auth=0/1 quit=1 commands=2/3'
line 'Nov 24 03:00:04' 10.77.1.21 'commands=0/0'
refusals
has '"sources": ["10.77.1.22"]'

receiver 'The window is counted in the time of this log, over the new year and a clock set back'
: >"$T/mail.log"
line 'Dec 31 23:50:00' 10.77.1.21 'ehlo=1 quit=1 commands=2'
line 'Jan  1 00:05:00' 10.77.1.22 'ehlo=1 quit=1 commands=2'
refusals tyohub1,tyohub2 1200000
has '"sources": ["10.77.1.21", "10.77.1.22"]'
refusals tyohub1,tyohub2 60000
has '"sources": ["10.77.1.22"]'
line 'Jan  1 00:00:00' 10.77.9.9 'quit=1 commands=1'
refusals tyohub1,tyohub2 60000
has '"sources": ["10.77.1.22"]'

receiver 'The record id changes with a new refusal, even an equal line, and with nothing else'
refusals
before=$got
echo 'Nov 24 02:20:00 osahub1 postfix/anvil[160]: statistics: max cache size 1 at Nov 24 02:05:46' >>"$T/mail.log"
refusals
is "$before"
mv "$T/mail.log" "$T/mail.log.1"
echo 'Nov 24 02:20:01 osahub1 postfix/smtpd[1]: connect from unknown[10.77.9.9]' >"$T/mail.log"
refusals
is "$before"
grep disconnect "$T/mail.log.1" | tail -n 1 >>"$T/mail.log"
refusals
holds test "$got" != "$before"

receiver 'No log: unreadable, not "no refusal"'
rm "$T/mail.log"
refusals
refuses unreadable 'mail log'

# ---- mail.fate

hub 'Delivered, still waiting, bounced, deleted, and without a trace'
waits ED2C32E1 "$auth"
{
  echo 'Nov 24 02:31:00 tyohub1 postfix/smtp[9]: B2: to=<x@osaka.lab.example>, relay=osahub1.lab.example[10.77.2.21]:25, delay=1, dsn=5.1.1, status=bounced (no)'
  echo 'Nov 24 02:31:01 tyohub1 postfix/qmgr[9]: B3: from=<a@tokyo.lab.example>, status=expired, returned to sender'
  echo 'Nov 24 02:31:02 tyohub1 postfix/postsuper[9]: B4: removed'
} >>"$T/mail.log"
ask mail.fate 'ids=DF3B02C4\nED2C32E1\nB2\nB3\nB4\nC0FFEE'
outputs '{"lost": 4, "open": 1}'
ask mail.fate ids=
outputs '{"lost": 0, "open": 0}'
ask mail.fate 'ids=$(touch x)'
refuses refused 'queue ids'

# ---- mail.retry

hub 'Only what waits for that site is tried again'
waits A1 "$auth"
waits A2 'connect to mx.example.org[192.0.2.1]:25: Connection timed out' eve@example.org
waits A3 "$auth" carol@osaka.lab.example
ask --self tyohub1 mail.retry to=@@osaka
has '"retried": "2 messages"'
holds test "$(grep -c -- -i "$T/postqueue")" = 2
holds grep -qx -- '-i A1' "$T/postqueue"
holds grep -qx -- '-i A3' "$T/postqueue"

# ---- mail.probe

probe() {
  hub "$1"
  fake sendmail <<'END'
id=$(sed -n 's/^Message-ID: <\(.*\)@.*/\1/p')
echo "$*" >"$T/sendmail"
echo "Nov 24 04:00:00 tyohub1 postfix/cleanup[5]: F00D: message-id=<$id@tyohub1.lab.example>" >>"$T/mail.log"
cat "$T/then" >>"$T/mail.log"
END
  fake sleep <<'END'
END
  fake postsuper <<'END'
echo "$*" >>"$T/postsuper"
END
}
probe 'A probe that the other side takes has arrived'
echo 'Nov 24 04:00:01 tyohub1 postfix/smtp[9]: F00D: to=<postmaster@osaka.lab.example>, relay=osahub1.lab.example[10.77.2.21]:25, delay=1, dsn=2.0.0, status=sent (250 2.0.0 Ok)' >"$T/then"
ask --self tyohub1 mail.probe to=@@osaka
has '"arrived": true, "took": "0.00s"'
holds test "$(cat "$T/sendmail")" = '-f  postmaster@osaka.lab.example'
probe 'A probe that stays has not arrived, and is taken out again'
echo 'Nov 24 04:00:01 tyohub1 postfix/smtp[9]: F00D: to=<postmaster@osaka.lab.example>, relay=none, delay=1, dsn=4.7.0, status=deferred (SASL authentication failed)' >"$T/then"
ask --self tyohub1 mail.probe to=@@osaka
has '"arrived": false'
holds test "$(cat "$T/postsuper")" = '-d F00D'
probe 'The address can be named; without one and without a route there is nothing to ask'
echo 'osaka probe+unjam@osaka.lab.example' >"$T/root/etc/unjam/probe"
: >"$T/then"
ask --self tyohub1 mail.probe to=@@osaka
holds grep -q 'probe+unjam@osaka' "$T/sendmail"
rm "$T/root/etc/unjam/probe"
ask --self tyohub1 mail.probe to=@@tokyo
refuses unreadable 'no address to probe'

# ---- mail.seed

probe 'A seed is handed in and stays in the queue'
: >"$T/then"
ask --self tyohub1 mail.seed to=@@osaka
has '"seed": "<unjam-probe-'
holds test "$(cat "$T/sendmail")" = '-f  postmaster@osaka.lab.example'
holds test ! -e "$T/postsuper"

hub 'A message that has gone meanwhile is no fault; a Postfix that answers nothing is'
waits A1 "$auth"
waits A2 "$auth"
fake postqueue <<'END'
case "$*" in -j) cat "$T/queue" ;; '-i A2') ;; *) echo 'postqueue: fatal: no' >&2; exit 1 ;; esac
END
ask --self tyohub1 mail.retry to=@@osaka
has '"retried": "2 messages"'
sed -i "s/'-i A2') ;;//" "$T/bin/postqueue"
ask --self tyohub1 mail.retry to=@@osaka
refuses failed 'postqueue -i'
