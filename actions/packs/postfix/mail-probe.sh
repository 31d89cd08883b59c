# mail.probe: sends one small message to site `to` and waits up to a minute until this hub's log says that the other side has taken it.
# To whom: the line `SITE ADDRESS` of /etc/unjam/probe; without one, postmaster at the first of relay_domains that is routed to a host of the site.
# It has no return address, so it never bounces to anybody; if it does not arrive, it is taken out of the queue again.
to=
if [ -r "$unjam_root/etc/unjam/probe" ]; then to=$(awk -v site="$in_to" '$1 == site { print $2; exit }' "$unjam_root/etc/unjam/probe"); fi
if [ -z "$to" ]; then
  for domain in $(mail_split "$(postconf -xh relay_domains 2>/dev/null)" | grep -x '[0-9A-Za-z.-]*'); do
    route=$(mail_route "$domain")
    if [ -n "$route" ] && mail_hops "$route" "${in_to_hosts:-}"; then to=postmaster@$domain; break; fi
  done
fi
case $to in
  '') cannot unreadable "no address to probe $in_to: none in $unjam_root/etc/unjam/probe, and no relay domain is routed to its hosts" ;;
  -* | *[!A-Za-z0-9@._+=-]*) cannot refused "not an address: '$to'" ;;
esac
mail_log 4096 >/dev/null || cannot unreadable 'the mail log'

seconds() { read -r unjam_up rest <"$unjam_root/proc/uptime" && printf '%s\n' "$unjam_up"; }
mark="unjam-probe-$unjam_token"
start=$(seconds)
said=$(timeout 20 sendmail -f '' "$to" 2>&1 <<END
From: Unjam probe <>
To: $to
Subject: Unjam probe $unjam_token
Message-ID: <$mark@$(postconf -h myhostname)>
Auto-Submitted: auto-generated
Precedence: bulk

A test message: does mail flow to $in_to?
END
) || cannot failed "sendmail: $said"

id='' state='' tries=0
while [ "$tries" -lt 60 ]; do
  tries=$((tries + 1))
  mail_log 2097152 >"${log:=$(mktemp)}" || break
  [ -n "$id" ] || id=$(sed -n "s/.*cleanup\[[0-9]*\]: \([0-9A-Za-z]*\): message-id=<$mark@.*/\1/p" "$log" | tail -n 1)
  [ -z "$id" ] || state=$(sed -n "s/.*\]: $id: to=<.* status=\([a-z]*\) .*/\1/p" "$log" | tail -n 1)
  case $state in sent | bounced) break ;; esac
  if [ "$state" = deferred ] && [ $((tries % 10)) -eq 0 ]; then timeout 10 postqueue -i "$id" >/dev/null 2>&1; fi
  sleep 1
done
end=$(seconds)
rm -f "${log:-}"
[ -n "$id" ] || cannot unreadable 'the log does not show what became of the probe message'
if [ "$state" = sent ]; then
  out_bool arrived true
  out_duration took "$(printf '%s %s\n' "$start" "$end" | awk '{ printf "%.2f\n", $2 - $1 }')"
else
  timeout 10 postsuper -d "$id" >/dev/null 2>&1
  out_bool arrived false
fi
after_text probe "$id to $to: ${state:-not tried}"
answer
