# Shared by script/test and script/demo: where the clone is, and Debian packages that are missing. Sourced by bash.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT" || exit 1

# Precompiled headers are cached too, and a clone in another folder finds what this one has compiled.
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
export CCACHE_BASEDIR=$ROOT CCACHE_NOHASHDIR=1

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Names in a list file, of the given kinds; every name if there is none.
packages_of() {
  local file=$1
  shift
  awk -v kinds=" $* " '/^#/ || NF == 0 { next } kinds == "  " || index(kinds, " " $2 " ") { print $1 }' "$file"
}

missing_packages() {
  local name
  while read -r name; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s\n' "$name"
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    command -v sudo >/dev/null || die "needs root or sudo for: $*"
    sudo -- "$@"
  fi
}

# Whether apt's lists have a version of each of them; on a fresh machine they are empty or a stump.
lists_know() {
  local name
  for name; do
    apt-cache policy "$name" | grep -q 'Candidate: [^(]' || return 1
  done
}
apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"
}

# Installs them by apt. No service of theirs is started: a policy-rc.d refuses it while this runs, and goes away with it.
install_packages() {
  [ $# -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "no apt-get here; install these yourself: $*"
  local guard=/usr/sbin/policy-rc.d made=no status=0
  if [ ! -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" >/dev/null && as_root chmod 755 "$guard" && made=yes
  fi
  { lists_know "$@" || as_root apt-get -q -o DPkg::Lock::Timeout=300 update; } &&
    { apt_install "$@" || { as_root apt-get -q -o DPkg::Lock::Timeout=300 update && apt_install "$@"; }; } || status=1
  [ $made = no ] || as_root rm -f "$guard"
  return $status
}

# One at a time per preset: parts of script/test run beside each other.
locked() { # PRESET COMMAND...
  local lock=build/$1.lock
  shift
  mkdir -p build
  (
    flock 9
    "$@" 9>&-
  ) 9>"$lock"
}

# Configures a preset; quiet unless it fails.
configure_preset() {
  mkdir -p "build/$1"
  locked "$1" cmake --preset "$1" >"build/$1/configure.log" 2>&1 || {
    tail -n 30 "build/$1/configure.log" >&2
    return 1
  }
}

# A compiler leaves the cores to whatever else runs, such as a lab whose hosts have limits to keep.
configure_and_build() { # PRESET ARGS...
  cmake --preset "$1" && nice cmake --build --preset "$@"
}
# Configures and builds a preset; quiet unless it fails.
build_preset() { # PRESET ARGS...
  local log=build/$1/build.log
  mkdir -p "build/$1"
  locked "$1" configure_and_build "$@" >"$log.$BASHPID" 2>&1
  local status=$?
  mv "$log.$BASHPID" "$log"
  [ $status = 0 ] || {
    grep -E -A8 'error|FAILED|Error' "$log" | head -60 >&2
    printf 'the whole log: %s\n' "$log" >&2
  }
  return $status
}
