#!/bin/bash
# Becomes a command on the control machine. Usage: control.sh FOLDER CMD [ARGUMENT..]; started by script/lab in the control machine's
# network, with a mount and a hostname namespace of its own. Files are those of the base machine, but for /run and what names a machine.
set -eu
run=/run/lab
folder=$1
shift
# /proc of the namespace that this process is in: the base machine's.
mount -t proc proc /proc
mount -t sysfs -o ro sysfs /sys
mount --bind "$run/control_hosts" /etc/hosts
mount --bind "$run/control_machine_id" /etc/machine-id
hostname control
cd "$folder"
export HOME=$run/control_home
# Only when a test has set this machine's clock: a preloaded library would come before a sanitizer's.
[[ ! -e $run/control_clock ]] || export LAB_CLOCK=$run/control_clock LD_PRELOAD=$run/clockshim.so
if [[ -n ${SUDO_UID-} ]]; then
  # Whoever came by sudo works as themselves, with a key of their own to read: SSH wants it private.
  key=$(mktemp -p "$HOME" key.XXXXXX)
  install -o "$SUDO_UID" -g "${SUDO_GID-0}" -m 600 $run/control_key "$key"
  mount --bind "$key" $run/control_key
  rm -f "$key"
  exec setpriv --reuid "$SUDO_UID" --regid "${SUDO_GID-0}" --init-groups -- "$@"
fi
exec "$@"
