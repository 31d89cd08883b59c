# shellcheck shell=bash
# For tests that use the lab: asking, waiting, judging. Source it; the lab must be up. Judges by what the machines themselves say.
#
#   source tests/lab/lib.sh
#   begin "hub skewed: healed by time sync alone"      # names the test and brings the lab back to health
#   lab inject clock tyohub1 600
#   send tyohub1 osaka; send tyohub1 osaka             # remembered in $sent
#   wait_until 60 "mail is stuck" mail_is_stuck tyohub1
#   ...
#   assert "every message arrived once" delivered_once
#   finish                                             # exit code 1 if anything was wrong

lab_root=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")
sent=()      # Message-IDs that `send` queued since `begin`
test_name=
failures=0   # of all tests in this process

lab() { "$lab_root/script/lab" "$@"; }

note() { printf '    %s\n' "$*"; }

fail() {
  printf '    FAILED: %s\n' "$*"
  failures=$((failures + 1))
  return 1
}

begin() { # NAME
  test_name=$1
  sent=()
  printf -- '--- %s\n' "$test_name"
  lab reset 2>/dev/null || fail "the lab could not be brought back to health"
}

# finish: ends the test program.
finish() {
  ((failures == 0)) || printf '%d failure(s)\n' "$failures"
  exit $((failures != 0))
}

# wait_until SECONDS WHAT CMD..: repeats CMD until it succeeds. The bound is against hanging only: be generous.
wait_until() {
  local bound=$1 what=$2 started=$SECONDS
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS - started > bound)); then
      fail "not within $bound s: $what"
      return 1
    fi
    sleep 0.5
  done
  note "$what (after $((SECONDS - started)) s)"
}

# assert WHAT CMD..: one check, now.
assert() {
  local what=$1
  shift
  if "$@" >/dev/null; then note "$what"; else fail "$what"; fi
}

assert_equal() { # WHAT EXPECTED ACTUAL
  if [[ $2 == "$3" ]]; then note "$1: $3"; else fail "$1: expected '$2', but it is '$3'"; fi
}

# ---- mail

# send FROM TO [SUBJECT]: queues a message and remembers it.
send() {
  local line
  line=$(lab mail "$@") || fail "no message could be queued: $*" || return 1
  sent+=("${line##* }")
}

copies_of() { lab delivered | awk -v id="$1" '$1 == id { n++ } END { print n + 0 }'; } # MESSAGE-ID

# Every message sent since `begin` is in exactly one mailbox; says which is not.
delivered_once() {
  local all id copies wrong=0
  all=$(lab delivered)
  for id in "${sent[@]}"; do
    copies=$(awk -v id="$id" '$1 == id { n++ } END { print n + 0 }' <<<"$all")
    ((copies == 1)) || {
      note "$id was delivered $copies times"
      wrong=1
    }
  done
  return $wrong
}

# Every message sent since `begin` is in exactly one place: one mailbox or one queue. For mail that was not healed.
none_lost_none_twice() {
  local all id copies wrong=0
  all=$({ lab delivered && lab queued; })
  for id in "${sent[@]}"; do
    copies=$(awk -v id="$id" '$1 == id { n++ } END { print n + 0 }' <<<"$all")
    ((copies == 1)) || {
      note "$id is in $copies places"
      wrong=1
    }
  done
  return $wrong
}

all_still_queued() {
  local all id
  all=$(lab queued)
  for id in "${sent[@]}"; do grep -qF "$id " <<<"$all" || return 1; done
}

queue_length() { lab queued "$@" | wc -l; } # HUB|SITE..

# mail_is_stuck HUB|SITE [TEXT]: something is queued there with a reason (that has TEXT).
mail_is_stuck() { lab queued "$1" | awk '$NF != "-"' | grep -q -- "${2-}"; }

# ---- machines

on() { lab shell "$@"; } # HOST CMD

boots() { on "$1" 'wc -l </var/log/boots'; } # HOST: how often it was started since `begin`, counting the first time
boot_id() { on "$1" cat /proc/sys/kernel/random/boot_id; }
runs() { on "$1" true 2>/dev/null; }

# clock_error HOST: seconds by which its clock is ahead of the reference, measured by itself.
clock_error() { on "$1" 'ntpdate -q 10.77.9.2' | awk '{ print -$4; exit }'; }
clock_within() { awk -v e="$(clock_error "$1")" -v l="$2" 'BEGIN { exit !(e != "" && e <= l && e >= -l) }'; } # HOST SECONDS

# fingerprint: what a run that must change nothing must not change, a line each: boots, clocks, files of configuration and keys,
# switches of the directory. Only files that a machine of the lab has of its own: under the rest lies this machine, which is alive.
# A directory that is too busy to answer is asked again.
fingerprint() {
  local name
  for name in tyodc1 osadc2 tyohub1 tyohub2 osahub1 osahub2; do
    on "$name" 'echo "boots $(wc -l </var/log/boots)"; echo "clock $(od -An -t d8 /etc/lab/clock)"
      find /etc/lab /etc/ssh /etc/postfix /etc/samba /etc/chrony* /etc/krb5* /etc/host* /etc/machine-id /etc/resolv.conf \
        /etc/nsswitch.conf /etc/aliases* /etc/sasl* /var/lib/postfix /var/lib/unjam -type f ! -name "*.lock" ! -path "*/lab/clock" -exec sha256sum {} + 2>/dev/null | sort -k 2
      [ ! -d /var/lib/samba/private ] || for try in 1 2 3 4 5 6; do
        options=$(samba-tool drs options "$(hostname).lab.example" -P 2>/dev/null) && echo "switches $options" && break
      done' 2>&1 | tr -s ' ' | sed "s/^/$name /"
  done
}

unchanged_since() { # FINGERPRINT
  local now
  now=$(fingerprint)
  assert "nothing was changed" test "$1" = "$now"
  [ "$1" = "$now" ] || diff <(printf '%s\n' "$1") <(printf '%s\n' "$now")
}
