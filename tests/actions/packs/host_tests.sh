# Any Linux host: boot, reboot, facts, services, clocks.

title 'Identity, boot and permit, and a fresh host has no permit'
ask host.boot
outputs '{"boot": "boot-1", "machine": "0123456789abcdef0123456789abcdef", "permit": "", "up": "1000.00s"}'
rm "$T/root/boot_id" "$T/root/machine-id"
ask host.boot
outputs '{"permit": "", "up": "1000.00s"}'

title 'A reboot answers first, then restarts once, with the intent in its words'
fake shutdown <<'END'
echo "$*" >>"$T/shutdown"
END
fake sleep <<'END'
END
fenced r1 host.reboot
is '{"after": {}, "before": {"boot": "boot-1"}, "outputs": {"boot": "boot-1"}}'
n=0; while [ ! -e "$T/shutdown" ] && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
holds test "$(cat "$T/shutdown")" = '-r now unjam r1'
fenced r1 host.reboot
refuses refused 'fence: intent'

title 'Where systemd runs, it restarts'
mkdir -p "$T/root/run/systemd/system"
fake systemctl <<'END'
echo "$*" >>"$T/systemctl"
END
fake sleep <<'END'
END
fenced r1 host.reboot
n=0; while [ ! -e "$T/systemctl" ] && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
holds test "$(cat "$T/systemctl")" = '--no-block --message=unjam r1 reboot'

title 'Somebody else has scheduled a shutdown: refused'
fake shutdown <<'END'
touch "$T/shutdown"
END
mkdir -p "$T/root/run/systemd/shutdown"
touch "$T/root/run/systemd/shutdown/scheduled"
fenced r1 host.reboot
refuses refused 'already scheduled'
rm -r "$T/root/run/systemd/shutdown"
process shutdown 77
fenced r2 host.reboot
refuses refused 'already running'
holds test ! -e "$T/shutdown"

title 'Facts: the fullest file system counts'
echo '0.25 0.5 0.75 1/200 1234' >"$T/root/proc/loadavg"
fake df <<'END'
printf 'Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 100000 50000 50000 50%% /\n/dev/sdb1 9000000 8999999 1 100%% /var\n'
END
ask host.facts
outputs '{"disk_free": 1024, "load": 0.25}'
rm "$T/bin/df" "$T/root/proc/loadavg"
ask host.facts
outputs '{}'

title 'Services as systemd sees them'
mkdir -p "$T/root/run/systemd/system"
fake systemctl <<'END'
case $1 in
  show) cat "$T/show" ;;
  restart) echo "$*" >>"$T/restart"; exit "$(cat "$T/code" 2>/dev/null || echo 0)" ;;
  is-active) echo active ;;
esac
END
health() { printf 'LoadState=%s\nActiveState=%s\nSubState=x\n' "$1" "$2" >"$T/show"; ask service.health service=nginx; }
health loaded active
outputs '{"state": "up", "up": true}'
health loaded activating
outputs '{"state": "starting", "up": false}'
health loaded failed
outputs '{"state": "down", "up": false}'
health loaded reloading
outputs '{"state": "degraded", "up": true}'
health not-found inactive
refuses absent 'no service nginx'
health loaded something-new
refuses unreadable something-new
ask service.health service='--help'
refuses refused 'not the name'
health loaded active
fenced s1 service.restart service=nginx
is '{"after": {"state": "active"}, "before": {"state": "active"}, "outputs": {}}'
holds test "$(cat "$T/restart")" = 'restart -- nginx'
echo 1 >"$T/code"
fenced s2 service.restart service=nginx
refuses failed 'systemctl restart nginx'
rm -r "$T/root/run/systemd"
ask service.health service=nginx
refuses unreadable 'systemd'

# ---- clocks. The samples: what ntpdate of ntpsec prints; it says what is to be added to this clock.

clocks() {
  title "$1"
  fake ntpdate <<'END'
n=$(cat "$T/count.$2" 2>/dev/null || echo 0)
echo $((n + 1)) >"$T/count.$2"
sed -n "$((n % 3 + 1))p" "$T/ntp.$2" 2>/dev/null | grep . || { echo 'ntpdig: no eligible servers' >&2; exit 1; }
END
}
sample() {  # ADDRESS ADD UNCERTAINTY, three times
  for add in $2; do echo "2026-11-24 02:06:04.976817 (+0000) $add +/- $3 $1 s3 no-leap"; done >"$T/ntp.$1"
}
offsets() { ask --self tyohub1 --source 10.77.9.1 time.offset peers=@tyodc1,osadc2; }

