# shellcheck shell=bash
# The hosts of examples/plain-linux, for the tests that source this: real sshd, each in a mount namespace of its own with
# its own identity, permits, services and /srv/web. Only systemctl is a stand-in (a script that starts and stops a port),
# since a container has no systemd. Needs root; sets $work, and removes it and every process in the end.

command -v sshd >/dev/null || PATH=$PATH:/usr/sbin
command -v sshd >/dev/null || { echo "needs openssh-server" && exit 77; }
command -v unshare >/dev/null || { echo "needs unshare" && exit 77; }
command -v systemctl >/dev/null || { echo "needs a systemctl to put the stand-in over" && exit 77; }
[ -e /etc/machine-id ] || { echo "needs /etc/machine-id" && exit 77; }
unshare -m true 2>/dev/null || { echo "mount namespaces are not allowed here" && exit 77; }

work=$(mktemp -d /tmp/unjam-e2e-XXXXXX)
pids=()
leave() {
  local pid web
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
  wait 2>/dev/null
  for web in "$work"/*/srv/web/pid "$work"/*/*/srv/web/pid; do [ ! -s "$web" ] || kill "$(cat "$web")" 2>/dev/null; done
  rm -rf "$work"
}
trap leave EXIT
fail() {
  printf 'FAILED: %s\n' "$*"
  [ ! -s "$work/last" ] || cat "$work/last"
  exit 1
}

ssh-keygen -q -t ed25519 -N '' -f "$work/key"

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
  port=0
  echo 0 >/srv/web/port
  echo restart >>/srv/web/log
  [ ! -e /srv/web/broken ] || { echo "Job for nginx.service failed"; exit 1; }
  setsid python3 -c "
import socket, sys
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1]))); s.listen(16)
open('/srv/web/port', 'w').write(str(s.getsockname()[1]))
while True: s.accept()[0].close()" "$port" </dev/null >/dev/null 2>&1 &
  echo $! >/srv/web/pid
  for _ in $(seq 200); do
    port=$(cat /srv/web/port)
    [ "${port:-0}" = 0 ] || { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && exit 0; }
    sleep 0.05
  done
  exit 1 ;;
esac
SH
chmod 755 "$work/systemctl"

# An sshd that lives in its own view of this machine: DIR gets what it keeps; its port is one that was free.
host() { # DIR NUMBER
  local dir=$1 n=$2 try port
  mkdir -p "$dir/srv/web" "$dir/permit" "$dir/systemd/system" /run/sshd
  printf '%032x\n' "$((1000 + n))" >"$dir/machine-id"
  echo 0 >"$dir/srv/web/port"
  : >"$dir/srv/web/in-service"
  : >"$dir/srv/web/log"
  ssh-keygen -q -t ed25519 -N '' -f "$dir/hostkey"
  for try in $(seq 20); do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    cat >"$dir/sshd_config" <<CONF
Port $port
ListenAddress 127.0.0.1
HostKey $dir/hostkey
PidFile none
AuthorizedKeysFile $work/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
MaxStartups 100:30:200
CONF
    unshare -m --propagation private bash -c '
      dir=$1 work=$2
      mkdir -p /srv /var/lib/unjam /run/systemd
      mount --bind "$dir/srv" /srv && mount --bind "$dir/permit" /var/lib/unjam && mount --bind "$dir/systemd" /run/systemd &&
        mount --bind "$dir/machine-id" /etc/machine-id && mount --bind "$work/systemctl" "$(command -v systemctl)" || exit 1
      systemctl is-active nginx >/dev/null || systemctl restart nginx
      exec "$(command -v sshd)" -D -e -f "$dir/sshd_config"' host "$dir" "$work" >"$dir/log" 2>&1 &
    pids+=($!)
    local pid=$!
    for _ in $(seq 300); do
      kill -0 "$pid" 2>/dev/null || break
      (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && grep -q "Server listening" "$dir/log" && break 2
      sleep 0.1
    done
  done
  grep -q "Server listening" "$dir/log" || fail "no sshd for $dir after $try tries: $(tail -n 3 "$dir/log")"
  : >"$dir/srv/web/log"
  echo "$port" >"$dir/port"
  printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 "$dir/hostkey.pub")" >>"$work/known_hosts"
}

# The shipped inventory, with the ways in to these three hosts instead of its own.
inventory_of() { # DIR1 DIR2 DIR3
  awk -v p1="$(cat "$1/port")" -v p2="$(cat "$2/port")" -v p3="$(cat "$3/port")" -v work="$work" '
    BEGIN { port[1] = p1; port[2] = p2; port[3] = p3 }
    /^connect:/ { print; for (n = 1; n <= 3; n++)
      printf "  ssh%d: { transport: ssh, user: root, port: %d, key: \"file:%s/key\", known_hosts: \"%s/known_hosts\" }\n", n, port[n], work, work
      skip = 1; next }
    /^hosts:/ { skip = 0; print "" }
    skip { next }
    /^  web[0-9]:/ { n = substr($1, 4, 1); sub(/address: [0-9.]+/, "address: 127.0.0.1"); sub(/connect: ssh/, "connect: ssh" n) }
    { print }' "$root/examples/plain-linux/inventory.yaml"
}
