# A Postfix hub: is it up, draining it and putting it back, its Kerberos.

up() {  # a hub that runs; what SMTP answers is in $T/smtp.ADDRESS
  title "$1"
  fake postconf <<'END'
for last; do :; done
case $* in
  -M) echo 'smtp       inet  n       -       n       -       -       smtpd' ;;
  *virtual_mailbox_domains) echo tokyo.lab.example ;;
  *myhostname) echo tyohub1.lab.example ;;
  *smtpd_sasl_path) echo smtpd ;;
  *cyrus_sasl_config_path) echo "$T/sasl" ;;
  *import_environment) echo "MAIL_CONFIG TZ KRB5CCNAME=FILE:/run/krb5/cc KRB5_CLIENT_KTNAME=FILE:/client.keytab" ;;
esac
END
  fake perl <<'END'
for last; do :; done
case $* in
  *smtp*|*RCPT*) a=$(printf '%s\n' "$@" | grep -x '[0-9][0-9.]*' | head -n 1); echo "$last" >"$T/rcpt"; cat "$T/smtp.$a" ;;
  *) [ -e "$T/open.$4" ] || [ -e "$T/open.$5" ] ;;
esac
END
  echo '220 250 250 554 ' >"$T/smtp.10.77.1.21"
  echo '220 250 250 250 ' >"$T/smtp.127.0.0.1"
  fake postqueue <<'END'
printf '{"queue_name": "deferred", "queue_id": "A1"}\n{"queue_name": "active", "queue_id": "A2"}\n'
END
  process master 44
}
probe() { ask --self tyohub1 probe.hub; }

up 'A hub that runs and takes its own mail is serving, whatever else is stuck'
probe
outputs '{"queued": 2, "ready": true, "reboot_pending": false, "recovering": false, "serving": true}'
holds test "$(cat "$T/rcpt")" = postmaster@tokyo.lab.example
up 'Mail of its own site is refused: ready, not serving'
echo '220 250 250 451 ' >"$T/smtp.127.0.0.1"
probe
has '"ready": true'
has '"serving": false'
up 'The listener does not greet: not ready'
: >"$T/smtp.10.77.1.21"
probe
has '"ready": false'
has '"serving": false'
up 'Postfix does not run: not ready, although something listens'
rm -r "$T/root/proc/44"
probe
has '"ready": false'
up 'Drained by Unjam: ready, not serving, and nobody else is at it'
mkdir -p "$T/root/var/lib/unjam/drain"
probe
has '"ready": true, "reboot_pending": false, "recovering": false, "serving": false'
up 'Drained by somebody else'
sed -i "s/ \*virtual_mailbox_domains/ '-xh smtpd_client_restrictions') echo 'defer, permit' ;; &/" "$T/bin/postconf"
probe
has '"recovering": true'
up 'A restart that others have scheduled, and updates that wait for one'
mkdir -p "$T/root/run/systemd/shutdown"
touch "$T/root/run/systemd/shutdown/scheduled" "$T/root/run/reboot-required"
probe
has '"reboot_pending": true, "recovering": true'
up 'A queue that cannot be counted is left out'
fake postqueue <<'END'
exit 69
END
probe
outputs '{"ready": true, "reboot_pending": false, "recovering": false, "serving": true}'

# ---- drain and resume, with the real postconf if there is one

postfix_tool=$(PATH=$PATH:/usr/sbin command -v postconf)
if [ -z "$postfix_tool" ]; then
  skip 'hub.drain and hub.resume (no postconf on this machine)'
