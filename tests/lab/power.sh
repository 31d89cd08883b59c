#!/bin/bash
# The power supply of one machine: boots it whenever $home/power says `on`, again after each time it goes down.
# Usage: power.sh NAME; one process per machine, for the life of the lab. Reads in $home:
#   power       on | off
#   next-boot   what is wrong with the next boot: no-return | same-boot-id | other-host-key (removed once it took effect)
set -u
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/lab/topology.sh
source "$here/topology.sh"
name=$1
home=$(home_of "$name")
readonly kOffForSeconds=3 # how long a restart takes before the first process runs again
readonly kStaysOff=10     # exit code of init.sh after poweroff

is_on() { [[ $(cat "$home/power" 2>/dev/null) == on ]]; }

boot() {
  local fault
  fault=$(cat "$home/next-boot" 2>/dev/null)
  rm -f "$home/next-boot"
  [[ $fault == same-boot-id && -s $home/boot_id ]] || cat /proc/sys/kernel/random/uuid >"$home/boot_id"
  if [[ $fault == other-host-key ]]; then
    mkdir -p "$home/upper/etc/ssh"
    rm -f "$home/upper/etc/ssh/ssh_host_ed25519_key"*
    ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$home/upper/etc/ssh/ssh_host_ed25519_key"
  fi
  ip link set "v-$name" up
  local uptime
  uptime=$(cut -d. -f1 /proc/uptime)
  # A time namespace whose boottime starts at zero gives the machine its own uptime.
  ip netns exec "$name" unshare --mount --uts --ipc --pid --fork --kill-child --propagation private \
    --time --boottime "-$uptime" setpriv --bounding-set=-sys_time,-sys_module,-sys_boot \
    bash "$here/init.sh" "$name" </dev/null
}

while :; do
  until is_on; do sleep 0.1; done
  boot >>"$home/console.log" 2>&1
  code=$?
  rm -f "$home/pid"
  # Nobody answers for a machine that is off, not even with a refusal.
  ip link set "v-$name" down
  echo "--- $name went down, code $code" >>"$home/console.log"
  if ((code == kStaysOff)) || [[ $(cat "$home/next-boot" 2>/dev/null) == no-return ]]; then
    rm -f "$home/next-boot"
    echo off >"$home/power"
  fi
  for ((i = 0; i < kOffForSeconds * 10; i++)); do
    is_on || break
    sleep 0.1
  done
done
