# Functions of the script tests; sourced by run. A test gets a folder of its own: $T/bin is the whole PATH of the script under test (links to the
# tools that scripts may count on, and stand-ins that replay recorded outputs), $T/root holds its files.
passed=0 failed=0 skipped=0
here=$(cd "$(dirname "$0")" && pwd)
packs=$here/../../../actions/packs
tab=$(printf '\t')
tools='sh dash awk mawk base64 basename cat chmod cksum cp cut date dd env expr flock getconf grep head id ls mkdir mktemp mv od printf readlink rm sed
setsid sleep sort stat sync tail test timeout touch tr uname wc true false'

title() {  # TEXT: begins a test
  [ -z "${T:-}" ] || rm -rf "$T"
  T=$(mktemp -d) || exit 1
  mkdir -p "$T/bin" "$T/root/proc" "$T/root/run" "$T/root/etc/unjam" "$T/root/var/log"
  for tool in $tools; do
    found=$(command -v "$tool") && [ -x "$found" ] && ln -sf "$found" "$T/bin/$tool"
  done
  what=$1
  echo '0123456789abcdef0123456789abcdef' >"$T/root/machine-id"
  echo 'boot-1' >"$T/root/boot_id"
  echo '1000.00 1.0' >"$T/root/proc/uptime"
}
fake() {  # NAME: a command whose text is on stdin; it can use $T
  rm -f "$T/bin/$1" # may be a link to the real one
  { echo '#!/bin/sh'; echo "T='$T'; R='$here/recorded'"; cat; } >"$T/bin/$1"
  chmod +x "$T/bin/$1"
}
process() {  # NAME PID: runs, as far as the script can see
  mkdir -p "$T/root/proc/$2"
  echo "$1" >"$T/root/proc/$2/comm"
}
ask() {  # ARGUMENTS of call: the answer is in $got, its words on stderr in $T/err
  got=$("$here/call" --set "PATH=$T/bin" --set "unjam_root=$T/root" --set "unjam_state=$T/root/var/lib/unjam" --set "unjam_machine_file=$T/root/machine-id" \
    --set "unjam_boot_file=$T/root/boot_id" --hosts "$here/hosts.tsv" "$@" -- "${shell:-/bin/dash}" -s 2>"$T/err")
}
fenced() {  # INTENT ARGUMENTS: as `ask`, with a fence that holds
  intent=$1
  shift
  ask --fence "$intent" --machine 0123456789abcdef0123456789abcdef --boot boot-1 "$@"
}
is() {  # WANTED: the answer is exactly this
  if [ "$got" = "$1" ]; then passed=$((passed + 1)); else bad "$1" "$got"; fi
}
outputs() { is "{\"after\": {}, \"before\": {}, \"outputs\": $1}"; }
refuses() {  # KIND WORDS: an error of this kind whose text has these words
  case $got in "{\"error\": {\"kind\": \"$1\", "*"$2"*) passed=$((passed + 1)) ;; *) bad "error $1: ..$2.." "$got" ;; esac
}
has() {  # TEXT: the answer has this in it
  case $got in *"$1"*) passed=$((passed + 1)) ;; *) bad "..$1.." "$got" ;; esac
}
holds() {  # CMD..: succeeds
  if "$@"; then passed=$((passed + 1)); else bad "$*" 'no'; fi
}
skip() {  # WHAT (WHY)
  skipped=$((skipped + 1))
  echo "SKIPPED: $1"
}
bad() {
  failed=$((failed + 1))
  printf 'FAILED: %s (%s)\n  wanted: %s\n  got:    %s\n' "$what" "${file##*/}" "$1" "$2"
  [ ! -s "$T/err" ] || sed 's/^/  stderr: /' "$T/err" | head -n 5
}