else
  drainable() {
    title "$1"
    mkdir -p "$T/etc"
    printf '# hand-written\ncompatibility_level = 3.6\nmyhostname = tyohub1.lab.example\n' >"$T/etc/main.cf"
    printf '# a comment\nsmtp      inet  n       -       n       -       -       smtpd\nsubmission inet n - n - - smtpd\n  -o smtpd_client_restrictions=permit_sasl_authenticated,reject\ncleanup   unix  n       -       n       -       0       cleanup\n' >"$T/etc/master.cf"
    cp -r "$T/etc" "$T/before"
    printf '#!/bin/sh\ncase "$*" in "-h config_directory") echo %s ;; -c*) exec %s "$@" ;; *) exec %s -c %s "$@" ;; esac\n' "$T/etc" "$postfix_tool" "$postfix_tool" "$T/etc" >"$T/bin/postconf"
    chmod +x "$T/bin/postconf"
    fake postfix <<'END'
echo "$*" >>"$T/postfix"
END
    process master 44
  }
  setting() { "$postfix_tool" -c "$T/etc" -Ph "$1/smtpd_client_restrictions" 2>/dev/null; }
  drainable 'A drain turns every client away, a resume puts everything back byte for byte'
  fenced d1 hub.drain
  has '"policy_before": "smtp/inet: smtpd_client_restrictions not overridden\nsubmission/inet: submission/inet/smtpd_client_restrictions = permit_sasl_authenticated,reject"'
  holds test "$(setting smtp/inet)" = '$unjam_drained'
  holds test "$(setting submission/inet)" = '$unjam_drained'
  holds test "$(cat "$T/postfix")" = reload
  fenced d2 hub.resume
  holds cmp -s "$T/etc/main.cf" "$T/before/main.cf"
  holds cmp -s "$T/etc/master.cf" "$T/before/master.cf"
  holds test ! -e "$T/root/var/lib/unjam/drain"

  drainable 'Draining and resuming twice is as once'
  fenced d1 hub.drain
  first=$got
  fenced d1 hub.drain
  is "$first"
  fenced d2 hub.resume
  fenced d2 hub.resume
  has 'nothing to put back'
  holds cmp -s "$T/etc/master.cf" "$T/before/master.cf"

  drainable 'What others changed meanwhile stays, what the drain did is taken back'
  fenced d1 hub.drain
  "$postfix_tool" -c "$T/etc" -e 'mynetworks = 127.0.0.0/8'
  fenced d2 hub.resume
  holds test "$(setting smtp/inet)" = ''
  holds test "$(setting submission/inet)" = 'permit_sasl_authenticated,reject'
  holds test "$("$postfix_tool" -c "$T/etc" -h mynetworks)" = 127.0.0.0/8
  holds test -z "$("$postfix_tool" -c "$T/etc" -n unjam_drained 2>/dev/null)"

  drainable 'A drain that died before it was applied is made good by either'
  fenced d1 hub.drain
  cp "$T/before/main.cf" "$T/before/master.cf" "$T/etc/"
  fenced d1 hub.drain
  holds test "$(setting smtp/inet)" = '$unjam_drained'
  cp "$T/before/main.cf" "$T/before/master.cf" "$T/etc/"
  fenced d2 hub.resume
  holds test "$(setting smtp/inet)" = ''
  holds test "$(setting submission/inet)" = 'permit_sasl_authenticated,reject'

  drainable 'Drained without a record: refused, since what was there before is not known'
  fenced d1 hub.drain
  rm -r "$T/root/var/lib/unjam/drain"
  fenced d3 hub.drain
  refuses refused 'no record'
fi

title 'The flag is a file, and only that'
fenced f1 hub.flag
has '"flag": "in the hand of Unjam, intent f1"'
fenced f2 hub.unflag
is '{"after": {"flag": "none"}, "before": {"flag": "in the hand of Unjam, intent f1"}, "outputs": {}}'

# ---- the rungs before a reboot

up 'Tickets: the cache that Postfix names is thrown away, and nothing else'
mkdir -p "$T/root/run/krb5"
echo old >"$T/root/run/krb5/cc"
echo other >"$T/root/run/krb5/other"
ask tickets.purge
is '{"after": {"tickets": "none"}, "before": {"tickets": "in /run/krb5/cc"}, "outputs": {}}'
holds test ! -e "$T/root/run/krb5/cc"
holds test -e "$T/root/run/krb5/other"
ask tickets.purge
has '"before": {"tickets": "none"}'
up 'Tickets: a Postfix without a cache of its own, or with one that is no file, has none to throw away'
fake postconf <<'END'
echo "MAIL_CONFIG TZ"
END
ask tickets.purge
refuses absent 'no KRB5CCNAME'
fake postconf <<'END'
echo "KRB5CCNAME=KEYRING:persistent:0"
END
ask tickets.purge
refuses absent 'KEYRING'

