# shellcheck shell=bash
# What is set in the fleet, what the flagship must come to, and how the hosts' own logs judge it. Sourced by inside.sh.

versions=(2019 2016 2010)
languages=(en ja)
heals=(hub-skew stale-tickets replication)
escalations=(dc-skew weak-tls no-exchange-auth spn-duplicate broken-trust port-blocked unsafe-code)

scenarios() {
  local v l h
  for v in "${versions[@]}"; do for l in "${languages[@]}"; do for h in "${heals[@]}"; do echo "$v-$l-$h"; done; done; done
  for h in "${escalations[@]}"; do echo "2016-ja-$h"; done
  printf '%s\n' 2016-en-purge 2016-en-restart 2016-en-key-logon 2010-en-fight 2019-en-scheduled-task 2019-ja-dag-member
}
matches() {
  local name=$1 word
  shift
  for word in "$@"; do case $name in *"$word"*) ;; *) return 1 ;; esac; done
}
bad() { trouble="$trouble
  $1"; }
expect() { # WHAT COMMAND..
  local what=$1
  shift
  "$@" >/dev/null 2>&1 || bad "$what"
}

log_of() { cat "$W/logs/$1.log"; }
all_logs() { cat "$W"/logs/*.log; }
# Since the orchestrator began to look: lines whose time is not negative.
lived() { grep -Ehv '^-' "$W"/logs/*.log; }
count_of() { lived | awk -v word="$1" '$2 == word { n++ } END { print n + 0 }'; }
none() { [ "$(count_of "$1")" = 0 ]; }
some() { [ "$(count_of "$1")" -gt 0 ]; }

# Two readings have to fit into a look, on a machine that has much else to do.
short=(--param stay=2s --param calm=2s --param look=75s --param boot=5m --param settle=5s)
flagship() {
  timeout -k 10 1500 "$UNJAM" run heal-intersite-queue --inventory "$W/inventory.yaml" --policy "$root/tests/lab/scenarios/policy.yaml" \
    --param from=tokyo --param to=osaka "${short[@]}" "${asked[@]}" --confirm 6 --state "$W/store" >"$W/run.log" 2>&1 </dev/null
  code=$?
}
code_is() { [ "$code" = "$1" ] || bad "exit code $code, expected $1"; }
says() { grep -qiE -- "$1" "$W/run.log" || bad "it does not say: $1"; }

# Every message that was handed in at a hub before the end was delivered once.
delivered_once() {
  local twice
  twice=$(all_logs | awk '$2 == "delivered" { print $3 }' | sort | uniq -d | head -n 3)
  [ -z "$twice" ] || bad "delivered twice: $twice"
}
# The hosts say that nothing of theirs was changed. (A retry asks a queue to try at once; the messages are where they were.)
unchanged() {
  local word
  for word in clock boot shutdown drained resumed purged replicated service component resync dc redirected activation; do
    none "$word" || bad "changed: $(lived | awk -v w="$word" '$2 == w' | head -n 2 | tr '\n' ';')"
  done
}
# Whatever was done to heal, these never are.
never_careless() {
  all_logs | grep -q ' caution ' && bad "net time while the time service ran"
  [ "$(lived | grep -c ' service name=W32Time Stopped')" = "$(lived | grep -c ' service name=W32Time Running')" ] || bad "the time service was not started again"
  lived | grep -q ' component .*requester=\(HealthAPI\|Sidelined\|Functional\|Deployment\)' && bad "a component was taken under a name that is not ours"
  [ "$(count_of drained)" = "$(count_of resumed)" ] || bad "drained $(count_of drained) times, resumed $(count_of resumed) times"
}

run_scenario() {
  local version=${1%%-*} rest=${1#*-} language what
  language=${rest%%-*} what=${rest#*-}
  export LOGIN='' SHELL_OF_HOSTS=cmd # of `fleet`
  asked=()                           # of `flagship`
  [ "$version" != 2019 ] || SHELL_OF_HOSTS=powershell # either may be the default shell of a host
  "set_$what" "$version" "$language" || { bad "the fleet does not come up" && return; }
  flagship
  "judge_$what" "$version"
  delivered_once
  never_careless
}

# Traps 11, 13, 25. On the oldest the time service gets no data, so that the article's own remedy has to do; on a Japanese 2019 numbers have a decimal comma, one sample
# of a measurement jumps and one is lost.
set_hub-skew() {
  fleet "$@" <<<'faults: [ { kind: hub-clock, host: tyohub1, offset: 600s } ]'
  [ "$1" != 2010 ] || fact tyohub1 resync=no-data
  [ "$1-$2" != 2019-ja ] || fact tyohub1 decimal=, lossy=1
  start
}
judge_hub-skew() {
  code_is 0
  expect "the clock was moved back" sh -c "grep -q ' clock by=-' '$W/logs/tyohub1.log'"
  none boot || bad "somebody was rebooted"
  if [ "$1" = 2010 ]; then
    expect "by net time, with the time service stopped and started" sh -c "grep -A2 'service name=W32Time Stopped' '$W/logs/tyohub1.log' | grep -q 'who=net-time'"
  else
    expect "by the time service itself" grep -q 'who=w32time' "$W/logs/tyohub1.log"
  fi
}
# Traps 18 and 19: a queue that cannot be drained, a reboot that is proven.
set_stale-tickets() {
  fleet "$@" <<<'faults: [ { kind: stale-tickets, hosts: [ tyohub1, tyohub2 ] } ]' && start
}
judge_stale-tickets() {
  code_is 0
  none clock || bad "a clock was moved although all are right"
  some boot || bad "nobody was rebooted"
  expect "drained during every reboot" awk '$2 == "drained" { held = 1 } $2 == "resumed" { held = 0 } $2 == "shutdown" { all++; good += held }
    END { exit all == 0 || good < all }' "$W/logs/tyohub1.log"
}
# The rungs that have to be asked for. The tickets that are in the way are those of the session that the transport runs in.
set_purge() {
  asked=(--param purge=true)
  set_stale-tickets "$@"
}
judge_purge() {
  code_is 0
  local hub
  for hub in tyohub1 tyohub2; do
    expect "the tickets of $hub were thrown away" grep -q ' klist purge 0x3e4' "$W/logs/$hub.log"
  done
  none shutdown || bad "somebody was rebooted although the tickets were gone"
  none service || bad "a service was touched"
}
# A restarted transport finds the tickets of its session as they were: nothing but the reboot is left. One hub at a time.
set_restart() {
  asked=(--param restart=true)
  set_stale-tickets "$@"
}
judge_restart() {
  judge_stale-tickets "$@"
  local hub
  for hub in tyohub1 tyohub2; do
    expect "the transport of $hub was restarted before it was drained for the reboot" awk '$2 == "shutdown" || $2 == "drained" { exit }
      $2 == "service" && /MSExchangeTransport Running/ { done = 1 } END { exit !done }' "$W/logs/$hub.log"
  done
}
set_replication() {
  fleet "$@" <<<'faults: [ { kind: replication-missed, host: tyodc1 } ]' && start
}
judge_replication() {
  code_is 0
  some replicated || bad "nothing was replicated"
  none clock || bad "a clock was moved although all are right"
}

escalated() {
  code_is 5
  says "$1"
  unchanged
}
# Trap 10: a controller that is itself wrong.
# What whoever is called needs is in the end report, and in `why`: port 25 as the orchestrator sees it, and Kerberos as the hubs do. Patterns of both.
reported() { # OFFERS KERBEROS
  local run
  run=$(grep -oE 'r-[0-9a-f]{16}' "$W/run.log" | tail -n 1)
  "$UNJAM" why "$run" --state "$W/store" >"$W/why.log" 2>&1
  local file
  for file in run why; do
    sed -n '/^  evidence /,/^  [a-z]/p' "$W/$file.log" >"$W/$file.evidence"
    grep -qE "^    offers +.*$1" "$W/$file.evidence" || bad "$file does not report of port 25: $1"
    grep -qE -- "$2" "$W/$file.evidence" || bad "$file does not report of Kerberos: $2"
  done
}
well='altered = false, answers = true, kerberos = true.*tls = true'
set_dc-skew() { fleet "$@" <<<'faults: [ { kind: dc-clock, host: tyodc1, offset: 600s } ]' && start; }
judge_dc-skew() { escalated 'tyodc1|clock'; }
# Trap 1: the code of this incident, and another cause.
tls_refused='faults: [ { kind: tls-refused, hosts: [ osahub1, osahub2 ] } ]'
set_weak-tls() { fleet "$@" <<<"$tls_refused" && start; }
judge_weak-tls() {
  escalated 'tls'
  reported "$well" 'closed = \[\].*kdc_port = true.*spn = ok, status = 0, trust = true'
}
set_no-exchange-auth() {
  fleet "$@" <<<"$tls_refused"
  fact tyohub1 refusal_text=5.7.3
  fact tyohub2 refusal_text=5.7.3
  fact osahub1 smtp=no-exchange-auth
  fact osahub2 smtp=inspected
  start
}
judge_no-exchange-auth() {
  escalated 'osahub1 no Kerberos, TLS.*osahub2 no Kerberos, no TLS, rewritten by a firewall'
  says 'by refused, not by authentication'
  reported 'osahub1: altered = false.*kerberos = false.*tls = true' 'trust = true'
  reported '' 'osahub2: altered = true, answers = true, kerberos = false, said = \[220 \*\*\*\*'
}
set_spn-duplicate() { fleet "$@" <<<'faults: [ { kind: spn-duplicate, hosts: [ osahub1, osahub2 ] } ]' && start; }
judge_spn-duplicate() {
  escalated 'service principal name of osahub1 is duplicate .*held by .*CN=OSAHUB1,.*CN=OLDOSAHUB1,'
  reported "$well" 'osahub1: .*holders = \[CN=OSAHUB1,.*CN=OLDOSAHUB1,.*spn = duplicate'
}
# Trap 17: clocks and replication are good, and it is not this incident.
set_broken-trust() { fleet "$@" <<<'faults: [ { kind: trust-broken, hosts: [ tyohub1, tyohub2 ] } ]' && start; }
judge_broken-trust() {
  escalated 'trust between tyohub1 and the domain is broken \(status 1787\)'
  reported "$well" 'tyohub1.*status = 1787, trust = false'
}
set_port-blocked() {
  fleet "$@" <<<'faults: [ { kind: kdc-port-blocked, host: tyohub1 } ]' && start
  ip netns exec tyohub1 nft -f - <<'END'
table inet wall {
  chain out {
    type filter hook output priority 0
    tcp dport 88 reject with tcp reset
  }
}
END
}
judge_port-blocked() {
  escalated 'kerberos port .*tyodc1.lab.example:88.*osadc2.lab.example:88'
  reported "$well" 'tyohub1: closed = \[tyodc1.lab.example:88, osadc2.lab.example:88\].*kdc_port = false'
  ip netns exec tyohub1 nft flush ruleset
}
# Trap 16.
set_unsafe-code() {
  fleet "$@" <<<'faults: [ { kind: replication-missed, host: tyodc1 } ]'
  fact tyodc1 link_code=8614
  start
}
judge_unsafe-code() { escalated 'into tyodc1 fails in a way that must not be forced: .*8614'; }

# Trap 9. A logon by key cannot ask Exchange anything; the person at the console is told so, and what to do.
set_key-logon() {
  LOGIN="key: \"file:$W/user_key\""
  set_hub-skew "$@"
}
judge_key-logon() {
  escalated 'no network credentials'
  local way
  for way in '`password:` instead of `key:`' 'via: scheduled-task' 'docs/windows-hosts.md'; do says "$way"; done
}
# The same key, and a task that runs as SYSTEM.
set_scheduled-task() {
  LOGIN="key: \"file:$W/user_key\", via: scheduled-task"
  set_hub-skew "$@"
}
judge_scheduled-task() { judge_hub-skew "$@"; }
# Trap 20. Stale tickets at members of a DAG: its own scripts, and what they leave wrong is put right.
set_dag-member() {
  fleet "$@" <<<'faults: [ { kind: stale-tickets, hosts: [ tyohub1, tyohub2 ] } ]'
  fact tyohub1 dag=DAG1 activation=IntrasiteOnly
  fact tyohub2 dag=DAG1 activation=IntrasiteOnly
  start
}
judge_dag-member() {
  judge_stale-tickets "$@"
  expect "the DAG's script began the maintenance" grep -q ' dag maintenance-started' "$W/logs/tyohub1.log"
  [ "$(grep ' activation ' "$W/logs/tyohub1.log" | tail -n 1 | cut -d' ' -f3)" = IntrasiteOnly ] || bad "the activation policy was not put back"
}
# Trap 26. Something moves the clock back: noticed, and not repeated.
set_fight() {
  fleet "$@" <<<'faults: [ { kind: hub-clock, host: tyohub1, offset: 600s } ]'
  fact tyohub1 fight=600
  start
}
judge_fight() {
  code_is 3 # the host's own word: it did not work
  says 'something else moved it away again'
  [ "$(grep -c 'who=w32time' "$W/logs/tyohub1.log")" = 1 ] || bad "the clock was set $(grep -c 'who=w32time' "$W/logs/tyohub1.log") times"
  none boot || bad "somebody was rebooted"
}
