#!/usr/bin/env bash
# (k) The window closes during the roll. A hub whose reboot was sent is waited for, verified and resumed; one that is only drained is resumed
# without a reboot; none is begun. Exit code 3, cause `window`. The orchestrator's own clock is what moves past the window's end.
. "$(dirname "$(readlink -f "$0")")/common.sh"

# Open now by at least an hour on both sides, and shut twelve hours from now.
policy=$state/policy-window.yaml
sed "s/^windows:.*/windows:\n  - { name: night, from: \"$(date -u -d '-2 hours' +%H:%M)\", to: \"$(date -u -d '+2 hours' +%H:%M)\", zone: UTC }/" \
  "$here/policy.yaml" >"$policy"
start_in_window() {
  lab inject clock control 0
  lab inject stale-tickets tokyo
  jam tyohub1
  jam tyohub2
  rm -rf "$state/store"
  start_heal
}
takes_mail() { # HUB: not drained: its own site's mail is accepted at RCPT
  [[ $(on osahub1 "python3 - $1.lab.example" <<'END'
import smtplib, sys
smtp = smtplib.SMTP(sys.argv[1], 25, timeout=60)
smtp.ehlo("osahub1.lab.example")
smtp.mail("probe@osaka.lab.example")
print("drained" if smtp.rcpt("alice@tokyo.lab.example")[0] == 421 else "open")
END
  ) == open ]]
}
ended_by_window() {
  expect_code 3
  assert "the cause is the window" grep -qE '(stop|stopped|failed|refused).*window' "$state/run.log"
  assert "nothing is owed" grep -qE "\(0 owed, [0-9]+ undone, 0 undo failed" <(unjam_in_lab rollback last --log --state "$state/store" 2>&1)
  for hub in tyohub1 tyohub2; do assert "$hub is not drained" takes_mail $hub; done
  for hub in tyohub2 osahub1 osahub2; do assert_equal "boots of $hub" 1 "$(boots $hub)"; done
  assert "no message lost, none twice" none_lost_none_twice
}

begin "k: the window closes while a hub is down for its reboot"
lab inject no-return tyohub1
start_in_window
wait_until 900 "the reboot was sent" grep -q 'reboot .*host.reboot accepted' "$state/run.log"
wait_until 300 "tyohub1 is down" is_down tyohub1
lab inject clock control 12h
lab inject power-on tyohub1
end_heal
assert_equal "boots of tyohub1" 2 "$(boots tyohub1)"
ended_by_window

begin "k: the window closes while a hub is being drained"
# What the drain runs waits on the hub until it may go on, so that the window surely closes in between.
on tyohub1 'mv /usr/sbin/postconf /usr/sbin/postconf.real && cat >/usr/sbin/postconf && chmod 755 /usr/sbin/postconf' <<'END'
#!/bin/sh
case "$*" in -e*unjam_drained*)
  touch /run/drain-begun
  while [ ! -e /run/drain-may-end ]; do sleep 0.1; done ;;
esac
exec /usr/sbin/postconf.real "$@"
END
start_in_window
wait_until 900 "the drain has begun" on tyohub1 test -e /run/drain-begun
lab inject clock control 12h
on tyohub1 touch /run/drain-may-end
end_heal
assert_equal "boots of tyohub1" 1 "$(boots tyohub1)"
ended_by_window
finish
