# shellcheck shell=bash
# The hubs: Postfix that authenticates to its peers with Kerberos. Sourced by inside.sh.

# configure_hub NAME: the whole configuration; on the disk, before the first boot.
configure_hub() {
  local name=$1 site=${site_of[$1]} peer disk near far route
  peer=${peer_of[$site]}
  near=${dc_of[$site]}
  far=${dc_of[$peer]}
  disk=$(home_of "$name")/upper
  # shellcheck disable=SC2086  # a list of words
  route=$(printf ",[%s.$lab_domain]" ${hubs_of[$peer]})
  route=${route#,}

  resolver "${address[$near]}" "${address[$far]}" >"$disk/etc/resolv.conf"
  # Named controllers instead of DNS: which one a hub asks is then the same in every run. kdc_timesync stays at its default, 1:
  # tickets then remember the clock's error, and go on failing after it is repaired.
  {
    kinit_conf
    echo " kdc_timesync = 1"
    echo "[realms]"
    echo " $lab_realm = {"
    echo "  kdc = $near.$lab_domain"
    echo "  kdc = $far.$lab_domain"
    echo " }"
  } >"$disk/etc/krb5.conf"

  # What actions/packs/postfix/README.md asks for: a read-only account (accounts.py makes it), and the controllers by address.
  mkdir -p "$disk/etc/unjam"
  (umask 077 && printf 'username = unjam-reader\npassword = Reader.Passw0rd\ndomain = LAB\n' >"$disk/etc/unjam/directory.auth")
  printf '%s\n' "${address[$near]}" "${address[$far]}" >"$disk/etc/unjam/directory.servers"

  mkdir -p "$disk/etc/postfix/sasl"
  printf 'mech_list: GSSAPI\nkeytab: /var/lib/postfix/smtp.keytab\n' >"$disk/etc/postfix/sasl/smtpd.conf"
  # Nothing in a chroot; and a new cleanup process for every message, because only a young one looks whether the file system's clock
  # (here the real one) is ahead of the machine's, without which mail would lie still on a hub whose clock is slow.
  sed -E 's/^(\S+\s+(inet|unix|fifo|pass|unix-dgram)\s+\S+\s+\S+\s+)y/\1n/; s/^cleanup\s.*/& -o max_use=1/' \
    /usr/share/postfix/master.cf.dist >"$disk/etc/postfix/master.cf"
  main_cf "$name" "$site" "$peer" "$route" >"$disk/etc/postfix/main.cf"
  install -d -o 5000 -g 5000 "$disk/var/mail/v"
}

main_cf() { # NAME SITE PEERSITE ROUTE
  cat <<END
compatibility_level = 3.6
myhostname = $1.$lab_domain
mydomain = $lab_domain
mydestination = \$myhostname, localhost
inet_interfaces = all
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =

# mail for this site ends here, whoever it is for
virtual_mailbox_domains = $2.$lab_domain
virtual_mailbox_base = /var/mail/v
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000

# mail for the other site goes to its hubs, all else to the Internet
transport_maps = inline:{ { $3.$lab_domain = smtp:$4 } }
relay_domains = $3.$lab_domain
relayhost = [${address[outside]}]

# hubs authenticate to each other with Kerberos, and take foreign mail from nobody else
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = /etc/postfix/sasl
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = permit_mynetworks, permit_sasl_authenticated, reject
smtp_sasl_auth_enable = yes
smtp_sasl_mechanism_filter = gssapi
smtp_sasl_security_options = noanonymous
# any user name will do, but the look-up must succeed
smtp_sasl_password_maps = static:{$1:}
# the library fetches tickets by itself, with the hub's own key
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C KRB5CCNAME=FILE:/run/krb5/cc KRB5_CLIENT_KTNAME=FILE:/var/lib/postfix/client.keytab

# a laboratory's patience
minimal_backoff_time = 5s
maximal_backoff_time = 10s
queue_run_delay = 5s
smtp_connect_timeout = 5s
smtp_helo_timeout = 10s
maillog_file = /var/log/mail.log
END
}

# give_built_keys HUB: the keys that accounts.py exported, from the first controller's disk to the hub's; both machines are off.
give_built_keys() {
  local hub=$1 from to
  from=$(home_of tyodc1)/upper/root
  to=$(home_of "$hub")/upper/var/lib/postfix
  install -d -o postfix -g postfix "$to"
  install -o postfix -m 400 "$from/$hub.smtp" "$to/smtp.keytab"
  install -o postfix -m 400 "$from/$hub.client" "$to/client.keytab"
  rm -f "$from/$hub.smtp" "$from/$hub.client"
}

# hand_over_keys DC HUB: exports the hub's keys at DC and puts them on the running hub. Two files: the library takes the first
# principal of a file when it acts as a client, and that must be the account, not the service.
hand_over_keys() {
  local dc=$1 hub=$2 kind
  enter "$dc" sh -c "rm -f /root/$hub.*; umask 077
    samba-tool domain exportkeytab /root/$hub.smtp --principal=smtp/$hub.$lab_domain &&
    samba-tool domain exportkeytab /root/$hub.client --principal='$hub\$'" >/dev/null 2>&1 || return 1
  for kind in smtp client; do
    enter "$dc" cat "/root/$hub.$kind" | enter "$hub" sh -c "cat >/var/lib/postfix/.$kind && chown postfix /var/lib/postfix/.$kind &&
      chmod 400 /var/lib/postfix/.$kind && mv /var/lib/postfix/.$kind /var/lib/postfix/$kind.keytab" || return 1
  done
  enter "$dc" rm -f "/root/$hub.smtp" "/root/$hub.client"
}

forget_tickets() { enter "$1" rm -f /run/krb5/cc; } # HUB

smtp_listens() { timeout 10 bash -c "read -r -t 10 line </dev/tcp/${address[$1]}/25 && [[ \$line == 220* ]]"; } # NAME
