# shellcheck shell=bash disable=SC2034
# What the scripts share that ask the command line without any host. Source it: it leaves the script in a folder of its own.
#   run CODE ARGS...   runs unjam; what it said is in `out` and `err`
#   says TEXT [FILE]   json
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
unjam=${UNJAM:?set UNJAM to the binary}
work=$(mktemp -d /tmp/unjam-e2e-XXXXXX)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
fail() {
  printf 'FAILED: %s\n' "$*"
  cat out err 2>/dev/null
  exit 1
}
run() { # CODE ARGS...
  local want=$1 code
  shift
  timeout -k 5 120 "$unjam" "$@" >out 2>err </dev/null
  code=$?
  [ $code = "$want" ] || fail "unjam $* ended with $code, expected $want"
}
says() { grep -q -- "$1" "${2:-out}" || fail "does not say: $1"; }
json() { python3 -c 'import json,sys; json.load(open("out"))' || fail "no JSON"; }
