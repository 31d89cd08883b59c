# shellcheck shell=bash
# Faults that can be injected. Sourced by inside.sh. What each one looks like in Postfix is in README.md.
# A fault is made the way the world makes it (a clock is set, a key file is gone, a port is blocked), never by touching the mail.

fault_list() {
  cat <<'END'
clock HOST OFFSET               the clock is off by OFFSET: seconds, or with s, m, h, d: 600, -10m, 2h. HOST may be control:
                                for what `run` starts from then on, and live for it afterwards
dc-boot-wrong-clock DC OFFSET   the controller restarts with a wrong clock; hubs of its site get their tickets from it
repl-off DC                     inbound replication of DC is switched off (8457 from then on)
repl-missed DC                  it was off while the other site's hubs changed their passwords, and is on again (8457 on record)
machine-password HUB..          HUB changes its password at its own site's DC; needs repl-off at the other one
wan-cut                         nothing passes between the sites
keytab-lost HUB..               the key of HUB's mail service is gone (454 4.7.0 for who sends to it)
spn-missing HUB..               no account has HUB's service name
spn-duplicate HUB..             two accounts have HUB's service name
kdc-port-blocked HUB..          a firewall refuses HUB the Kerberos port of every DC
peer-down HUB..                 HUB is powered off
power-on HUB..                  ends peer-down and no-return: HUB is switched on again
dns-wrong HUB..                 HUB asks a name server that does not answer
tls-refused HUB..               HUB insists on TLS with the other site, which offers none
stale-tickets HUB|SITE..        clocks are right by now, but tickets remember that they were not; lasts until a restart
time-disagree                   the DCs' clocks differ from the reference and from each other; mail jams in both sites
reference-lost                  outside stops answering NTP
sshd-stopped HOST..             no SSH; all else runs
no-return HUB..                 HUB stays down after its next restart
same-boot-id HUB..              HUB comes back from its next restart with the boot id it had
other-host-key HUB..            HUB comes back from its next restart with another SSH host key
END
}

seconds_of() { # OFFSET with a unit, in seconds
  local number=${1#+} unit=1
  case $number in
  *s) number=${number%s} ;;
  *m) number=${number%m} unit=60 ;;
  *h) number=${number%h} unit=3600 ;;
  *d) number=${number%d} unit=86400 ;;
  esac
  [[ $number =~ ^-?[0-9]+(\.[0-9]+)?$ ]] || die "'$1' is no offset; use seconds, or a number with s, m, h or d"
  awk -v n="$number" -v u="$unit" 'BEGIN { printf "%.3f", n * u }'
}

clock_file() { # NAME
  if [[ $1 == control ]]; then echo "$lab_run/control_clock"; else echo "$(home_of "$1")/clock"; fi
}

set_clock() { # NAME SECONDS (signed): the machine's clock is off by that much from now on
  local nanoseconds
  nanoseconds=$(awk -v s="$2" 'BEGIN { printf "%.0f", s * 1e9 }')
  /usr/bin/python3 -c 'import struct, sys; sys.stdout.buffer.write(struct.pack("=q", int(sys.argv[1])))' "$nanoseconds" |
    dd of="$(clock_file "$1")" bs=8 count=1 conv=notrunc status=none
}

# restart NAME: as its own `reboot` does; returns when it runs again.
restart() {
  local before
  before=$(init_of "$1") || die "$1 is off"
  kill -TERM "$before"
  until_ok 120 "$1 goes down" bash -c "[[ ! -e /proc/$before ]]" &&
    until_ok 120 "$1 comes back" init_of "$1"
}

# Hubs of the site that sends to this hub.
senders_to() { printf '%s' "${hubs_of[${peer_of[${site_of[$1]}]}]}"; }

forget_tickets_of_senders() {
  local sender
  # shellcheck disable=SC2046  # a list of words
  for sender in $(senders_to "$1"); do forget_tickets "$sender"; done
}

inbound_is_off() { enter "$1" samba-tool drs options "$1.$lab_domain" "-UAdministrator%$lab_admin_password" | grep -q DISABLE_INBOUND_REPL; }

switch_inbound() { # DC +|-: the flag of the directory service
  enter "$1" samba-tool drs options "$1.$lab_domain" "--dsa-option=$2DISABLE_INBOUND_REPL" "-UAdministrator%$lab_admin_password" >/dev/null
}

other_dc() { [[ $1 == tyodc1 ]] && echo osadc2 || echo tyodc1; }

