# shellcheck shell=bash
# Faults that can be injected. Sourced by inside.sh.

set_clock() { # NAME SECONDS (signed): the machine's clock is off by that much from now on
  local offset
  offset=$(awk -v s="$2" 'BEGIN { printf "%.0f", s * 1e9 }')
  /usr/bin/python3 -c 'import struct, sys; sys.stdout.buffer.write(struct.pack("=q", int(sys.argv[1])))' "$offset" |
    dd of="$(home_of "$1")/clock" bs=8 count=1 conv=notrunc status=none
}

inject() {
  case ${1-} in
  clock)
    need "$2" any
    set_clock "$2" "$3"
    ;;
  *) die "unknown fault" ;;
  esac
}
