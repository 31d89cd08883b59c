#!/bin/bash
# Pid 1 of the lab's namespaces (mount, network, pid, uts, ipc). All of the lab dies with it: machines, disks, bridges.
# Usage: outer.sh SECONDS; started by script/lab through unshare. Ends by itself after SECONDS.
set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/lab/topology.sh
source "$here/topology.sh"

mount --make-rprivate /
# Disks of all machines are here: about 100 MB after bring-up, never more than 2 GB.
mount -t tmpfs -o mode=755,size=2g tmpfs /run
mkdir -p "$lab_run" /run/netns
hostname lab-router
# This network namespace is the WAN between the sites. No link leads out of it.
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 net.ipv4.ip_forward=1
ip link set lo up
for site in "${!bridge_of[@]}"; do
  ip link add "${bridge_of[$site]}" type bridge
  ip addr add "${router_of[$site]}/24" dev "${bridge_of[$site]}"
  ip link set "${bridge_of[$site]}" up
done
touch "$lab_run/ready"
trap 'exit 0' TERM INT
sleep "$1" &
wait $!