up 'A restart of the transport, by its own commands'
fake postfix <<'END'
echo "$*" >>"$T/postfix"
[ "$*" != "$(cat "$T/fails" 2>/dev/null)" ]
END
fenced m1 mail.restart
is '{"after": {"transport": "running"}, "before": {"transport": "running"}, "outputs": {}}'
holds test "$(cat "$T/postfix")" = "$(printf 'stop\nstart')"
fenced m1 mail.restart
holds test "$(cat "$T/postfix")" = "$(printf 'stop\nstart')"
echo start >"$T/fails"
fenced m2 mail.restart
refuses failed 'postfix start'
up 'A transport that does not run is in the hand of somebody else'
fake postfix <<'END'
echo "$*" >>"$T/postfix"
END
rm -r "$T/root/proc/44"
fenced m3 mail.restart
refuses refused 'somebody else'
holds test ! -e "$T/postfix"

# ---- kerberos.check

kerberos() {
  up "$1"
  fake klist <<'END'
case $3$2 in */client.keytab) f=klist-client ;; *) f=klist-smtp ;; esac
[ ! -e "$T/lost.$f" ] || { echo "klist: Key table file '$2' not found while starting keytab scan" >&2; exit 1; }
cat "$R/hub/$f"
END
  printf '10.77.1.10\n10.77.2.10\n' >"$T/root/etc/unjam/directory.servers"
  touch "$T/root/etc/unjam/directory.auth" "$T/open.10.77.1.10" "$T/open.10.77.2.10"
  cp "$here/recorded/hub/ads-one" "$T/ads.10.77.1.10"
  cp "$here/recorded/hub/ads-one" "$T/ads.10.77.2.10"
  fake net <<'END'
[ "$1 $2" = 'ads search' ] && cat "$T/ads.$4"
END
}
check() { ask --self tyohub1 kerberos.check; }
kerberos 'All is well'
check
outputs '{"closed": [], "holders": ["tyohub1$"], "kdc_port": true, "own_key": true, "spn": "ok", "trust": true}'
kerberos 'The keytab is lost'
touch "$T/lost.klist-smtp"
check
has '"own_key": false'
kerberos 'The key with which it acts as a client is lost'
touch "$T/lost.klist-client"
check
has '"own_key": false'
kerberos 'One controller cannot be reached at port 88'
rm "$T/open.10.77.2.10"
check
has '"closed": ["10.77.2.10:88"], '
has '"kdc_port": false'
kerberos 'The name is held by two accounts, seen by one controller'
cp "$here/recorded/hub/ads-two" "$T/ads.10.77.2.10"
check
has '"spn": "duplicate"'
has '"holders": ["osahub1$", "osahub2$", "tyohub1$"]'
kerberos 'The name is held by another account'
sed 's/tyohub1/web7/' "$here/recorded/hub/ads-one" >"$T/ads.10.77.2.10"
check
has '"spn": "missing"'
kerberos 'The domain does not know the hub'
cp "$here/recorded/hub/ads-none" "$T/ads.10.77.1.10"
cp "$here/recorded/hub/ads-none" "$T/ads.10.77.2.10"
check
has '"spn": "missing", "trust": false'
kerberos 'Its account is disabled'
sed -i 's/4096/4098/' "$T/ads.10.77.2.10"
check
has '"trust": false'
kerberos 'Its key is newer at one controller: the other is only behind'
sed -i 's/KeyVersionNumber: 2/KeyVersionNumber: 1/' "$T/ads.10.77.2.10"
check
has '"trust": true'
sed -i 's/KeyVersionNumber: 2/KeyVersionNumber: 3/' "$T/ads.10.77.1.10"
check
has '"trust": false'
kerberos 'Nobody to ask: names and trust are unknown, not false'
rm "$T/ads.10.77.1.10" "$T/ads.10.77.2.10"
check
outputs '{"closed": [], "kdc_port": true, "own_key": true}'
kerberos 'No tools, no servers: everything is unknown'
rm "$T/bin/klist" "$T/root/etc/unjam/directory.servers" "$T/bin/net"
check
outputs '{}'