fault_clock() { # HOST OFFSET
  local seconds
  [[ $1 == control ]] || need "$1" any
  seconds=$(seconds_of "$2") || exit 1
  set_clock "$1" "$seconds"
}

fault_dc-boot-wrong-clock() { # DC OFFSET
  local hub
  need "$1" dc
  fault_clock "$1" "$2"
  restart "$1" || exit 1
  until_ok 120 "$1 answers LDAP" ldap_serves "$1" || exit 1
  # shellcheck disable=SC2086  # a list of words
  for hub in ${hubs_of[${site_of[$1]}]}; do forget_tickets "$hub"; done
  # An attempt in each direction, so that the failure is on record now and not at the next change.
  replicate tyodc1 osadc2 "$lab_base_dn" >/dev/null 2>&1
  replicate osadc2 tyodc1 "$lab_base_dn" >/dev/null 2>&1
  return 0
}

fault_repl-off() { # DC
  need "$1" dc
  switch_inbound "$1" + || die "the flag of $1 could not be set"
  # An attempt, so that the failure is on record now and not at the next change.
  replicate "$1" "$(other_dc "$1")" "$lab_base_dn" >/dev/null 2>&1
  return 0
}

# The other controller forgets to tell DC of its changes until DC pulls the next time, which puts DC on the list again. (Beneath the
# directory's own modules: repsTo is the system's.) Else a late notification would heal in the middle of a test.
end_notifications_to() { # DC
  enter "$(other_dc "$1")" ldbmodify -H "/var/lib/samba/private/sam.ldb.d/${lab_base_dn^^}.ldb" <<END >/dev/null
dn: $lab_base_dn
changetype: modify
replace: repsTo
END
}

fault_repl-missed() { # DC
  need "$1" dc
  fault_repl-off "$1"
  end_notifications_to "$1" || die "the notifications to $1 could not be ended"
  # shellcheck disable=SC2086  # a list of words
  fault_machine-password ${hubs_of[${peer_of[${site_of[$1]}]}]}
  replicate "$1" "$(other_dc "$1")" "$lab_base_dn" >/dev/null 2>&1 # fails: 8457 is on record, for the change, too
  switch_inbound "$1" - || die "the flag of $1 could not be cleared"
}

fault_machine-password() { # HUB..
  local hub near
  for hub; do
    need "$hub" hub
    near=${dc_of[${site_of[$hub]}]}
    inbound_is_off "$(other_dc "$near")" || die "the change would be replicated at once; first: inject repl-off $(other_dc "$near")"
    enter "$near" samba-tool user setpassword "$hub\$" "--newpassword=Aa1.$(head -c 18 /dev/urandom | base64)" >/dev/null &&
      hand_over_keys "$near" "$hub" || die "the password of $hub could not be changed"
  done
}

fault_wan-cut() {
  nft -f - <<'END'
table inet lab_fault {
  chain forwarding {
    type filter hook forward priority 0; policy accept;
    ip saddr 10.77.1.0/24 ip daddr 10.77.2.0/24 reject with icmp type host-unreachable
    ip saddr 10.77.2.0/24 ip daddr 10.77.1.0/24 reject with icmp type host-unreachable
  }
}
END
}

fault_keytab-lost() { # HUB..
  local hub
  for hub; do
    need "$hub" hub
    # Emptied, not removed: without the file a new smtpd does not even start, and the symptom would change after a while.
    enter "$hub" sh -c 'printf "\005\002" >/var/lib/postfix/smtp.keytab && postfix reload' 2>/dev/null
  done
}

fault_spn-missing() { # HUB..
  local hub dc
  for hub; do
    need "$hub" hub
    dc=${dc_of[${peer_of[${site_of[$hub]}]}]}
    enter "$dc" samba-tool spn delete "smtp/$hub.$lab_domain" "$hub\$" >/dev/null || die "the name could not be removed"
    replicate "$(other_dc "$dc")" "$dc" "$lab_base_dn" >/dev/null 2>&1
    forget_tickets_of_senders "$hub"
  done
}

fault_spn-duplicate() { # HUB..
  local hub dc
  for hub; do
    need "$hub" hub
    for dc in "${dcs[@]}"; do
      # Beneath the directory's own modules, which would refuse it: as old data or another implementation brings it.
      enter "$dc" ldbmodify -H "/var/lib/samba/private/sam.ldb.d/${lab_base_dn^^}.ldb" <<END >/dev/null || die "no duplicate at $dc"
dn: CN=Administrator,CN=Users,$lab_base_dn
changetype: modify
add: servicePrincipalName
servicePrincipalName: smtp/$hub.$lab_domain
END
    done
    forget_tickets_of_senders "$hub"
  done
}

