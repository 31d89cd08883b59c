# probe.hub: is this hub up, and does it take the mail of its own site? Says nothing of other sites: a jammed hub can be serving.
# ready: master runs and the listener at this hub's own address greets (220) and answers EHLO; a drained hub can be ready. serving: ready, not drained
# by Unjam, and a recipient of its own site is accepted (asked at localhost first, then at its own address; no message is sent). Which recipient: the
# line of its site in /etc/unjam/probe, or else postmaster at its first domain. recovering: a shutdown is pending or under way, or somebody other than
# Unjam has stopped it from taking mail. SMTP is spoken by perl (perl-base is essential on Debian).
have perl || cannot unreadable 'perl is not installed'
have postconf || cannot absent 'Postfix is not installed'
address=$(field "$unjam_self" 2)
site=$(field "$unjam_self" 3)

mail=
if [ -r "$unjam_root/etc/unjam/probe" ]; then mail=$(awk -v site="$site" '$1 == site { print $2; exit }' "$unjam_root/etc/unjam/probe"); fi
if [ -z "$mail" ]; then
  for list in virtual_mailbox_domains mydestination; do
    domain=$(mail_split "$(postconf -xh "$list" 2>/dev/null)" | grep -x '[0-9A-Za-z-]*\.[0-9A-Za-z.-]*' | grep -v '^localhost' | head -n 1)
    [ -z "$domain" ] || { mail=postmaster@$domain; break; }
  done
fi

smtp_dialog() {  # ADDRESS: the codes of greeting, EHLO, MAIL, RCPT; 000 for silence
  timeout 12 perl -MIO::Socket::INET -e '
    my ($to, $rcpt) = @ARGV; $SIG{ALRM} = sub { exit }; $| = 1; alarm 10;
    my $s = IO::Socket::INET->new(PeerAddr => $to, PeerPort => 25, Proto => "tcp", Timeout => 4) or exit;
    sub reply { while (my $l = <$s>) { if ($l =~ /^(\d\d\d) /) { print "$1 "; return $1 } return "" if $l !~ /^\d\d\d-/ } "" }
    reply() =~ /^2/ or exit;
    for my $c ("EHLO unjam.probe.invalid", "MAIL FROM:<>", "RCPT TO:<$rcpt>") { print $s "$c\r\n"; reply() =~ /^2/ or last }
    print $s "QUIT\r\n"; reply()' "$1" "$mail" 2>/dev/null
}

drained=false
[ ! -e "$unjam_state/drain" ] || drained=true
at_own=$(smtp_dialog "$address")
if ! running master; then
  ready=false
else
  case $at_own in 220\ 250*) ready=true ;; *) ready=false ;; esac
fi
out_bool ready "$ready"
if [ "$ready" = false ] || [ "$drained" = true ]; then
  out_bool serving false
elif [ -n "$mail" ]; then
  case $(smtp_dialog 127.0.0.1) in
    220\ 250\ 250\ 250*) out_bool serving true ;;
    *) case $at_own in 220\ 250\ 250\ 250*) out_bool serving true ;; *) out_bool serving false ;; esac ;;
  esac
else
  note 'no own domain is known: serving is left out'
fi

recovering=false
if [ -e "$unjam_root/run/systemd/shutdown/scheduled" ] || [ -e "$unjam_root/run/nologin" ] || running shutdown; then recovering=true; fi
if [ "$drained" = false ]; then # by others: no listener in master.cf, or everybody is deferred or rejected
  services=$(postconf -M 2>/dev/null) || cannot unreadable 'postconf -M'
  printf '%s\n' "$services" | awk '$1 ~ /(^|:)(smtp|25)$/ && $2 == "inet" { f = 1 } END { exit !f }' || recovering=true
  { postconf -xh smtpd_client_restrictions; postconf -P 2>/dev/null | sed -n 's/^smtp\/inet\/smtpd_client_restrictions *= *//p'; } |
    grep -Eq '^(defer|reject|\$unjam_drained)([ ,]|$)' && recovering=true
fi
out_bool recovering "$recovering"
if [ -e "$unjam_root/run/reboot-required" ] || [ -e "$unjam_root/var/run/reboot-required" ]; then out_bool reboot_pending true; else out_bool reboot_pending false; fi
queued=$(timeout 20 postqueue -j 2>/dev/null) && out_int queued "$(printf '%s' "$queued" | grep -c '"queue_id"')"
answer
