# shellcheck shell=bash
# The Windows-like fleet: six hosts in network namespaces, each with a real sshd behind which powershell.exe and Windows's own commands answer from
# the model's world. Sourced by inside.sh, where /run, the network and all processes are private.

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(cd "$here/../../.." && pwd)
W=/run/win # short: it has the path of a socket
domain=lab.example
password=Passw0rd.lab
hosts=(tyodc1 osadc2 tyohub1 tyohub2 osahub1 osahub2)
declare -A address=([tyodc1]=10.77.1.10 [tyohub1]=10.77.1.21 [tyohub2]=10.77.1.22 [osadc2]=10.77.2.10 [osahub1]=10.77.2.21 [osahub2]=10.77.2.22)
declare -A site=([tyodc1]=tokyo [tyohub1]=tokyo [tyohub2]=tokyo [osadc2]=osaka [osahub1]=osaka [osahub2]=osaka)
time_source=10.77.9.2

role_of() { case $1 in *dc*) echo dc ;; *) echo hub ;; esac; }

# Once: network, names, an account with a password, programs.
prepare() {
  mkdir -p "$W/bin" "$W/lab" /run/sshd /run/netns /run/lab
  ip link set lo up
  ip link add br0 type bridge
  ip addr add 10.77.9.5/16 dev br0
  ip link set br0 up
  local name
  for name in "${hosts[@]}"; do
    ip netns add "$name"
    ip link add "v-$name" type veth peer name eth0 netns "$name"
    ip link set "v-$name" master br0 up
    ip -n "$name" addr add "${address[$name]}/16" dev eth0
    ip -n "$name" link set eth0 up
    ip -n "$name" link set lo up
  done
  {
    echo '127.0.0.1 localhost'
    for name in "${hosts[@]}"; do echo "${address[$name]} $name.$domain $name"; done
  } >"$W/hosts"
  { cat /etc/passwd && echo 'svc-unjam:x:0:0::/root:/bin/sh'; } >"$W/passwd"
  { cat /etc/shadow && echo "svc-unjam:$(openssl passwd -6 "$password"):19000:0:99999:7:::"; } >"$W/shadow"
  chmod 600 "$W/shadow"
  mount --bind "$W/hosts" /etc/hosts
  mount --bind "$W/passwd" /etc/passwd
  mount --bind "$W/shadow" /etc/shadow
  (umask 077 && echo "$password" >"$W/password")
  ssh-keygen -q -t ed25519 -N '' -f "$W/host_key"
  ssh-keygen -q -t ed25519 -N '' -f "$W/user_key"
  for name in "${hosts[@]}"; do echo "${address[$name]} $(cut -d' ' -f1,2 "$W/host_key.pub")"; done >"$W/known_hosts"
  sed 's#/etc/lab/clock#/run/lab/clock#' "$root/tests/lab/clockshim.c" >"$W/clockshim.c"
  gcc -O1 -shared -fPIC -o "$W/clockshim.so" "$W/clockshim.c" -ldl -lpthread
  programs
}

