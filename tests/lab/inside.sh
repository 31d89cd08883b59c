#!/bin/bash
# The lab's commands, run inside the lab's namespaces by script/lab. Usage: inside.sh COMMAND [ARGUMENT..]; see script/lab.
set -u
umask 022
exec 8>&2 # progress goes there, also from where output is collected in a log
here=$(dirname "$(readlink -f "$0")")
for part in topology disks directory hub mail health faults; do
  # shellcheck source=/dev/null
  source "$here/$part.sh"
done

all_off() {
  local name
  for name in "${machines[@]}"; do power_off "$name"; done
  for name in "${machines[@]}"; do until_ok 120 "$name is off" is_off "$name" || return 1; done
}

command_up() {
  build && boot_all && prove_health || die "the lab did not come up"
  touch "$lab_run/healthy"
}

command_reset() {
  [[ -d $(home_of tyodc1)/frozen ]] || die "the lab was never up; use down, then up"
  all_off && boot_all && prove_health || die "the lab could not be brought back to health; use down, then up"
}

# The lab clock's error in whole milliseconds.
clock_error() { od -An -t d8 "$(home_of "$1")/clock" | awk '{ printf "%.3f", $1 / 1e9 }'; }

command_status() {
  local name state details
  printf '%-8s %-8s %-6s %12s  %s\n' machine site power clock details
  for name in "${machines[@]}"; do
    state=off details=
    if init_of "$name" >/dev/null; then
      state=on
      case ${role_of[$name]} in
      hub) details="queued: $(enter "$name" postqueue -j 2>/dev/null | grep -c queue_id), boot $(enter "$name" cat /proc/sys/kernel/random/boot_id)" ;;
      dc) details="replication: $(enter "$name" timeout 60 samba-tool drs showrepl --summary 2>&1 | head -1), time service $(time_service_follows "$name" && echo follows || echo "does not follow")" ;;
      esac
    fi
    printf '%-8s %-8s %-6s %11ss  %s\n' "$name" "${site_of[$name]}" $state "$(clock_error "$name")" "$details"
  done
}

command_shell() { # HOST [CMD..]
  local name=${1-}
  [[ -n $name ]] || die "shell needs the name of a machine: ${machines[*]}"
  shift
  need "$name" any
  if (($#)); then
    # One word is a line of shell, more are a command with its arguments.
    (($# == 1)) && set -- bash -c "$1"
    enter "$name" "$@"
  elif [[ -t 0 ]]; then
    in_net control ssh -F "$lab_run/ssh_config" -t "$name"
  else
    enter "$name" bash -s
  fi
}

command=${1-}
shift
case $command in
up | reset | status | shell) "command_$command" "$@" ;;
inject) inject "$@" ;;
mail)
  (($# >= 2)) || die "usage: mail FROM TO [SUBJECT]"
  submit "$@"
  ;;
delivered | queued) "$command" "$@" ;;
*) die "unknown command '$command'" ;;
esac