# ---- mail.offers: the script's own dialogue with a real listener, at a port that is free instead of 25

speaks() { # LINES: greeting, then what EHLO is answered with; nobody listens if there is none
  rm -f "$T/port"
  python3 - "$T" "$1" <<'END' &
import os, socket, sys
folder, lines = sys.argv[1], sys.argv[2].split("\n")
server = socket.create_server(("127.0.0.1", 0))
port = server.getsockname()[1]
if not sys.argv[2]:
    server.close()
with open(folder + "/port.new", "w") as file:
    file.write(str(port))
os.rename(folder + "/port.new", folder + "/port")
if sys.argv[2]:
    server.settimeout(60)
    client = server.accept()[0]
    client.sendall((lines[0] + "\r\n").encode())
    client.recv(1000)
    client.sendall("".join(l + "\r\n" for l in lines[1:]).encode())
    if len(lines) > 1:
        client.recv(1000)
END
  server=$!
  fake perl <<END
code=\$(printf '%s' "\$3" | sed "s/PeerPort => 25/PeerPort => \$(cat '$T/port')/")
exec $(command -v perl) "\$1" "\$2" "\$code" "\$4"
END
  tries=0
  until [ -e "$T/port" ] || [ $((tries += 1)) -gt 600 ]; do sleep 0.1; done
  ask --packs "$pack" --self "$(printf 'osahub1\t127.0.0.1\tosaka\thub')" mail.offers
  wait "$server"
}
exchange='220 OSAHUB1.lab.example Microsoft ESMTP MAIL Service ready at Thu, 5 Jan 2017 12:05:59 +0900
250-OSAHUB1.lab.example Hello [10.77.9.5]
250-SIZE 37748736
250-STARTTLS
250-X-ANONYMOUSTLS
250-AUTH NTLM
250-X-EXPS EXCHANGEAUTH GSSAPI NTLM
250-X-EXCHANGEAUTH SHA256
250 XRDST'
title 'Exchange offers its hubs a login by Kerberos'
pack=exchange
speaks "$exchange"
has '"altered": false, "answers": true, "kerberos": true, "said": ["220 OSAHUB1.lab.example Microsoft ESMTP MAIL Service ready at '
has '"tls": true'
title 'A receive connector without Exchange Server authentication (5.7.3)'
speaks "$(printf '%s\n' "$exchange" | grep -v X-EX)"
has '"altered": false, "answers": true, "kerberos": false'
has '"tls": true'
title 'A firewall that inspects SMTP (5.7.3): the greeting is overwritten, verbs are struck out'
speaks '220 ************************
250-OSAHUB1.lab.example Hello
250-XXXXXXXXXXXXXX
250 8BITMIME'
outputs '{"altered": true, "answers": true, "kerberos": false, "said": ["220 ************************", "250-OSAHUB1.lab.example Hello", "250-XXXXXXXXXXXXXX", "250 8BITMIME"], "tls": false}'
title 'Nobody listens, or hangs up: no answer, and nothing is said of the rest'
speaks ''
outputs '{"answers": false}'
speaks '220 half'
outputs '{"answers": false}'
title 'Postfix offers its hubs a login by Kerberos'
pack=postfix
speaks '220 osahub1.lab.example ESMTP Postfix
250-osahub1.lab.example
250-STARTTLS
250-AUTH GSSAPI
250 8BITMIME'
has '"altered": false, "answers": true, "kerberos": true'
title 'Without perl nothing is known of port 25'
ask --packs postfix --self osahub1 mail.offers
refuses unreadable 'perl'
