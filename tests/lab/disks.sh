# shellcheck shell=bash
# Makes a machine: its network, its empty disk with identity and ways in, and its power supply. Sourced by inside.sh.

# wire NAME: a network namespace with one link to the bridge of its site.
wire() {
  local name=$1 site=${site_of[$1]}
  ip netns add "$name"
  in_net "$name" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  ip link add "v-$name" type veth peer name eth0 netns "$name"
  ip link set "v-$name" master "${bridge_of[$site]}" up
  in_net "$name" ip link set lo up
  in_net "$name" ip addr add "${address[$name]}/24" dev eth0
  in_net "$name" ip link set eth0 up
  in_net "$name" ip route add default via "${router_of[$site]}"
}

hosts_file() { # NAME: names that must not depend on DNS
  echo "127.0.0.1 localhost"
  echo "${address[$1]} $1.$lab_domain $1"
  [[ $1 == outside ]] || echo "${address[outside]} outside.example.net"
}

# make_disk NAME: what a machine needs before it boots for the first time.
make_disk() {
  local name=$1 home disk
  home=$(home_of "$name")
  disk=$home/upper
  mkdir -p "$home"/{work,root} "$disk"/etc/{lab,ssh} "$disk"/root/.ssh "$disk"/var/{log,lib} "$disk"/usr/{bin,sbin}
  head -c 8 /dev/zero >"$home/clock"
  echo off >"$home/power"

  echo "$name" >"$disk/etc/hostname"
  hosts_file "$name" >"$disk/etc/hosts"
  tr -d - </proc/sys/kernel/random/uuid >"$disk/etc/machine-id"
  install -D -m 755 "$lab_run/clockshim.so" "$disk/usr/lib/lab/clockshim.so"
  echo /usr/lib/lab/clockshim.so >"$disk/etc/ld.so.preload"

  # Whoever uses Unjam on the base machine: none of that is seen here. (A whiteout of overlayfs.)
  mknod "$disk/var/lib/unjam" c 0 0

  # The base machine's own shell set-up must not run here.
  : >"$disk/root/.bashrc"
  : >"$disk/root/.profile"
  : >"$disk/root/.bash_profile"
  chmod 700 "$disk/root" "$disk/root/.ssh"
  install -m 600 "$lab_run/control_key.pub" "$disk/root/.ssh/authorized_keys"
  ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$disk/etc/ssh/ssh_host_ed25519_key"
  echo "${address[$name]},$name,$name.$lab_domain $(cut -d' ' -f1,2 "$disk/etc/ssh/ssh_host_ed25519_key.pub")" >>"$lab_run/known_hosts"
  cat >"$disk/etc/ssh/sshd_config" <<'END'
HostKey /etc/ssh/ssh_host_ed25519_key
PasswordAuthentication no
UsePAM no
UseDNS no
MaxStartups 100
MaxSessions 100
PidFile /run/sshd.pid
LogLevel VERBOSE
Subsystem sftp internal-sftp
END

  # Real commands of a system with an init of its own; here they talk to the machine's pid 1.
  local verb
  rm -f "$disk"/usr/sbin/{reboot,halt,poweroff,shutdown} "$disk/usr/bin/systemctl"
  for verb in reboot halt poweroff shutdown; do install -m 755 "$here/bin/power-verbs" "$disk/usr/sbin/$verb"; done
  install -m 755 "$here/bin/systemctl" "$disk/usr/bin/systemctl"
  install -m 755 "$here/bin/services-${role_of[$name]}" "$disk/etc/lab/services"
}

# power_on NAME / power_off NAME: like the button; off does not ask the machine. shut_down NAME asks it, and it stays off.
shut_down() { kill -USR1 "$(init_of "$1")"; }
power_on() { echo on >"$(home_of "$1")/power"; }
power_off() {
  local pid
  echo off >"$(home_of "$1")/power"
  pid=$(init_of "$1") && kill -KILL "$pid"
  return 0
}
is_off() { [[ ! -e $(home_of "$1")/pid ]]; }

# plug_in NAME: starts the power supply; it runs until the lab ends.
plug_in() { setsid "$here/power.sh" "$1" </dev/null >/dev/null 2>&1 8>&- & }

# freeze NAME: what is on the disk now is what `reset` returns to. The machine must be off.
freeze() {
  local home
  home=$(home_of "$1")
  touch "$home/upper/etc/lab/made"
  : >"$home/upper/var/log/boots"
  : >"$home/upper/var/log/console.log"
  mv "$home/upper" "$home/frozen"
  fresh_disk "$1"
}

# fresh_disk NAME: forgets all that was written since `freeze`. The machine must be off.
fresh_disk() {
  local home
  home=$(home_of "$1")
  rm -rf "$home/upper" "$home/work"
  mkdir "$home/upper" "$home/work"
  chmod --reference="$home/frozen" "$home/upper"
}
