# shellcheck shell=bash
# Bring-up, reset, and the proof that all is well. Sourced by inside.sh.

# stage TEXT: one line about what is being done, with the time it took so far.
stage() { printf '[%3d s] %s\n' "$SECONDS" "$*" >&8; }

control_ssh() { # NAME CMD..: real SSH, from the control machine, with the lab's known_hosts
  local name=$1
  shift
  in_net control timeout 20 ssh -F "$lab_run/ssh_config" "$name" "$@" </dev/null
}

write_control_files() {
  ssh-keygen -q -t ed25519 -N '' -C control -f "$lab_run/control_key"
  : >"$lab_run/known_hosts"
  cat >"$lab_run/ssh_config" <<END
IdentityFile $lab_run/control_key
IdentitiesOnly yes
UserKnownHostsFile $lab_run/known_hosts
GlobalKnownHostsFile /dev/null
User root
BatchMode yes
ConnectTimeout 5
LogLevel ERROR
$(for name in "${machines[@]}"; do printf 'Host %s\n Hostname %s\n' "$name" "${address[$name]}"; done)
END
  inventory >"$lab_run/inventory.yaml"
  { echo "127.0.0.1 localhost" && for name in "${!address[@]}"; do echo "${address[$name]} $name.$lab_domain $name"; done; } >"$lab_run/control_hosts"
  tr -d - </proc/sys/kernel/random/uuid >"$lab_run/control_machine_id"
  mkdir -p "$lab_run/control_home"
  chmod 1777 "$lab_run/control_home"
}

inventory() {
  local name
  cat <<END
unjam: 1
inventory: lab
summary: The laboratory, two sites, two domain controllers, four hubs

time_source: ${address[outside]}
sites: [ tokyo, osaka ]
roles: [ dc, hub ]

connect:
  lab:
    transport: ssh
    user: root
    key: file:$lab_run/control_key
    known_hosts: $lab_run/known_hosts

hosts:
END
  for name in "${dcs[@]}"; do
    echo "  $name:  { site: ${site_of[$name]}, role: dc,  address: ${address[$name]}, packs: [ linux, samba ],   connect: lab }"
  done
  for name in "${hubs[@]}"; do
    echo "  $name: { site: ${site_of[$name]}, role: hub, address: ${address[$name]}, packs: [ linux, postfix ], connect: lab }"
  done
}

# build: from nothing to frozen disks, all machines off.
build() {
  local name log=$lab_run/build.log
  cc -O2 -shared -fPIC -o "$lab_run/clockshim.so" "$here/clockshim.c" || die "the compiler refused clockshim.c"
  write_control_files
  wire control
  for name in "${machines[@]}"; do
    wire "$name"
    make_disk "$name"
    case ${role_of[$name]} in
    dc) configure_dc "$name" ;;
    hub) configure_hub "$name" ;;
    outside) configure_outside ;;
    esac
    plug_in "$name"
  done
  for name in "${dcs[@]}"; do power_on "$name"; done
  for name in "${dcs[@]}"; do until_ok 120 "$name boots" init_of "$name" || return 1; done
  stage "machines are made; provisioning the domain"
  make_domain >>"$log" 2>&1 || {
    tail -20 "$log" >&2
    die "the domain could not be made; all of it is in $log"
  }
  for name in "${dcs[@]}"; do shut_down "$name"; done
  for name in "${dcs[@]}"; do until_ok 120 "$name is off" is_off "$name" || return 1; done
  for name in "${hubs[@]}"; do give_built_keys "$name"; done
  for name in "${machines[@]}"; do freeze "$name"; done
}

make_domain() {
  provision_first_dc && create_accounts || return 1
  enter tyodc1 /etc/lab/services start
  until_ok 120 "tyodc1 answers Kerberos" kdc_serves tyodc1 && until_ok 120 "tyodc1 answers LDAP" ldap_serves tyodc1 || return 1
  stage "the first domain controller serves; the second joins"
  join_second_dc || return 1
  enter osadc2 /etc/lab/services start
  until_ok 120 "osadc2 answers LDAP" ldap_serves osadc2 || return 1
  stage "the second one serves; replicating"
  # A controller that has just begun may refuse a replication for a while, on a busy machine for longer.
  run_kcc && until_ok 300 "the controllers replicate all they have" replicate_all
}

# boot_all: every machine from its frozen disk, on the right time, with no fault left. All must be off.
boot_all() {
  local name home
  remove_network_faults
  rm -f "$lab_run/control_clock"
  for name in "${machines[@]}"; do
    home=$(home_of "$name")
    fresh_disk "$name"
    dd if=/dev/zero of="$home/clock" bs=8 count=1 conv=notrunc status=none
    rm -f "$home/next-boot"
    power_on "$name"
  done
}

remove_network_faults() {
  local name
  nft delete table inet lab_fault 2>/dev/null
  for name in "${machines[@]}" control; do in_net "$name" nft delete table inet lab_fault 2>/dev/null; done
  return 0
}

# prove_health: all that a healthy lab must do, for real. Says what is missing.
prove_health() {
  local proof proofs=() failed=0
  prove_access & proofs+=($!)
  prove_directory & proofs+=($!)
  prove_hubs & proofs+=($!)
  for proof in "${proofs[@]}"; do wait "$proof" || failed=1; done
  return $failed
}

prove_access() {
  local name
  for name in "${machines[@]}"; do until_ok 120 "$name answers SSH from the control machine" control_ssh "$name" true || return 1; done
  stage "all machines answer SSH"
}

prove_directory() {
  local name
  for name in "${dcs[@]}"; do until_ok 120 "$name answers LDAP" ldap_serves "$name" || return 1; done
  until_ok 120 "replication works both ways" replicate_all "$lab_base_dn" || return 1
  for name in "${dcs[@]}"; do
    until_ok 120 "$name reports healthy replication" enter "$name" samba-tool drs showrepl --summary || return 1
    until_ok 120 "$name is synchronised" time_service_follows "$name" || return 1
  done
  stage "replication works both ways, time services follow the reference"
}

prove_hubs() {
  local name
  for name in "${dcs[@]}"; do until_ok 120 "$name answers Kerberos" kdc_serves "$name" || return 1; done
  for name in "${hubs[@]}"; do until_ok 120 "$name listens" smtp_listens "$name" || return 1; done
  prove_mail || return 1
  stage "mail flows both ways and to the outside"
}

time_service_follows() { # DC
  local tracking
  tracking=$(enter "$1" chronyc -n tracking) && [[ $tracking == *"(${address[outside]})"* && $tracking == *"Leap status     : Normal"* ]]
}

# prove_mail: one message from every hub to the other site and to the outside; all delivered; traces in mailboxes removed.
prove_mail() {
  local hub wanted=()
  for hub in "${hubs[@]}"; do
    wanted+=("$(submit "$hub" "${user_of[${peer_of[${site_of[$hub]}]}]}@${peer_of[${site_of[$hub]}]}.$lab_domain" "health")") || return 1
    wanted+=("$(submit "$hub" someone@example.org "health")") || return 1
  done
  until_ok 120 "test messages are delivered" all_delivered "${wanted[@]##* }" || return 1
  for hub in "${hubs[@]}"; do enter "$hub" rm -rf /var/mail/v/inbox; done
  enter outside sh -c 'rm -f /var/mail/sink/*'
}

all_delivered() { # MESSAGE-ID..
  local all id
  all=$(delivered)
  for id; do grep -qF "$id " <<<"$all" || return 1; done
}
