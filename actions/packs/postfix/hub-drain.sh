# hub.drain: no new mail over SMTP from now on (421 at RCPT: senders take the next hub); what is queued goes on being delivered, the listener stays
# up. Every smtpd service of master.cf gets `-o smtpd_client_restrictions=$unjam_drained`. What was there is kept in /var/lib/unjam/drain, written and
# synced first, so that hub.resume can put exactly that back, also after a restart. Doing it again changes nothing.
fence again
have postconf || cannot absent 'Postfix is not installed'
folder=$(postconf -h config_directory) || cannot failed 'postconf'
kept="$unjam_state/drain"

if [ ! -e "$kept" ]; then
  if postconf -P 2>/dev/null | grep -q 'unjam_drained'; then
    cannot refused 'drained already, but Unjam has no record of what was there before: see master.cf'
  fi
  services=$(postconf -M | awk '$8 == "smtpd" { print $1 "/" $2 }')
  [ -n "$services" ] || cannot refused 'master.cf has no smtpd service: somebody else has switched it off'
  rm -rf "$kept.new"
  mkdir -p "$kept.new" && cp -p "$folder/main.cf" "$folder/master.cf" "$kept.new/" || cannot failed "cannot keep a copy in $kept"
  printf '%s\n' "$services" >"$kept.new/services"
  printf '%s\n' "$services" | while IFS= read -r service; do
    former=$(postconf -P "$service/smtpd_client_restrictions" 2>/dev/null)
    printf '%s: %s\n' "$service" "${former:-smtpd_client_restrictions not overridden}"
  done >"$kept.new/policy_before"
  sync "$kept.new"/* "$kept.new" 2>/dev/null || sync
  mv "$kept.new" "$kept" && { sync "$unjam_state" 2>/dev/null || sync; } || cannot failed "cannot write $kept"
fi

policy=$(cat "$kept/policy_before") || cannot failed "cannot read $kept"
before_text policy "$policy"
said=$(postconf -e 'unjam_drained = check_client_access static:{421 4.3.2 This hub is drained for maintenance}' 2>&1) || cannot failed "postconf: $said"
while IFS= read -r service; do
  said=$(postconf -P "$service/smtpd_client_restrictions=\$unjam_drained" 2>&1) || cannot failed "postconf: $said"
done <"$kept/services"
cksum "$folder/main.cf" "$folder/master.cf" >"$kept/sums"
sync "$kept/sums" "$folder/main.cf" "$folder/master.cf" 2>/dev/null || sync
if running master; then
  said=$(timeout 30 postfix reload 2>&1) || cannot failed "postfix reload: $said"
fi
out_text policy_before "$policy"
after_text policy 'drained: 421 to every client'
answer
