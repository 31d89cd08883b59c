# mail.probe: sends one small message to site `to` and waits up to a minute until this hub's log says that the other side has taken it. If it
# does not arrive, it is taken out of the queue again.
mail_probe_address "$in_to" "${in_to_hosts:-}"
mail_log 4096 >/dev/null || cannot unreadable 'the mail log'

seconds() { read -r unjam_up rest <"$unjam_root/proc/uptime" && printf '%s\n' "$unjam_up"; }
start=$(seconds)
mail_probe_send "$in_to"

id='' state='' tries=0
while [ "$tries" -lt 60 ]; do
  tries=$((tries + 1))
  mail_log 2097152 >"${log:=$(mktemp)}" || break
  [ -n "$id" ] || id=$(sed -n "s/.*cleanup\[[0-9]*\]: \([0-9A-Za-z]*\): message-id=<$unjam_mark@.*/\1/p" "$log" | tail -n 1)
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
after_text probe "$id to $unjam_to: ${state:-not tried}"
answer
