# shellcheck shell=bash
# The directory service: two Samba domain controllers in two sites, the hubs' accounts and keys. Sourced by inside.sh.

kinit_conf() { # the same for all machines but for the controllers that a hub asks first
  cat <<END
[libdefaults]
 default_realm = $lab_realm
 dns_lookup_realm = false
 dns_lookup_kdc = true
 rdns = false
 dns_canonicalize_hostname = false
END
}

resolver() { # ADDRESS..: asked in this order
  echo "search $lab_domain"
  printf 'nameserver %s\n' "$@"
  echo "options timeout:1 attempts:2"
}

# Options of smb.conf that both controllers share. Replication runs on notification and on request only: a pull by the clock would
# heal a recorded failure in the middle of a test. Names in DNS are complete after the join, so nothing has to update them.
smb_options=(
  "--option=bind interfaces only=yes" "--option=interfaces=lo eth0" "--option=dns forwarder="
  "--option=dreplsrv:periodic_interval=86400" "--option=dreplsrv:periodic_startup_interval=86400"
  "--option=kccsrv:periodic_interval=86400" "--option=kccsrv:periodic_startup_interval=86400"
  "--option=dns update command=/bin/true"
)

# configure_dc NAME: everything but the directory database; on the disk, before the first boot.
configure_dc() {
  local name=$1 disk
  disk=$(home_of "$name")/upper
  mkdir -p "$disk/etc/chrony"
  kinit_conf >"$disk/etc/krb5.conf"
  cat >"$disk/etc/chrony/chrony.conf" <<END
# The time service: follows the reference outside. Started with -x: it never moves the clock.
server ${address[outside]} iburst minpoll 0 maxpoll 1
port 0
pidfile /run/chrony/chronyd.pid
END
  cat >"$disk/etc/chrony/serve.conf" <<END
# Answers NTP with this machine's clock as it is.
local stratum 4
allow
pidfile /run/chrony/serve.pid
bindcmdaddress /
cmdport 0
END
}

configure_outside() {
  local disk
  disk=$(home_of outside)/upper
  mkdir -p "$disk/etc/chrony"
  cat >"$disk/etc/chrony/chrony.conf" <<END
local stratum 2
allow
pidfile /run/chrony/chronyd.pid
END
}

provision_first_dc() { # on tyodc1
  enter tyodc1 bash -s <<END
rm -f /etc/samba/smb.conf
samba-tool domain provision --realm=$lab_realm --domain=LAB --server-role=dc --dns-backend=SAMBA_INTERNAL \
  --adminpass='$lab_admin_password' --host-ip=${address[tyodc1]} --site=tokyo $(printf '%q ' "${smb_options[@]}") || exit 1
$(declare -f resolver)
lab_domain=$lab_domain
resolver ${address[tyodc1]} ${address[osadc2]} >/etc/resolv.conf
END
}

join_second_dc() { # on osadc2; tyodc1 must serve
  enter osadc2 bash -s <<END
rm -f /etc/samba/smb.conf
$(declare -f resolver)
lab_domain=$lab_domain
resolver ${address[tyodc1]} >/etc/resolv.conf
samba-tool domain join $lab_domain DC --site=osaka -U Administrator --password='$lab_admin_password' \
  --dns-backend=SAMBA_INTERNAL $(printf '%q ' "${smb_options[@]}") || exit 1
# Its own name server first: the other one may be cut off.
resolver ${address[osadc2]} ${address[tyodc1]} >/etc/resolv.conf
END
}

# The KDC of a controller answers.
kdc_serves() { # NAME
  enter "$1" bash -c "echo '$lab_admin_password' | KRB5CCNAME=FILE:/tmp/ready timeout 20 kinit Administrator@$lab_realm"
}

ldap_serves() { enter "$1" timeout 20 ldbsearch -H "ldap://${address[$1]}" -s base -b '' dn; } # NAME

# Sites, the link between them, and the hubs' accounts; on tyodc1 after provisioning, before its services start.
create_accounts() {
  local hub words=()
  for hub in "${hubs[@]}"; do words+=("$hub=${address[$hub]}"); done
  enter tyodc1 /usr/bin/python3 - "$lab_domain" "${words[@]}" <"$here/accounts.py"
}

partitions=("$lab_base_dn" "CN=Configuration,$lab_base_dn" "CN=Schema,CN=Configuration,$lab_base_dn"
  "DC=DomainDnsZones,$lab_base_dn" "DC=ForestDnsZones,$lab_base_dn")

samba_tools() { # DC ARGUMENT.. [-- ARGUMENT..]..: several samba-tool commands
  local dc=$1
  shift
  enter "$dc" timeout 60 /usr/bin/python3 - "$@" <"$here/samba_tools.py"
}

# replicate DESTINATION SOURCE [NC..]: one direction, at once; all partitions if none is named.
replicate() {
  local to=$1 from=$2 nc words=()
  shift 2
  (($#)) || set -- "${partitions[@]}"
  for nc; do words+=(-- drs replicate "$to.$lab_domain" "$from.$lab_domain" "$nc" "-UAdministrator%$lab_admin_password"); done
  samba_tools "$to" "${words[@]}"
}

replicate_all() { replicate tyodc1 osadc2 "$@" && replicate osadc2 tyodc1 "$@"; }

run_kcc() {
  samba_tools tyodc1 drs kcc "tyodc1.$lab_domain" "-UAdministrator%$lab_admin_password" -- \
    drs kcc "osadc2.$lab_domain" "-UAdministrator%$lab_admin_password"
}
