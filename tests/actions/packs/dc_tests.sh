# A Samba domain controller (dc1 of the lab's prototype, site tokyo; dc2 is in osaka). Directory records are what ldbsearch printed there.

dc() {
  title "$1"
  fake samba <<'END'
END
  cp "$here/recorded/dc/sites" "$T/sites"
  cp "$here/recorded/dc/reps-healthy" "$T/reps"
  fake ldbsearch <<'END'
case $* in
  *'ldap://10.77.1.10 '*) [ -e "$T/ldap" ] && echo 'dnsHostName: dc1.lab.example' ;;
  *dsServiceName*) cat "$R/dc/root" ;;
  *-P*) [ -e "$T/source-options" ] && echo "options: $(cat "$T/source-options")" ;;
  *CN=Sites*) cat "$T/sites" ;;
  *'-b DC=lab,DC=example repsFrom'*) cat "$T/reps" ;;
  *repsFrom*) printf '# record 1\ndn: x\n\n# returned 1 records\n' ;;
esac
END
}
code() {  # CODE: the link's last attempt ended with it
  python3 - "$here/recorded/dc/reps-8457" "$1" >"$T/reps" <<'END'
import base64, re, struct, sys
text = open(sys.argv[1]).read()
found = re.search(r'repsFrom:: ((?:.|\n )*)', text)
blob = bytearray(base64.b64decode(found.group(1).replace('\n ', '')))
blob[32:36] = struct.pack('<i', int(sys.argv[2]))
print('# record 1\ndn: DC=lab,DC=example\nrepsFrom:: ' + base64.b64encode(blob).decode() + '\n')
END
}
failing='{"code": 8457, "partition": "DC=lab,DC=example", "safe": true, "source": "dc2"}'

dc 'Healthy'
ask ad.replication
outputs '{"failing": [], "unsafe": false}'
dc 'An old 8457 with the flag clear is the trace of an old attempt'
cp "$here/recorded/dc/reps-8457" "$T/reps"
ask ad.replication
outputs "{\"failing\": [$failing], \"unsafe\": false}"
dc 'The same with the flag set is a decision'
cp "$here/recorded/dc/reps-8457" "$T/reps"
cp "$here/recorded/dc/sites-disabled" "$T/sites"
ask ad.replication
outputs '{"failing": [{"code": 8457, "partition": "DC=lab,DC=example", "safe": false, "source": "dc2"}], "unsafe": true}'
dc 'Any failure with the flag set is unsafe, and so is the flag alone'
code 1722
cp "$here/recorded/dc/sites-disabled" "$T/sites"
ask ad.replication
has '"safe": false'
cp "$here/recorded/dc/reps-healthy" "$T/reps"
ask ad.replication
outputs '{"failing": [], "unsafe": true}'

for c in 64 29 121 1225 1326 1398 1722 5 8524 8453 -2146893022; do
  dc "Code $c can be forced"
  code $c
  ask ad.replication
  outputs "{\"failing\": [{\"code\": $c, \"partition\": \"DC=lab,DC=example\", \"safe\": true, \"source\": \"dc2\"}], \"unsafe\": false}"
done
for c in 8614 8606 8418 8451 8446 8452 8333 8240 8 1127; do
  dc "Code $c must not be forced"
  code $c
  ask ad.replication
  outputs "{\"failing\": [{\"code\": $c, \"partition\": \"DC=lab,DC=example\", \"safe\": false, \"source\": \"dc2\"}], \"unsafe\": true}"
done
for c in 0 8477 8464; do
  dc "Code $c is no failure"
  code $c
  ask ad.replication
  outputs '{"failing": [], "unsafe": false}'
done

dc '8456 is about the source: its flag is asked, and no answer counts as set'
code 8456
ask ad.replication
has '"unsafe": true'
echo 1 >"$T/source-options"
ask ad.replication
has '"safe": true'
echo 5 >"$T/source-options"
ask ad.replication
has '"safe": false'

dc 'A link inside the own site, or from a controller that is gone, is not looked at'
code 1722
sed -i 's/CN=DC2,CN=Servers,CN=osaka/CN=DC2,CN=Servers,CN=tokyo/' "$T/sites"
ask ad.replication
outputs '{"failing": [], "unsafe": false}'
cp "$here/recorded/dc/sites" "$T/sites"
sed -i 's/c0c3c991/aaaaaaaa/' "$T/sites"
ask ad.replication
outputs '{"failing": [], "unsafe": false}'

dc 'A record of an unknown form, and no database: unreadable'
printf 'dn: x\nrepsFrom:: %s\n' "$(printf 'AAAA%.0s' 1 2 3)" >"$T/reps"
ask ad.replication
refuses unreadable 'unknown form'
fake ldbsearch <<'END'
exit 1
END
ask ad.replication
refuses unreadable 'directory database'

# ---- ad.replicate

