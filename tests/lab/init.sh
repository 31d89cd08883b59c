#!/bin/bash
# Pid 1 of one machine: mounts its disk (an overlay over the real root), starts its services, and waits to be told to go down.
# Usage: init.sh NAME; started by power.sh. SIGTERM restarts, SIGUSR1 powers off; then the kernel ends all that ran here.
set -u
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/lab/topology.sh
source "$here/topology.sh"
name=$1
home=$(home_of "$name")
readonly kStopSeconds=8

# /proc is still the lab's own here, so this is the number by which the lab knows this process.
read -r lab_pid _ </proc/self/stat
hostname "$name"

# Lowest the real root, read only; then the frozen state that `reset` returns to; on top what this machine wrote since.
lower=/
[[ -d $home/frozen ]] && lower=$home/frozen:/
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$home/upper,workdir=$home/work" "$home/root" || exit 9
cd "$home/root" || exit 9

mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
  touch "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir -p dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mkdir -p run/lab run/sshd run/lock run/krb5
cp "$home/boot_id" run/lab/boot_id
mount --bind run/lab/boot_id proc/sys/kernel/random/boot_id
# The battery-backed clock: not on the disk, so it stays wrong over a restart and over a restored disk.
touch etc/lab/clock
mount --bind "$home/clock" etc/lab/clock
mkdir -p .old
pivot_root . .old
cd /
exec >>/var/log/console.log 2>&1

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
boot_id=$(cat /proc/sys/kernel/random/boot_id)
echo "$(date -u +%FT%TZ) $boot_id" >>/var/log/boots
echo "=== boot $boot_id"
echo "$lab_pid" >"/.old$home/pid"
umount -l /.old
# /etc/ld.so.preload took effect for the programs above; this shell itself needs no clock.

go_down=
trap 'go_down=restart' TERM
trap 'go_down=off' USR1
/usr/sbin/sshd
# A machine that is still being made starts nothing else.
[[ -e /etc/lab/made ]] && /etc/lab/services start &

while [[ -z $go_down ]]; do
  sleep 600 &
  wait $!
done
echo "=== going down: $go_down"
# As on a real system nobody can log in any more while services are stopped in order.
pkill -x sshd
timeout "$kStopSeconds" /etc/lab/services stop
[[ $go_down == off ]] && exit 10
exit 0
