#!/usr/bin/env bash
# examples/plain-linux on three real hosts: three sshd, each in a mount namespace of its own with its own identity, permits, services and
# /srv/web. Only systemctl is a stand-in (a script that starts and stops a port), since a container has no systemd.
# given three good servers, then the check is done; when one is restarted, then one at a time and all are back in the balancer;
# when a service does not come back, then the run is stuck, the server stays out, the others are untouched; repaired, it is put back by rollback.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
unjam=${UNJAM:?set UNJAM to the binary}
if [ "$(id -u)" != 0 ]; then
  sudo -n true 2>/dev/null || { echo "needs root: mount namespaces, and port 80 of no one else" && exit 77; }
  exec sudo -n env UNJAM="$unjam" "$0" "$@"
fi
command -v sshd >/dev/null || PATH=$PATH:/usr/sbin
command -v sshd >/dev/null || { echo "needs openssh-server" && exit 77; }
command -v unshare >/dev/null || { echo "needs unshare" && exit 77; }
unshare -m true 2>/dev/null || { echo "mount namespaces are not allowed here" && exit 77; }

work=$(mktemp -d /tmp/unjam-e2e-XXXXXX)
pids=()
leave() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
  wait 2>/dev/null
  rm -rf "$work"
}
trap leave EXIT
fail() {
  printf 'FAILED: %s\n' "$*"
  [ ! -s "$work/last" ] || cat "$work/last"
  exit 1
}

ssh-keygen -q -t ed25519 -N '' -f "$work/key"
base=$((20000 + RANDOM % 20000))

cat >"$work/systemctl" <<'SH'
#!/bin/bash
# Knows one service, nginx: a process that listens on this host's port. /srv/web/broken keeps it from starting.
port=$(cat /srv/web/port)
alive() { [ -e /srv/web/pid ] && kill -0 "$(cat /srv/web/pid)" 2>/dev/null; }
case "$1" in
show)
  state=inactive
  ! alive || state=active
  echo "LoadState=loaded"; echo "ActiveState=$state"; echo "SubState=x"; echo "FragmentPath=" ;;
is-active) if alive; then echo active; else echo inactive; exit 3; fi ;;
restart)
  ! alive || kill "$(cat /srv/web/pid)"
  echo restart >>/srv/web/log
  [ ! -e /srv/web/broken ] || { echo "Job for nginx.service failed"; exit 1; }
  setsid python3 -c "
import socket, sys
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1]))); s.listen(16)
while True: s.accept()[0].close()" "$port" </dev/null >/dev/null 2>&1 &
  echo $! >/srv/web/pid
  for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && exit 0; sleep 0.05; done
  exit 1 ;;
esac
SH
chmod 755 "$work/systemctl"

host() { # N: an sshd that lives in its own view of this machine
  local n=$1 dir=$work/web$1
  mkdir -p "$dir/srv/web" "$dir/permit" "$dir/systemd/system"
  printf '%032x\n' "$((1000 + n))" >"$dir/machine-id"
  echo $((base + 100 + n)) >"$dir/srv/web/port"
  : >"$dir/srv/web/in-service"
  ssh-keygen -q -t ed25519 -N '' -f "$dir/hostkey"
  cat >"$dir/sshd_config" <<CONF
Port $((base + n))
ListenAddress 127.0.0.1
HostKey $dir/hostkey
PidFile none
AuthorizedKeysFile $work/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
CONF
  mkdir -p /run/sshd
  unshare -m --propagation private bash -c '
    dir=$1 work=$2
    mkdir -p /srv /var/lib/unjam /run/systemd
    mount --bind "$dir/srv" /srv && mount --bind "$dir/permit" /var/lib/unjam && mount --bind "$dir/systemd" /run/systemd &&
      mount --bind "$dir/machine-id" /etc/machine-id && mount --bind "$work/systemctl" "$(command -v systemctl)" || exit 1
    systemctl restart nginx
    exec "$(command -v sshd)" -D -e -f "$dir/sshd_config"' host "$dir" "$work" >"$dir/log" 2>&1 &
  pids+=($!)
  printf '[127.0.0.1]:%s %s\n' "$((base + n))" "$(cut -d' ' -f1,2 "$dir/hostkey.pub")" >>"$work/known_hosts"
}
command -v systemctl >/dev/null || { echo "needs a systemctl to put the stand-in over" && exit 77; }
[ -e /etc/machine-id ] || { echo "needs /etc/machine-id" && exit 77; }
for n in 1 2 3; do host $n; done