clocks 'A clock that is ahead has a positive offset, moved away from zero by the uncertainty'
sample 10.77.9.1 '-600.25 -600.25 -600.25' 0.5
sample 10.77.1.10 '-600.0 -600.0 -600.0' 0.001
sample 10.77.2.10 '+0.002 +0.002 +0.002' 0.001
offsets
outputs '{"offset": "600.750000s", "peers": {"osadc2": "-0.003000s", "tyodc1": "600.001000s"}, "synced": false}'

clocks 'The median of three counts, and their spread adds to the uncertainty'
sample 10.77.9.1 '-1.0 -9.0 -1.2' 0.1
ask --self tyohub1 --source 10.77.9.1 time.offset peers=
has '"offset": "5.300000s"'

clocks 'Who does not answer three times has no offset; the host itself has 0'
sample 10.77.9.1 '-1.0 -1.0' 0.1
ask --self tyodc1 --source 10.77.9.1 time.offset peers=@tyodc1,osadc2
outputs '{"peers": {"tyodc1": "0s"}, "synced": false}'

clocks 'A controller without NTP is asked by net time, in whole seconds; the independent source is not'
fake net <<'END'
[ "$*" = 'time system -S 10.77.1.10' ] || exit 1
TZ=UTC0 date +%m%d%H%M%Y.%S
END
offsets
case $got in
  *'"peers": {"tyodc1": "'*'s"}'*) value=$(printf '%s' "$got" | sed 's/.*"tyodc1": "\([-0-9.]*\)s.*/\1/')
    holds awk -v v="$value" 'BEGIN { exit !(v > -3 && v < 3 && v != 0) }' ;;
  *) bad 'an offset of tyodc1' "$got" ;;
esac
holds test "${got#*offset}" = "$got"

clocks 'The older ntpdate writes differently'
for n in 1 2 3; do echo 'server 10.77.9.1, stratum 3, offset -600.000952, delay 0.02608'; done >"$T/ntp.10.77.9.1"
ask --self tyohub1 --source 10.77.9.1 time.offset peers=
has '"offset": "600.013992s"'

for pair in 'true:0A4D0901,10.77.9.1,4,1795486204.29,-0.0,-0.0,0.0,-0.5,-0.0,122.1,0.0,0.0,1.0,Normal' \
  'false:7F7F0101,127.127.1.1,3,1795486204.29,-0.0,-0.0,0.0,-0.5,-0.0,122.1,0.0,0.0,1.0,Normal' \
  'false:00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised'; do
  clocks "chrony says '${pair#*:}'"
  process chronyd 5
  echo "${pair#*:}" >"$T/tracking"
  fake chronyc <<'END'
cat "$T/tracking"
END
  ask --self tyohub1 time.offset peers=
  outputs "{\"peers\": {}, \"synced\": ${pair%%:*}}"
done
clocks 'A time service that runs and does not answer: unknown'
process chronyd 5
fake chronyc <<'END'
echo '506 Cannot talk to daemon'
exit 1
END
ask --self tyohub1 time.offset peers=
outputs '{"peers": {}}'

sync_from() { fenced "$1" --self tyohub1 time.sync from=@tyodc1 max_step="$2"; }
clocks 'A step beyond the largest is refused, and nothing is moved'
sample 10.77.1.10 '-600.0 -600.0 -600.0' 0.001
fake net <<'END'
echo "$*" >>"$T/net"
END
sync_from t1 599000
refuses refused 'max_step'
holds test ! -e "$T/net"
sync_from t2 601000
has '"moved": "'
holds test "$(cat "$T/net")" = 'time set -S 10.77.1.10'
clocks 'Without the time of the source nothing is moved'
sync_from t1 601000
refuses refused 'no time from tyodc1'
clocks 'A host is not its own source'
fenced t1 --self tyodc1 time.sync from=@tyodc1 max_step=1
refuses refused 'own source'
clocks 'Where there is no net, chrony must know the source'
sample 10.77.1.10 '-600.0 -600.0 -600.0' 0.001
fake sleep <<'END'
END
process chronyd 5
fake chronyc <<'END'
echo "$*" >>"$T/chronyc"
case $* in '-n sources') echo '^* 10.77.9.1  3 6 377 1 -2us[-3us] +/- 1ms' ;; makestep) echo '200 OK' ;; esac
END
sync_from t1 601000
refuses failed 'neither net time nor chrony'
sed -i 's/10.77.9.1/10.77.1.10/' "$T/bin/chronyc"
sync_from t2 601000
has '"moved": "'
has 'chronyc makestep'