fault_kdc-port-blocked() { # HUB..
  local hub
  for hub; do
    need "$hub" hub
    in_net "$hub" nft -f - <<'END'
table inet lab_fault {
  chain outgoing {
    type filter hook output priority 0; policy accept;
    meta l4proto { tcp, udp } th dport 88 reject with icmp type admin-prohibited
  }
}
END
    forget_tickets "$hub"
  done
}

fault_peer-down() { # HUB..
  local hub
  for hub; do
    need "$hub" hub
    power_off "$hub"
    until_ok 120 "$hub is off" is_off "$hub" || exit 1
  done
}

fault_power-on() { # HUB..
  local hub
  for hub; do
    need "$hub" hub
    power_on "$hub"
    until_ok 120 "$hub is on" init_of "$hub" || exit 1
  done
}

fault_dns-wrong() { # HUB..
  local hub
  for hub; do
    need "$hub" hub
    # Reloaded, because a process that waits for its next delivery may still know the old one.
    resolver "${address[outside]}" | enter "$hub" sh -c 'cat >/etc/resolv.conf && postfix reload' 2>/dev/null
  done
}

fault_tls-refused() { # HUB..
  local hub peer entries
  for hub; do
    need "$hub" hub
    entries=
    # shellcheck disable=SC2046  # a list of words
    for peer in $(senders_to "$hub"); do entries+=" { [$peer.$lab_domain] = encrypt }"; done
    enter "$hub" postconf -e "smtp_tls_policy_maps = inline:{$entries }"
    enter "$hub" postfix reload 2>/dev/null
  done
}

fault_stale-tickets() { # HUB|SITE..
  local word hub
  for word; do
    # shellcheck disable=SC2086  # a list of words
    for hub in ${hubs_of[$word]-$word}; do
      need "$hub" hub
      set_clock "$hub" 600
      make_stale "$hub" || die "$hub got no tickets"
      set_clock "$hub" 0
    done
  done
}

# Tickets got while the clock is wrong: the library notes the clock's error beside them (kdc_timesync) and goes on correcting for it
# after the clock is right. The same tickets that Postfix would have got then.
make_stale() { # HUB
  local peer services=()
  # shellcheck disable=SC2046  # a list of words
  for peer in $(senders_to "$1"); do services+=("smtp/$peer.$lab_domain"); done
  forget_tickets "$1"
  enter "$1" setpriv --reuid postfix --regid postfix --clear-groups env KRB5CCNAME=FILE:/run/krb5/cc bash -c '
    kinit -k -t /var/lib/postfix/client.keytab "$1" && shift && kvno -q "$@"' make_stale "$1\$" "${services[@]}"
}

fault_time-disagree() {
  local hub
  set_clock tyodc1 600
  set_clock osadc2 -600
  for hub in "${hubs[@]}"; do forget_tickets "$hub"; done
}

fault_reference-lost() { enter outside /etc/lab/services stop chrony; }

fault_sshd-stopped() { # HOST..
  local name
  for name; do
    need "$name" any
    enter "$name" pkill -x sshd
  done
}

next_boot() { # FAULT HUB..
  local fault=$1 hub
  shift
  for hub; do
    need "$hub" hub
    echo "$fault" >"$(home_of "$hub")/next-boot"
  done
}
fault_no-return() { next_boot no-return "$@"; }
fault_same-boot-id() { next_boot same-boot-id "$@"; }
fault_other-host-key() { next_boot other-host-key "$@"; }

# inject [KIND ARG..]: checks the number of arguments against the list above, then does it.
inject() {
  local kind=${1-} line wanted
  [[ -n $kind ]] || {
    fault_list
    return 0
  }
  shift
  line=$(fault_list | awk -v kind="$kind" '$1 == kind')
  [[ -n $line ]] || die "no fault is called '$kind'; inject alone lists them"
  wanted=$(wc -w <<<"${line%%  *}")
  ((wanted--)) # the kind itself
  if [[ ${line%%  *} == *.. ]]; then (($# >= wanted)); else (($# == wanted)); fi || die "usage: inject ${line%%  *}"
  "fault_$kind" "$@"
}