pulling() {
  dc "$1"
  cp "$here/recorded/dc/reps-8457" "$T/reps"
  fake samba-tool <<'END'
echo "$*" >>"$T/pulled"
n=$(wc -l <"$T/pulled")
line=$(sed -n "${n}p" "$T/answers" 2>/dev/null)
[ -n "$line" ] || { echo 'Replicate from dc2.lab.example to dc1.lab.example was successful.'; exit 0; }
echo "ERROR(<class 'samba.drs_utils.drsException'>): DsReplicaSync failed - drsException: DsReplicaSync failed $line"
exit 255
END
}
links='links=dc2\tDC=lab,DC=example\t8457\ttrue'
pulling 'Exactly the given link is pulled, by this controller, with its own account'
ask ad.replicate "$links"
is '{"after": {"pulled": "dc2 DC=lab,DC=example"}, "before": {"failing": "dc2 DC=lab,DC=example 8457"}, "outputs": {}}'
holds test "$(cat "$T/pulled")" = 'drs replicate dc1.lab.example dc2.lab.example DC=lab,DC=example -P'
pulling 'The order of a link'\''s fields does not matter'
ask ad.replicate 'links=8457\tDC=lab,DC=example\ttrue\tDC2'
holds test "$(cat "$T/pulled")" = 'drs replicate dc1.lab.example dc2.lab.example DC=lab,DC=example -P'
pulling 'A connection that had died is tried once more, and only once'
echo "(64, 'WERR_NETNAME_DELETED')" >"$T/answers"
ask ad.replicate "$links"
has '"pulled"'
holds test "$(wc -l <"$T/pulled")" = 2
rm "$T/pulled"
printf "(64, 'WERR_NETNAME_DELETED')\n(64, 'WERR_NETNAME_DELETED')\n" >"$T/answers"
ask ad.replicate "$links"
refuses failed "DsReplicaSync failed (64, 'WERR_NETNAME_DELETED')"
holds test "$(wc -l <"$T/pulled")" = 2
pulling 'What has become unsafe is not pulled, whatever the caller believes'
code 8614
ask ad.replicate "$links"
refuses refused '8614'
holds test ! -e "$T/pulled"
pulling 'Replication switched off here: nothing is pulled'
cp "$here/recorded/dc/sites-disabled" "$T/sites"
ask ad.replicate "$links"
refuses refused 'switched off'
pulling 'A source that the directory does not know'
ask ad.replicate 'links=dc9\tDC=lab,DC=example\t64\ttrue'
refuses failed 'no such link'

# ---- dc.health

alive() {  # TITLE: Samba runs since 900 of 1000 seconds of uptime; log says when that was
  dc "$1"
  mkdir -p "$T/root/run/samba" "$T/root/proc/59" "$T/root/var/log/samba"
  echo 59 >"$T/root/run/samba/samba.pid"
  process 'samba: root pro' 59
  echo "59 (samba: root pro) S 1 59 59 0 -1 4194624 1 1 1 1 1 1 1 1 20 0 1 0 10000 1 1" >"$T/root/proc/59/stat"
  log_start 900
  fake perl <<'END'
[ -e "$T/kdc" ]
END
  touch "$T/kdc" "$T/ldap"
}
log_start() {  # SECONDS AGO, by this clock
  { echo "[$(date -d "@$(($(date +%s) - $1))" +%Y/%m/%d\ %H:%M:%S).123456,  0] ../../source4/samba/server.c:621(binary_smbd_main)"
    echo '  samba version 4.17.12-Debian started.'; } >>"$T/root/var/log/samba/log.samba"
}
health() { ask --self tyodc1 dc.health; }
alive 'Serving, and its state is as old as its clock says'
health
outputs '{"serving": true, "stale": false}'
alive 'LDAP does not answer, or the port is closed: not serving'
health
has '"serving": true'
rm "$T/ldap"
health
has '"serving": false'
touch "$T/ldap"
rm "$T/kdc"
health
has '"serving": false'
alive 'The clock was set back by ten minutes since Samba started: stale'
log_start 300
health
has '"stale": true'
alive 'The clock was set forward by ten minutes since Samba started: stale'
log_start 1500
health
has '"stale": true'
alive 'A correction of three minutes does no harm'
log_start 1080
health
has '"stale": false'
alive 'Only the newest start counts'
log_start 1500
log_start 900
health
has '"stale": false'
alive 'Refused for its time a moment ago, although the clocks agree: stale'
code 1398
python3 - "$T/reps" <<'END'
import base64, re, struct, sys, time
text = open(sys.argv[1]).read()
blob = bytearray(base64.b64decode(re.search(r'repsFrom:: (.*)', text).group(1)))
blob[24:32] = struct.pack('<Q', int(time.time()) + 11644473600 - 60)
open(sys.argv[1], 'w').write('dn: DC=lab,DC=example\nrepsFrom:: ' + base64.b64encode(blob).decode() + '\n')
END
fake ntpdate <<'END'
echo "2026-11-24 02:06:04.976817 (+0000) $(cat "$T/add") +/- 0.001 $2 s3 no-leap"
END
echo +0.002 >"$T/add"
health
has '"stale": true'
echo +600.1 >"$T/add"
health
has '"stale": false'
alive 'A refusal of long ago says nothing'
code 1398
health
has '"stale": false'
dc 'No Samba process: it serves nobody and keeps nothing'
health
outputs '{"serving": false, "stale": false}'

dc 'A restart with systemd names the one unit'
fake systemctl <<'END'
echo "$*" >>"$T/systemctl"
END
fake perl <<'END'
END
fenced d1 --self tyodc1 dc.restart
has '"process": "none"'
holds test "$(tail -n 1 "$T/systemctl")" = 'restart samba-ad-dc'