programs() {
  local tool
  gcc -O1 -Wall -Werror "-DWINHOST=\"$HOST_BUILD/winhost\"" -o "$W/bin/powershell.exe" "$here/client.c"
  for tool in w32tm net repadmin nltest setspn klist shutdown schtasks; do ln -f "$W/bin/powershell.exe" "$W/bin/$tool.exe"; done
  printf '#!/bin/sh\nexec %s/winhost powershell "$@"\n' "$HOST_BUILD" >"$W/own-powershell"
  cp "$here/winshell" "$W/bin/winshell"
  cp "$(dirname "$(dirname "$(readlink -f "$UNJAM")")")"/share/unjam/packs/windows/task* "$W/"
  chmod 755 "$W"/bin/* "$W/own-powershell"
}

# What the Task Scheduler runs for the task that docs/windows-hosts.md registers: the command of task.xml, if its policy lets another instance run already.
task_program() {
  python3 - "$W" <<'END'
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1] + "/task.xml").getroot()
get = lambda name: next(e.text for e in root.iter() if e.tag.endswith("}" + name))
assert get("UserId") == "S-1-5-18", "SYSTEM"
once = "" if get("MultipleInstancesPolicy") == "Parallel" else "flock -n %s/task.lock " % sys.argv[1]
words = get("Arguments").replace("C:\\ProgramData\\Unjam\\", sys.argv[1] + "/")
print("#!/bin/sh\nexec %s%s %s" % (once, get("Command"), words))
END
}

# fact HOST NAME=VALUE..: oddities of a host; after `fleet`, before `start`.
fact() {
  local name=$1
  shift
  printf '%s\n' "$@" >>"$W/$name/facts"
}

# fleet EXCHANGE LANGUAGE: a fresh fleet of that kind. The world's faults are on stdin, as a world file's `faults`.
fleet() {
  local exchange=$1 language=$2 name
  stop
  rm -rf "${W:?}"/logs "$W/store"
  for name in "${hosts[@]}"; do
    rm -rf "${W:?}/$name"
    mkdir -p "$W/$name/ProgramData/Unjam" "$W/$name/clock" "$W/$name/exchange/bin" "$W/$name/exchange/scripts" "$W/$name/tasks" "$W/$name/ProgramData/Unjam/task"
    task_program >"$W/$name/tasks/Unjam"
    chmod 755 "$W/$name/tasks/Unjam"
    printf '\0\0\0\0\0\0\0\0' >"$W/$name/clock/clock"
    printf 'tokyo probe-tokyo@%s\nosaka probe-osaka@%s\n' "$domain" "$domain" >"$W/$name/ProgramData/Unjam/probe"
    fact "$name" "language=$language" "time_source=$time_source"
    [ "$(role_of "$name")" = dc ] || fact "$name" "exchange=$exchange"
    cp "$here/RemoteExchange.ps1" "$W/$name/exchange/bin/"
    # The one of 2010 knows no -ClientApplication.
    [ "$exchange" != 2010 ] || sed -i 's/, \[string\]$ClientApplication//' "$W/$name/exchange/bin/RemoteExchange.ps1"
    cp "$here"/*DagServerMaintenance.ps1 "$W/$name/exchange/scripts/" 2>/dev/null
    machine "$name"
  done
  inventory >"$W/inventory.yaml"
  {
    printf 'unjam: 1\nworld: windows\nseed: 7\nage: 10m\nspeed: 1\nlogs: logs\n'
    printf 'times: { stop: 1s, boot: 3s, services: 2s, dc_restart: 2s }\nmail: { every: 30s, retry_every: 10m }\n'
    cat
  } >"$W/world.yaml"
}

# What winworld starts for a host that is up.
machine() {
  local name=$1 logons=password
  local environment="PATH=$W/bin:/usr/bin:/bin UNJAM_LAB=$W UNJAM_LAB_HOST=$name UNJAM_LAB_SHELL=${SHELL_OF_HOSTS:-cmd} COMPUTERNAME=${name^^} ProgramData=$W/$name/ProgramData LD_PRELOAD=$W/clockshim.so DOTNET_TieredPGO=0 DOTNET_EnableDiagnostics=0"
  case ${LOGIN:-} in *scheduled-task*) logons='key system' ;; key*) logons=key ;; esac
  cat >"$W/$name/sshd_config" <<END
Port 22
ListenAddress ${address[$name]}
HostKey $W/host_key
PidFile none
UsePAM no
UseDNS no
StrictModes no
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
AuthorizedKeysFile $W/user_key.pub
ExposeAuthInfo yes
MaxStartups 100
ForceCommand $W/bin/winshell
SetEnv $environment
END
  # A host that is up has used its PowerShell before: the resident ones are started with the host, not by the first readings.
  cat >"$W/$name/start" <<END
#!/bin/sh
exec ip netns exec $name unshare --mount --pid --fork --kill-child sh -c 'mount --bind $W/$name/clock /run/lab || exit 1
  (for logon in $logons; do
    ssh=lab
    [ \$logon != system ] || ssh=
    env $environment UNJAM_LAB_LOGON=\$logon SSH_CONNECTION=\$ssh powershell.exe -c exit
  done
  : >$W/$name/warm) </dev/null >/dev/null 2>&1 &
  exec /usr/sbin/sshd -D -f $W/$name/sshd_config -E $W/$name/sshd.log'
END
  chmod 755 "$W/$name/start"
}

inventory() {
  local name packs
  cat <<END
unjam: 1
inventory: windows-lab
time_source: $time_source
sites: [ tokyo, osaka ]
roles: [ dc, hub ]
connect:
  win: { transport: ssh, user: svc-unjam, ${LOGIN:-password: "file:$W/password"}, known_hosts: "$W/known_hosts", shell: powershell }
hosts:
END
  for name in "${hosts[@]}"; do
    packs=windows
    [ "$(role_of "$name")" = dc ] || packs="windows, exchange"
    echo "  $name: { site: ${site[$name]}, role: $(role_of "$name"), address: ${address[$name]}, packs: [ $packs ], connect: win }"
  done
}

all_warm() {
  local name
  for name in "${hosts[@]}"; do [ -e "$W/$name/warm" ] || return; done
}
world_pid=
start() {
  "$WINWORLD" "$W" >"$W/world.log" 2>&1 &
  world_pid=$!
  local i
  for ((i = 0; i < 600; i++)); do
    [ ! -S "$W/socket" ] || break
    kill -0 "$world_pid" 2>/dev/null || { cat "$W/world.log" && return 1; }
    sleep 0.1
  done
  for ((i = 0; i < 600; i++)); do
    if all_warm && (: <"/dev/tcp/${address[osahub2]}/22") 2>/dev/null; then return; fi
    sleep 0.1
  done
  echo "the hosts do not come up" && return 1
}
stop() {
  [ -z "$world_pid" ] || { kill "$world_pid" 2>/dev/null && wait "$world_pid" 2>/dev/null; }
  world_pid=
  rm -f "$W/socket"
}
