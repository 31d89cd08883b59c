# shellcheck shell=bash disable=SC2034  # its variables are for the scripts that source it
# Names and addresses of the lab, and how a machine is entered. Sourced by the scripts that run inside the lab's own namespaces,
# where /run is private: /run/lab holds the disks, clocks and faults of all machines.

lab_run=/run/lab
lab_domain=lab.example
lab_realm=LAB.EXAMPLE
lab_admin_password=Passw0rd.lab
lab_base_dn=DC=lab,DC=example

dcs=(tyodc1 osadc2)
hubs=(tyohub1 tyohub2 osahub1 osahub2)
machines=(outside "${dcs[@]}" "${hubs[@]}")
sites=(tokyo osaka)

declare -A address=(
  [tyodc1]=10.77.1.10 [tyohub1]=10.77.1.21 [tyohub2]=10.77.1.22
  [osadc2]=10.77.2.10 [osahub1]=10.77.2.21 [osahub2]=10.77.2.22
  [outside]=10.77.9.2 [control]=10.77.9.5
)
declare -A site_of=(
  [tyodc1]=tokyo [tyohub1]=tokyo [tyohub2]=tokyo
  [osadc2]=osaka [osahub1]=osaka [osahub2]=osaka
  [outside]=outside [control]=outside
)
declare -A role_of=(
  [tyodc1]=dc [osadc2]=dc [tyohub1]=hub [tyohub2]=hub [osahub1]=hub [osahub2]=hub [outside]=outside [control]=control
)
declare -A bridge_of=([tokyo]=br-tyo [osaka]=br-osa [outside]=br-out)
declare -A router_of=([tokyo]=10.77.1.1 [osaka]=10.77.2.1 [outside]=10.77.9.1)
declare -A dc_of=([tokyo]=tyodc1 [osaka]=osadc2)
declare -A hubs_of=([tokyo]="tyohub1 tyohub2" [osaka]="osahub1 osahub2")
declare -A peer_of=([tokyo]=osaka [osaka]=tokyo)
declare -A user_of=([tokyo]=alice [osaka]=bob)

say() { printf '%s\n' "$*" >&2; }
die() {
  say "lab: $*"
  exit 1
}

home_of() { printf '%s/machines/%s' "$lab_run" "$1"; }

is_machine() { [[ -n ${role_of[$1]-} && $1 != control ]]; }

# need NAME ROLE: ends the script unless NAME is a machine of ROLE (dc, hub, or any).
need() {
  is_machine "$1" || die "no machine is called '$1'; there are: ${machines[*]}"
  [[ $2 == any || ${role_of[$1]} == "$2" ]] || die "$1 is no $2"
}

# The process id of a running machine's pid 1, seen from the lab; fails if the machine is off.
init_of() {
  local pid
  pid=$(cat "$(home_of "$1")/pid" 2>/dev/null) && [[ -n $pid && -e /proc/$pid/ns/mnt ]] && printf '%s' "$pid"
}

# enter NAME CMD..: runs CMD as root in a running machine, with its capabilities and its environment, without SSH.
enter() {
  local name=$1 pid
  shift
  pid=$(init_of "$name") || {
    say "lab: $name is off"
    return 255
  }
  nsenter --target "$pid" --mount --uts --ipc --net --pid --time -- \
    setpriv --bounding-set=-sys_time,-sys_module,-sys_boot \
    env -i HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@" 8>&-
}

# in_net NAME CMD..: runs CMD in the machine's network only; works while it is off.
in_net() {
  local name=$1
  shift
  nsenter --net="/run/netns/$name" -- "$@"
}

# until_ok SECONDS WHAT CMD..: repeats CMD until it succeeds; says WHAT it was waiting for if it never does. The bound is against
# hanging only: a machine shared with compilers is slow.
until_ok() {
  local limit=$1 what=$2 end
  shift 2
  end=$((SECONDS + limit))
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= end)); then
      say "lab: not within ${limit} s: $what"
      return 1
    fi
    sleep 0.1
  done
}