# The shipped inventory, with these ways in instead of its own.
awk -v base="$base" -v work="$work" '
  /^connect:/ { print; for (n = 1; n <= 3; n++)
    printf "  ssh%d: { transport: ssh, user: root, port: %d, key: \"file:%s/key\", known_hosts: \"%s/known_hosts\" }\n", n, base + n, work, work
    skip = 1; next }
  /^hosts:/ { skip = 0; print "" }
  skip { next }
  /^  web[0-9]:/ { n = substr($1, 4, 1); sub(/address: [0-9.]+/, "address: 127.0.0.1"); sub(/connect: ssh/, "connect: ssh" n) }
  { print }' "$root/examples/plain-linux/inventory.yaml" >"$work/inventory.yaml"
sed 's/every: 10m, at_most: 6 per 1d/at_most: 50 per 1d/' "$root/examples/plain-linux/policy.yaml" >"$work/policy.yaml"
files=(--inventory "$work/inventory.yaml" --policy "$work/policy.yaml" --packs "$root/examples/plain-linux/packs")
run() { # CODE COMMAND...
  local want=$1 code
  shift
  timeout -k 5 300 "$unjam" "$@" >"$work/last" 2>&1
  code=$?
  [ $code = "$want" ] || fail "unjam $* ended with $code, expected $want"
}
example=$root/examples/plain-linux

for _ in $(seq 100); do
  up=0
  for n in 1 2 3; do (exec 3<>"/dev/tcp/127.0.0.1/$((base + n))") 2>/dev/null && up=$((up + 1)); done
  [ $up = 3 ] && break
  sleep 0.1
done

run 0 check "$example/check-web.yaml" "${files[@]}"
run 0 check "$example/rolling-restart.yaml" "${files[@]}"
run 0 run "$example/check-web.yaml" "${files[@]}" --state "$work/state"
grep -q '3 servers run nginx' "$work/last" || fail "the check does not say that all is well"

run 0 act host.facts --on hosts "${files[@]}" --state "$work/state"
[ "$(grep -c 'disk_free' "$work/last")" = 3 ] || fail "act did not answer for three hosts"

restarts() { cat "$work"/web*/srv/web/log | wc -l; }
before=$(restarts)
quick=(--param drain=1s --param stay=1s --state "$work/state")
run 2 run "$example/rolling-restart.yaml" "${files[@]}" "${quick[@]}" --confirm 2
run 2 run "$example/rolling-restart.yaml" "${files[@]}" "${quick[@]}"
[ "$(restarts)" = "$before" ] || fail "something was restarted without being confirmed"
run 0 run "$example/rolling-restart.yaml" "${files[@]}" "${quick[@]}" --confirm 3
[ "$(restarts)" = $((before + 3)) ] || fail "not every server was restarted once"
for n in 1 2 3; do [ -e "$work/web$n/srv/web/in-service" ] || fail "web$n is not in the balancer"; done
run 0 rollback last --log --state "$work/state"
[ "$(grep -c 'undone' "$work/last")" -ge 3 ] || fail "the rollback log does not tell the three leaves undone"

touch "$work/web1/srv/web/broken"
# A server that does not answer is not put back: it stays out of the balancer, is owed, and the run is stuck until somebody has repaired it.
run 4 run "$example/rolling-restart.yaml" "${files[@]}" "${quick[@]}" --confirm 3
[ "$(restarts)" = $((before + 4)) ] || fail "it went on after the first failure"
[ ! -e "$work/web1/srv/web/in-service" ] || fail "a server that does not answer was put back into the balancer"
run 5 run "$example/check-web.yaml" "${files[@]}" --state "$work/state"
grep -q 'nginx does not run on web1' "$work/last" || fail "the check does not name web1"
run 0 status --state "$work/state" --json
stuck=$(python3 -c 'import json, sys; print([r["run"] for r in json.load(open(sys.argv[1])) if r["end"] == "stuck"][0])' "$work/last")
rm "$work/web1/srv/web/broken"
ssh -q -i "$work/key" -o UserKnownHostsFile="$work/known_hosts" -p $((base + 1)) root@127.0.0.1 systemctl restart nginx </dev/null || fail "cannot repair web1"
run 3 rollback "$stuck" --state "$work/state"
[ -e "$work/web1/srv/web/in-service" ] || fail "the rollback did not put web1 back into the balancer"
run 0 run "$example/check-web.yaml" "${files[@]}" --state "$work/state"
echo "the examples for plain Linux hosts work over SSH"
